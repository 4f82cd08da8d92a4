"""One message of the end user to the vendor, in parts where it must be, and never twice unseen.

A send whose action is *started* when it is taken up may have arrived: an earlier try, or an earlier process,
got no answer. Before anything leaves again, that is settled:

- The vendor dedupes by our key: it is sent again.
- The vendor can look it up: present is done; absent is sent again once the lag that the vendor states has
  passed (until then, it is looked up again); no answer is looked up again, for as long as there is time.
  A vendor that answers that it cannot tell gets less of that: more may never come, and others wait behind.
- Otherwise the policy decides: ``hold`` leaves it doubtful, ``repeat`` sends it again and says so.

The parts of a split message are settled one by one: which have arrived is written down after each, so that
only the missing ones are sent again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from livechat_sdk.domain.base import Metadata
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction
from livechat_sdk.errors import FileMissing, RetryableError, StoreError
from livechat_sdk.ledger.store import ActionRow, ActionStatus, LeaseLost, Store
from livechat_sdk.lifecycle.effects import SendMessage
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, EffectSucceeded, Input
from livechat_sdk.provider.interface import AnyProvider, PlannedMessage, Sent
from livechat_sdk.provider.planning import plan_message
from livechat_sdk.relay.failures import Failure, FailureKind, failure_of
from livechat_sdk.relay.leases import LeaseGuard

if TYPE_CHECKING:
    from livechat_sdk.files import Files

__all__ = ["CALL_LIMIT", "NotSent", "Sending"]

logger = logging.getLogger("livechat_sdk.sending")

CALL_LIMIT = 20.0
"""Longest time in seconds that one vendor call may take."""

_PASSING = frozenset({FailureKind.NEVER_LEFT, FailureKind.THROTTLED})
"""Certain failures after which the same call may well succeed."""
_STORE_PAUSE = timedelta(seconds=1)
_REPEATED = "sent again though it may have arrived"


class NotSent(Exception):
    """A message did not arrive, or nobody knows yet.

    ``cause`` is what went wrong. ``in_doubt``: it may have arrived all the same. ``safe``: sending it again
    is harmless, or was chosen. ``look_again``: it can be looked up after that many seconds, and not before.
    ``untold``: the vendor was asked, and answered that it cannot tell. ``arrived`` tells what of it has
    arrived all the same, for people.
    """

    def __init__(
        self,
        cause: Exception,
        *,
        in_doubt: bool = False,
        safe: bool = False,
        look_again: float | None = None,
        untold: bool = False,
        arrived: str = "",
    ) -> None:
        self.cause = cause
        self.in_doubt = in_doubt
        self.safe = safe
        self.look_again = look_again
        self.untold = untold
        self.arrived = arrived
        super().__init__(str(cause))


class _Untold(RetryableError):
    """The vendor was asked whether a message has arrived, and cannot tell."""


@dataclass(slots=True)
class _Try:
    """One try to send what is left of a message."""

    row: ActionRow
    action: SendMessage
    handoff: Handoff
    provider: AnyProvider
    chat: Chat
    total: int
    in_doubt: bool
    """Whether the part that is sent next may have arrived earlier."""
    notes: list[str] = field(default_factory=list[str])

    @property
    def arrived(self) -> str:
        """What is known to have arrived, for people."""
        done = len(self.action.parts_sent)
        parts = f"{done} of {self.total} parts arrived" if done else None
        return "; ".join(filter(None, (parts, self.action.repeated)))

    @property
    def over(self) -> str | None:
        """Why nothing may be sent to this chat any more."""
        attempt = self.handoff.attempts[self.action.attempt - 1]
        if attempt.abandoned:
            return "the attempt was given up"
        return "the chat is over" if attempt.closed or not self.handoff.is_live else None

    def not_sent(self, cause: Exception, *, safe: bool = False, look_again: float | None = None) -> NotSent:
        return NotSent(
            cause,
            in_doubt=self.in_doubt,
            safe=safe,
            look_again=look_again,
            untold=isinstance(cause, _Untold),
            arrived=self.arrived,
        )


class Sending:
    """Carries out ``SendMessage``."""

    def __init__(self, store: Store, clock: Clock, lease: LeaseGuard, files: Files) -> None:
        self._files = files
        self._store = store
        self._clock = clock
        self._lease = lease

    async def run(
        self, row: ActionRow, action: SendMessage, handoff: Handoff, provider: AnyProvider
    ) -> Input | None:
        """Send what is left of a message; ``None`` when it was withdrawn. Raises ``NotSent``."""
        begun = await self._begin(row, action, handoff, provider)
        if isinstance(begun, EffectFailed):
            return begun
        one, left = begun
        if one.in_doubt and left and await self._has_arrived(one, left[0]):
            await self._note_arrival(one, left.pop(0), Sent(), last=not left)
        if one.over is not None and left:
            result = EffectDoubtful if one.in_doubt or one.arrived else EffectFailed
            return result(action=one.action, error="; ".join(filter(None, (one.arrived, one.over))))
        if one.in_doubt and left and not provider.capabilities.dedupes_by_key:
            why = _why_repeat(one)
            if why is None:
                error = row.error or "the process stopped during the send"
                return EffectDoubtful(action=one.action, error=error)
            one.action = one.action.model_copy(update={"repeated": why})
            await self._save(one, {})
        return await self._send(one, left)

    async def _begin(
        self, row: ActionRow, action: SendMessage, handoff: Handoff, provider: AnyProvider
    ) -> tuple[_Try, list[PlannedMessage]] | EffectFailed:
        """A try, with the parts that are left to be sent."""
        chat = await self._store.chat(handoff.id, action.attempt)
        entry = await self._store.entry(handoff.id, Direction.TO_PROVIDER, action.message_key)
        if chat is None or entry is None:
            return EffectFailed(action=action, error="there is no open chat to send to")
        try:
            # A desk in our process opens files by their references, which do not expire.
            links = provider.capabilities.inbound is not Inbound.EMBEDDED
            message = await self._files.for_vendor(handoff.id, entry.message, links=links)
        except FileMissing as gone:
            return EffectFailed(action=action, error=str(gone))
        plan = plan_message(message, provider.capabilities, sent_at=entry.created_at)
        if plan.refusal is not None:
            return EffectFailed(action=action, error=plan.refusal)
        one = _Try(
            row=row,
            action=action,
            handoff=handoff,
            provider=provider,
            chat=chat,
            total=len(plan.parts),
            in_doubt=row.status is ActionStatus.STARTED or action.in_doubt,
            notes=list(plan.notes),
        )
        return one, [part for part in plan.parts if part.key not in action.parts_sent]

    async def has_arrived(
        self, row: ActionRow, action: SendMessage, handoff: Handoff, provider: AnyProvider
    ) -> bool:
        """Whether something of a message whose try left that open is with the vendor. Sends nothing.

        A vendor that cannot look up is taken to have nothing. Raises ``NotSent`` while it is open.
        """
        able = provider.capabilities
        begun = await self._begin(row, action, handoff, provider)
        if isinstance(begun, EffectFailed):
            return False
        one, left = begun
        if action.parts_sent:
            return True
        if not able.looks_up_by_key or not left or one.over is not None:
            return False
        known, why = await self._look_up(one, left[0])
        if known or (known is False and self._has_lagged(one)):
            return bool(known)
        raise one.not_sent(why, safe=True, look_again=able.lookup_lag)

    async def _send(self, one: _Try, left: list[PlannedMessage]) -> Input | None:
        if left and not await self._store.start_action(one.row):
            return None
        sent = Sent()
        for part in left:
            try:
                async with self._lease.limit(CALL_LIMIT):
                    sent = await one.provider.send(one.chat, part)
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001  (whatever it is: first find out whether it arrived)
                await self._settle(one, part, error)
                sent = Sent()
            await self._note_arrival(one, part, sent, last=part is left[-1])
        return EffectSucceeded(
            action=one.action,
            vendor_id=sent.vendor_id,
            acknowledged=sent.acknowledged,
            detail="; ".join(filter(None, (*one.notes, one.action.repeated)))[:1000] or None,
            patch=sent.patch,
        )

    async def _has_arrived(self, one: _Try, part: PlannedMessage) -> bool:
        """Settle, before anything leaves, whether ``part`` has arrived. Raises ``NotSent`` while it is open.

        False leaves ``one.in_doubt`` set unless it is certain that it is not there.
        """
        able = one.provider.capabilities
        if not able.looks_up_by_key or (able.dedupes_by_key and one.over is None):
            return False
        known, why = await self._look_up(one, part)
        if known:
            return True
        if known is False and self._has_lagged(one):
            await self._note_absence(one)
            return False
        if known is None and (one.handoff.policy.doubtful == "repeat" or one.action.in_doubt):
            return False
        raise one.not_sent(why, safe=True, look_again=able.lookup_lag)

    def _has_lagged(self, one: _Try) -> bool:
        """Whether "it is not there" is a proof by now: the lag has passed since the last try was over."""
        lag = one.provider.capabilities.lookup_lag
        if not lag or one.row.status is not ActionStatus.STARTED:
            return True
        if one.row.not_before is None or one.row.updated_at is None:  # cut off: nobody knows when it was over
            return False
        return (self._clock.now() - one.row.updated_at).total_seconds() >= lag

    async def _settle(self, one: _Try, part: PlannedMessage, error: Exception) -> None:
        """After a failed call: return if it arrived all the same, else raise ``NotSent``."""
        able = one.provider.capabilities
        safe = able.dedupes_by_key or one.handoff.policy.doubtful == "repeat"
        failure = failure_of(error)
        if failure.certain:
            if await self._was_there_before(one, part, failure):
                return
            open_still = one.in_doubt and able.looks_up_by_key and not self._has_lagged(one)
            if open_still and failure.kind not in _PASSING:
                # Absent so soon proves nothing: it is looked up once more when the lag is over.
                raise one.not_sent(error, safe=True, look_again=able.lookup_lag) from error
            raise one.not_sent(error, safe=safe) from error
        one.in_doubt = True
        if able.dedupes_by_key or not able.looks_up_by_key:
            raise one.not_sent(error, safe=safe) from error
        if failure.retry_after:  # the vendor wants to be left alone: it is not asked before that either
            raise one.not_sent(error, safe=True, look_again=able.lookup_lag) from error
        known, _ = await self._look_up(one, part)
        if known:
            return
        if known is False and not able.lookup_lag:
            await self._note_absence(one)
            absent = RetryableError(
                f"{error} (the vendor does not have it)",
                provider=one.provider.name,
                operation="send",
                sent=False,
            )
            raise one.not_sent(absent) from error
        raise one.not_sent(error, safe=True, look_again=able.lookup_lag) from error

    async def _was_there_before(self, one: _Try, part: PlannedMessage, failure: Failure) -> bool:
        """After a clear no to what may have arrived earlier: whether the vendor can tell that it had."""
        able = one.provider.capabilities
        if not one.in_doubt or not able.looks_up_by_key or failure.retry_after:
            return False
        known, _ = await self._look_up(one, part)
        if known is False and self._has_lagged(one):
            await self._note_absence(one)
        return bool(known)

    async def _look_up(self, one: _Try, part: PlannedMessage) -> tuple[bool | None, Exception]:
        """Whether the vendor has it, as far as it can tell now; and what to say where it is not known."""
        try:
            async with self._lease.limit(CALL_LIMIT):
                known = await one.provider.was_sent(one.chat, part.key)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  (a look-up that fails answers nothing)
            return None, error
        kind, words = RetryableError, "the vendor does not have it so far"
        if known is None:
            kind, words = _Untold, "the vendor cannot tell yet"
        return known, kind(words, provider=one.provider.name, operation="was_sent")

    async def _note_arrival(self, one: _Try, part: PlannedMessage, sent: Sent, *, last: bool) -> None:
        """Keep that a part has arrived, and what it changed. The last one is kept with the result."""
        one.in_doubt = False
        if last:
            return
        one.action = one.action.model_copy(update={"parts_sent": (*one.action.parts_sent, part.key)})
        if sent.patch:  # the next part must see it
            one.chat = one.chat.model_copy(update={"state": {**one.chat.state, **sent.patch}})
        await self._save(one, sent.patch)

    async def _note_absence(self, one: _Try) -> None:
        """It is proved that no try of the next part has arrived, so that none was a repetition either."""
        one.in_doubt = False
        # What was repeated of an earlier part stays said: nothing proves that it is there only once.
        if one.action.repeated and not one.action.parts_sent:
            one.action = one.action.model_copy(update={"repeated": None})
            await self._save(one, {})

    async def _save(self, one: _Try, patch: Metadata) -> None:
        # What has arrived must be written down before the next part leaves, or it could arrive twice.
        while True:
            try:
                await self._store.save_progress(one.row, one.action, patch)
            except (StoreError, LeaseLost) as error:
                logger.warning("handoff %s: progress cannot be written yet: %s", one.handoff.id, error)
                await self._clock.sleep_until(self._clock.now() + _STORE_PAUSE)
            else:
                return


def _why_repeat(one: _Try) -> str | None:
    """Why what may have arrived is sent again; ``None`` if it is not."""
    if one.action.in_doubt and one.row.status is ActionStatus.PENDING:
        return f"{_REPEATED}: a person wanted it"
    return f"{_REPEATED} (doubtful: repeat)" if one.handoff.policy.doubtful == "repeat" else None
