"""What follows from a vendor's answer, whatever the handoff and whatever the answer: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageReceived,
)
from livechat_sdk.domain.ends import WHO, WHY, EndReason
from livechat_sdk.domain.handoff import Attempt, Handoff, HandoffState
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.inbound.repairs import (
    ENDED,
    LEAST_LAG,
    Answer,
    Doubt,
    Ruling,
    close_again_after,
    give_up,
    rule,
    rule_on_left_open,
)
from livechat_sdk.lifecycle import step
from livechat_sdk.lifecycle.inputs import ProviderReported
from livechat_sdk.provider.interface import ChatStatus
from livechat_sdk_testing.builders import NOON, a_candidate, a_handoff

State = Literal["queued", "active", "ended", "unknown"]
ANN, BOB = Agent(id="ann", name="Ann"), Agent(id="bob", name="Bob")
OPEN = (HandoffState.STARTING, HandoffState.QUEUED, HandoffState.ACTIVE, HandoffState.TRANSFERRING)


def a_life(state: HandoffState, agent: Agent | None = None, **changes: object) -> Handoff:
    attempt = Attempt(
        number=1,
        ref="h-1.1",
        candidate=a_candidate(),
        opened=True,
        joined=state in {HandoffState.ACTIVE, HandoffState.TRANSFERRING},
    )
    base = a_handoff().model_copy(
        update={"state": state, "version": 7, "agent": agent, "attempts": (attempt,), "state_since": NOON}
    )
    return base.model_copy(update=changes)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def said(key: str, agent: Agent | None = ANN, *, when: float = 10.0) -> MessageReceived:
    return MessageReceived(
        id=f"e-{key}",
        integration="toy",
        refs=("h-1.1",),
        vendor_at=at(when),
        received_at=at(when),
        message=Message(key=key, body=key),
        agent=agent,
    )


def judged(
    handoff: Handoff,
    answer: Answer,
    *,
    doubt: Doubt | None = None,
    lag: float = 0.0,
    known: tuple[str, ...] = (),
) -> Ruling:
    return rule(handoff, handoff.attempts[0], answer, known=known, doubt=doubt, lag=lag, trusted_until=at(0))


def kinds(ruling: Ruling) -> list[str]:
    return [repair.event.kind for repair in ruling.repairs]


agents = st.sampled_from([None, ANN, BOB])
reasons = st.builds(EndReason, by=st.sampled_from(WHO), why=st.sampled_from(WHY))
statuses = st.builds(
    ChatStatus,
    state=st.sampled_from(["queued", "active", "ended", "unknown"]),
    agent=agents,
    ended=st.none() | reasons,
    at=st.none() | st.floats(-1000, 1000).map(at),
)
histories = st.lists(st.builds(said, st.sampled_from("abcdef"), agents, when=st.floats(0, 60)), max_size=8)
lives = st.builds(a_life, st.sampled_from(OPEN), agents)
answers = st.builds(
    Answer,
    at=st.floats(60, 600).map(at),
    status=st.none() | statuses,
    missing=st.booleans(),
    history=st.none() | histories,
    moved=st.booleans(),
)
doubts = st.none() | st.builds(
    Doubt, what=st.sampled_from(["missing", "ended", "queued x"]), since=st.floats(0, 60).map(at)
)


@given(lives, answers, doubts, st.sampled_from([0.0, 30.0]), st.sets(st.sampled_from("abcdef")))
def test_only_a_clear_word_ends_a_chat_and_the_end_comes_last(
    handoff: Handoff, answer: Answer, doubt: Doubt | None, lag: float, known: set[str]
) -> None:
    ruling = judged(handoff, answer, doubt=doubt, lag=lag, known=tuple(known))
    told = kinds(ruling)
    assert told.count("chat_ended") <= 1
    if "chat_ended" in told:
        assert told[-1] == "chat_ended"
        clear = answer.status is not None and answer.status.state == "ended"
        twice = (
            answer.missing
            and doubt is not None
            and doubt.what == "missing"
            and (answer.at - doubt.since).total_seconds() >= max(lag, LEAST_LAG)
        )
        assert clear or twice
    for repair in ruling.repairs:
        assert repair.late_seconds >= 0


@given(lives, answers, doubts, st.sets(st.sampled_from("abcdef")))
def test_messages_are_those_that_are_unknown_once_each_in_the_vendors_order(
    handoff: Handoff, answer: Answer, doubt: Doubt | None, known: set[str]
) -> None:
    ruling = judged(handoff, answer, doubt=doubt, known=tuple(known))
    keys = [one.event.message.key for one in ruling.repairs if isinstance(one.event, MessageReceived)]
    expected = dict.fromkeys(
        event.message.key for event in answer.history or () if event.message.key not in known
    )
    assert keys == list(expected)
    for repair in ruling.repairs:
        if isinstance(repair.event, MessageReceived):
            assert repair.event.id == f"e-{repair.event.message.key}", "its own id, not one of ours"
        else:
            assert repair.event.id.startswith("reconciled:h-1.1:")


@given(lives, answers, doubts)
def test_every_repair_can_be_applied_in_its_turn_and_nothing_is_left_to_repair(
    handoff: Handoff, answer: Answer, doubt: Doubt | None
) -> None:
    ruling = judged(handoff, answer, doubt=doubt)
    now = handoff
    for repair in ruling.repairs:
        done = step(now, ProviderReported(event=repair.event, attempt=1), answer.at)
        assert done.refused is None, done.refused
        now = done.handoff
    if now.is_live and ruling.doubt is None and not answer.moved:
        again = Answer(answer.at, answer.status, missing=False)
        assert kinds(judged(now, again)) == []


@given(lives, answers)
def test_the_same_answer_in_the_same_state_gives_the_same_ids(handoff: Handoff, answer: Answer) -> None:
    first = [one.event.id for one in judged(handoff, answer).repairs]
    assert first == [one.event.id for one in judged(handoff, answer).repairs]
    assert len(set(first)) == len(first)


@given(lives, st.floats(60, 600).map(at), doubts)
def test_unknown_and_silence_change_nothing(handoff: Handoff, when: datetime, doubt: Doubt | None) -> None:
    for answer in (Answer(when, ChatStatus(state="unknown")), Answer(when), Answer(when, history=())):
        assert judged(handoff, answer, doubt=doubt) == Ruling()


@pytest.mark.parametrize("state", [HandoffState.STARTING, HandoffState.QUEUED])
def test_an_agent_who_is_there_is_believed_at_once(state: HandoffState) -> None:
    ruling = judged(a_life(state), Answer(at(60), ChatStatus(state="active", agent=ANN, at=at(20))))
    (repair,) = ruling.repairs
    assert isinstance(repair.event, AgentJoined)
    assert repair.event.agent == ANN
    assert repair.late_seconds == 40


def test_whoever_speaks_has_joined_even_if_the_status_does_not_say_so() -> None:
    answer = Answer(at(60), ChatStatus(state="ended", at=at(50)), history=[said("a"), said("b")])
    ruling = judged(a_life(HandoffState.QUEUED), answer)
    assert kinds(ruling) == ["agent_joined", "message_received", "message_received", "chat_ended"]


def test_a_word_of_the_vendors_own_system_is_no_join() -> None:
    system = said("a", None).model_copy(update={"author": "system"})
    assert kinds(judged(a_life(HandoffState.QUEUED), Answer(at(60), history=[system]))) == [
        "message_received"
    ]


def test_another_agent_is_believed_when_it_is_said_twice() -> None:
    life = a_life(HandoffState.ACTIVE, ANN)
    first = judged(life, Answer(at(60), ChatStatus(state="active", agent=BOB)))
    assert kinds(first) == []
    assert first.doubt is not None
    assert first.again_after == LEAST_LAG
    second = judged(life, Answer(at(66), ChatStatus(state="active", agent=BOB)), doubt=first.doubt)
    assert kinds(second) == ["chat_transferred", "agent_joined"]
    assert second.doubt is None


def test_the_new_agents_words_come_after_the_transfer_and_the_old_ones_before_it() -> None:
    life = a_life(HandoffState.ACTIVE, ANN)
    first = judged(life, Answer(at(60), ChatStatus(state="active", agent=BOB)))
    answer = Answer(
        at(70),
        ChatStatus(state="active", agent=BOB),
        history=[said("a", ANN), said("b", BOB), said("c", BOB)],
    )
    told = [
        repair.event.message.key if isinstance(repair.event, MessageReceived) else repair.event.kind
        for repair in judged(life, answer, doubt=first.doubt).repairs
    ]
    assert told == ["a", "chat_transferred", "agent_joined", "b", "c"]


def test_the_doubt_outlives_the_messages_of_a_busy_chat_but_not_an_event_about_its_agent() -> None:
    life = a_life(HandoffState.ACTIVE, ANN)
    answer = Answer(at(60), ChatStatus(state="queued"))
    doubt = judged(life, answer).doubt
    busy = life.model_copy(update={"version": 12})
    assert kinds(judged(busy, Answer(at(66), answer.status), doubt=doubt)) == ["chat_transferred"]
    other = life.model_copy(update={"version": 12, "agent": BOB})
    assert kinds(judged(other, Answer(at(66), answer.status), doubt=doubt)) == []


def test_an_answer_that_an_event_has_overtaken_takes_nothing_back() -> None:
    doubt = judged(a_life(HandoffState.ACTIVE, ANN), Answer(at(60), ChatStatus(state="queued"))).doubt
    answer = Answer(at(66), ChatStatus(state="queued"), moved=True)
    assert judged(a_life(HandoffState.ACTIVE, ANN), answer, doubt=doubt) == Ruling()


@pytest.mark.parametrize(
    ("status", "joins"),
    [
        (ChatStatus(state="active", agent=ANN), False),
        (ChatStatus(state="active", agent=ANN, at=at(-5)), False),
        (ChatStatus(state="active", agent=ANN, at=at(5)), True),
        (ChatStatus(state="active", agent=BOB), True),
    ],
)
def test_a_transfer_is_over_when_somebody_else_is_there_or_it_is_so_since_later(
    status: ChatStatus, joins: bool
) -> None:
    life = a_life(HandoffState.TRANSFERRING, ANN)
    doubt = judged(life, Answer(at(60), status)).doubt
    assert kinds(judged(life, Answer(at(66), status), doubt=doubt)) == (["agent_joined"] if joins else [])


def test_an_agent_we_had_no_name_for_is_not_taken_for_another() -> None:
    life = a_life(HandoffState.ACTIVE, Agent(id="unknown"))
    doubt = judged(life, Answer(at(60), ChatStatus(state="active", agent=ANN))).doubt
    assert kinds(judged(life, Answer(at(66), ChatStatus(state="active", agent=ANN)), doubt=doubt)) == [
        "agent_joined"
    ]


def test_an_end_waits_until_the_history_can_have_the_last_words() -> None:
    life = a_life(HandoffState.ACTIVE, ANN)
    over = ChatStatus(state="ended", at=at(55))
    first = judged(life, Answer(at(60), over, history=[said("a")]), lag=30)
    assert kinds(first) == ["message_received"]
    assert first.again_after == 25
    second = judged(life, Answer(at(85), over, history=[said("b")]), doubt=first.doubt, lag=30, known=("a",))
    assert kinds(second) == ["message_received", "chat_ended"]


def test_an_end_of_a_polled_chat_is_believed_when_a_poll_has_had_the_time() -> None:
    life = a_life(HandoffState.ACTIVE, ANN)
    over = ChatStatus(state="ended", at=at(-500))

    def polled(answer: Answer, doubt: Doubt | None = None) -> Ruling:
        return rule(life, life.attempts[0], answer, known=(), doubt=doubt, polled=True, trusted_until=at(0))

    first = polled(Answer(at(60), over))
    assert (kinds(first), first.again_after) == ([], LEAST_LAG)
    assert first.doubt == Doubt(ENDED, at(60))
    assert kinds(polled(Answer(at(65), over), first.doubt)) == ["chat_ended"]


def test_lateness_is_bounded_by_the_last_look_when_the_vendor_does_not_say_since_when() -> None:
    life = a_life(HandoffState.QUEUED)
    answer = Answer(at(600), ChatStatus(state="active", agent=ANN))
    (repair,) = rule(life, life.attempts[0], answer, known=(), trusted_until=at(540)).repairs
    assert repair.late_seconds == 60


def test_a_chat_that_may_be_there_shows_life_with_the_vendors_own_id() -> None:
    life = a_life(HandoffState.QUEUED)
    lost = life.attempts[0].model_copy(update={"opened": False, "abandoned": True})
    status = ChatStatus(state="queued", vendor_ref="v-9")
    (repair,) = rule_on_left_open(life, lost, Answer(at(60), status), trusted_until=at(0)).repairs
    assert isinstance(repair.event, ChatAccepted)
    assert repair.event.refs == ("h-1.1", "v-9")


@given(answers)
def test_a_chat_that_is_left_open_is_never_joined_or_transferred(answer: Answer) -> None:
    ended = a_life(HandoffState.ENDED)
    ruling = rule_on_left_open(ended, ended.attempts[0], answer, trusted_until=at(0))
    assert not any(isinstance(one.event, AgentJoined | ChatTransferred) for one in ruling.repairs)


def test_giving_up_is_an_end_with_an_id_of_its_own() -> None:
    ended = a_life(HandoffState.ENDED)
    event = give_up(ended, ended.attempts[0], at(60), 3)
    assert isinstance(event, ChatEnded)
    assert event.id == "reconciled:h-1.1:given-up"
    assert (event.by, event.why) == ("clock", "timeout")


def test_closing_again_becomes_rare_and_stays_bounded() -> None:
    pauses = [close_again_after(tries).total_seconds() for tries in range(10)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 60
    assert pauses[-1] == 6 * 3600
