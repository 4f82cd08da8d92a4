"""A small HTTP server in memory for the toy ticket system and the toy CRM, with faults on demand.

It asks for a token, counts the calls of each operation, and fails when it is told to: before a call is
applied, or after, when only the answer is lost.
"""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

import httpx

from livechat_sdk_testing.clock import VirtualClock

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Refused", "Route", "ToyFaults", "ToyServer", "body_of"]

CLIENT_ID: Final = "livechat"
CLIENT_SECRET: Final = "a-client-secret-of-the-toy-system"  # noqa: S105  (nobody else takes it)

_TOKEN_LIFE: Final = 1800.0
_FAULTS: Final = frozenset(
    {
        "status",
        "drop_before",
        "drop_after",
        "time_out_before",
        "time_out_after",
        "malformed",
        "truncated",
        "slow",
        "expire_token",
    }
)


class Refused(Exception):
    """The toy answers with this status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


Answerer = Callable[[httpx.Request, Mapping[str, str]], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``path`` may have one part in braces."""

    operation: str
    method: str
    path: str
    answer: Answerer
    status: int = 200

    def match(self, request: httpx.Request) -> dict[str, str] | None:
        """What the parts in braces are; ``None`` for another address."""
        ours, theirs = self.path.split("/"), request.url.path.split("/")
        if request.method != self.method or len(ours) != len(theirs):
            return None
        parts: dict[str, str] = {}
        for own, other in zip(ours, theirs, strict=True):
            if own.startswith("{"):
                parts[own[1:-1]] = other
            elif own != other:
                return None
        return parts


@dataclass(frozen=True, slots=True)
class _Fault:
    kind: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


class ToyFaults:
    """See ``FaultSwitch``."""

    def __init__(self) -> None:
        self.waiting: dict[str, deque[_Fault]] = {}

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """Let the next calls fail."""
        if fault not in _FAULTS:
            raise ValueError(f"the toy has no fault {fault}")
        self.waiting.setdefault(operation, deque()).extend([_Fault(fault, details)] * times)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.waiting.clear()

    def next(self, operation: str) -> _Fault | None:
        """The fault of a call."""
        waiting = self.waiting.get(operation)
        return waiting.popleft() if waiting else None


class ToyServer(httpx.AsyncBaseTransport, ABC):
    """Answers calls of this process. Subclasses give ``routes``."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.faults = ToyFaults()
        self.counts: Counter[str] = Counter()
        self.tokens: dict[str, datetime] = {}
        self._numbers = itertools.count(1)

    @abstractmethod
    def routes(self) -> list[Route]:
        """What this server can do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one call."""
        if request.url.path == "/token":
            return self._token(request)
        for route in self.routes():
            parts = route.match(request)
            if parts is not None:
                return self._call(route, request, parts)
        return httpx.Response(404, json={"error": "no such address"})

    def _token(self, request: httpx.Request) -> httpx.Response:
        self.counts["token"] += 1
        fault = self.faults.next("token")
        if fault is not None:
            return self._broken(fault, request, lambda: httpx.Response(200, json={"access_token": "x"}))
        if CLIENT_SECRET not in request.content.decode():
            return httpx.Response(401, json={"error": "invalid_client"})
        token = f"a-token-of-the-toy-{next(self._numbers)}"
        self.tokens[token] = self.clock.now() + timedelta(seconds=_TOKEN_LIFE)
        body = {"access_token": token, "token_type": "bearer", "expires_in": _TOKEN_LIFE}
        return httpx.Response(200, json=body)

    def _call(self, route: Route, request: httpx.Request, parts: Mapping[str, str]) -> httpx.Response:
        self.counts[route.operation] += 1
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, self.clock.now()) <= self.clock.now():
            return httpx.Response(401, json={"error": "no such token"})

        def applied() -> httpx.Response:
            try:
                return httpx.Response(route.status, json=route.answer(request, parts))
            except Refused as refused:
                return httpx.Response(refused.status, json={"error": str(refused)})

        fault = self.faults.next(route.operation)
        if fault is None:
            return applied()
        if fault.kind == "expire_token":
            self.tokens.clear()
            return httpx.Response(401, json={"error": "no such token"})
        return self._broken(fault, request, applied)

    def _broken(
        self, fault: _Fault, request: httpx.Request, apply: Callable[[], httpx.Response]
    ) -> httpx.Response:
        match fault.kind:
            case "drop_before":
                raise httpx.ConnectError("no connection", request=request)
            case "time_out_before":
                raise httpx.ReadTimeout("no answer", request=request)
            case "status":
                return self._status(fault, apply)
            case _:
                answer = apply()
        match fault.kind:
            case "drop_after":
                raise httpx.ReadError("the connection broke", request=request)
            case "time_out_after" | "slow":
                raise httpx.ReadTimeout("no answer", request=request)
            case "malformed":
                return httpx.Response(answer.status_code, content=b"\x00\xffrubbish{")
            case _:
                return httpx.Response(
                    answer.status_code,
                    content=answer.content[: len(answer.content) // 2],
                    headers={"Content-Type": "application/json"},
                )

    @staticmethod
    def _status(fault: _Fault, apply: Callable[[], httpx.Response]) -> httpx.Response:
        if fault.details.get("applied"):
            apply()
        headers: dict[str, str] = {}
        if (wish := fault.details.get("retry_after")) is not None:
            headers["Retry-After"] = str(wish)
        body = fault.details.get("body", '{"error": "refused for now"}')
        return httpx.Response(int(fault.details.get("status", 503)), headers=headers, text=str(body))


def body_of(request: httpx.Request) -> dict[str, Any]:
    """The JSON object of a call."""
    return cast("dict[str, Any]", json.loads(request.content))
