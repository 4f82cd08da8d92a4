"""Erasing a person, a conversation or a handoff: refuse what is in use, then one handoff after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from livechat_sdk.errors import ErasureRefused
from livechat_sdk.files.keeping import FileKeeping
from livechat_sdk.ledger.erasing import Eraser, Holding, Remainder, StillOpen
from livechat_sdk.ledger.retained import Expired, ended_before
from livechat_sdk.ledger.store import Store
from livechat_sdk.owning.subjects import Subject

__all__ = ["Erasing", "Erasure"]

logger = logging.getLogger("livechat_sdk.owning")

_LOOK_AGAIN: Final = 0.1  # seconds
_MOST_NAMED: Final = 5
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, and what nobody here can erase.

    ``remains`` is what vendors still have. ``clean``: nothing of it is left in the database's files either;
    ``None`` where the database decides itself when it reuses space.
    """

    handoffs: tuple[str, ...] = ()
    messages: int = 0
    remains: tuple[Remainder, ...] = ()
    clean: bool | None = True


class Erasing:
    """Erases in one workspace. ``end`` asks for the end of a live handoff; somebody must carry it out."""

    def __init__(
        self,
        store: Store,
        workspace: str,
        now: Callable[[], datetime],
        end: Callable[[str], Awaitable[object]],
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._eraser = Eraser(store, workspace, FileKeeping(store, workspace).discard)
        self._now = now
        self._end = end

    async def holdings(self, subject: Subject) -> Sequence[Holding]:
        """What there is, handoff by handoff, oldest first. Changes nothing."""
        found = [
            await self._eraser.holding(handoff_id)
            for handoff_id in await self._eraser.find(subject.by, subject.id)
        ]
        return [holding for holding in found if holding is not None]

    async def erase(
        self,
        subject: Subject,
        *,
        end_live: bool = False,
        drop_open: bool = False,
        compact: bool = False,
        wait: float = 30.0,
    ) -> Erasure:
        """Erase every handoff of a subject, each in one transaction, and what else is kept about it.

        A crash in the middle leaves whole handoffs erased or not; calling again finishes. ``end_live`` ends
        live handoffs first and gives whoever serves the store ``wait`` seconds for it. ``drop_open`` gives up
        what is still to be done for handoffs that have ended. ``compact``: see ``Store.scrub``. Raises
        ``ErasureRefused`` before anything is erased, ``StoreError``.
        """
        holdings = await self.holdings(subject)
        if end_live:
            holdings = await self._ended(holdings, wait, drop_open=drop_open)
        in_use = [one for one in holdings if one.is_live or (one.work and not drop_open)]
        if in_use:
            raise _refused(in_use, asked_to_end=end_live)
        done = Erasure()
        for holding in holdings:
            done = await self._erase_one(done, holding.handoff_id, drop_open=drop_open)
        await self._eraser.erase_rest(subject.by, subject.id, self._now())
        clean = await self._store.scrub(compact=compact)
        # No id here: what was erased must not go on living in the log.
        logger.info("erased %d handoffs by %s", len(done.handoffs), subject.by)
        return replace(done, clean=clean)

    async def older_than(self, before: datetime, bot: str | None = None) -> tuple[Sequence[Holding], int]:
        """Handoffs that ended before a time and are settled, and how many others are not. Changes nothing.

        ``bot``: only those of this bot.
        """
        settled: list[Holding] = []
        unsettled = 0
        last: Expired | None = None
        while portion := await ended_before(
            self._store, self._workspace, before, bot=bot, after=last, limit=_PAGE
        ):
            last = portion[-1]
            for one in portion:
                holding = await self._eraser.holding(one.handoff_id) if one.settled else None
                if holding is not None:
                    settled.append(holding)
                unsettled += not one.settled
        return settled, unsettled

    async def erase_listed(self, handoff_ids: Sequence[str], *, compact: bool = False) -> Erasure:
        """Erase these handoffs, each in one transaction; what has come into use again is left as it is."""
        done = Erasure()
        for handoff_id in handoff_ids:
            try:
                done = await self._erase_one(done, handoff_id, drop_open=False)
            except ErasureRefused:
                logger.info("a handoff is in use again and is kept")
        return replace(done, clean=await self._store.scrub(compact=compact))

    async def _erase_one(self, done: Erasure, handoff_id: str, *, drop_open: bool) -> Erasure:
        try:
            erased = await self._eraser.erase(handoff_id, self._now(), drop_open=drop_open)
        except StillOpen as refusal:
            raise _refused([refusal.holding], asked_to_end=False, erased=len(done.handoffs)) from None
        if erased is None:
            return done
        return replace(
            done,
            handoffs=(*done.handoffs, handoff_id),
            messages=done.messages + erased.messages,
            remains=(*done.remains, *erased.remains),
        )

    async def _ended(self, holdings: Sequence[Holding], wait: float, *, drop_open: bool) -> Sequence[Holding]:
        """The same handoffs when they have ended, or as they are when the time is up."""
        for holding in holdings:
            if holding.is_live:
                await self._end(holding.handoff_id)
        try:
            async with asyncio.timeout(wait):
                while True:
                    holdings = await self._as_they_are(holdings)
                    if not any(one.is_live or (one.work and not drop_open) for one in holdings):
                        return holdings
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            return await self._as_they_are(holdings)

    async def _as_they_are(self, holdings: Sequence[Holding]) -> Sequence[Holding]:
        found = [await self._eraser.holding(one.handoff_id) for one in holdings]
        return [holding for holding in found if holding is not None]


def _refused(in_use: Sequence[Holding], *, asked_to_end: bool, erased: int = 0) -> ErasureRefused:
    named = "; ".join(_in_use(one) for one in in_use[:_MOST_NAMED])
    more = f"; and {len(in_use) - _MOST_NAMED} more" if len(in_use) > _MOST_NAMED else ""
    before = "they were asked to end and have not come to it yet: " if asked_to_end else ""
    after = f"{erased} others are erased" if erased else "nothing was erased"
    return ErasureRefused(
        f"{before}{named}{more}; {after}", tuple(one.handoff_id for one in in_use), asked_to_end=asked_to_end
    )


def _in_use(holding: Holding) -> str:
    if holding.is_live:
        return f"handoff {holding.handoff_id} is live ({holding.state})"
    work = ", ".join(
        f"{one.kind} ({one.tries} tries{f', last: {one.error[:100]}' if one.error else ''})"
        for one in holding.work
    )
    return f"for handoff {holding.handoff_id} is still to be done: {work}"
