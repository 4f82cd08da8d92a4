"""Calls over a Unix socket, both ways, as lines of JSON: between a worker and the world outside it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

LINE_LIMIT = 8 * 1024 * 1024

Handler = Callable[..., Awaitable[Any]]


class Gone(Exception):
    """The other side is no longer there. Whether it had done what it was asked, nobody knows."""


class Refused(Exception):
    """The other side answered with an error."""

    def __init__(self, kind: str, text: str, fields: Mapping[str, Any] | None = None) -> None:
        self.kind = kind
        self.text = text
        self.fields = dict(fields or {})
        super().__init__(f"{kind}: {text}")


class Peer:
    """One end of a connection. What the other side calls is looked up in ``handlers``.

    ``hung_up`` is awaited as soon as the other side is gone, while what it asked for may still be under way.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handlers: Mapping[str, Handler],
        hung_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handlers = handlers
        self._hung_up = hung_up
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone = False

    async def call(self, method: str, /, **params: Any) -> Any:
        """Ask the other side to do something. Raises ``Gone`` or ``Refused``."""
        if self._gone:
            raise Gone(method)
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await self._write({"call": method, "id": number, "params": params})
            return await future
        finally:
            del self._waiting[number]
            if future.done() and not future.cancelled():
                future.exception()  # heard, even when the question could not be written

    async def run(self) -> None:
        """Serve until the other side is gone and all that it had asked for is done."""
        try:
            while line := await self._reader.readline():
                if not line.endswith(b"\n"):
                    break  # it died in the middle of a line
                self._take(json.loads(line))
        except OSError:
            pass  # it died: the system tells by a reset instead of an end
        finally:
            self._gone = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Gone("the other side has gone away"))
            if self._hung_up is not None:
                await self._hung_up()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._writer.close()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    def _take(self, document: dict[str, Any]) -> None:
        if "call" in document:
            task = asyncio.create_task(self._serve(document))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        future = self._waiting.get(document["id"])
        if future is None or future.done():
            return
        if "error" in document:
            future.set_exception(Refused(**document["error"]))
        else:
            future.set_result(document["result"])

    async def _serve(self, document: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"id": document["id"]}
        try:
            answer["result"] = await self._handlers[document["call"]](**document["params"])
        except Refused as error:
            answer["error"] = {"kind": error.kind, "text": error.text, "fields": error.fields}
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller must hear of it
            answer["error"] = {"kind": type(error).__name__, "text": str(error)[:2000]}
        try:
            await self._write(answer)
        except Gone:
            return  # nobody is left to hear the answer

    async def _write(self, document: dict[str, Any]) -> None:
        if self._gone:
            raise Gone("the other side has gone away")
        try:
            self._writer.write(json.dumps(document).encode() + b"\n")
            await self._writer.drain()
        except OSError as error:
            raise Gone(str(error)) from None
