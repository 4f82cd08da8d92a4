"""A worker of a release that writes documents of one schema, for ``test_releases_side_by_side``.

It makes handoffs, runs what it is handed, and meddles with handoffs of others, until every handoff has ended.
Arguments: address, schema of its documents, its name, how many handoffs to make, how many there will be.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys

from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.postgres import PostgresStore
from livechat_sdk.ledger.store import (
    ActionRow,
    ActionStatus,
    Change,
    Completion,
    LaneLost,
    LeaseLost,
    TimerGone,
    TimerRow,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import Action, ChangeOwner, Decide, LedgerWrite, SetTimer
from tests.ledger.builders import NOW, a_handoff, first_step, later

LAST_VERSION = 6


class Worker:
    def __init__(self, store: PostgresStore, schema: int) -> None:
        self.store = store
        self.schema = schema
        self.rows: asyncio.Queue[ActionRow] = asyncio.Queue()
        self.unreadable = 0

    async def step(
        self, handoff_id: str, *, completes: Completion | None = None, fired: TimerRow | None = None
    ) -> None:
        """One step of a handoff; the one that completes its action decides the next, or ends it."""
        while True:
            before = await self.store.load(handoff_id)
            assert before is not None
            if not before.is_live and completes is None:
                return
            after, writes, actions = self.next(before, goes_on=completes is not None)
            change = Change(
                after,
                before.version,
                "step",
                NOW,
                writes=writes,
                actions=actions,
                detail={"by": self.schema},
                completes=completes,
                fired=fired,
            )
            try:
                applied = await self.store.apply(change)
            except VersionConflict:
                continue
            for row in applied.actions:
                self.rows.put_nowait(row)
            return

    def next(self, before: Handoff, *, goes_on: bool) -> tuple[Handoff, list[LedgerWrite], list[Action]]:
        after = before.model_copy(update={"version": before.version + 1})
        if not goes_on:
            return after, [], []
        if before.version < LAST_VERSION:
            return after, [SetTimer(name="t", due_at=later(-1))], [Decide()]
        owner = ChangeOwner(owner="bot", number=before.owner_number + 1)
        ended = {"state": HandoffState.ENDED, "owner_number": owner.number}
        return after.model_copy(update=ended), [owner], []

    async def run_actions(self) -> None:
        while True:
            row = await self.rows.get()
            with contextlib.suppress(LaneLost):
                try:
                    await self.store.load(row.handoff_id)
                except StoreError:  # it has become newer since: its lane must be somebody else's
                    self.unreadable += await self.store.start_action(row)
                    continue
                if await self.store.start_action(row):
                    await asyncio.sleep(0.005)
                    with contextlib.suppress(StoreError):
                        done = Completion(row.id, ActionStatus.DONE, None, row.fence)
                        await self.step(row.handoff_id, completes=done)

    async def hold(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            try:
                await self.store.keep_alive()
            except LeaseLost:
                await self.store.rejoin()

    async def claim(self) -> None:
        while True:
            for row in await self.store.claim(limit=5):
                self.rows.put_nowait(row)
            await asyncio.sleep(0.05)

    async def meddle(self) -> None:
        """What end users and timers do to handoffs, whoever runs their lanes."""
        while True:
            await asyncio.sleep(0.02)
            found = await self.store.fetch("SELECT id FROM handoffs WHERE state <> 'ended'")
            with contextlib.suppress(StoreError):
                if found:
                    await self.step(str(random.choice(found)["id"]))  # noqa: S311
            for timer in await self.store.due_timers(NOW, limit=3):
                # A newer release may have rewritten the handoff since: then the timer is left to it.
                with contextlib.suppress(TimerGone, StoreError):
                    await self.step(timer.handoff_id, fired=timer)


async def main(url: str, schema: int, name: str, mine: int, total: int) -> None:
    documents.DOCUMENT_VERSION = schema
    documents._PREFIX = f'{{"v":{schema},"d":'
    store = PostgresStore(url, lease=3.0, now=lambda: NOW)
    await store.open()
    worker = Worker(store, schema)
    tasks = [
        asyncio.create_task(work()) for work in (worker.hold, worker.claim, worker.run_actions, worker.meddle)
    ]
    for number in range(mine):
        change = first_step(
            a_handoff(f"{name}-{number}", conversation_id=f"{name}-{number}"), actions=[Decide()]
        )
        created = await store.create(change)
        for row in created.actions:
            worker.rows.put_nowait(row)
    while True:
        (found,) = await store.fetch("SELECT COUNT(*) AS n FROM handoffs WHERE state = 'ended'")
        failed = [task for task in tasks if task.done()]
        if found["n"] == total or failed:
            break
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()
    for result in results:
        if isinstance(result, Exception):
            raise result
    sys.stdout.write(str(worker.unreadable))


if __name__ == "__main__":
    address, schema_, name_, mine_, total_ = sys.argv[1:]
    asyncio.run(main(address, int(schema_), name_, int(mine_), int(total_)))
