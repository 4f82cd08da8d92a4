"""The auditor finds every kind of error that is planted, and nothing where all is well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contrib.testing.tests.hostile.bench import an_opening
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import Attempt, Handoff, HandoffPolicy, HandoffState
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.outgoing import HandoffEnded, Outgoing, UserMessage
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk.ledger.store import Ownership
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk_testing.builders import a_candidate, a_handoff, a_request
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.hostile import Answer, Traits, WebhookVendor, What
from livechat_sdk_testing.hostile.auditing import Account, Evidence, Finding, Wrong, audit

REF = "h-1.1"
REASON = EndReason(by="agent", why="resolved")


class Life:
    """A handoff that went well: what the vendor knows, and a ledger that says the same.

    Each method makes one thing happen on both sides; a test then changes one side.
    """

    def __init__(self, **traits: Any) -> None:
        self.clock = VirtualClock()
        self.traits = Traits(**traits)
        self.vendor = WebhookVendor(self.traits, now=self.clock.now, name="desk")
        self.vendor.deliver = self._deliver
        self.entries: list[LedgerEntry] = []
        self.shown: list[Outgoing] = []
        self.accepted: list[str] = []
        self.interrupted: set[tuple[str, str]] = set()
        self.policy = HandoffPolicy()
        self.attempt = Attempt(number=1, ref=REF, candidate=self.candidate(), opened=True)
        self.owner = Ownership("bot", 2)
        self.ends: list[HandoffEnded] = []
        self.outcome: Outcome | None = Outcome.COMPLETED
        self.ended_after: float | None = None
        run(self.vendor.open_chat(an_opening(at=self.clock.now())))

    def candidate(self) -> Any:
        return a_candidate("desk", **self.traits.capabilities.model_dump(exclude={"inbound"}))

    async def _deliver(self, _: object) -> None:
        """Our side answers every webhook with 2xx."""

    def user_says(self, key: str, fate: Fate = Fate.SENT, *, apply: bool = True, **fields: Any) -> None:
        """The end user's message arrives (if ``apply``), and the ledger records ``fate``."""
        self.accepted.append(key)
        self._record(key, Direction.TO_PROVIDER, fate, **fields)
        if apply:
            self.applies(key)

    def applies(self, key: str, answer: Answer = Answer.DONE) -> None:
        """The vendor takes a send."""
        message = PlannedMessage(key=key, body="x", sent_at=self.clock.now())
        run(self.vendor.receive(REF, message))
        self.calls(key, answer)

    def calls(self, key: str, answer: Answer, operation: str = "send", note: str = "") -> None:
        """A call is answered, or not."""
        self.vendor.truth.note(What.CALLED, REF, key=key, operation=operation, answer=answer, note=note)

    def agent_says(
        self, key: str, fate: Fate | None = Fate.SENT, *, show: bool = True, **fields: Any
    ) -> None:
        """The agent's message is handed over and shown; ``fate`` ``None`` means that no entry is written."""
        run(self.vendor.say(REF, "x", key=key))
        run(self.vendor.pump())
        if fate is not None:
            self._record(key, Direction.TO_USER, fate, **fields)
        if show:
            self.show(key)

    def show(self, key: str, outgoing_key: str | None = None) -> None:
        self.shown.append(
            UserMessage(
                key=outgoing_key or f"h-1.{key}",
                handoff_id="h-1",
                conversation_id="c-1",
                owner_number=1,
                message=Message(key=key, body="x"),
            )
        )

    def end(self, *, at_vendor: bool = True, undelivered: Sequence[str] = ()) -> None:
        """The handoff ends on both sides, and the bot's side hears of it."""
        if at_vendor:
            run(self.vendor.end(REF))
            run(self.vendor.pump())
        self.ended_after = (self.clock.now() - VirtualClock().now()).total_seconds()
        self.tell_end(undelivered=undelivered)

    def tell_end(
        self, outcome: Outcome = Outcome.COMPLETED, *, number: int = 2, undelivered: Sequence[str] = ()
    ) -> None:
        self.shown.append(
            HandoffEnded(
                key=f"h-1.ended.{len(self.shown)}",
                handoff_id="h-1",
                conversation_id="c-1",
                owner_number=number,
                end=End(outcome=outcome, reason=REASON, at=self.clock.now()),
                ended_at=self.clock.now(),
                undelivered=tuple(Message(key=key, body="x") for key in undelivered),
            )
        )

    @property
    def handoff(self) -> Handoff:
        if self.ended_after is None:
            return a_handoff(
                state=HandoffState.ACTIVE, version=5, attempts=(self.attempt,), policy=self.policy
            )
        at = VirtualClock().now() + timedelta(seconds=self.ended_after)
        end = End(outcome=self.outcome, reason=REASON, at=at) if self.outcome else None
        return a_handoff(
            state=HandoffState.ENDED,
            version=9,
            owner_number=2,
            attempts=(self.attempt,),
            policy=self.policy,
            end=end,
        )

    def evidence(self, **changes: Any) -> Evidence:
        handoff = self.handoff
        owner = Ownership("human", 1, handoff.id) if handoff.is_live else self.owner
        return replace(
            Evidence(
                handoffs=[handoff],
                entries={"h-1": self.entries},
                accounts={"desk": Account.of(self.vendor)},
                shown=self.shown,
                accepted={"h-1": self.accepted},
                interrupted=frozenset(self.interrupted),
                owners={"c-1": owner},
            ),
            **changes,
        )

    def found(self, **changes: Any) -> list[tuple[Wrong, tuple[str, ...]]]:
        return [(one.wrong, one.keys) for one in audit(self.evidence(**changes))]

    def _record(self, key: str, direction: Direction, fate: Fate, **fields: Any) -> None:
        self.entries.append(
            LedgerEntry(
                handoff_id="h-1",
                seq=len(self.entries) + 1,
                direction=direction,
                author="user" if direction is Direction.TO_PROVIDER else "agent",
                message=Message(key=key, body=fields.pop("body", "x")),
                fate=fate,
                created_at=self.clock.now(),
                updated_at=self.clock.now(),
                **fields,
            )
        )


def run(work: Any) -> None:
    """Vendors are asynchronous, a life is told in one go."""
    asyncio.run(work)


def a_good_life(**traits: Any) -> Life:
    life = Life(**traits)
    life.user_says("u-1")
    life.agent_says("a-1")
    life.user_says("u-2")
    life.agent_says("a-2")
    return life


def test_all_is_well() -> None:
    life = a_good_life()
    assert life.found() == []
    life.end()
    assert life.found() == []


def test_an_accepted_message_without_an_entry_is_lost() -> None:
    life = a_good_life()
    life.accepted.append("u-3")
    assert life.found() == [(Wrong.LOST, ("u-3",))]


@pytest.mark.parametrize("fate", [Fate.HELD, Fate.PLANNED])
def test_a_message_that_still_waits_after_the_end_is_lost(fate: Fate) -> None:
    life = a_good_life()
    life.user_says("u-3", fate, apply=False)
    assert life.found() == [], "the handoff lives: it may still go"
    life.end()
    assert life.found() == [(Wrong.LOST, ("u-3",))]


def test_what_went_back_to_the_bot_must_be_in_the_end() -> None:
    life = a_good_life()
    life.user_says("u-3", Fate.DROPPED, apply=False, detail=RETURNED_TO_BOT)
    life.end(undelivered=["u-3"])
    assert life.found() == []
    other = a_good_life()
    other.user_says("u-3", Fate.DROPPED, apply=False, detail=RETURNED_TO_BOT)
    other.end()
    assert other.found() == [(Wrong.LOST, ("u-3",))]


def test_a_message_that_was_applied_twice_is_doubled_unless_that_was_chosen() -> None:
    life = a_good_life()
    life.user_says("u-3")
    life.applies("u-3")
    assert life.found() == [(Wrong.DOUBLED, ("u-3",))]
    life.policy = HandoffPolicy(doubtful="repeat")
    assert life.found() == []


def test_a_message_that_is_shown_under_two_keys_is_doubled() -> None:
    life = a_good_life()
    life.agent_says("a-3")
    life.show("a-3", "h-1.other")
    assert (Wrong.DOUBLED, ("a-3",)) in life.found()


def test_two_chats_for_one_attempt_are_doubled() -> None:
    life = a_good_life(knows_ref=False)
    run(life.vendor.open_chat(an_opening(at=life.clock.now())))
    assert life.found() == [(Wrong.DOUBLED, (REF,))]


def test_sends_that_changed_places() -> None:
    life = Life()
    life.user_says("u-1", apply=False)
    life.user_says("u-2")
    life.applies("u-1")
    assert life.found() == [(Wrong.SWAPPED, ("u-1", "u-2"))]


def test_parts_that_changed_places() -> None:
    life = Life(text_limit=4)
    life.user_says("u-1", apply=False, body="one two")
    for part in ("u-1", "u-1.1"):
        life.applies(part)
    assert life.found() == [(Wrong.SWAPPED, ("u-1.1", "u-1"))]


def test_messages_that_changed_places_on_the_screen() -> None:
    life = Life()
    life.agent_says("a-1", show=False)
    life.agent_says("a-2")
    life.show("a-1")
    found = life.found()
    assert (Wrong.SWAPPED, ("a-1", "a-2")) in found
    assert {wrong for wrong, _ in found} == {Wrong.SWAPPED}


def test_the_ledger_and_the_screen_must_agree_on_the_order() -> None:
    life = Life()
    life.agent_says("a-1", fate=None)
    life.agent_says("a-2")
    life._record("a-1", Direction.TO_USER, Fate.SENT)
    assert life.found() == [(Wrong.SWAPPED, ("a-1", "a-2"))]


def test_messages_that_were_handed_over_out_of_order_may_be_shown_so() -> None:
    life = Life()
    life.agent_says("a-1", fate=None, show=False)
    number = len(life.vendor.truth.log)
    life.agent_says("a-2")
    life._record("a-1", Direction.TO_USER, Fate.SENT)
    life.show("a-1")
    log = life.vendor.truth.log
    # a-1 was said first and came last: its lines "offered" and "handed" are moved to the end
    came = [line for line in log if line.key == "a-1" and line.what in {What.OFFERED, What.HANDED}]
    rest = [line for line in log if line not in came]
    moved = [replace(line, number=number + 100 + index) for index, line in enumerate(came)]
    life.vendor.truth.log = [*rest, *moved]
    assert life.found() == []


def test_what_was_missed_may_take_its_place_in_the_conversation() -> None:
    life = Life(history=True)
    life.vendor.faults.withheld.add("message_received")
    life.agent_says("a-1")
    life.vendor.faults.withheld.clear()
    life.agent_says("a-2")
    life.vendor.truth.note(What.HANDED, REF, key="a-1", operation="history")
    assert life.found() == []


Plant = Callable[[Life], None]


def certain_without_a_trace(life: Life) -> None:
    life.user_says("u-3", Fate.SENT, apply=False)


def certain_of_what_was_swallowed(life: Life) -> None:
    life.user_says("u-3", Fate.ACKNOWLEDGED, apply=False)
    life.vendor.truth.note(What.SWALLOWED, REF, key="u-3")


def refused_and_yet_there(life: Life) -> None:
    life.user_says("u-3", Fate.REFUSED)


def dropped_and_yet_there(life: Life) -> None:
    life.user_says("u-3", Fate.DROPPED, detail="given up")


def half_of_it(life: Life) -> None:
    life.user_says("u-3", Fate.SENT, apply=False, body="one two three")
    life.applies("u-3")


def refused_and_half_there(life: Life) -> None:
    life.user_says("u-3", Fate.REFUSED, apply=False, body="one two three")
    life.applies("u-3.1")


@pytest.mark.parametrize(
    "plant",
    [
        refused_and_half_there,
        certain_without_a_trace,
        certain_of_what_was_swallowed,
        refused_and_yet_there,
        dropped_and_yet_there,
        half_of_it,
    ],
)
def test_the_ledger_is_sure_of_the_opposite(plant: Plant) -> None:
    life = a_good_life(text_limit=7)
    plant(life)
    assert life.found() == [(Wrong.WRONGLY_CERTAIN, ("u-3",))]


def test_what_a_provider_had_taken_that_was_given_up_may_go_back_to_the_bot() -> None:
    life = a_good_life()
    life.attempt = life.attempt.model_copy(update={"abandoned": True})
    life.user_says("u-3", Fate.DROPPED, detail=RETURNED_TO_BOT)
    life.end(undelivered=["u-3"])
    assert life.found() == []
    life.attempt = life.attempt.model_copy(update={"abandoned": False})
    assert life.found() == [(Wrong.WRONGLY_CERTAIN, ("u-3",))]


def test_a_message_that_the_vendor_took_back_is_rightly_refused() -> None:
    life = a_good_life()
    life.user_says("u-3", Fate.REFUSED)
    run(life.vendor.lose_message(REF, "u-3"))
    assert life.found() == []


def test_an_answer_to_the_survey_travels_elsewhere() -> None:
    life = a_good_life()
    life.user_says("u-3", Fate.ACKNOWLEDGED, apply=False, detail="carried as an answer to the survey")
    assert life.found() == []


def clear(life: Life) -> None:
    life.applies("u-3")


def never_tried(_: Life) -> None:
    """Nothing happens at all."""


def clearly_not_done(life: Life) -> None:
    life.calls("u-3", Answer.NOT_DONE)


@pytest.mark.parametrize("plant", [clear, never_tried, clearly_not_done])
def test_doubt_without_a_reason(plant: Plant) -> None:
    life = a_good_life()
    life.user_says("u-3", Fate.DOUBTFUL, apply=False)
    plant(life)
    assert life.found() == [(Wrong.WRONGLY_DOUBTFUL, ("u-3",))]


def test_a_message_of_which_a_part_is_there_may_be_doubtful() -> None:
    life = Life(text_limit=4)
    life.user_says("u-3", Fate.DOUBTFUL, apply=False, body="one two")
    life.applies("u-3.1")
    life.calls("u-3", Answer.NOT_DONE)
    assert life.found() == []
    life.applies("u-3")
    assert life.found() == [(Wrong.WRONGLY_DOUBTFUL, ("u-3",))]


def test_doubt_where_the_answer_was_lost() -> None:
    for applied in (True, False):
        life = a_good_life()
        life.user_says("u-3", Fate.DOUBTFUL, apply=False)
        if applied:
            life.applies("u-3", Answer.UNCLEAR)
        else:
            life.calls("u-3", Answer.UNCLEAR)
        assert life.found() == []


def test_doubt_where_a_process_died_during_the_send() -> None:
    life = a_good_life()
    life.user_says("u-3", Fate.DOUBTFUL)
    life.interrupted.add((REF, "u-3"))
    assert life.found() == []


def test_doubt_that_a_repetition_had_cleared() -> None:
    life = a_good_life(dedupes_by_key=True)
    life.user_says("u-3", Fate.DOUBTFUL, apply=False)
    life.applies("u-3", Answer.UNCLEAR)
    assert life.found() == []
    life.applies("u-3", Answer.DONE)
    assert life.found() == [(Wrong.WRONGLY_DOUBTFUL, ("u-3",))]


@pytest.mark.parametrize(
    ("seconds", "note", "told"), [(0, "present", True), (0, "absent", False), (30, "absent", True)]
)
def test_doubt_that_a_look_up_had_cleared(seconds: float, note: str, *, told: bool) -> None:
    life = a_good_life(looks_up_by_key=True, lookup_lag=30.0)
    life.user_says("u-3", Fate.DOUBTFUL, apply=False)
    life.calls("u-3", Answer.UNCLEAR)
    run(life.clock.advance(seconds))
    life.calls("u-3", Answer.DONE, "was_sent", note)
    assert life.found() == ([(Wrong.WRONGLY_DOUBTFUL, ("u-3",))] if told else [])


def test_doubt_without_asking_a_vendor_that_can_tell() -> None:
    life = a_good_life(looks_up_by_key=True)
    life.user_says("u-3", Fate.DOUBTFUL, apply=False)
    life.calls("u-3", Answer.UNCLEAR)
    assert life.found() == [(Wrong.WRONGLY_DOUBTFUL, ("u-3",))]
    life.calls("u-3", Answer.UNCLEAR, "was_sent")
    assert life.found() == [], "it was asked and did not say"


@pytest.mark.parametrize("asked", [True, False])
def test_doubt_after_a_death_without_asking_a_vendor_that_can_tell(*, asked: bool) -> None:
    life = a_good_life(looks_up_by_key=True, text_limit=4)
    life.user_says("u-3", Fate.DOUBTFUL, apply=False, body="one two")
    life.interrupted.add((REF, "u-3"))
    if asked:
        life.calls("u-3.1", Answer.UNCLEAR, "was_sent")
    assert life.found() == ([] if asked else [(Wrong.WRONGLY_DOUBTFUL, ("u-3",))])


def test_a_message_that_was_handed_over_and_is_nowhere_is_lost() -> None:
    life = a_good_life()
    life.agent_says("a-3", fate=None, show=False)
    assert life.found() == [(Wrong.LOST, ("a-3",))]


@pytest.mark.parametrize("fate", [Fate.PLANNED, Fate.DROPPED])
def test_a_message_that_was_handed_over_and_not_shown_is_lost(fate: Fate) -> None:
    life = a_good_life()
    life.agent_says("a-3", fate=fate, show=False)
    assert life.found() == [(Wrong.LOST, ("a-3",))]


def test_a_message_that_only_the_history_holds_is_lost_too() -> None:
    life = a_good_life(history=True, history_keeps=100.0)
    life.vendor.faults.withheld.add("message_received")
    life.agent_says("a-3", fate=None, show=False)
    assert life.found() == [(Wrong.LOST, ("a-3",))]
    run(life.clock.advance(101))
    assert life.found() == [], "nobody can have it any more"


@pytest.mark.parametrize(("seconds", "lost"), [(60, False), (181, True)])
def test_a_message_that_only_the_history_holds_must_have_been_asked_for_in_time(
    seconds: float, *, lost: bool
) -> None:
    life = a_good_life(history=True)
    life.vendor.faults.withheld.add("message_received")
    life.agent_says("a-3", fate=None, show=False)
    run(life.clock.advance(seconds))
    life.end()
    assert life.found() == ([(Wrong.LOST, ("a-3",))] if lost else [])


@pytest.mark.parametrize(("seconds", "lost"), [(-181, True), (-179, False), (1, False)])
def test_what_the_history_tells_around_the_end_may_be_lost_with_a_process(
    seconds: float, *, lost: bool
) -> None:
    life = a_good_life()
    life.vendor.faults.withheld.add("message_received")
    life.agent_says("a-3", fate=None, show=False)
    run(life.clock.advance(10))
    life.end()
    line = life.vendor.truth.note(What.HANDED, REF, key="a-3", operation="history")
    life.vendor.truth.log[-1] = replace(line, at=line.at + timedelta(seconds=seconds))
    assert life.found() == ([(Wrong.LOST, ("a-3",))] if lost else [])


def test_a_message_that_the_vendor_never_told_anybody_is_not_our_loss() -> None:
    life = a_good_life()
    life.vendor.faults.withheld.add("message_received")
    life.agent_says("a-3", fate=None, show=False)
    assert life.found() == []


def test_a_message_that_came_after_the_end_may_be_dropped_for_that() -> None:
    life = a_good_life()
    life.end(at_vendor=False)
    run(life.clock.advance(5))
    life.agent_says("a-3", fate=Fate.DROPPED, show=False, detail="arrived after the end of its chat")
    run(life.vendor.end(REF))
    assert life.found() == []


def test_a_message_of_an_abandoned_attempt_may_be_dropped() -> None:
    life = a_good_life()
    life.attempt = life.attempt.model_copy(update={"abandoned": True})
    life.agent_says("a-3", fate=Fate.DROPPED, show=False)
    assert life.found() == []


def test_sent_to_a_screen_that_does_not_show_it() -> None:
    life = a_good_life()
    life.agent_says("a-3", show=False)
    assert life.found() == [(Wrong.WRONGLY_CERTAIN, ("a-3",))]


def test_refused_by_a_screen_that_shows_it() -> None:
    life = a_good_life()
    life.agent_says("a-3", Fate.REFUSED)
    assert life.found() == [(Wrong.WRONGLY_CERTAIN, ("a-3",))]


def test_an_end_that_nobody_heard_of() -> None:
    life = a_good_life()
    life.end()
    life.shown.pop()
    assert life.found() == [(Wrong.OWNER_BROKEN, ())]


def test_two_ends() -> None:
    life = a_good_life()
    life.end()
    life.tell_end(number=3)
    assert life.found() == [(Wrong.OWNER_BROKEN, ())]


def test_an_end_without_an_outcome() -> None:
    life = a_good_life()
    life.end()
    life.outcome = None
    assert life.found() == [(Wrong.OWNER_BROKEN, ())]


def test_another_outcome_than_the_one_that_was_told() -> None:
    life = a_good_life()
    life.end()
    life.outcome = Outcome.MISSED
    assert life.found() == [(Wrong.OWNER_BROKEN, ())]


def test_an_end_while_the_handoff_lives() -> None:
    life = a_good_life()
    life.tell_end()
    assert life.found() == [(Wrong.OWNER_BROKEN, ())]


@pytest.mark.parametrize("owner", [Ownership("human", 1, "h-1"), Ownership("bot", 2, "h-1")])
def test_the_wrong_owner_after_the_end(owner: Ownership) -> None:
    life = a_good_life()
    life.end()
    life.owner = owner
    assert life.found() == [(Wrong.OWNER_BROKEN, ())]


def test_two_live_handoffs_in_one_conversation() -> None:
    life = a_good_life()
    second = a_handoff(id="h-2", state=HandoffState.QUEUED, version=2)
    assert life.found(handoffs=[life.handoff, second]) == [(Wrong.OWNER_BROKEN, ())]


def test_an_owner_number_that_is_used_twice() -> None:
    life = a_good_life()
    life.end()
    end = End(outcome=Outcome.COMPLETED, reason=REASON, at=life.clock.now())
    second = a_handoff(
        id="h-2", request=a_request(key="k-2"), state=HandoffState.ENDED, version=2, owner_number=2, end=end
    )
    told = next(one for one in life.shown if isinstance(one, HandoffEnded))
    again = told.model_copy(update={"handoff_id": "h-2", "key": "h-2.ended"})
    found = life.found(handoffs=[life.handoff, second], shown=[*life.shown, again])
    assert found == [(Wrong.OWNER_BROKEN, ())]


@pytest.mark.parametrize(
    ("attempt", "wrong"),
    [
        ({"opened": True}, True),
        ({"opened": False, "abandoned": True}, True),  # its event was handed over: a sign of life
    ],
)
def test_a_chat_that_we_knew_of_must_not_stay_open(attempt: dict[str, bool], *, wrong: bool) -> None:
    life = a_good_life()
    life.attempt = life.attempt.model_copy(update=attempt)
    life.end(at_vendor=False)
    assert life.found() == ([(Wrong.LEFT_OPEN, (REF,))] if wrong else [])


@pytest.mark.parametrize("traits", [{}, {"knows_ref": False}])
def test_a_chat_that_nobody_could_know_of_may_stay_open(traits: dict[str, bool]) -> None:
    life = a_good_life(**traits) if traits else Life()
    life.attempt = life.attempt.model_copy(update={"opened": False, "abandoned": True})
    life.end(at_vendor=False)
    assert life.found() == []


def test_a_finding_says_what_both_sides_say() -> None:
    life = a_good_life()
    life.user_says("u-3", Fate.SENT, apply=False)
    life.calls("u-3", Answer.UNCLEAR, note="lose")
    (finding,) = audit(life.evidence())
    assert isinstance(finding, Finding)
    assert str(finding) == (
        "WRONGLY CERTAIN h-1 [u-3]: truth: attempt 1: called send unclear lose; ledger: sent"
    )
