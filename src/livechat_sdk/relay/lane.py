"""The queue of one lane: which of its actions is to be run next, and what may overtake what.

What must not wait behind a stuck action overtakes it: closing a chat goes before sends that
are waiting for another try, fetching a file before deliveries that are, and the end of the handoff before a
delivery that fails again and again. When a message has failed for about a minute, the next one is tried,
right after one more failure: if that gets through, the first was the trouble.

Messages of an agent that wait untouched are in the order in which they were said, as far as times tell it
(``DeliverMessage.said_at``): events of a vendor can pass each other.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from typing import Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.ledger.store import ActionRow, ActionStatus
from livechat_sdk.lifecycle.effects import DeliverMessage

__all__ = ["Lane"]

_PATIENCE: Final = 3
"""How often the head of a lane has failed when the end of the handoff overtakes it."""
_SUSPICION: Final = 8
"""How often a message at the head has failed when the next one is tried."""
_MESSAGES: Final = frozenset({"send_message", "deliver_message", "say"})
_AT_ONCE: Final = frozenset({"close_chat", "enrich"})
"""What does not wait for the head of its lane: a vendor's link may expire meanwhile."""


class Lane:
    """The queue of one lane, of which its task asks what is to be run now."""

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
    def in_hand(self) -> ActionRow | None:
        """The action that was handed out last, while there is no result."""
        return next((row for row in self._rows if row.id == self._in_hand), None)

    @property
    def size(self) -> int:
        """How many actions are in it."""
        return len(self._rows)

    def add(self, row: ActionRow) -> None:
        """Take an action in, at its place. One that is there already is replaced."""
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
        """Forget an action, with all that is known of its tries."""
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
        """Whether the ledger has to be asked how the action stands before it is tried again."""
        return row.id in self._stale

    def refresh(self, fresh: ActionRow) -> ActionRow:
        """Keep what the ledger says of an action now."""
        self._stale.discard(fresh.id)
        self._replace(fresh)
        return fresh

    def _replace(self, row: ActionRow) -> None:
        self._rows = deque(row if other.id == row.id else other for other in self._rows)

    def stop(self) -> None:
        """Hand out nothing more: whoever waits for the next action gets ``None``."""
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
