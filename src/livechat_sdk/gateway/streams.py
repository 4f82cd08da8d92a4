"""Server-sent events: what happens to a handoff, as it happens.

A stream resumes after ``Last-Event-ID``, sends a comment when nothing happens for a while (so that a
dead connection is noticed on both sides), and ends with the handoff or with the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from livechat_sdk.errors import LivechatError
from livechat_sdk.gateway.handoffs import handoff_id
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import Operation, Parameter, no_content
from livechat_sdk.gateway.refusals import SAFE_HEADERS, internal, refusal_for
from livechat_sdk.gateway.views import HandoffView, JournalView
from livechat_sdk.ledger.store import JournalEntry

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["EventRoutes"]

_RECONNECT_MS = 2000


class EventRoutes:
    """``GET /v1/handoffs/{id}/events``. ``stopping`` ends every stream when it is set."""

    def __init__(self, dispatcher: Dispatcher, stopping: asyncio.Event) -> None:
        self._dispatcher = dispatcher
        self._stopping = stopping

    def operations(self) -> Sequence[Operation]:
        """The operation of this room, for the table."""
        return (
            Operation(
                "GET",
                "/v1/handoffs/{handoff_id}/events",
                "followHandoff",
                "Follow a handoff with server-sent events. Each `change` has its journal `seq` as id; "
                "the stream ends with an event `ended` that carries the handoff.",
                self.events,
                answers={
                    200: (JournalView, "a stream of `change` events"),
                    204: (None, "the handoff has ended and nothing came after that id: do not reconnect"),
                },
                parameters=(
                    Parameter("Last-Event-ID", "resume after this id", where="header", kind="integer"),
                    Parameter("after", "the same, for those who cannot set the header", kind="integer"),
                ),
                refusals={404: "`handoff_not_found`"},
                stream=True,
            ),
        )

    async def events(self, incoming: Incoming) -> Response:
        """Start or resume the stream of one handoff."""
        identity = handoff_id(incoming)
        resumed = incoming.number_header("last-event-id")
        after = incoming.number("after", default=0) if resumed is None else resumed
        handoff = await self._dispatcher.handoff(identity)
        if not handoff.is_live and not await self._dispatcher.journal(identity, after=after):
            return no_content()
        return _EventStream(
            self._dispatcher,
            identity,
            after,
            stopping=self._stopping,
            heartbeat=incoming.limits.heartbeat,
            headers_only=incoming.request.method == "HEAD",
        )


class _EventStream(Response):
    """The answer that goes on. A ``Response`` by type only: it writes itself."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        identity: str,
        after: int,
        *,
        stopping: asyncio.Event,
        heartbeat: float,
        headers_only: bool,
    ) -> None:
        super().__init__(
            headers={**SAFE_HEADERS, "x-accel-buffering": "no"}, media_type="text/event-stream; charset=utf-8"
        )
        del self.headers["content-length"]
        self._dispatcher = dispatcher
        self._identity = identity
        self._after = after
        self._stopping = stopping
        self._heartbeat = heartbeat
        self._headers_only = headers_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if not self._headers_only:
            out = _Out(send)
            await out.write(f"retry: {_RECONNECT_MS}\n\n")
            await self._follow(out, receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _follow(self, out: _Out, receive: Receive) -> None:
        entries = self._dispatcher.watch(self._identity, after=self._after)
        gone = asyncio.ensure_future(_gone(receive))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await self._pump(out, entries, gone, stop)
        except LivechatError as error:
            await out.write(f": {refusal_for(error).code}, reconnect\n\n")
        except Exception as error:  # noqa: BLE001 - the stream has begun: all that is left is to end it
            await out.write(f": {internal(error).code}, reconnect\n\n")
        finally:
            await _cancel(gone, stop)
            closing = getattr(entries, "aclose", None)
            if closing is not None:
                await closing()

    async def _pump(
        self,
        out: _Out,
        entries: AsyncIterator[JournalEntry],
        gone: asyncio.Future[None],
        stop: asyncio.Future[Any],
    ) -> None:
        following: asyncio.Future[JournalEntry | None] | None = None
        try:
            while True:
                if following is None:
                    following = asyncio.ensure_future(_next(entries))
                waiting: set[asyncio.Future[Any]] = {following, gone, stop}
                await asyncio.wait(waiting, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return
                if following.done():
                    entry = following.result()
                    following = None
                    if entry is None:
                        await self._finish(out)
                        return
                    view = JournalView.of(entry)
                    await out.write(f"id: {view.seq}\nevent: change\ndata: {view.model_dump_json()}\n\n")
                elif stop.done():
                    await out.write(": the server is stopping, reconnect\n\n")
                    return
                else:
                    await out.write(": still here\n\n")
        finally:
            if following is not None:
                await _cancel(following)

    async def _finish(self, out: _Out) -> None:
        view = HandoffView.of(await self._dispatcher.handoff(self._identity))
        await out.write(f"event: ended\ndata: {view.model_dump_json()}\n\n")


class _Out:
    """Writes text to the connection; waits while the client is slow."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, text: str) -> None:
        await self._send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _next(entries: AsyncIterator[JournalEntry]) -> JournalEntry | None:
    return await anext(entries, None)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    # gather, because awaiting a cancelled task and suppressing that would swallow our own end too.
    await asyncio.gather(*tasks, return_exceptions=True)
