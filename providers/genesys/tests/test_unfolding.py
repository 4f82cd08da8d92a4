"""What happened in a conversation, whatever the order in which it is told."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import AgentJoined, AgentLeft, ChatEnded, ChatTransferred, ProviderEvent
from livechat_sdk.domain.people import Agent
from livechat_sdk_genesys.legs import Facts, facts_of, facts_of_event, how_of
from livechat_sdk_genesys.standing import GRACE, status_of
from livechat_sdk_genesys.unfolding import LEFT_AFTER, Unfolding
from livechat_sdk_genesys.wire import WireConversation
from providers.genesys.tests.bench import CONVERSATION, NOW, a_customer, a_queue, an_agent

TOPIC = f"v2.detail.events.conversation.{CONVERSATION}"


def event(what: str, participant: str, at: int = 0, **fields: Any) -> Facts:
    """A detail event, ``at`` seconds from now."""
    body = {
        "eventTime": int((NOW + timedelta(seconds=at)).timestamp() * 1000),
        "conversationId": CONVERSATION,
        "participantId": participant,
        "sessionId": f"s-{participant}",
        "mediaType": "MESSAGE",
        "messageType": "OPEN",
        **fields,
    }
    found = facts_of_event(f"{TOPIC}.{what}", body)
    assert found is not None
    return found


def whole(*people: dict[str, Any]) -> Facts:
    document = {"id": CONVERSATION, "participants": [{k: v for k, v in one.items() if v} for one in people]}
    return facts_of(WireConversation.model_validate(document))


def story(*facts: Facts, ref: str | None = "h-1.1", later: float = 0.0) -> list[ProviderEvent]:
    """What is told when these come one after the other, and then some time passes."""
    one = Unfolding("genesys", CONVERSATION, ref)
    found: list[ProviderEvent] = []
    for fact in facts:
        one.hear(fact)
        found += one.told(NOW)
    return found + one.told(NOW + timedelta(seconds=later)) if later else found


def kinds(events: Sequence[ProviderEvent]) -> list[str]:
    return [one.kind for one in events]


ANSWERED = {"acdOutcome": "ANSWERED", "answeredUserId": "u-1", "disconnectType": "TRANSFER"}
STARTED = (event("customer.start", "c"), event("acd.start", "q1", queueId="queue-1"))
RINGS = event("user.start", "a1", 1, userId="u-1")
TAKES = event("acd.end", "q1", 2, **ANSWERED)


def test_agent_has_joined_when_the_queue_says_that_they_answered_and_not_when_it_rings() -> None:
    assert story(*STARTED, RINGS) == []
    (joined,) = story(*STARTED, RINGS, TAKES)
    assert isinstance(joined, AgentJoined)
    assert joined.agent == Agent(id="u-1")
    assert joined.refs == ("h-1.1", CONVERSATION)
    assert joined.vendor_at == NOW + timedelta(seconds=2)


def test_join_is_told_once_though_it_is_heard_in_three_ways() -> None:
    seen = whole(a_customer(id="c"), an_agent(id="a1", user={"id": "u-1"}))
    for order in (
        (TAKES, RINGS, seen),
        (RINGS, TAKES, seen, TAKES),
        (seen, TAKES, RINGS),
        (TAKES, seen, seen),
    ):
        assert kinds(story(*STARTED, *order)) == ["agent_joined"]


def test_agent_who_does_not_answer_has_neither_joined_nor_left() -> None:
    missed = event("user.end", "a1", 9, userId="u-1", disconnectType="NO_ANSWER_TRANSFER")
    assert story(*STARTED, RINGS, missed, later=60) == []


def test_end_of_the_customer_is_the_end_and_that_of_an_agent_is_not() -> None:
    left = event("user.end", "a1", 9, userId="u-1", disconnectType="CLIENT")
    assert kinds(story(*STARTED, RINGS, TAKES, left)) == ["agent_joined"]
    *_, end = story(*STARTED, RINGS, TAKES, left, event("customer.end", "c", 9, disconnectType="PEER"))
    assert isinstance(end, ChatEnded)
    assert (end.by, end.why, end.id) == ("agent", "resolved", f"{CONVERSATION}:ended")


def test_agent_who_ends_the_conversation_is_not_told_to_have_left_it() -> None:
    left = event("user.end", "a1", 9, userId="u-1", disconnectType="CLIENT")
    over = event("customer.end", "c", 9, disconnectType="PEER")
    for order in ((left, over), (over, left)):
        assert kinds(story(*STARTED, RINGS, TAKES, *order, later=60)) == ["agent_joined", "chat_ended"]


def test_agent_who_leaves_alone_has_left_after_a_moment_and_the_chat_is_over_after_a_while() -> None:
    left = event("user.end", "a1", 9, userId="u-1", disconnectType="CLIENT")
    one = Unfolding("genesys", CONVERSATION)
    for fact in (*STARTED, RINGS, TAKES, left):
        one.hear(fact)
    assert kinds(one.told(NOW)) == ["agent_joined"]
    assert one.due == NOW + LEFT_AFTER
    assert kinds(one.told(NOW + LEFT_AFTER)) == ["agent_left"]
    assert one.due == NOW + GRACE
    assert one.wants_a_look
    assert kinds(one.told(NOW + GRACE - timedelta(seconds=1))) == []
    (end,) = one.told(NOW + GRACE)
    assert isinstance(end, ChatEnded)
    assert (end.by, end.why, end.raw_reason) == ("agent", "resolved", "all agents left")
    assert one.due is None


def test_transfer_to_a_queue_is_a_transfer_and_the_next_agent_joins() -> None:
    left = event("user.end", "a1", 9, userId="u-1", disconnectType="TRANSFER")
    queued = event("acd.start", "q2", 9, queueId="queue-2")
    taken = event("acd.end", "q2", 12, acdOutcome="ANSWERED", answeredUserId="u-2")
    events = story(*STARTED, RINGS, TAKES, queued, left, taken, later=60)
    assert kinds(events) == ["agent_joined", "chat_transferred", "agent_joined"]
    transferred = events[1]
    assert isinstance(transferred, ChatTransferred)
    assert transferred.to == "queue-2"


def test_transfer_whose_parts_come_in_the_wrong_order_ends_with_the_second_agent() -> None:
    left = event("user.end", "a1", 9, userId="u-1", disconnectType="TRANSFER")
    taken = event("acd.end", "q2", 12, acdOutcome="ANSWERED", answeredUserId="u-2")
    events = story(*STARTED, RINGS, TAKES, taken, left, later=60)
    assert kinds(events) == ["agent_joined", "agent_joined", "agent_left"]
    assert isinstance(events[2], AgentLeft)
    assert events[2].agent.id == "u-1"


def test_same_agent_may_come_twice() -> None:
    left = event("user.end", "a1", 9, userId="u-1", disconnectType="TRANSFER")
    again = event("user.start", "a2", 10, userId="u-1")
    ringing = story(*STARTED, RINGS, TAKES, left, event("acd.start", "q2", 9), again)
    assert kinds(ringing) == ["agent_joined", "chat_transferred"]
    taken = event("acd.end", "q2", 12, acdOutcome="ANSWERED", answeredUserId="u-1")
    events = story(*STARTED, RINGS, TAKES, left, event("acd.start", "q2", 9), again, taken)
    assert kinds(events) == ["agent_joined", "chat_transferred", "agent_joined"]


def test_end_that_is_found_with_all_that_was_before_it_tells_the_agent_and_the_end() -> None:
    gone = {"state": "disconnected", "disconnectType": "client", "endTime": "2026-11-26T09:31:00Z"}
    events = story(whole(a_customer(**gone), an_agent(**gone), an_agent("Maria", id="p2", **gone)))
    assert kinds(events) == ["agent_joined", "chat_ended"]


def test_conversation_that_is_seen_late_tells_who_is_there_and_not_who_was() -> None:
    gone = {"state": "disconnected", "disconnectType": "transfer", "endTime": "2026-11-26T09:31:00Z"}
    events = story(
        whole(a_customer(), an_agent(**gone), an_agent("Maria", id="p2", user={"id": "u-2"})), later=60
    )
    (joined,) = events
    assert isinstance(joined, AgentJoined)
    assert joined.agent == Agent(id="u-2", name="Maria")


@pytest.mark.parametrize(
    ("raw", "end"),
    [
        ("SYSTEM", ("provider", "refused")),
        ("PEER", ("provider", "refused")),
        ("INACTIVITY", ("provider", "inactivity")),
        ("TIMEOUT", ("provider", "inactivity")),
        ("ERROR", ("provider", "error")),
        ("TRANSFER", ("provider", "transferred_away")),
        ("SOMETHING_NEW", ("provider", "refused")),
    ],
)
def test_end_before_any_agent_came_is_the_vendors(raw: str, end: tuple[str, str]) -> None:
    (ended,) = story(*STARTED, event("customer.end", "c", 5, disconnectType=raw))
    assert isinstance(ended, ChatEnded)
    assert (ended.by, ended.why) == end


@pytest.mark.parametrize(
    ("raw", "how"),
    [
        ("transfer.noanswer", "no_answer"),
        ("NO_ANSWER_TRANSFER", "no_answer"),
        ("NOT_AVAILABLE_TRANSFER", "no_answer"),
        ("endpoint.donotdisturb", "no_answer"),
        ("endpoint.dnd", "no_answer"),
        ("transfer.dnd", "no_answer"),
        ("uncallable", "no_answer"),
        ("transfer.consult", "transfer"),
        ("CONFERENCE_TRANSFER", "transfer"),
        ("transport.failure", "error"),
        ("TRANSPORT_FAILURE", "error"),
        ("session.expired", "inactivity"),
        ("timeout", "inactivity"),
        ("client", "pressed"),
        ("ENDPOINT", "pressed"),
        ("UNKNOWN", "people"),
        ("", "people"),
        (None, "people"),
        ("system", "system"),
        ("spam", "spam"),
        ("tomorrow", "other"),
    ],
)
def test_both_spellings_of_a_disconnect_type_are_known(raw: object, how: str) -> None:
    assert how_of(raw) == how


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (f"{TOPIC}.acw", {"conversationId": CONVERSATION, "participantId": "a1"}),
        (f"{TOPIC}.user.start", {"conversationId": CONVERSATION}),
        (f"{TOPIC}.user.start", {"participantId": "a1"}),
        (f"{TOPIC}.user.start", {"conversationId": 7, "participantId": ["a1"]}),
        ("channel.metadata", {"message": "WebSocket Heartbeat"}),
        ("", {}),
    ],
)
def test_what_says_nothing_of_a_leg_is_no_fact(topic: str, body: dict[str, Any]) -> None:
    assert facts_of_event(topic, body) is None


def test_time_that_makes_no_sense_is_no_time() -> None:
    for when in (10**30, "soon", True, -(10**30)):
        found = facts_of_event(
            f"{TOPIC}.user.end", {"conversationId": CONVERSATION, "participantId": "a", "eventTime": when}
        )
        assert found is not None
        assert found.legs[0].ended_at is None


def test_facts_of_another_conversation_are_refused() -> None:
    with pytest.raises(ValueError, match="another"):
        Unfolding("genesys", "another").hear(TAKES)


# ---- any story, in any order


@dataclass
class Play:
    """A conversation that happens: the notifications that it makes, and what is true in the end."""

    facts: list[Facts] = field(default_factory=list[Facts])
    queues: int = 0
    legs: int = 0
    at: int = 0
    there: str | None = None
    leg: str | None = None
    queue: str | None = None
    ended: bool = False
    had: set[str] = field(default_factory=set[str])

    def tell(self, what: str, participant: str, **fields: Any) -> None:
        self.at += 1
        self.facts.append(event(what, participant, self.at, **fields))

    def start(self) -> None:
        self.tell("customer.start", "c", addressFrom="h-1.1")
        self.wait()

    def wait(self) -> None:
        self.queues += 1
        self.queue = f"q{self.queues}"
        self.tell("acd.start", self.queue, queueId=f"queue-{self.queues}")

    def ring_out(self, user: str) -> None:
        if self.queue is not None:
            self.legs += 1
            self.tell("user.start", f"a{self.legs}", userId=user)
            self.tell("user.end", f"a{self.legs}", userId=user, disconnectType="NO_ANSWER_TRANSFER")

    def answer(self, user: str) -> None:
        if self.queue is None:
            return
        self.legs += 1
        self.leg, self.there, queue, self.queue = f"a{self.legs}", user, self.queue, None
        self.had.add(user)
        self.tell("user.start", self.leg, userId=user)
        self.tell("acd.end", queue, acdOutcome="ANSWERED", answeredUserId=user, disconnectType="TRANSFER")

    def transfer(self, _: str) -> None:
        if self.leg is not None and self.there is not None:
            self.tell("user.end", self.leg, userId=self.there, disconnectType="TRANSFER")
            self.leg, self.there = None, None
            self.wait()

    def end(self) -> None:
        if self.leg is not None and self.there is not None:
            self.tell("user.end", self.leg, userId=self.there, disconnectType="CLIENT")
        if self.queue is not None:
            self.tell("acd.end", self.queue, acdOutcome="ABANDON", disconnectType="PEER")
        self.tell("customer.end", "c", disconnectType="PEER")
        self.there, self.ended = None, True


_ACTS = st.lists(
    st.tuples(st.sampled_from(["ring_out", "answer", "transfer"]), st.sampled_from(["u-1", "u-2", "u-3"])),
    max_size=8,
)


def play(acts: Sequence[tuple[str, str]], *, end: bool) -> Play:
    found = Play()
    found.start()
    for act, user in acts:
        getattr(found, act)(user)
    if end:
        found.end()
    return found


def check_in_some_order(acts: Sequence[tuple[str, str]], chance: random.Random, *, end: bool) -> None:
    """Tell a story in an order, with repetitions, as chance will have it: what is told of it is true."""
    truth = play(acts, end=end)
    facts = truth.facts + chance.sample(truth.facts, len(truth.facts) // 2)
    chance.shuffle(facts)
    one = Unfolding("genesys", CONVERSATION, "h-1.1")
    events: list[ProviderEvent] = []
    for number, fact in enumerate(facts):
        one.hear(fact)
        events += one.told(NOW + timedelta(milliseconds=number))
    events += one.told(NOW + LEFT_AFTER + timedelta(seconds=1))

    assert len({told.id for told in events}) == len(events), "each event is another one"
    ends = [told for told in events if isinstance(told, ChatEnded)]
    assert len(ends) == (1 if end else 0)
    if end:
        assert events[-1] is ends[0], "nothing follows the end"
        assert ends[0].by == ("agent" if truth.had else "provider") or not _heard_all(facts, truth)
        return
    present: list[str] = []
    for told in events:
        if isinstance(told, AgentJoined):
            present.append(told.agent.id)
        elif isinstance(told, AgentLeft):
            present.remove(told.agent.id)
        elif isinstance(told, ChatTransferred):
            present.clear()
    assert (present[-1] if present else None) == truth.there


@given(_ACTS, st.booleans(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_a_story_leads_to_the_same(
    acts: Sequence[tuple[str, str]], end: bool, chance: random.Random
) -> None:
    check_in_some_order(acts, chance, end=end)


ANSWER, TRANSFER, RING_OUT = "answer", "transfer", "ring_out"
WENT_WRONG_BEFORE = {
    "rang in vain, then answered": [
        *((ANSWER, "u-1"), (TRANSFER, ""), (RING_OUT, "u-2"), (ANSWER, "u-2"), (TRANSFER, "")),
        (ANSWER, "u-1"),
    ],
    "comes back, and goes": [(ANSWER, "u-3"), (TRANSFER, ""), (ANSWER, "u-3"), (TRANSFER, "")],
    "comes back": [(ANSWER, "u-3"), (TRANSFER, ""), (RING_OUT, "u-2"), (ANSWER, "u-3")],
    "two times one, then another": [
        *((ANSWER, "u-3"), (TRANSFER, ""), (ANSWER, "u-3"), (TRANSFER, ""), (ANSWER, "u-1")),
    ],
}


@pytest.mark.parametrize("name", WENT_WRONG_BEFORE)
def test_agents_who_come_more_than_once_are_there_or_not_in_any_order(name: str) -> None:
    for seed in range(400):
        check_in_some_order(WENT_WRONG_BEFORE[name], random.Random(seed), end=False)  # noqa: S311 - it only has to be the same again


def _heard_all(facts: Sequence[Facts], truth: Play) -> bool:
    """Whether the end was the last that came: an agent that is heard of later cannot be its doing."""
    last = next(number for number, fact in enumerate(facts) if fact == truth.facts[-1])
    return all(fact in facts[:last] for fact in truth.facts[:-1])


@given(_ACTS, st.booleans())
def test_in_order_every_join_and_every_transfer_is_told(acts: Sequence[tuple[str, str]], end: bool) -> None:
    truth = play(acts, end=end)
    events = story(*truth.facts)
    wanted: list[str] = []
    for act, user in acts:
        if act == "answer" and (not wanted or wanted[-1] == "chat_transferred"):
            wanted.append(f"agent_joined {user}")
        elif act == "transfer" and wanted and wanted[-1].startswith("agent_joined"):
            wanted.append("chat_transferred")
    found = [f"{one.kind} {one.agent.id}" if isinstance(one, AgentJoined) else one.kind for one in events]
    assert found == [*wanted, *(["chat_ended"] if end else [])]


@given(_ACTS)
def test_status_and_stream_agree_on_who_is_there(acts: Sequence[tuple[str, str]]) -> None:
    truth = play(acts, end=False)
    agent = an_agent(user={"id": truth.there}, id=truth.leg) if truth.there else None
    people = [
        a_customer(id="c"),
        *([agent] if agent else []),
        *([a_queue(id=truth.queue)] if truth.queue else []),
    ]
    asked = status_of(whole(*people), NOW)
    assert (asked.agent.id if asked.agent is not None else None) == truth.there
    one = Unfolding("genesys", CONVERSATION)
    for fact in (whole(*people), *truth.facts):
        one.hear(fact)
    joined = [told.agent.id for told in one.told(NOW) if isinstance(told, AgentJoined)]
    assert (joined[-1] if joined else None) in {truth.there, *truth.had}


def test_moment_is_read_in_milliseconds() -> None:
    found = facts_of_event(
        f"{TOPIC}.user.end", {"conversationId": CONVERSATION, "participantId": "a", "eventTime": 1_000}
    )
    assert found is not None
    assert found.legs[0].ended_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
