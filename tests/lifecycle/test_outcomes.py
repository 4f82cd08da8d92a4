"""How a handoff ends: the total table, its named cases, and every way to each outcome through ``step``."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livechat_sdk.domain.chats import AgentJoined, ChatTransferred
from livechat_sdk.domain.ends import PLATFORM_EVENTS, WHO, WHY, EndReason, Outcome, Who, Why
from livechat_sdk.domain.handoff import WAITING_STATES, HandoffState, OpeningHours
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.tickets import TicketMoment
from livechat_sdk.lifecycle import OUTCOME_TABLE, outcome_of
from livechat_sdk.lifecycle.effects import CloseChat, CreateTicket, Decide, DeliverEnded, Say
from livechat_sdk.lifecycle.inputs import AlreadyOpen, Decided, EffectFailed, Requested
from livechat_sdk.lifecycle.outcomes import LAST_STATES
from livechat_sdk_testing.builders import NOON, a_candidate, a_handoff, play
from tests.lifecycle.life import Life

S = HandoffState

WAITING = """
             resolved  abandoned inactivity timeout   transferred_away refused      error     other
    user     cancelled cancelled cancelled  cancelled cancelled        cancelled    cancelled cancelled
    agent    completed missed    missed     missed    unavailable      unavailable  failed    unavailable
    bot      cancelled cancelled cancelled  cancelled cancelled        cancelled    failed    cancelled
    provider completed cancelled cancelled  missed    unavailable      unavailable  failed    unavailable
    clock    missed    missed    cancelled  missed    missed           out_of_hours failed    missed
    operator cancelled cancelled cancelled  missed    cancelled        unavailable  failed    cancelled
"""
"""While the end user waits, whoever stopped it decides."""

ENGAGED = """
             resolved  abandoned inactivity timeout   transferred_away refused      error     other
    user     completed completed completed  completed completed        completed    completed completed
    agent    completed completed completed  completed completed        completed    failed    completed
    bot      completed completed completed  completed completed        completed    failed    completed
    provider completed completed completed  completed completed        completed    failed    completed
    clock    completed failed    completed  completed completed        completed    failed    completed
    operator completed completed completed  completed completed        completed    failed    completed
"""
"""Once an agent had it, it is completed, unless something broke or the agent never answered."""


def read(table: str) -> dict[tuple[str, str], Outcome]:
    head, *rows = table.strip().splitlines()
    columns = head.split()
    cells = [row.split() for row in rows]
    return {(row[0], why): Outcome(cell) for row in cells for why, cell in zip(columns, row[1:], strict=True)}


EXPECTED = {
    (state, who, why): outcome
    for state in LAST_STATES
    for (who, why), outcome in read(WAITING if state in WAITING_STATES else ENGAGED).items()
}

NAMED: tuple[tuple[str, HandoffState, Who, Why, Outcome], ...] = (
    ("the agent stays silent until no fallback is left", S.ACTIVE, "clock", "abandoned", Outcome.FAILED),
    ("the operator ends it while it is queued", S.QUEUED, "operator", "other", Outcome.CANCELLED),
    ("the provider dies while an agent talks", S.ACTIVE, "provider", "error", Outcome.FAILED),
    ("the provider dies while it is queued", S.QUEUED, "provider", "error", Outcome.FAILED),
    ("the end user is silent while it is queued", S.QUEUED, "clock", "inactivity", Outcome.CANCELLED),
    ("the end user is silent while an agent talks", S.ACTIVE, "clock", "inactivity", Outcome.COMPLETED),
    ("the vendor says solved and not yet closed", S.ACTIVE, "agent", "resolved", Outcome.COMPLETED),
    ("the vendor says solved and nobody saw a join", S.QUEUED, "provider", "resolved", Outcome.COMPLETED),
    ("nobody takes the request in time", S.QUEUED, "clock", "timeout", Outcome.MISSED),
    ("the vendor's own queue times out", S.QUEUED, "provider", "timeout", Outcome.MISSED),
    (
        "the vendor's chat is handed over out of reach",
        S.ACTIVE,
        "provider",
        "transferred_away",
        Outcome.COMPLETED,
    ),
    ("the end user gives up before anything starts", S.REQUESTED, "user", "abandoned", Outcome.CANCELLED),
    ("the end user leaves in mid-conversation", S.ACTIVE, "user", "abandoned", Outcome.COMPLETED),
    ("the end user leaves during a transfer", S.TRANSFERRING, "user", "abandoned", Outcome.COMPLETED),
    ("the bot changes its mind", S.STARTING, "bot", "other", Outcome.CANCELLED),
    ("every provider refuses", S.STARTING, "provider", "refused", Outcome.UNAVAILABLE),
    ("it is closed now", S.REQUESTED, "clock", "refused", Outcome.OUT_OF_HOURS),
    ("an agent declines it in the queue", S.QUEUED, "agent", "refused", Outcome.UNAVAILABLE),
)


# -------------------------------------------------------------------------------------- the table
def test_table_is_total() -> None:
    assert set(OUTCOME_TABLE) == {(state, who, why) for state in LAST_STATES for who in WHO for why in WHY}
    assert len(OUTCOME_TABLE) == 5 * 6 * 8


def test_table_is_the_one_that_is_written_down() -> None:
    assert dict(OUTCOME_TABLE) == EXPECTED


def test_states_that_end_are_those_before_ending() -> None:
    assert set(LAST_STATES) == set(HandoffState) - {S.ENDING, S.ENDED}


def test_every_outcome_but_already_open_comes_from_the_table() -> None:
    assert set(OUTCOME_TABLE.values()) == set(Outcome) - {Outcome.ALREADY_OPEN}


def test_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        OUTCOME_TABLE[S.ACTIVE, "user", "other"] = Outcome.FAILED  # type: ignore[index]  # pyright: ignore[reportIndexIssue]  # the point of the test


@pytest.mark.parametrize(("story", "state", "who", "why", "outcome"), NAMED, ids=[case[0] for case in NAMED])
def test_named_case(story: str, state: HandoffState, who: Who, why: Why, outcome: Outcome) -> None:
    assert outcome_of(state, EndReason(by=who, why=why, raw=story)) is outcome


def test_every_outcome_has_its_platform_event() -> None:
    assert set(PLATFORM_EVENTS) == set(Outcome)
    names = [name for events in PLATFORM_EVENTS.values() for name in events]
    assert len(set(names)) == len(names)


# ---------------------------------------------------------------- every cell is reached by a step
def life_in(state: HandoffState) -> Life:
    """A handoff that has come to ``state``, at a provider that can close chats."""
    life = Life()
    if state is S.REQUESTED:
        life.feed(Requested())
        return life
    life.requested()
    if state is not S.STARTING:
        life.opened()
    if state in {S.ACTIVE, S.TRANSFERRING}:
        life.joined()
    if state is S.TRANSFERRING:
        life.event(ChatTransferred)
    assert life.state == state
    return life


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("state", LAST_STATES)
def test_end_asked_for_by_us_has_the_outcome_of_the_state_it_was_asked_in(
    state: HandoffState, who: Who
) -> None:
    for why in WHY:
        life = life_in(state).ends(who, why)
        if life.shadow.waiting(CloseChat):
            assert life.state == S.ENDING
            life.succeeds(CloseChat)
        assert life.ended == (EXPECTED[state, who, why].value, who, why)
        life.drained()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("state", [state for state in LAST_STATES if state is not S.REQUESTED])
def test_end_reported_by_the_vendor_has_the_same_outcome(state: HandoffState, who: Who) -> None:
    for why in WHY:
        life = life_in(state)
        life.vendor_ends(who, why, raw_reason="vendor_word")
        assert life.ended == (EXPECTED[state, who, why].value, who, why)
        assert life.handoff.end is not None
        assert life.handoff.end.reason.raw == "vendor_word"
        life.drained()


# ------------------------------------------------------------------- every outcome in plain words
def test_completed_when_an_agent_had_it() -> None:
    life = Life().requested().opened().joined()
    life.vendor_ends()
    assert life.ended == ("completed", "agent", "resolved")
    assert life.said[-1] == Moment.ENDED


def test_cancelled_when_the_end_user_gives_up_while_waiting() -> None:
    life = Life().requested().opened().ends("user", "abandoned")
    life.succeeds(CloseChat)
    assert life.ended == ("cancelled", "user", "abandoned")
    assert life.said[-1] == Moment.CANCELLED


def test_missed_when_nobody_takes_it_in_time() -> None:
    life = Life(request_timeout=120).requested().opened()
    life.wait(119)
    assert life.state == S.QUEUED
    life.wait(1)
    life.succeeds(CloseChat)
    assert life.ended == ("missed", "clock", "timeout")
    assert life.said[-1] == Moment.MISSED


def test_out_of_hours_says_when_it_opens_next() -> None:
    opening = NOON + timedelta(hours=20)
    life = Life()
    life.feed(Requested())
    hours = OpeningHours(open=False, next_opening=opening, rule="weekly")
    life.decided(Decided(refusal="out_of_hours", detail="weekly", hours=hours))
    assert life.ended == ("out_of_hours", "clock", "refused")
    assert life.handoff.end is not None
    assert life.handoff.end.next_opening == opening
    told = [one for one in life.last if isinstance(one, Say)]
    assert [(one.moment, one.params) for one in told] == [
        (Moment.OUT_OF_HOURS, {"next_opening": "2026-11-24T08:00:00+00:00"})
    ]


def test_out_of_hours_without_a_known_opening() -> None:
    life = Life()
    life.feed(Requested())
    life.decided(Decided(refusal="out_of_hours"))
    assert life.ended == ("out_of_hours", "clock", "refused")
    assert life.handoff.end is not None
    assert life.handoff.end.next_opening is None


@pytest.mark.parametrize(
    "decision",
    [Decided(refusal="unavailable", detail="live chat is off"), Decided()],
    ids=["refused", "no candidate"],
)
def test_unavailable_when_there_is_no_candidate(decision: Decided) -> None:
    life = Life()
    life.feed(Requested())
    life.decided(decision)
    assert life.ended == ("unavailable", "provider", "refused")
    assert life.handoff.end is not None
    assert life.handoff.end.reason.raw == decision.detail


def test_refusal_counts_even_if_candidates_come_along() -> None:
    life = Life()
    life.feed(Requested())
    life.decided(Decided(refusal="unavailable", candidates=(a_candidate(),)))
    assert life.ended == ("unavailable", "provider", "refused")


def test_failed_when_nothing_could_be_decided() -> None:
    life = Life()
    life.feed(Requested())
    life.feed(EffectFailed(action=life.take(Decide), error="a bug"))
    assert life.ended == ("failed", "provider", "error")
    assert life.said == [Moment.REQUESTED, Moment.FAILED]


def test_failed_when_the_decision_itself_failed() -> None:
    life = Life()
    life.feed(Requested())
    life.decided(Decided(refusal="error", detail="the routing plugin broke"))
    assert life.ended == ("failed", "provider", "error")


def test_failed_when_the_decision_is_in_doubt() -> None:
    life = Life()
    life.feed(Requested())
    life.leaves_doubt(Decide)
    assert life.ended == ("failed", "provider", "error")


@pytest.mark.parametrize(
    ("state", "moment"),
    [
        ("requested", Moment.ALREADY_WAITING),
        ("starting", Moment.ALREADY_WAITING),
        ("queued", Moment.ALREADY_WAITING),
        ("active", Moment.ALREADY_ACTIVE),
        ("transferring", Moment.ALREADY_ACTIVE),
        ("ending", Moment.ALREADY_ACTIVE),
    ],
)
def test_already_open_names_the_handoff_in_the_way_and_changes_no_owner(state: str, moment: Moment) -> None:
    played = play(a_handoff(owner_number=7), AlreadyOpen(existing="h-0", existing_state=state))
    end = played.handoff.end
    assert end is not None
    assert (end.outcome, end.existing, end.existing_state) == (Outcome.ALREADY_OPEN, "h-0", state)
    assert played.handoff.state is S.ENDED
    assert played.handoff.owner_number == 7
    assert [type(effect) for effect in played.effects] == [Say, DeliverEnded]
    assert isinstance(played.effects[0], Say)
    assert played.effects[0].moment is moment


def test_already_open_can_only_be_the_first_thing() -> None:
    played = play(a_handoff(), Requested(), AlreadyOpen(existing="h-0", existing_state="queued"))
    assert played.last.refused == "already_open: only a new handoff can be requested"
    assert played.handoff.state is S.REQUESTED


# ----------------------------------------------------------------------------- what an end brings
@pytest.mark.parametrize("outcome", [Outcome.MISSED, Outcome.CANCELLED])
def test_ticket_is_made_for_the_outcomes_of_the_policy_and_for_no_other(outcome: Outcome) -> None:
    life = Life(ticket_on=(Outcome.MISSED,)).requested()
    life.vendor_ends("provider", "timeout" if outcome is Outcome.MISSED else "abandoned")
    assert life.ended[0] == outcome.value
    assert life.shadow.waiting(CreateTicket) == (
        [CreateTicket(key="h-1.ticket", moment=TicketMoment.MISSED)] if outcome is Outcome.MISSED else []
    )


def test_reason_that_names_failures_is_cut_to_a_readable_length() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two"))
    life.not_opened("x" * 1000).not_opened("y" * 1000)
    assert life.ended == ("failed", "provider", "error")
    assert life.handoff.end is not None
    assert life.handoff.end.reason.raw is not None
    assert len(life.handoff.end.reason.raw) == 1000
    assert life.handoff.end.reason.raw.startswith("one: xxx")


def test_end_is_recorded_before_the_bot_hears_of_it() -> None:
    life = Life().requested().opened()
    life.event(AgentJoined)
    life.vendor_ends()
    delivered = [one for one in life.last if isinstance(one, DeliverEnded)]
    assert delivered == [DeliverEnded(owner_number=2)]
    assert life.handoff.end is not None
    assert life.handoff.end.at == life.now
