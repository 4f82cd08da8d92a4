"""What was given up and waits for a person: listed, tried again, or dropped.

``ParkedActions`` needs a store and a stepper only, so that a command can use it beside a running server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from livechat_sdk.dispatcher.data import DataOwner
from livechat_sdk.dispatcher.stepping import Stepper
from livechat_sdk.domain.answers import Parked, ParkedAnswer
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.errors import HandoffNotFound, InvalidInput
from livechat_sdk.ledger.store import ActionRow, ActionStatus, NotParked, Store
from livechat_sdk.lifecycle.effects import CloseChat, DeliverMessage, Say, SendMessage
from livechat_sdk.lifecycle.inputs import DropRequested, RetryRequested
from livechat_sdk.lifecycle.parking import target_of, why_not_again

__all__ = ["ParkedActions", "Parking"]

_NOT_ARRIVED = frozenset({Fate.REFUSED, Fate.DOUBTFUL})


class ParkedActions:
    """The list of what was given up, and what a person may do about it."""

    def __init__(self, store: Store, stepper: Stepper) -> None:
        self._store = store
        self._stepper = stepper

    async def list(self, handoff_id: str | None = None) -> Sequence[Parked]:
        """What waits for a person, oldest first, of one handoff or of all. Raises ``HandoffNotFound``."""
        return [_parked(row, handoff) for row, handoff in await self._rows(handoff_id)]

    async def retry(self, handoff_id: str, action_id: int | None = None) -> Sequence[ParkedAnswer]:
        """Try one action again, or all of a handoff in their order.

        Raises ``HandoffNotFound``, and ``InvalidInput`` for an action that is not on the list.
        """
        return await self._see_to(handoff_id, action_id, again=True)

    async def drop(self, handoff_id: str, action_id: int | None = None) -> Sequence[ParkedAnswer]:
        """Take one action off the list, or all of a handoff. Raises as ``retry`` does."""
        return await self._see_to(handoff_id, action_id, again=False)

    async def _see_to(self, handoff_id: str, action_id: int | None, *, again: bool) -> Sequence[ParkedAnswer]:
        rows = [
            (row, handoff)
            for row, handoff in await self._rows(handoff_id)
            if action_id is None or row.id == action_id
        ]
        if action_id is not None and not rows:
            raise InvalidInput(f"action {action_id} of handoff {handoff_id} is not parked")
        return [await self._one(row, handoff, again=again) for row, handoff in rows]

    async def _one(self, row: ActionRow, handoff: Handoff, *, again: bool) -> ParkedAnswer:
        doubtful = row.status is ActionStatus.DOUBTFUL
        happening = (
            RetryRequested(action_id=row.id, action=row.action, doubtful=doubtful)
            if again
            else DropRequested(action_id=row.id, action=row.action, doubtful=doubtful, error=row.error)
        )
        try:
            submitted = await self._stepper.submit(handoff.id, happening)
        except NotParked:
            return ParkedAnswer(_parked(row, handoff), refused="somebody else has seen to it meanwhile")
        refused = submitted.refused.partition(": ")[2] if submitted.refused else None
        return ParkedAnswer(replace(_parked(row, submitted.handoff), refusal=refused), refused=refused)

    async def _rows(self, handoff_id: str | None) -> Sequence[tuple[ActionRow, Handoff]]:
        if handoff_id is not None and await self._store.load(handoff_id) is None:
            raise HandoffNotFound(handoff_id)
        given_up = await self._store.given_up(handoff_id)
        found: list[tuple[ActionRow, Handoff]] = []
        for of, rows in groupby(sorted(given_up, key=lambda row: row.handoff_id), lambda row: row.handoff_id):
            handoff = await self._store.load(of)
            if handoff is not None:
                newest = {target_of(row.action): row.id for row in await self._store.actions(of)}
                found += [
                    (row, handoff)
                    for row in rows
                    if newest[target_of(row.action)] == row.id and await self._waits(row, handoff)
                ]
        return sorted(found, key=lambda pair: pair[0].id)

    async def _waits(self, row: ActionRow, handoff: Handoff) -> bool:
        """Whether what an action was to do is still undone, as far as anybody knows."""
        match row.action:
            case SendMessage(message_key=key):
                entry = await self._store.entry(handoff.id, Direction.TO_PROVIDER, key)
                return entry is not None and entry.fate in _NOT_ARRIVED
            case DeliverMessage(message_key=key) | Say(key=key):
                entry = await self._store.entry(handoff.id, Direction.TO_USER, key)
                return entry is None or entry.fate in _NOT_ARRIVED
            case CloseChat(attempt=number):
                attempt = handoff.attempts[number - 1]
                return not (attempt.closed or attempt.closing)
            case _:
                return True


class Parking(DataOwner):
    """The calls of a dispatcher about what was given up."""

    async def parked(self, handoff_id: str | None = None) -> Sequence[Parked]:
        """What was given up and waits for a person, oldest first; of one handoff, or of the workspace.

        Raises ``HandoffNotFound``.
        """
        return await ParkedActions(self.store, self._stepper).list(handoff_id)

    async def retry(self, handoff_id: str, action_id: int | None = None) -> Sequence[ParkedAnswer]:
        """Try again what was given up: one action, or all of a handoff in their order.

        An answer says why it was refused where that makes no sense, a message to a chat that is over for
        example. Raises ``HandoffNotFound``, and ``InvalidInput`` for an action that is not on the list.
        """
        return await ParkedActions(self.store, self._stepper).retry(handoff_id, action_id)

    async def drop(self, handoff_id: str, action_id: int | None = None) -> Sequence[ParkedAnswer]:
        """Take what was given up off the list: one action, or all of a handoff. Raises as ``retry`` does."""
        return await ParkedActions(self.store, self._stepper).drop(handoff_id, action_id)


def _parked(row: ActionRow, handoff: Handoff) -> Parked:
    action = row.action
    key = getattr(action, "message_key", None) or getattr(action, "key", None)
    return Parked(
        handoff_id=row.handoff_id,
        action_id=row.id,
        kind=action.kind,
        doubtful=row.status is ActionStatus.DOUBTFUL,
        error=row.error or "",
        message_key=key if isinstance(key, str) else None,
        attempt=getattr(action, "attempt", None),
        tries=row.tries,
        at=row.updated_at,
        refusal=why_not_again(handoff, action),
    )
