"""Reading request bodies with a limit on bytes and on time.

Servers hand over a body piece by piece and do not limit it: whoever reads must stop by itself. Neither
an endless nor a trickling body may cost more than ``max_body`` bytes and ``read_timeout`` seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.types import Receive, Scope

from livechat_sdk.gateway.refusals import Refusal

__all__ = ["Body", "Limits"]

_LINGER_BYTES = 4 * 1024 * 1024
_LINGER_SECONDS = 2.0
_TINY = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost. ``max_body`` is in bytes, the times are in seconds.

    ``heartbeat`` is the pause after which a silent event stream sends a comment.
    """

    max_body: int = 1024 * 1024
    read_timeout: float = 10.0
    heartbeat: float = 15.0


class Body:
    """The body of one request, read once at most."""

    def __init__(self, scope: Scope, receive: Receive, limits: Limits) -> None:
        self._scope = scope
        self._receive = receive
        self._limits = limits
        self._taken = 0
        self._gone = False
        self.complete = False
        """Whether the last byte was taken off the connection."""

    async def read(self) -> bytes:
        """The whole body. Raises ``Refusal``: 413 too large, 408 too slow, 400 cut short."""
        limit = self._limits.max_body
        if self._declared() > limit:
            raise self._too_large()
        content = bytearray()
        try:
            async with asyncio.timeout(self._limits.read_timeout):
                while not self.complete:
                    content += await self._piece()
                    if len(content) > limit:
                        raise self._too_large()
        except TimeoutError:
            raise Refusal(
                408,
                "too_slow",
                f"the body did not arrive within {self._limits.read_timeout:g} s",
                hint="send the request again",
            ) from None
        return bytes(content)

    async def pieces(self, limit: int, seconds: float) -> AsyncIterator[bytes]:
        """The body piece by piece, for what is too large for the memory: a file.

        Up to ``limit`` bytes within ``seconds``, each piece within the time that other bodies have as a
        whole. Raises as ``read`` does.
        """
        if self._declared() > limit:
            raise self._too_large(limit)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        taken = 0
        while not self.complete:
            try:
                async with asyncio.timeout_at(min(until, loop.time() + self._limits.read_timeout)):
                    piece = await self._piece()
            except TimeoutError:
                raise Refusal(
                    408, "too_slow", "the body did not arrive in time", hint="send the request again"
                ) from None
            taken += len(piece)
            if taken > limit:
                raise self._too_large(limit)
            yield piece

    async def discard(self) -> None:
        """Take off what is left of a refused request, within bounds.

        A server that closes with bytes unread resets the connection, and the client may lose the
        answer with it. Whoever sends more than these bounds has to live with that.
        """
        start = self._taken
        try:
            async with asyncio.timeout(min(_LINGER_SECONDS, self._limits.read_timeout)):
                while not self.complete and not self._gone and self._taken - start < _LINGER_BYTES:
                    await self._piece()
        except (TimeoutError, Refusal):
            return

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self._gone = True
            raise Refusal(400, "cut_short", "the connection ended before the body did")
        piece: bytes = message.get("body", b"")
        self.complete = not message.get("more_body", False)
        self._taken += max(len(piece), 1)
        if len(piece) < _TINY and not self.complete:
            # A stream of tiny pieces that are all there already must not keep the loop to itself,
            # nor outrun the deadline, which needs the loop.
            await asyncio.sleep(0)
        return piece

    def _declared(self) -> int:
        """The announced length; 0 when there is none or it makes no sense (the bytes are counted anyway)."""
        for name, value in self._scope["headers"]:
            if name == b"content-length" and value.isdigit() and len(value) < 20:  # noqa: PLR2004
                return int(value)
        return 0

    def _too_large(self, limit: int | None = None) -> Refusal:
        limit = limit or self._limits.max_body
        return Refusal(
            413,
            "body_too_large",
            f"the body is larger than {limit:,} bytes; nothing was stored",
            hint="send it in parts, or send a link to a file",
            limit=limit,
        )
