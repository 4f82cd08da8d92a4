"""Recordings for tests, made in a line."""

from __future__ import annotations

from typing import Any

from livechat_sdk_testing.recordings import Recording

BASE = "https://acme.example"
ORIGIN = {"kind": "synthesised", "source": "these tests", "date": "2026-11-26"}


def a_recording(
    name: str = "open/created",
    *,
    method: str = "GET",
    path: str = "/v1/things",
    status: int = 200,
    asked: dict[str, Any] | None = None,
    answered: dict[str, Any] | None = None,
    **more: Any,
) -> Recording:
    """``asked`` and ``answered`` are further fields of the request and the answer: ``{"json": …}``."""
    recording = Recording.model_validate(
        {
            "provenance": ORIGIN,
            "request": {"method": method, "url": f"{BASE}{path}", **(asked or {})},
            "response": {"status": status, **(answered or {})},
            **more,
        }
    )
    return recording.model_copy(update={"name": name})
