"""What a dispatcher counts, and the spans around what it does.

Two places see everything: each step after its commit, and each try of an action. What others keep anyway
(lanes, hooks, the watchdog) is read when somebody asks. Names, labels and meanings are listed in
``docs/reference/metrics.md``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.lifecycle.effects import (
    CloseChat,
    DeliverMessage,
    OpenChat,
    RecordMessage,
    ReturnToBot,
    SendMessage,
    SetFate,
    UpdateDetails,
)
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, Input
from livechat_sdk.relay.running import ActionRunner
from livechat_sdk.telemetry import spans
from livechat_sdk.telemetry.meters import Book

if TYPE_CHECKING:
    from livechat_sdk.domain.handoff import Handoff
    from livechat_sdk.errors import WebhookRejected
    from livechat_sdk.ledger.store import ActionRow, Change

__all__ = ["MeasuredRunner", "Measures"]

_RESULTS = {"decided": "succeeded.decide", "contact_found": "succeeded.find_contact"}
"""Inputs that are results of actions without saying so in their names."""


class Measures:
    """The meters of one dispatcher, each filled where its name says."""

    def __init__(self) -> None:
        self.book = book = Book()
        self.traces = spans.Traces()
        self._states = book.counter("livechat_handoff_states", "How often handoffs entered a state.", "state")
        self._outcomes = book.counter(
            "livechat_handoffs_ended", "Handoffs that ended.", "outcome", "integration"
        )
        self._inputs = book.counter("livechat_inputs", "Inputs that were committed.", "kind")
        self._refused = book.counter(
            "livechat_inputs_refused", "Inputs that the state of their handoff did not allow.", "kind"
        )
        self._fates = book.counter(
            "livechat_fates",
            "Fates that were reported for messages; a message may have several one after the other.",
            "direction",
            "fate",
        )
        self._events = book.counter(
            "livechat_events", "Events of vendors that were applied.", "integration", "kind"
        )
        self._event_lateness = book.histogram(
            "livechat_event_lateness_seconds",
            "From the vendor's time of an event until it was applied.",
            "integration",
        )
        self._timer_lateness = book.histogram(
            "livechat_timer_lateness_seconds",
            "From the time a clock was set to until it was applied.",
            "timer",
        )
        self._repair_lateness = book.histogram(
            "livechat_repair_lateness_seconds",
            "From what was missed until it was repaired.",
            "kind",
        )
        self._poll_lateness = book.histogram(
            "livechat_poll_lateness_seconds",
            "From the time at which a chat should be polled until its poll began.",
            "integration",
        )
        self._message_seconds = book.histogram(
            "livechat_message_seconds",
            "From the moment at which a message could be passed on until it was.",
            "direction",
        )
        self._actions = book.counter(
            "livechat_actions",
            "Actions by their final result: succeeded, failed, doubtful.",
            "kind",
            "result",
        )
        self._tries = book.histogram(
            "livechat_action_seconds",
            "Tries of actions: done, failed, doubtful, withdrawn, error, interrupted.",
            "kind",
            "result",
        )
        self._retries = book.counter(
            "livechat_action_retries", "Tries of actions that had been tried before.", "kind"
        )
        self._webhooks = book.counter(
            "livechat_webhooks", "Deliveries of vendors that were accepted.", "integration"
        )
        self._webhooks_refused = book.counter(
            "livechat_webhooks_refused",
            "Deliveries of vendors that were refused, by the status of the answer and why.",
            "integration",
            "status",
            "reason",
        )

    def committed(self, before: Handoff | None, change: Change) -> None:
        """A step is in the ledger."""
        after = change.handoff
        if before is None:
            self.traces.remember(after.id)
        self._inputs.add(change.kind)
        if change.refused is not None:
            self._refused.add(change.kind)
        if before is None or before.state is not after.state:
            self._states.add(after.state)
        if after.end is not None and (before is None or before.end is None):
            self._outcomes.add(after.end.outcome, after.integration or "")
        self._count_fates(change)
        self._count_result(change.kind)
        if change.event is not None:
            self.traces.join(after.id)
            self._events.add(change.event.integration, change.event.kind)
            if change.event.vendor_at is not None:
                late = (change.at - change.event.vendor_at).total_seconds()
                self._event_lateness.observe(late, change.event.integration)
        if change.fired is not None and change.refused is None:
            self._timer_lateness.observe((change.at - change.fired.due_at).total_seconds(), change.fired.name)

    def _count_fates(self, change: Change) -> None:
        for write in change.writes:
            if isinstance(write, RecordMessage | SetFate):
                self._fates.add(write.direction, write.fate)
            elif isinstance(write, ReturnToBot):
                self._fates.add(Direction.TO_PROVIDER, Fate.DROPPED, by=len(write.message_keys))

    def _count_result(self, cause: str) -> None:
        result, _, kind = _RESULTS.get(cause, cause).partition(".")
        if result in {"succeeded", "failed", "doubtful"}:
            self._actions.add(kind, result)

    def tried(self, row: ActionRow, result: str, seconds: float) -> None:
        """One try of an action is over."""
        kind = row.action.kind
        self._tries.observe(seconds, kind, result)
        if row.tries:
            self._retries.add(kind)

    def passed_on(self, direction: Direction, seconds: float) -> None:
        """A message reached the other side, ``seconds`` after it could be passed on."""
        self._message_seconds.observe(seconds, direction)

    def repaired(self, kind: str, late_seconds: float) -> None:
        """Something that had been missed was repaired so many seconds late."""
        self._repair_lateness.observe(late_seconds, kind)

    def begun_poll(self, integration: str, late_seconds: float) -> None:
        """A poll began so many seconds after its time."""
        self._poll_lateness.observe(late_seconds, integration)

    def webhook(self, integration: str, refused: WebhookRejected | None = None) -> None:
        """A delivery of a vendor was accepted, or refused."""
        if refused is None:
            self._webhooks.add(integration)
        else:
            self._webhooks_refused.add(integration, str(refused.status), refused.code)


class MeasuredRunner(ActionRunner):
    """Carries out actions, each try measured and in a span of its own."""

    def __init__(self, measures: Measures, **parts: Any) -> None:
        super().__init__(**parts)
        self._measures = measures

    async def run(self, row: ActionRow) -> Input | None:
        """See ``ActionRunner.run``."""
        kind = row.action.kind
        attributes: spans.Attributes = {
            spans.HANDOFF: row.handoff_id,
            "livechat.lane": row.lane,
            "livechat.attempt": getattr(row.action, "attempt", None),
            "livechat.try": row.tries + 1,
        }
        outcome = "error"
        started = time.perf_counter()
        outward = isinstance(row.action, OpenChat | SendMessage | UpdateDetails | CloseChat)
        with spans.span(f"livechat.{kind}", attributes, traces=self._measures.traces, outward=outward):
            try:
                result = await super().run(row)
                outcome = _name_of(result)
            except Exception:
                raise
            except BaseException:
                outcome = "interrupted"
                raise
            finally:
                self._measures.tried(row, outcome, time.perf_counter() - started)
                spans.annotate({"livechat.result": outcome})
        if outcome == "done" and row.created_at is not None:
            late = (self._clock.now() - row.created_at).total_seconds()
            if isinstance(row.action, SendMessage):
                self._measures.passed_on(Direction.TO_PROVIDER, late)
            elif isinstance(row.action, DeliverMessage):
                self._measures.passed_on(Direction.TO_USER, late)
        return result


def _name_of(result: Input | None) -> str:
    match result:
        case None:
            return "withdrawn"
        case EffectFailed():
            return "failed"
        case EffectDoubtful():
            return "doubtful"
        case _:
            return "done"
