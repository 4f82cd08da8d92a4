"""Addresses of Support, which all end with ``.json`` or not, as the caller likes."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request

from livechat_sdk_simulators.calls import Handler, Operation

__all__ = ["both"]


def both(
    name: str, method: str, path: str, handler: Handler, when: Callable[[Request], bool] | None = None
) -> list[Operation]:
    """One operation at both of its addresses."""
    return [Operation(name, method, one, handler, when=when) for one in (path, f"{path}.json")]
