"""Lanes: actions of one lane run one after the other, lanes run side by side.

A lane has a task only while it has something to do, so that thousands of waiting handoffs cost
nothing. Which action of a lane is next is its own affair (``lane``). When a message gets through that was
tried past one that had failed again and again, the first is given up. The ledger
knows before that the second is tried (it is *started*): whoever goes on after a crash finds out first what
became of it, or the first might still arrive behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import InvalidInput, StoreError
from livechat_sdk.ledger.store import ActionRow, ActionStatus, Completion, LaneId, LaneLost, LeaseLost, Store
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, Input
from livechat_sdk.relay.interrupting import failing_alone, interrupt, start
from livechat_sdk.relay.judging import Judgement
from livechat_sdk.relay.lane import Lane
from livechat_sdk.relay.leases import LeaseGuard

__all__ = ["Relay", "Runner", "Submit"]

logger = logging.getLogger("livechat_sdk.relay")

_STORE_PAUSE = timedelta(seconds=1)
_OPEN = frozenset({ActionStatus.PENDING, ActionStatus.STARTED})


class Submit(Protocol):
    """Hands an input to a handoff, together with the action whose result it is."""

    async def __call__(self, handoff_id: str, happening: Input, *, completes: Completion) -> object:
        """Commit the step; new actions are given to the relay before this returns. Raises ``LaneLost``."""
        ...


class Runner(Protocol):
    """Carries out one action."""

    async def run(self, row: ActionRow) -> Input | None:
        """Do it and return the result as an input; ``None`` when there is nothing left to do.

        A *started* action may have been done by an earlier try or process that learned of no result.
        """
        ...

    async def judge(self, row: ActionRow, error: Exception) -> Judgement:
        """What becomes of an action whose try raised ``error``."""
        ...

    async def has_arrived(self, row: ActionRow) -> bool:
        """Whether it is known that something of a *started* action was done. Raises while that is open."""
        ...

    def whom(self, row: ActionRow) -> str:
        """Who is being called for an action that is under way, for people."""
        ...


class Relay:
    """Runs the actions of one dispatcher."""

    def __init__(
        self, store: Store, clock: Clock, runner: Runner, submit: Submit, lease: LeaseGuard | None = None
    ) -> None:
        self._store = store
        self._lease = lease or LeaseGuard()
        self._clock = clock
        self._runner = runner
        self._submit = submit
        self._lanes: dict[LaneId, Lane] = {}
        self._stopping = False
        self._may_run = asyncio.Event()
        self._may_run.set()
        self.broken: list[str] = []
        """Lanes that stopped because of a bug; a restart takes their actions up again."""
        self.lost = 0
        """Actions that another worker had taken over before this one was done with them."""

    @contextmanager
    def held(self) -> Generator[None]:
        """Take over actions meanwhile, in order, and begin with none of them before the end."""
        self._may_run.clear()
        try:
            yield
        finally:
            self._may_run.set()

    @property
    def busy_lanes(self) -> int:
        """How many lanes have something to do."""
        return len(self._lanes)

    @property
    def runnable_lanes(self) -> int:
        """How many lanes have something to do now, rather than after a pause."""
        return sum(not lane.waiting for lane in self._lanes.values())

    @property
    def queued_actions(self) -> int:
        """How many actions are in the lanes."""
        return sum(lane.size for lane in self._lanes.values())

    def is_busy(self, lane: LaneId) -> bool:
        """Whether a lane has something to do."""
        return lane in self._lanes

    def enqueue(self, rows: Sequence[ActionRow]) -> None:
        """Take over actions, in order. *Started* ones may have left an earlier process without a result.

        What was handed to this worker before it began anew came too late: it is claimed with its lane, behind
        what was decided before it.
        """
        if self._stopping:
            return
        for row in rows:
            if row.worker not in {None, self._store.worker}:
                self.lost += 1
                continue
            lane = self._lanes.get(row.lane_id)
            if lane is None:
                lane = self._lanes[row.lane_id] = Lane()
                name = f"lane {row.handoff_id} {row.lane}"
                lane.task = start(self._run_lane(row.lane_id, lane), name=name)
            lane.add(row)

    async def abandon(self) -> None:
        """Interrupt everything: the lanes are no longer this worker's. Whoever claims them goes on.

        What does not heed it is ended by force: see ``stop``.
        """
        while self._lanes:  # more may be handed in while the tasks end
            lanes = tuple(self._lanes.values())
            self._lanes.clear()
            for lane in lanes:
                lane.stop()  # whoever goes on nevertheless takes no further action of it
            await self._interrupt(lanes)
            self.lost += sum(lane.size for lane in lanes)

    async def stop(self, *, grace: float = 10.0) -> None:
        """Let running calls finish for ``grace`` seconds, then interrupt them.

        An adapter that does not heed that (it catches ``CancelledError`` and goes on) is named in the log and
        ended by force after ``HEED_SECONDS``. Nothing is lost: the rest is in the ledger.
        """
        self._stopping = True
        lanes = tuple(self._lanes.values())
        for lane in lanes:
            lane.stop()
        tasks = [lane.task for lane in lanes if lane.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
            await self._interrupt(lanes)

    async def _interrupt(self, lanes: Sequence[Lane]) -> None:
        by_task = {lane.task: lane for lane in lanes if lane.task is not None}
        await interrupt(by_task, lambda task: self._tell_deaf(by_task[task], task.get_name()))

    def _tell_deaf(self, lane: Lane, name: str) -> None:
        row = lane.in_hand
        logger.error(
            "%s: %s at %s does not heed being interrupted (it catches CancelledError and goes on); it is "
            "ended by force, and whoever goes on with the lane finds out what became of it",
            name,
            "something" if row is None else row.action.kind,
            "nobody known" if row is None else self._runner.whom(row),
        )

    async def _run_lane(self, lane_id: LaneId, lane: Lane) -> None:
        try:
            await self._may_run.wait()
            while not self._stopping and (row := await lane.next_due(self._clock)) is not None:
                try:
                    await self._run_row(row, lane)
                except LaneLost:
                    logger.warning("lane %s is run by another worker now; %s is left to it", lane_id, row.id)
                    self.lost += lane.drop(row.fence)
                except LeaseLost as error:
                    logger.warning("lane %s waits: %s", lane_id, error)
                    lane.postpone(row, self._clock.now() + _STORE_PAUSE, tries=row.tries)
                except StoreError as error:
                    logger.warning("the ledger cannot be written, lane %s waits: %s", lane_id, error)
                    lane.postpone(row, self._clock.now() + _STORE_PAUSE, tries=row.tries)
        except Exception:
            self.broken.append(f"{lane_id.handoff_id} {lane_id.name}")
            logger.exception("lane %s stopped; a restart takes its actions up again", lane_id)
        finally:
            if self._lanes.get(lane_id) is lane:
                del self._lanes[lane_id]

    async def _run_row(self, row: ActionRow, lane: Lane) -> None:
        if self._lease.left <= 0:
            raise LeaseLost("this worker's lease has run out")
        current = await self._current(row, lane)
        if current is None:
            lane.remove(row)
            return
        row = current
        try:
            if await self._was_passed(row, lane):
                await self._give_up(row, lane)
                return
            with failing_alone():
                result = await self._runner.run(row)
        except (StoreError, LaneLost, LeaseLost):
            raise
        except Exception as error:  # noqa: BLE001  (any failure of an adapter is judged, never lost)
            await self._not_done(row, lane, error)
            return
        if result is None:
            lane.remove(row)
            return
        status = ActionStatus.DONE
        note: str | None = None
        if isinstance(result, EffectFailed | EffectDoubtful):
            status = ActionStatus.FAILED if isinstance(result, EffectFailed) else ActionStatus.DOUBTFUL
            note = result.error
        stuck = lane.overtaken_by(row) if status is ActionStatus.DONE else None
        if stuck is not None:  # first: nobody may find the one done and the other still to be tried
            await self._give_up(stuck, lane)
        try:
            await self._finish(row, lane, result, status, note)
        except InvalidInput as error:  # the adapter has answered something that the ledger cannot keep
            await self._not_done(row, lane, error)

    async def _current(self, row: ActionRow, lane: Lane) -> ActionRow | None:
        """The action as it is to be run now; ``None`` when it is done or withdrawn."""
        if lane.is_stale(row):
            fresh = await self._store.action(row.id)
            if fresh is None or fresh.status not in _OPEN:
                return None
            row = lane.refresh(replace(fresh, fence=row.fence))
        if lane.is_first_past_the_head(row) and not await self._store.start_action(row):
            return None
        return row

    async def _was_passed(self, row: ActionRow, lane: Lane) -> bool:
        """Whether the message behind ``row`` has arrived, though the answer to its try left that open."""
        second = lane.unclear_behind(row)
        fresh = None if second is None else await self._store.action(second.id)
        return fresh is not None and fresh.status in _OPEN and await self._runner.has_arrived(fresh)

    async def _give_up(self, row: ActionRow, lane: Lane) -> None:
        """Give up what never gets through, when what came after it did."""
        now = await self._store.action(row.id)
        if now is None or now.status not in _OPEN:
            lane.remove(row)
            return
        why = f"given up, for the next one got through; {now.error or 'it failed again and again'}"[:1000]
        logger.warning("handoff %s: %s, try %d: %s", row.handoff_id, row.action.kind, now.tries, why)
        result = EffectDoubtful(action=now.action, error=why)
        await self._finish(replace(now, fence=row.fence), lane, result, ActionStatus.DOUBTFUL, why)

    async def _not_done(self, row: ActionRow, lane: Lane, error: Exception) -> None:
        tries = row.tries + 1
        judgement = await self._runner.judge(row, error)
        # A bug is told of once where everybody reads it: whoever wrote the channel may see no log but that.
        bug = judgement.bug_at is not None and tries == 1
        logger.log(
            logging.INFO if judgement.kind == "again" and not bug else logging.WARNING,
            "handoff %s: %s, try %d: %s%s; %s",
            row.handoff_id,
            row.action.kind,
            tries,
            judgement.why,
            f", at {judgement.bug_at}" if bug else "",
            f"again in {judgement.pause:.1f} s" if judgement.kind == "again" else judgement.kind,
        )
        if judgement.result is None:
            not_before = self._clock.now() + timedelta(seconds=judgement.pause)
            await self._store.postpone_action(
                row, not_before=not_before, error=judgement.why, started=judgement.keep_started
            )
            status = ActionStatus.STARTED if judgement.keep_started else ActionStatus.PENDING
            lane.postpone(replace(row, status=status), not_before, tries=tries, suspect=judgement.suspect)
            return
        status = ActionStatus.FAILED if judgement.kind == "failed" else ActionStatus.DOUBTFUL
        await self._finish(row, lane, judgement.result, status, judgement.why)

    async def _finish(
        self, row: ActionRow, lane: Lane, result: Input, status: ActionStatus, note: str | None
    ) -> None:
        # A result must be written down before the lane goes on, or the order of fates would not hold.
        pause = _STORE_PAUSE.total_seconds()
        while True:
            try:
                await self._submit(
                    row.handoff_id, result, completes=Completion(row.id, status, note, row.fence)
                )
            except (StoreError, LeaseLost) as error:  # whoever finds the lease lost for good interrupts this
                if self._stopping:
                    raise
                logger.warning("the result of %s cannot be written yet: %s", row.action.kind, error)
                await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))
            else:
                break
        lane.remove(row)
