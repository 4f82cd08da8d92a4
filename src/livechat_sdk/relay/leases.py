"""What is left of this worker's lease: no call may outlive it.

A worker that was stopped and goes on later (a frozen process, a laptop that slept) must notice that its lanes
may be in other hands before it calls anybody.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from livechat_sdk.domain.clock import steady_seconds
from livechat_sdk.ledger.store import LeaseLost
from livechat_sdk.relay.interrupting import failing_alone

__all__ = ["LeaseGuard", "steady_seconds"]

_MARGIN = 0.1
"""The part of a lease that is never used: the database's clock and ours do not run quite alike."""


class LeaseGuard:
    """Knows until when this worker may call others. Without ``extend`` it may do so for ever."""

    def __init__(self) -> None:
        self._until = math.inf

    def extend(self, asked_at: float, seconds: float) -> None:
        """Note a lease of ``seconds`` that was asked for at ``asked_at`` (``steady_seconds``)."""
        self._until = asked_at + seconds * (1 - _MARGIN)

    def end(self) -> None:
        """Note that the lease is lost."""
        self._until = -math.inf

    @property
    def left(self) -> float:
        """Seconds for which calls may still run."""
        return self._until - steady_seconds()

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncGenerator[None]:
        """Bound a call by ``seconds`` and by the lease.

        Enter it just before the call: what is checked here holds for what comes next. Raises ``LeaseLost``
        before the call, ``TimeoutError`` in it; what ends a call by itself is an error (``failing_alone``).
        """
        left = self.left
        if left <= 0:
            raise LeaseLost("this worker's lease has run out: it makes no more calls")
        with failing_alone():
            async with asyncio.timeout(min(seconds, left)):
                yield
