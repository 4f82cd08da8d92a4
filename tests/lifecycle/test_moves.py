"""The table of legal moves: total, and the only thing that decides. No input ever raises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest

from livechat_sdk.domain.chats import ChatAccepted, ChatEnded, ChatTransferred, MessageFailed, QueueUpdated
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import LIVE_STATES, WAITING_STATES, Handoff, HandoffState, QueueStatus
from livechat_sdk.domain.messages import Direction, Fate, Message
from livechat_sdk.domain.tickets import TicketMoment
from livechat_sdk.lifecycle import Input, step
from livechat_sdk.lifecycle.draft import STATE_CHANGES, Draft, IllegalStateChange
from livechat_sdk.lifecycle.effects import CloseChat, OpenChat, SendMessage, SetFate
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    ProviderReported,
    Requested,
    TimerFired,
    UserSaid,
    UserTyped,
    kind_of,
)
from livechat_sdk.lifecycle.moves import LEGAL_MOVES
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, an_event
from tests.lifecycle.invariants import check_handoff, check_step
from tests.lifecycle.kinds import CLOCKS, Make, all_kinds
from tests.lifecycle.life import Life

S = HandoffState
KINDS = all_kinds()
FULL: dict[str, Any] = {
    "request_timeout": 120.0,
    "user_remind_after": 60.0,
    "user_close_after": 300.0,
    "agent_remind_after": 60.0,
    "agent_release_after": 300.0,
    "max_duration": 3600.0,
}


def new() -> Life:
    """Not requested yet."""
    return Life(**FULL)


def waiting_for_contact() -> Life:
    return Life(wait_for_contact=2.0).requested(a_candidate("one"))


def requested() -> Life:
    life = new()
    life.feed(Requested())
    return life


def starting(*, closes: bool = True, update: bool = False) -> Life:
    first = a_candidate("one", closes=closes, update=update, send_before_join=True)
    return new().requested(first, a_candidate("two"), a_candidate("three"))


def starting_alone() -> Life:
    return new().requested(a_candidate("one"))


def starting_again() -> Life:
    return starting().not_opened()


def queued() -> Life:
    return starting(update=True).opened()


def queued_with_news() -> Life:
    life = queued()
    for position in (3, 2):
        life.event(QueueUpdated, queue=QueueStatus(position=position))
    return life


def active() -> Life:
    life = starting().opened().joined()
    life.user_says("m-1")
    return life


def active_before_opened() -> Life:
    return starting().joined()


def active_alone() -> Life:
    return starting_alone().opened().joined()


def transferring() -> Life:
    life = active()
    life.event(ChatTransferred)
    return life


def transferring_alone() -> Life:
    life = active_alone()
    life.event(ChatTransferred)
    return life


def ending() -> Life:
    return active().ends()


def ending_before_opened() -> Life:
    return starting().ends()


def ended() -> Life:
    life = ending()
    life.succeeds(CloseChat)
    return life


def ended_while_open() -> Life:
    life = ending()
    life.wait(60)
    return life


def ended_abandoned() -> Life:
    return starting_alone().perhaps_opened()


LIVES = {
    make.__name__: make().handoff
    for make in (
        *(requested, waiting_for_contact, starting, starting_alone, starting_again, queued, queued_with_news),
        *(active, active_before_opened, active_alone, transferring, transferring_alone),
        *(ending, ending_before_opened, ended, ended_while_open, ended_abandoned),
    )
}
NEVER_REQUESTED = new().handoff


def outcome_of_step(handoff: Handoff, happening: Input) -> Handoff:
    """Apply an input that must either be legal or be refused with a reason and without a trace."""
    as_it_was = handoff.model_dump()
    done = step(handoff, happening, NOON + timedelta(hours=1))
    assert handoff.model_dump() == as_it_was
    check_step(handoff, done)
    check_handoff(done.handoff)
    if done.refused is not None:
        assert done.refused.startswith(kind_of(happening))
        assert len(done.refused) > len(kind_of(happening)) + 5, "a reason must say something"
    return done.handoff


# --------------------------------------------------------------------------------------- totality
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_input_in_every_state_is_legal_or_refused(kind: str, life: str) -> None:
    handoff = LIVES[life]
    happening = KINDS[kind](handoff)
    assert kind_of(happening) == kind
    outcome_of_step(handoff, happening)
    if (kind, handoff.state) not in LEGAL_MOVES:
        refused = step(handoff, happening, NOON).refused
        assert refused is not None or (kind.startswith("event.") and handoff.attempts[-1].abandoned)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_input_has_a_place_in_the_table(kind: str) -> None:
    assert [state for known, state in LEGAL_MOVES if known == kind]


def test_table_names_no_kind_that_does_not_exist() -> None:
    assert {kind for kind, _ in LEGAL_MOVES} == set(KINDS)


def test_every_input_has_a_kind() -> None:
    made = {type(make(LIVES["queued"])) for make in KINDS.values()}
    assert made == set(get_args(Input))


def test_lives_cover_every_state() -> None:
    assert {handoff.state for handoff in LIVES.values()} == set(HandoffState)


def made_to_fit(handoff: Handoff, kind: str) -> Handoff:
    """The same handoff with a clock of that name, a chat that is being closed, or left, or with a ticket."""
    if kind == "note_requested":
        return handoff.model_copy(update={"ticket_moments": (TicketMoment.DURING,)})
    if kind.startswith("timer."):
        return handoff.model_copy(update={"timers": {kind.removeprefix("timer."): NOON}})
    if kind.endswith(".close_chat"):
        *before, current = handoff.attempts
        return handoff.model_copy(
            update={"attempts": (*before, current.model_copy(update={"closing": True}))}
        )
    if kind == "still_open" and handoff.attempts:
        *before, current = handoff.attempts
        return handoff.model_copy(
            update={"attempts": (*before, current.model_copy(update={"abandoned": True}))}
        )
    return handoff


@pytest.mark.parametrize(("kind", "state"), LEGAL_MOVES, ids=str)
def test_every_pair_of_the_table_can_be_applied(kind: str, state: HandoffState) -> None:
    lives = [NEVER_REQUESTED] if kind in {"requested", "already_open"} else list(LIVES.values())
    fitting = [
        made_to_fit(life, kind)
        for life in lives
        if life.state is state and (life.attempts or not kind.endswith(".close_chat"))
    ]
    applied = [life for life in fitting if step(life, KINDS[kind](life), NOON).refused is None]
    assert applied


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_is_heard_wherever_it_may_run(clock: str) -> None:
    states = {state for kind, state in LEGAL_MOVES if kind == f"timer.{clock}"}
    running = {handoff.state for handoff in LIVES.values() if clock in handoff.timers}
    assert running <= states
    assert running


# --------------------------------------------------------------------------- changes of the state
def test_state_changes_are_those_that_inputs_bring_about() -> None:
    seen: dict[HandoffState, set[HandoffState]] = {state: set() for state in HandoffState}
    for handoff in LIVES.values():
        for make in (*KINDS.values(), *MORE):
            happening = make(handoff)
            after = step(handoff, happening, NOON).handoff
            began_anew = len(after.attempts) > len(handoff.attempts)
            if after.state is not handoff.state or began_anew:
                seen[handoff.state].add(after.state)
    assert seen == {state: set(after) for state, after in STATE_CHANGES.items()}


def _provider_breaks(handoff: Handoff) -> Input:
    number = len(handoff.attempts)
    return ProviderReported(
        event=an_event(ChatEnded, attempt=number, by="provider", why="error"), attempt=number
    )


MORE: tuple[Make, ...] = (_provider_breaks,)


def test_handler_cannot_make_an_illegal_change() -> None:
    draft = Draft(LIVES["ended"], NOON)
    with pytest.raises(IllegalStateChange, match="ended -> active"):
        draft.enter(S.ACTIVE)


def test_states_are_grouped_without_a_gap() -> None:
    assert set(HandoffState) - {S.ENDED} == LIVE_STATES
    assert {S.REQUESTED, S.STARTING, S.QUEUED} == WAITING_STATES


# ------------------------------------------------------------ what does not belong to the handoff
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_happens_to_a_handoff_before_it_is_requested(kind: str) -> None:
    done = step(NEVER_REQUESTED, KINDS[kind](NEVER_REQUESTED), NOON)
    if kind in {"requested", "already_open"}:
        assert done.refused is None
        assert done.handoff.version == 1
    else:
        assert done.refused == f"{kind}: the handoff has not been requested yet"


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize(
    "again", [Requested(), AlreadyOpen(existing="h-0", existing_state="queued")], ids=kind_of
)
def test_handoff_is_requested_once(again: Input, life: str) -> None:
    done = step(LIVES[life], again, NOON)
    assert done.refused == f"{kind_of(again)}: only a new handoff can be requested"


@pytest.mark.parametrize("number", [-1, 0, 2, 99])
def test_event_of_an_attempt_that_does_not_exist_is_refused(number: int) -> None:
    happening = ProviderReported(event=an_event(ChatAccepted), attempt=number)
    assert (
        step(LIVES["queued"], happening, NOON).refused == f"event.chat_accepted: there is no attempt {number}"
    )


@pytest.mark.parametrize("result", [EffectSucceeded, EffectFailed, EffectDoubtful])
@pytest.mark.parametrize("number", [-1, 0, 99])
@pytest.mark.parametrize("life", ["starting", "active", "ending", "ended"])
def test_result_of_an_attempt_that_does_not_exist_is_refused(
    life: str, number: int, result: type[EffectSucceeded | EffectFailed | EffectDoubtful]
) -> None:
    said = {} if result is EffectSucceeded else {"error": "it broke"}
    for action in (
        OpenChat(attempt=number),
        SendMessage(attempt=number, message_key="m-1"),
        CloseChat(attempt=number, reason=EndReason(by="bot", why="other")),
    ):
        happening = result.model_validate({"action": action, **said})
        done = step(LIVES[life], happening, NOON)
        assert done.refused == f"{kind_of(happening)}: there is no attempt {number}"


@pytest.mark.parametrize("life", ["starting", "ending_before_opened", "ended_abandoned"])
@pytest.mark.parametrize("chat", [None, a_chat(attempt=2)], ids=["no chat", "another attempt's chat"])
def test_opened_chat_must_come_with_its_chat(chat: object, life: str) -> None:
    happening = EffectSucceeded.model_validate({"action": OpenChat(attempt=1), "chat": chat})
    done = step(LIVES[life], happening, NOON)
    assert done.refused == "succeeded.open_chat: the result does not carry the chat of attempt 1"


@pytest.mark.parametrize("name", [*CLOCKS, "unheard_of"])
def test_stale_clock_is_refused(name: str) -> None:
    for handoff in LIVES.values():
        due_at = handoff.timers.get(name, NOON) + timedelta(microseconds=1)
        done = step(handoff, TimerFired(name=name, due_at=due_at), NOON)
        assert done.refused is not None
        assert done.refused.startswith(f"timer.{name}: timer {name} is not set for 2026-11-23T")


def test_clock_that_has_fired_does_not_fire_again() -> None:
    life = active()
    due_at = life.handoff.timers["agent_remind"]
    first = step(life.handoff, TimerFired(name="agent_remind", due_at=due_at), due_at)
    assert first.refused is None
    second = step(first.handoff, TimerFired(name="agent_remind", due_at=due_at), due_at)
    assert second.refused is not None


def test_second_end_of_a_closed_chat_is_refused() -> None:
    attempt = LIVES["queued"].attempts[0].model_copy(update={"closed": True})
    handoff = LIVES["queued"].model_copy(update={"attempts": (attempt,)})
    done = step(handoff, ProviderReported(event=an_event(ChatEnded), attempt=1), NOON)
    assert done.refused == "event.chat_ended: the chat is closed already"


# --------------------------------------------------------------------------------------- versions
def test_step_that_only_records_a_fate_makes_no_version() -> None:
    life = active()
    life.succeeds(SendMessage)
    late = EffectSucceeded(action=SendMessage(attempt=1, message_key="m-1"), vendor_id="v-1")
    done = step(life.handoff, late, NOON)
    assert done.handoff is life.handoff
    assert done.effects == (
        SetFate(
            message_key="m-1",
            direction=Direction.TO_PROVIDER,
            fate=Fate.SENT,
            vendor_id="v-1",
            answer=True,
        ),
    )


def test_signal_makes_no_version() -> None:
    handoff = Life().requested(a_candidate(typing_to_agent=True)).opened().handoff
    done = step(handoff, UserTyped(on=True), NOON)
    assert done.effects
    assert done.handoff is handoff


def test_message_for_the_end_user_always_makes_a_version() -> None:
    """Or an end that is committed at the same time would not notice it."""
    life = Life().requested().opened().joined()
    life.agent_says("a-1")
    version = life.handoff.version
    life.agent_says("a-2", author="system")
    assert life.handoff.version == version + 1


def test_two_notices_about_refused_messages_have_keys_of_their_own() -> None:
    life = Life().requested(a_candidate(send_before_join=True)).opened()
    for key in ("m-1", "m-2"):
        life.user_says(key)
        life.succeeds(SendMessage)
    version = life.handoff.version
    life.event(MessageFailed, message_key="m-1")
    life.event(MessageFailed, message_key="m-2")
    assert life.handoff.version == version + 2


def test_refused_input_leaves_the_very_same_handoff() -> None:
    handoff = LIVES["ended"]
    done = step(handoff, UserSaid(message=Message.text("anybody?")), NOON)
    assert done.handoff is handoff
    assert done.refused == "user_said is not a legal move in state ended"
    assert done.effects == ()
