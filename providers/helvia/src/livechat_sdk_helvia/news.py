"""Live updates between the processes of one desk: each tells the others, through the database, what changed.

A process collects what its hub publishes and writes it as one row, at most a few times a second whatever
happens in between; it looks for rows of the others only while pages are open in it. A row is written after
the commit that it speaks of, so whoever reads the row sees the change. Rows are numbered by the process that
writes them, one after the other, so no clock has to agree and none is passed over.

Nothing depends on it: what a process that was killed had not told yet is found at the next look of a stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from livechat_sdk.domain.base import new_key, utc_text
from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.context import DeskContext

__all__ = ["News"]

logger = logging.getLogger("livechat_sdk_helvia.news")

_TELL_EVERY: Final = 0.25
_LOOK_EVERY: Final = 0.75
"""Seconds between two rows of a process, and between two looks for rows of the others."""
_AFTER_TROUBLE: Final = 5.0

_KEPT: Final = 40
"""Rows of one process that are kept: those of ten seconds in which something changes all the time."""
_TIDY_EVERY: Final = 1000
_STALE: Final = timedelta(hours=1)
"""Rows of processes that are gone are removed after this time."""


class News:
    """Tells the other processes what this one's hub publishes, and publishes here what they tell.

    ``heard`` is told the signs of the others, each as the list of its parts; ``is_watched`` says whether
    anybody here waits for news. The table of ``tables_news`` must be there before ``start``.
    """

    def __init__(
        self, desk: DeskContext, heard: Callable[[list[Any]], None], is_watched: Callable[[], bool]
    ) -> None:
        self._desk = desk
        self._heard_sign = heard
        self._is_watched = is_watched
        self._process = new_key()
        self._number = 0
        self._heard: dict[str, int] = {}
        self._tasks: Sequence[asyncio.Task[None]] = ()

    def start(self) -> None:
        """Begin to tell and to look in the background."""
        self.listen()
        self._tasks = (asyncio.create_task(self._tell_on()), asyncio.create_task(self._look_on()))

    def listen(self) -> None:
        """Collect from now on what the hub publishes, for ``tell``."""
        self._desk.hub.outbox.open()

    async def stop(self) -> None:
        """Stop. The other processes find what has not been told at their next look."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = ()

    async def tell(self) -> bool:
        """Write what was published since the last time, if anything was. Raises ``StoreError``."""
        desk, outbox = self._desk, self._desk.hub.outbox
        changes, signs = outbox.take()
        if not changes and not signs:
            return False
        self._number += 1
        document = {"changes": sorted(changes), "typing": [list(sign) for sign in signs]}
        row = desk.statement(
            """
            INSERT INTO desk_news (workspace, integration, process, number, news, told_at)
            VALUES (:workspace, :integration, :process, :number, :news, :now)
            """,
            process=self._process,
            number=self._number,
            news=json.dumps(document),
            now=desk.now_text(),
        )
        old = desk.statement(
            """
            DELETE FROM desk_news
            WHERE workspace = :workspace AND integration = :integration
              AND process = :process AND number <= :old
            """,
            process=self._process,
            old=self._number - _KEPT,
        )
        statements = [row, old]
        if self._number % _TIDY_EVERY == 1:
            stale = desk.statement(
                """
                DELETE FROM desk_news
                WHERE workspace = :workspace AND integration = :integration AND told_at < :stale
                """,
                stale=utc_text(desk.now() - _STALE),
            )
            statements.append(stale)
        try:
            await desk.database.commit(statements)
        except StoreError:
            outbox.put_back(changes)
            raise
        return True

    async def look(self) -> int:
        """Publish here what other processes have told; how many rows that were. Raises ``StoreError``."""
        newest = await self._desk.fetch(
            """
            SELECT process, MAX(number) AS newest FROM desk_news
            WHERE workspace = :workspace AND integration = :integration AND process <> :me
            GROUP BY process
            """,
            me=self._process,
        )
        there = {str(row["process"]): int(str(row["newest"])) for row in newest}
        self._heard = {process: number for process, number in self._heard.items() if process in there}
        rows = 0
        for process, number in there.items():
            if number > self._heard.get(process, 0):
                rows += await self._hear(process)
        return rows

    async def _hear(self, process: str) -> int:
        rows = await self._desk.fetch(
            """
            SELECT number, news FROM desk_news
            WHERE workspace = :workspace AND integration = :integration
              AND process = :process AND number > :heard
            ORDER BY number
            """,
            process=process,
            heard=self._heard.get(process, 0),
        )
        for row in rows:
            told = json.loads(str(row["news"]))
            # Who types comes first: the change that it belongs to makes the streams read it.
            for sign in told["typing"]:
                self._heard_sign(sign)
            for topic, change in told["changes"]:
                self._desk.hub.deliver(topic, change)
            self._heard[process] = int(str(row["number"]))
        return len(rows)

    async def _tell_on(self) -> None:
        outbox = self._desk.hub.outbox
        while True:
            await outbox.filled()
            pause = _TELL_EVERY
            try:
                await self.tell()
            except StoreError as trouble:
                logger.warning("other processes hear of changes later: %s", trouble)
                pause = _AFTER_TROUBLE
            except Exception:
                logger.exception("telling other processes stumbled; it goes on")
                pause = _AFTER_TROUBLE
            await asyncio.sleep(pause)

    async def _look_on(self) -> None:
        while True:
            pause = _LOOK_EVERY
            try:
                if self._is_watched():
                    await self.look()
            except StoreError as trouble:
                logger.warning("changes of other processes are looked for again: %s", trouble)
                pause = _AFTER_TROUBLE
            except Exception:
                logger.exception("what another process told is not understood; streams look by themselves")
                pause = _AFTER_TROUBLE
            await asyncio.sleep(pause)
