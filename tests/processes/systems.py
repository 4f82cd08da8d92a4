"""A real adapter of a ticket system in a worker, whose calls come out here, at a simulator of its vendor.

The worker's HTTP goes over its socket to the world: no port is opened, each call is two steps at which a
worker can die, and what the vendor has is where the tests can look at it.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx

from livechat_sdk_simulators.discovery import find
from tests.processes.clock import QuickClock
from tests.processes.steps import Steps
from tests.processes.wire import Gone, Handler, Peer, Refused

__all__ = ["SYSTEM", "SimulatedDesk", "SocketTransport"]

SYSTEM = "system"
"""The name of the integration in a worker's settings."""


class SimulatedDesk:
    """A simulated ticket system. ``sure``: what may have been made is never in doubt for long.

    ``account`` are settings of the simulator, ``own`` those of the integration beside what the simulator
    says. ``lost``: how many creates are carried out and not answered.
    """

    def __init__(
        self,
        changed: Callable[[], Awaitable[None]],
        *,
        vendor: str,
        speed: float,
        sure: bool,
        account: Mapping[str, Any] | None = None,
        own: Mapping[str, Any] | None = None,
        lost: int = 0,
    ) -> None:
        self.dedupes = sure
        self._changed = changed
        self._simulator: Any = find(vendor).make(dict(account or {}), QuickClock(time.monotonic(), speed))
        self._own = dict(own or {})
        self._transport: httpx.AsyncBaseTransport = self._simulator.transport()
        if lost:
            self._simulator.faults.script("create", "drop_after", times=lost)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a worker must know of it."""
        return {"document": {**self._simulator.integration("ticketing"), **self._own, "name": SYSTEM}}

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What workers call."""
        return {"http": self.http}

    async def http(self, method: str, url: str, headers: list[list[str]], content: str) -> dict[str, Any]:
        """One call of the vendor's API."""
        pairs = [(name, value) for name, value in headers]
        request = httpx.Request(method, url, headers=pairs, content=base64.b64decode(content))
        try:
            answer = await self._transport.handle_async_request(request)
            body = await answer.aread()
        except httpx.TransportError as error:
            raise Refused(type(error).__name__, str(error)) from None
        finally:
            await self._changed()
        return {
            "status": answer.status_code,
            "headers": answer.headers.multi_items(),
            "content": base64.b64encode(body).decode(),
        }

    async def made(self, handoff: str) -> Sequence[str]:
        """What the tickets say, one for each that was made; no other handoff than ``handoff`` makes any."""
        people = self._simulator.human
        said = [(one, await people.comments(one.id)) for one in await people.tickets()]
        # Wiki text has backslashes, before marks that would act.
        return [f"{one.details} {[note.text for note in notes]}".replace("\\", "") for one, notes in said]


class SocketTransport(httpx.AsyncBaseTransport):
    """A worker's HTTP, over its socket."""

    def __init__(self, peer: Peer, steps: Steps) -> None:
        self._peer = peer
        self._steps = steps

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the world. Its errors are those of a connection."""
        content = base64.b64encode(await request.aread()).decode()
        headers = [list(pair) for pair in request.headers.multi_items()]
        self._steps.reached(f"{request.method}, before")
        try:
            answer = await self._peer.call(
                "http", method=request.method, url=str(request.url), headers=headers, content=content
            )
        except (Gone, Refused) as error:
            self._steps.reached(f"{request.method}, lost")
            raise httpx.ReadError(str(error), request=request) from None
        self._steps.reached(f"{request.method}, after")
        return httpx.Response(
            answer["status"],
            headers=[(name, value) for name, value in answer["headers"]],
            content=base64.b64decode(answer["content"]),
        )
