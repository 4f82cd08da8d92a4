"""uvicorn's HTTP/1.1 protocol with a deadline for request headers.

uvicorn itself waits for ever for the first request of a connection, for headers that trickle in, and for
the rest of a body that nobody reads. Bodies have their deadline in ``bodies.py``; this is the other half.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["DeadlineProtocol", "protocol_with_deadline"]


class DeadlineProtocol(H11Protocol):
    """Closes a connection that has no request under way and whose next one is not complete in time."""

    header_seconds: ClassVar[float] = 10.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and look whether a request is under way now."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._stop_watching()

    def _watch(self) -> None:
        # Between two requests uvicorn's own keep-alive time runs; the first byte stops it and starts ours.
        # Before the first request it has no cycle, whatever its annotation says.
        under_way = bool(self.cycle) and not self.cycle.response_complete
        if under_way:
            self._stop_watching()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.header_seconds, self._too_late)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


def protocol_with_deadline(seconds: float) -> type[DeadlineProtocol]:
    """The protocol with its own deadline, in seconds."""
    return type("DeadlineProtocol", (DeadlineProtocol,), {"header_seconds": seconds})
