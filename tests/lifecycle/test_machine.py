"""Random lives: whatever comes, in whatever order, the invariants hold after every step and at the end.

The machine plays everybody: the end user, vendors (of the current attempt and of abandoned ones), the
clocks, and the relay, which runs lanes in order but interleaved. Calls may have started when something
else happens, and their results may be success, failure or doubt.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    EventEnvelope,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    QueueUpdated,
    StreamGap,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.ends import WHO, WHY, Outcome
from livechat_sdk.domain.handoff import (
    Handoff,
    HandoffPolicy,
    HandoffState,
    OpeningHours,
    QueueStatus,
    SurveyAnswer,
    SurveyQuestion,
)
from livechat_sdk.domain.messages import Attachment, Message, UserReceipt
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.lifecycle import Input, step
from livechat_sdk.lifecycle.effects import (
    Action,
    AddToTicket,
    CreateTicket,
    Decide,
    FindContact,
    OpenChat,
    SendMessage,
)
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    ContactFound,
    Decided,
    DetailsAdded,
    DropRequested,
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    EndRequested,
    NoteRequested,
    ProviderReported,
    Requested,
    RetryRequested,
    TicketRequested,
    TimerFired,
    UserLeft,
    UserRead,
    UserSaid,
    UserTyped,
)
from livechat_sdk.lifecycle.parking import PARKED_KINDS
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, a_handoff, an_agent, an_event
from tests.lifecycle.invariants import (
    check_brought,
    check_drained,
    check_handoff,
    check_lanes,
    check_ledger,
    check_step,
)
from tests.lifecycle.kinds import members
from tests.lifecycle.shadow import AnyAction, Shadow

STARTS = (
    "active",
    "active",
    "queued",
    "queued",
    "queued",
    "starting",
    "starting",
    "transferring",
    "requested",
    "sent_twice",
    "sent_twice",
)
"""Where the random part of a life begins: few would get far if all began at the request."""
SURVEY = (
    SurveyQuestion(id="topic", text="What is it about?", choices=("billing", "other")),
    SurveyQuestion(id="order", text="Which order?"),
)
CLOCKS = (
    *("request_timeout", "user_remind", "user_close", "agent_remind", "agent_release", "max_duration"),
    "queue_update",
)
# What happens often in life stands here more than once, so that lives get far enough to be interesting.
EVENTS: tuple[type[EventEnvelope], ...] = (
    *(ChatAccepted, AgentJoined, AgentJoined, AgentJoined, MessageReceived, MessageReceived),
    *(ChatAccepted, MessageReceived, MessageReceived, AgentJoined, MessageDelivered, MessageFailed),
    *(AgentLeft, ChatTransferred, QueueUpdated, TypingChanged, MessageDelivered, MessageRead),
    *(MessageFailed, ChatEnded, ChatRejected, StreamGap, UnknownEvent),
)

seconds = st.sampled_from([None, None, 5.0, 60.0])
able = st.fixed_dictionaries(
    {
        name: st.booleans()
        for name in ("closes", "update", "send_before_join", "typing_to_agent", "receipts_to_agent")
    }
    | {"attachment_links": st.sampled_from(["lasting", "fetch"])},
)
FILE = Attachment(url="https://files.vendor.example/1", name="photo.png")
policies = st.builds(
    HandoffPolicy,
    request_timeout=seconds,
    user_remind_after=seconds,
    user_close_after=seconds,
    agent_remind_after=seconds,
    agent_release_after=seconds,
    wait_for_contact=st.sampled_from([None, None, 1.0]),
    agent_release_to=st.sampled_from(["fall_back", "requeue"]),
    requeue_at_most=st.sampled_from([1, 2]),
    max_duration=st.sampled_from([None, 300.0]),
    closing_timeout=st.sampled_from([5.0, 10.0]),
    allow_bot_while_waiting=st.booleans(),
    queue_every=st.sampled_from([None, 5.0, 60.0]),
    queue_fresh_for=st.sampled_from([10.0, 120.0]),
    survey=st.sampled_from([(), SURVEY[:1], SURVEY]),
    ticket_on=st.sampled_from([(), (Outcome.MISSED,), tuple(Outcome)]),
    ticket_during=st.booleans(),
)
chances = st.builds(
    Decided,
    candidates=st.lists(able, min_size=1, max_size=3).map(
        lambda found: tuple(a_candidate(f"desk-{n}", **one) for n, one in enumerate(found))
    ),
)
decisions = st.one_of(
    chances,
    chances,
    st.sampled_from(
        [
            Decided(refusal="out_of_hours", hours=OpeningHours(open=False, next_opening=NOON)),
            Decided(refusal="unavailable", detail="switched off"),
            Decided(refusal="error", detail="broken"),
            Decided(),
        ],
    ),
)


class HandoffLife(RuleBasedStateMachine):
    """One handoff from its request to its end, and what comes late."""

    def __init__(self) -> None:
        super().__init__()
        self.handoff = a_handoff()
        self.shadow = Shadow()
        self.now = NOON
        self.spoken: list[str] = []
        self.heard = 0
        self.last_result = "succeeds"
        self.given_up: list[tuple[AnyAction, bool]] = []
        self.brought: set[tuple[int, str]] = set()
        self.taken_back: set[tuple[int, str]] = set()

    def feed(self, happening: Input) -> None:
        before, as_it_was = self.handoff, self.handoff.model_dump()
        done = step(before, happening, self.now)
        assert done == step(before, happening, self.now), "the same input gave something else"
        assert before.model_dump() == as_it_was, "a step changed its input"
        if isinstance(happening, UserSaid) and done.refused is None:
            self.spoken.append(happening.message.key)
        self.handoff = done.handoff
        self.shadow.apply(done.effects)
        check_step(before, done)
        check_handoff(self.handoff)
        check_ledger(self.handoff, self.shadow, self.spoken)
        check_lanes(self.shadow, self.spoken)
        self.note_who_has_it(before, happening)
        check_brought(self.shadow, self.brought - self.taken_back)
        if before.end is not None:
            assert self.handoff.end == before.end

    def note_who_has_it(self, before: Handoff, happening: Input) -> None:
        """Which attempts have brought which messages, and which of them said later that they could not."""
        match happening:
            case EffectSucceeded(action=SendMessage(attempt=number, message_key=key)):
                self.brought.add((number, key))
            case EffectFailed(action=SendMessage(attempt=number, message_key=key)):
                self.taken_back.add((number, key))  # a person had it sent there once more
            case ProviderReported(event=MessageFailed(message_key=key), attempt=number):
                if not before.attempts[number - 1].abandoned:  # of those given up nothing is applied
                    self.taken_back.add((number, key))
            case _:
                pass

    # --------------------------------------------------------------------------------------- the bot asks
    @initialize(
        policy=policies,
        answered=st.booleans(),
        decision=chances,
        start=st.sampled_from(STARTS),
        last_result=st.sampled_from(["succeeds", "fails", "?"]),
    )
    def request(
        self, policy: HandoffPolicy, answered: bool, decision: Decided, start: str, last_result: str
    ) -> None:
        answer = SurveyAnswer(id="topic", question="What is it about?", answer="billing")
        request = self.handoff.request.model_copy(update={"survey": (answer,) if answered else ()})
        self.handoff = a_handoff(policy=policy, request=request)
        self.last_result = last_result
        self.feed(Requested())
        if start == "requested":
            return
        for action in self.shadow.waiting(Decide):
            self.shadow.finish(action)
            self.feed(decision)
        if start != "starting":
            for opening in self.shadow.waiting(OpenChat):
                self.shadow.finish(opening)
                self.feed(self.result(opening, "succeeds", Decided()))
        if start in {"active", "transferring", "sent_twice"} and self.handoff.attempts:
            self.feed(ProviderReported(event=an_event(AgentJoined), attempt=1))
        if start == "sent_twice":
            self.sent_twice()
        if start == "transferring" and self.handoff.attempts:
            self.feed(ProviderReported(event=an_event(ChatTransferred), attempt=1))

    def sent_twice(self) -> None:
        """The first vendor breaks over a message whose call has left; the next one gets it as well."""
        for key in ("answer-1", "answer-2", "message"):  # two may be taken for answers to the survey
            self.feed(UserSaid(message=Message(key=key, body="billing")))
        for sending in [one for one in self.shadow.heads() if isinstance(one.action, SendMessage)]:
            sending.started = True
        self.feed(ProviderReported(event=an_event(ChatEnded, by="provider", why="error"), attempt=1))
        if not self.handoff.is_live:
            return  # there was no other
        for opening in self.shadow.waiting(OpenChat):
            self.shadow.finish(opening)
            self.feed(self.result(opening, "succeeds", Decided()))
        self.feed(ProviderReported(event=an_event(AgentJoined), attempt=2))

    @rule(again=st.sampled_from([Requested(), AlreadyOpen(existing="h-0", existing_state="queued")]))
    def requested_again(self, again: Input) -> None:
        version = self.handoff.version
        self.feed(again)
        assert self.handoff.version == version

    # -------------------------------------------------------------------------------------------- the relay
    @precondition(lambda self: self.shadow.heads())
    @rule(data=st.data())
    def call_leaves(self, data: st.DataObject) -> None:
        head = data.draw(st.sampled_from(self.shadow.heads()))
        head.started = True

    @precondition(lambda self: self.shadow.heads())
    @rule(data=st.data(), how=st.sampled_from(["succeeds", "succeeds", "succeeds", "fails", "?"]))
    def result_comes(self, data: st.DataObject, how: str) -> None:
        action = data.draw(st.sampled_from([head.action for head in self.shadow.heads()]))
        self.shadow.finish(action)
        decision = data.draw(decisions) if isinstance(action, Decide) else Decided()
        result = self.result(action, how, decision, unavailable=data.draw(st.booleans()))
        if isinstance(result, EffectFailed | EffectDoubtful) and action.kind in PARKED_KINDS:
            self.given_up.append((action, isinstance(result, EffectDoubtful)))
        self.feed(result)

    @precondition(lambda self: self.given_up)
    @rule(data=st.data(), wish=st.sampled_from([RetryRequested, RetryRequested, DropRequested]))
    def person_sees_to_what_was_given_up(self, data: st.DataObject, wish: type[Any]) -> None:
        number = data.draw(st.integers(0, len(self.given_up) - 1))
        action, doubtful = self.given_up[number]
        before = self.handoff
        self.feed(wish(action_id=number, action=action, doubtful=doubtful))
        if self.handoff is not before or wish is DropRequested:
            del self.given_up[number]

    def result(self, action: AnyAction, how: str, decision: Decided, *, unavailable: bool = False) -> Input:
        if how == "fails":
            return EffectFailed(action=action, error="it broke", unavailable=unavailable)
        if how == "?":
            return EffectDoubtful(action=action, error="no answer")
        if isinstance(action, Decide):
            return decision
        if isinstance(action, FindContact):
            return ContactFound(contacts=(Contact(source="crm", id="7"),))
        brought: dict[str, Any] = {}
        if isinstance(action, OpenChat):
            brought = {"chat": a_chat(attempt=action.attempt, secrets={"token": "s3cret"})}
        elif isinstance(action, SendMessage) and unavailable:
            brought = {"patch": {"sequence": len(self.spoken)}, "acknowledged": True}
        elif isinstance(action, CreateTicket | AddToTicket):
            brought = {"ticket": Ticket(source="table", id="1", key=action.key)}
        return EffectSucceeded(action=action, **brought)

    # ----------------------------------------------------------------------------------------- the end user
    @rule(body=st.sampled_from(["hello", "billing", "x" * 5000]))
    def user_says(self, body: str) -> None:
        self.feed(UserSaid(message=Message(key=f"user-{len(self.spoken)}", body=body)))

    @rule(
        small=st.sampled_from(
            [
                UserTyped(on=True),
                UserRead(receipt=UserReceipt(message_key="agent-1", status="read")),
                UserRead(receipt=UserReceipt(message_key="nobody", status="delivered")),
                DetailsAdded(survey=(SurveyAnswer(id="topic", question="?", answer="other"),)),
                DetailsAdded(survey=(SurveyAnswer(id="extra", question="?", answer="more"),)),
                DetailsAdded(),
                TicketRequested(),
                NoteRequested(note=TicketNote(key="n-1", body="!")),
            ],
        ),
    )
    def small_things_happen(self, small: Input) -> None:
        self.feed(small)

    @rule(how=st.sampled_from(["left", "asked", "asked", *["no"] * 9]), data=st.data())
    def our_side_ends_it(self, how: str, data: st.DataObject) -> None:
        if how == "left":
            self.feed(UserLeft())
        elif how == "asked":
            by, why = data.draw(st.sampled_from(WHO)), data.draw(st.sampled_from(WHY))
            self.feed(EndRequested(by=by, why=why))

    # -------------------------------------------------------------------------------------------- the vendor
    @precondition(lambda self: self.handoff.attempts)
    @rule(kind=st.sampled_from(EVENTS), old=st.sampled_from([0, 0, 0, 1, 2]), data=st.data())
    def vendor_reports(self, kind: type[EventEnvelope], old: int, data: st.DataObject) -> None:
        attempt = max(1, len(self.handoff.attempts) - old)
        event = an_event(kind, attempt=attempt, **self.details_of(kind, attempt, data))
        self.feed(ProviderReported.model_validate({"event": event, "attempt": attempt}))

    def details_of(self, kind: type[EventEnvelope], attempt: int, data: st.DataObject) -> dict[str, Any]:
        if kind is MessageReceived:
            self.heard += 1
            author = data.draw(st.sampled_from(["agent", "system"]))
            files = data.draw(st.sampled_from([(), (FILE,)]))
            message = Message(key=f"agent-{self.heard}", body="hi", attachments=files)
            return {"message": message, "author": author}
        if kind is ChatEnded:
            return {"by": data.draw(st.sampled_from(WHO)), "why": data.draw(st.sampled_from(WHY))}
        if kind in {MessageDelivered, MessageRead, MessageFailed}:
            sent = [
                one.message_key
                for one in self.shadow.decided
                if isinstance(one, SendMessage) and one.attempt == attempt
            ]
            return {"message_key": data.draw(st.sampled_from([*sent, "nobody"]))}
        if kind is QueueUpdated:
            position, estimate = data.draw(st.sampled_from([(None, None), (1, None), (2, 90.0), (None, 5.0)]))
            return {
                "queue": QueueStatus(position=position, estimate=estimate),
                "received_at": self.now - timedelta(seconds=data.draw(st.sampled_from([0, 0, 60]))),
            }
        if kind in {AgentJoined, AgentLeft}:
            return {"agent": an_agent(data.draw(st.sampled_from(["Maria", "Nikos"])))}
        return {}

    @rule(number=st.sampled_from([0, -1, 9]))
    def vendor_reports_nonsense(self, number: int) -> None:
        version = self.handoff.version
        self.feed(ProviderReported(event=an_event(ChatAccepted), attempt=number))
        assert self.handoff.version == version

    # -------------------------------------------------------------------------------------------- the clocks
    @precondition(lambda self: self.shadow.timers)
    @rule(data=st.data())
    def clock_runs_out(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.shadow.timers)))
        due_at = self.shadow.timers.pop(name)
        self.now = max(self.now, due_at)
        self.feed(TimerFired(name=name, due_at=due_at))

    @rule(name=st.sampled_from([*CLOCKS, "closing", "unheard_of"]), early=st.sampled_from([0.5, 3600.0]))
    def stale_clock_runs_out(self, name: str, early: float) -> None:
        version = self.handoff.version
        due_at = self.shadow.timers.get(name, self.now) - timedelta(seconds=early)
        self.feed(TimerFired(name=name, due_at=due_at))
        assert self.handoff.version == version

    @rule(seconds=st.sampled_from([0.5, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # ----------------------------------------------------------------------------------------------- the end
    def teardown(self) -> None:
        """End it if nobody has, let every result come, and see that nothing was left open."""
        if not self.handoff.version:
            return
        while self.handoff.is_live or self.shadow.heads():
            if self.shadow.heads():
                action = self.shadow.heads()[0].action
                self.shadow.finish(action)
                self.feed(self.result(action, self.last_result, Decided(candidates=(a_candidate(),))))
            elif self.handoff.state is HandoffState.ENDING:
                due_at = self.shadow.timers.pop("closing")
                self.feed(TimerFired(name="closing", due_at=due_at))
            else:
                self.feed(EndRequested(by="operator", why="other"))
        check_drained(self.handoff, self.shadow)


SOAKING = settings.get_current_profile_name() == "soak"
pytestmark = pytest.mark.timeout(3600 if SOAKING else 300)  # one minute is short beside other work
TestHandoffLife = HandoffLife.TestCase
TestHandoffLife.settings = (
    settings(stateful_step_count=120) if SOAKING else settings(max_examples=250, stateful_step_count=50)
)


def test_machine_has_a_result_for_whatever_a_step_may_decide() -> None:
    assert set(get_args(AnyAction)) == set(members(Action))
