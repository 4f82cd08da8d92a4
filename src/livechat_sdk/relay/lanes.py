"""Lanes: actions of one lane run one after the other, lanes run side by side.

A lane has a task only while it has something to do, so that thousands of waiting handoffs cost
nothing. What must not wait behind a stuck action overtakes it: closing a chat goes before sends that
are waiting for another try, fetching a file before deliveries that are, and the end of the handoff before a
delivery that fails again and again. When a message has failed for about a minute, the next one is tried,
right after one more failure: if that gets through, the first was the trouble, and is given up. The ledger
knows before that the second is tried (it is *started*): whoever goes on after a crash finds out first what
became of it, or the first might still arrive behind it.

Messages of an agent that wait untouched are in the order in which they were said, as far as times tell it
(``DeliverMessage.said_at``): events of a vendor can pass each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.store import ActionRow, ActionStatus, Completion, LaneId, LaneLost, LeaseLost, Store
from livechat_sdk.lifecycle.effects import DeliverMessage
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, Input
from livechat_sdk.relay.judging import Judgement
from livechat_sdk.relay.leases import LeaseGuard

__all__ = ["Relay", "Runner", "Submit"]

logger = logging.getLogger("livechat_sdk.relay")

_STORE_PAUSE = timedelta(seconds=1)
_PATIENCE = 3
"""How often the head of a lane has failed when the end of the handoff overtakes it."""
_SUSPICION = 8
"""How often a message at the head has failed when the next one is tried."""
_MESSAGES = frozenset({"send_message", "deliver_message", "say"})
_AT_ONCE = frozenset({"close_chat", "enrich"})
"""What does not wait for the head of its lane: a vendor's link may expire meanwhile."""
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
        self._lanes: dict[LaneId, _Lane] = {}
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
                lane = self._lanes[row.lane_id] = _Lane()
                lane.task = asyncio.create_task(
                    self._run_lane(row.lane_id, lane), name=f"lane {row.handoff_id} {row.lane}"
                )
            lane.add(row)

    async def abandon(self) -> None:
        """Interrupt everything: the lanes are no longer this worker's. Whoever claims them goes on."""
        while self._lanes:  # more may be handed in while the tasks end
            lanes = tuple(self._lanes.values())
            self._lanes.clear()
            tasks = [lane.task for lane in lanes if lane.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.lost += sum(lane.size for lane in lanes)

    async def stop(self, *, grace: float = 10.0) -> None:
        """Let running calls finish for ``grace`` seconds, then interrupt them.

        Nothing is lost: the rest is in the ledger.
        """
        self._stopping = True
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for lane in self._lanes.values():
            lane.stop()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_lane(self, lane_id: LaneId, lane: _Lane) -> None:
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

    async def _run_row(self, row: ActionRow, lane: _Lane) -> None:
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
        await self._finish(row, lane, result, status, note)

    async def _current(self, row: ActionRow, lane: _Lane) -> ActionRow | None:
        """The action as it is to be run now; ``None`` when it is done or withdrawn."""
        if lane.is_stale(row):
            fresh = await self._store.action(row.id)
            if fresh is None or fresh.status not in _OPEN:
                return None
            row = lane.refresh(replace(fresh, fence=row.fence))
        if lane.is_first_past_the_head(row) and not await self._store.start_action(row):
            return None
        return row

    async def _was_passed(self, row: ActionRow, lane: _Lane) -> bool:
        """Whether the message behind ``row`` has arrived, though the answer to its try left that open."""
        second = lane.unclear_behind(row)
        fresh = None if second is None else await self._store.action(second.id)
        return fresh is not None and fresh.status in _OPEN and await self._runner.has_arrived(fresh)

    async def _give_up(self, row: ActionRow, lane: _Lane) -> None:
        """Give up what never gets through, when what came after it did."""
        now = await self._store.action(row.id)
        if now is None or now.status not in _OPEN:
            lane.remove(row)
            return
        why = f"given up, for the next one got through; {now.error or 'it failed again and again'}"[:1000]
        logger.warning("handoff %s: %s, try %d: %s", row.handoff_id, row.action.kind, now.tries, why)
        result = EffectDoubtful(action=now.action, error=why)
        await self._finish(replace(now, fence=row.fence), lane, result, ActionStatus.DOUBTFUL, why)

    async def _not_done(self, row: ActionRow, lane: _Lane, error: Exception) -> None:
        tries = row.tries + 1
        judgement = await self._runner.judge(row, error)
        logger.log(
            logging.INFO if judgement.kind == "again" else logging.WARNING,
            "handoff %s: %s, try %d: %s; %s",
            row.handoff_id,
            row.action.kind,
            tries,
            judgement.why,
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
        self, row: ActionRow, lane: _Lane, result: Input, status: ActionStatus, note: str | None
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


class _Lane:
    """The queue of one lane."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.waiting = False
        self._rows: deque[ActionRow] = deque()
        self._not_before: dict[int, datetime] = {}
        self._stale: set[int] = set()
        self._suspects: set[int] = set()
        self._failed_ahead: Counter[int] = Counter()
        self._overtook: dict[int, tuple[int, int]] = {}
        self._in_hand: int | None = None
        self._changed = asyncio.Event()
        self._stopped = False

    @property
    def size(self) -> int:
        return len(self._rows)

    def add(self, row: ActionRow) -> None:
        self.remove(row)  # an action that was claimed anew replaces what is left of the old claim
        if self._rows and row.action.kind in _MESSAGES:
            # What comes now proves nothing about a head that failed a while ago: that is tried again first.
            self._overtook[row.id] = (self._rows[0].id, self._failed_ahead[self._rows[0].id])
        self._rows.insert(self._place_of(row), row)
        if row.not_before is not None:
            self._not_before[row.id] = row.not_before
        self.waiting = False
        self._changed.set()

    def _place_of(self, row: ActionRow) -> int:
        """Where a new row stands: at the end, or before messages that were said later and wait untouched.

        Events of a vendor can pass each other. What was tried keeps its place: it may have arrived.
        """
        place = len(self._rows)
        while place and self._was_said_later(self._rows[place - 1], row):
            place -= 1
        return place

    def _was_said_later(self, waiting: ActionRow, row: ActionRow) -> bool:
        one, other = waiting.action, row.action
        if not isinstance(one, DeliverMessage) or not isinstance(other, DeliverMessage):
            return False
        untouched = waiting.status is row.status is ActionStatus.PENDING and not waiting.tries
        if not untouched or waiting.id == self._in_hand or one.said_at is None or other.said_at is None:
            return False
        return one.said_at > other.said_at

    def remove(self, row: ActionRow) -> None:
        self._rows = deque(other for other in self._rows if other.id != row.id)
        self._not_before.pop(row.id, None)
        self._stale.discard(row.id)
        self._suspects.discard(row.id)
        self._failed_ahead.pop(row.id, None)
        self._overtook.pop(row.id, None)

    def drop(self, fence: int) -> int:
        """Forget what was handed out under this claim or an earlier one; returns how many actions."""
        gone = [row for row in self._rows if row.fence <= fence]
        for row in gone:
            self.remove(row)
        return len(gone)

    def postpone(self, row: ActionRow, not_before: datetime, *, tries: int, suspect: bool = False) -> None:
        """Put a row off. What the ledger says of it then is read again before it is tried again."""
        self._stale.add(row.id)
        (self._suspects.add if suspect else self._suspects.discard)(row.id)
        if tries > row.tries and self._rows and self._rows[0].id == row.id:
            self._failed_ahead[row.id] += 1
        self._not_before[row.id] = not_before
        self._replace(replace(row, tries=tries, not_before=not_before))

    def is_stale(self, row: ActionRow) -> bool:
        return row.id in self._stale

    def refresh(self, fresh: ActionRow) -> ActionRow:
        self._stale.discard(fresh.id)
        self._replace(fresh)
        return fresh

    def _replace(self, row: ActionRow) -> None:
        self._rows = deque(row if other.id == row.id else other for other in self._rows)

    def stop(self) -> None:
        self._stopped = True
        self._changed.set()

    async def next_due(self, clock: Clock) -> ActionRow | None:
        """The action to run now; waits for a pause to pass. ``None`` when the lane is empty."""
        while self._rows and not self._stopped:
            now = clock.now()
            head = self._rows[0]
            first = self._tried_past(head) or head
            due = self._not_before.get(first.id)
            if due is None or due <= now:
                self.waiting = False
                self._in_hand = first.id
                return first
            overtaking = self._overtaking(head, now)
            if overtaking is not None:
                self._in_hand = overtaking.id
                return overtaking
            dues = [self._not_before.get(row.id, due) for row in self._rows if row.action.kind in _AT_ONCE]
            await self._wait(clock, min([due, *dues]))
        return None

    def _overtaking(self, head: ActionRow, now: datetime) -> ActionRow | None:
        """What need not wait while the head of the lane waits for another try.

        Closing a chat and fetching files go at once. The end of the handoff, and the message behind the head,
        go when the head has failed often enough, once after each further failure: what never gets through
        holds up nothing for long, and when the other side is down for all, the order still holds when it is
        back.
        """
        failures = self._failed_ahead[head.id]
        for index, row in enumerate(self._rows):
            due = self._not_before.get(row.id, now) <= now
            if row.action.kind in _AT_ONCE and due:
                return row
            ends = row.action.kind == "deliver_ended" and index > 0 and failures >= _PATIENCE
            if ends or (index == 1 and self._is_suspected(head, row)):
                failure = (head.id, failures)
                if self._overtook.get(row.id) != failure:
                    self._overtook[row.id] = failure
                    if due:
                        return row
        return None

    def _tried_past(self, head: ActionRow) -> ActionRow | None:
        """The message behind the head whose try was cut off: nobody knows what became of it.

        One that was answered with a failure waits for another try (``not_before``), behind the head.
        """
        if len(self._rows) < 2:  # noqa: PLR2004
            return None
        second = self._rows[1]
        cut_off = second.status is ActionStatus.STARTED and second.not_before is None
        return second if cut_off and _are_messages(head, second) else None

    def unclear_behind(self, row: ActionRow) -> ActionRow | None:
        """The message behind ``row``, the head, that was tried past it with a failure and may be there."""
        if len(self._rows) < 2 or self._rows[0].id != row.id:  # noqa: PLR2004
            return None
        second = self._rows[1]
        answered = second.status is ActionStatus.STARTED and second.not_before is not None
        return second if answered and _are_messages(row, second) else None

    def is_first_past_the_head(self, row: ActionRow) -> bool:
        """Whether this is a message that is about to be tried before the one at the head, and was not yet."""
        return row.status is ActionStatus.PENDING and self.overtaken_by(row) is not None

    def overtaken_by(self, row: ActionRow) -> ActionRow | None:
        """The message at the head, if ``row`` is one behind it."""
        head = self._rows[0] if self._rows else row
        return head if head.id != row.id and _are_messages(head, row) else None

    def _is_suspected(self, head: ActionRow, row: ActionRow) -> bool:
        failures = self._failed_ahead[head.id]
        return _are_messages(head, row) and head.id in self._suspects and failures >= _SUSPICION

    async def _wait(self, clock: Clock, until: datetime) -> None:
        self._changed.clear()
        self.waiting = True
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(_as_object(clock.sleep_until(until))),
            asyncio.create_task(_as_object(self._changed.wait())),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.waiting = False
            for task in tasks:
                task.cancel()
            # gather, because awaiting a cancelled task and suppressing that would swallow our own end too.
            await asyncio.gather(*tasks, return_exceptions=True)


def _are_messages(head: ActionRow, row: ActionRow) -> bool:
    return head.action.kind in _MESSAGES and row.action.kind in _MESSAGES


async def _as_object(awaitable: Awaitable[object]) -> object:
    return await awaitable
