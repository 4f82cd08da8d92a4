"""Another system that automations call: it remembers what it was asked, and answers as a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Answer = Callable[[httpx.Request], httpx.Response]


def answering(status: int = 200, **options: Any) -> Answer:
    """The same answer for every call."""
    return lambda _: httpx.Response(status, **options)


@dataclass
class OtherSystem:
    """Its transport goes into ``override_transport``."""

    answer: Answer = field(default_factory=answering)
    calls: list[httpx.Request] = field(default_factory=list[httpx.Request])

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._take)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(call.content) for call in self.calls]

    @property
    def keys(self) -> list[str]:
        return [call.headers["idempotency-key"] for call in self.calls]

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        return self.answer(request)
