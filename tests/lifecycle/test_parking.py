"""What was given up waits for a person: tried again where that makes sense, or dropped."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.domain.chats import MessageFailed
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.lifecycle import step
from livechat_sdk.lifecycle.effects import (
    CloseChat,
    CreateTicket,
    DeliverMessage,
    OpenChat,
    Say,
    SendMessage,
    SetFate,
    Unpark,
    UpdateDetails,
)
from livechat_sdk.lifecycle.inputs import DropRequested, EffectDoubtful, RetryRequested
from livechat_sdk.lifecycle.parking import PARKED_KINDS, target_of
from livechat_sdk_testing.builders import NOON, a_candidate
from tests.lifecycle.kinds import ACTIONS
from tests.lifecycle.life import Life


def talking(*fallbacks: str, **policy: Any) -> Life:
    others = (a_candidate(name, send_before_join=True) for name in fallbacks)
    return Life(**policy).requested(a_candidate("one", update=True), *others).opened().joined()


def given_up(life: Life, kind: type[Any], *, doubtful: bool = False) -> Any:
    """The oldest waiting action of a kind is given up."""
    action = life.shadow.waiting(kind)[0]
    (life.leaves_doubt if doubtful else life.fails)(kind)
    return action


def again(life: Life, action: Any, *, doubtful: bool = False, number: int = 7) -> Any:
    return life.feed(RetryRequested(action_id=number, action=action, doubtful=doubtful))


# ------------------------------------------------------------------------------------------ sends
def test_refused_message_is_sent_again_like_a_new_one() -> None:
    life = talking()
    life.user_says("m-1")
    send = given_up(life, SendMessage)
    assert life.fate("m-1") is Fate.REFUSED
    done = again(life, send)
    assert done.effects == (
        Unpark(action_id=7, detail="tried again on request"),
        SetFate(message_key="m-1", direction=Direction.TO_PROVIDER, fate=Fate.PLANNED, anew=True),
        SendMessage(attempt=1, message_key="m-1"),
    )
    assert life.handoff.planned == ("m-1",)
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SENT


def test_refused_message_that_is_on_its_way_again_goes_back_to_the_bot_with_the_end() -> None:
    life = talking()
    life.user_says("m-1")
    again(life, given_up(life, SendMessage))
    life.vendor_ends()
    assert life.fate("m-1") is Fate.DROPPED
    assert life.shadow.returned == ["m-1"]


@pytest.mark.parametrize("how", ["fails", "leaves_doubt"])
def test_doubtful_message_stays_doubtful_until_the_proof(how: str) -> None:
    life = talking()
    life.user_says("m-1")
    send = given_up(life, SendMessage, doubtful=True)
    again(life, send, doubtful=True)
    assert life.fate("m-1") is Fate.DOUBTFUL
    (sent,) = life.shadow.waiting(SendMessage)
    assert sent.in_doubt
    getattr(life, how)(SendMessage)
    assert life.fate("m-1") is Fate.DOUBTFUL, "a failure now proves nothing about the first try"
    again(life, send, doubtful=True, number=8)
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SENT


def test_doubtful_message_whose_second_try_fails_after_the_end_stays_doubtful() -> None:
    life = talking()
    life.user_says("m-1")
    again(life, given_up(life, SendMessage, doubtful=True), doubtful=True)
    life.starts(SendMessage)
    life.vendor_ends()
    life.fails(SendMessage)
    assert life.fate("m-1") is Fate.DOUBTFUL


def test_message_is_tried_again_at_the_provider_that_has_taken_over() -> None:
    life = talking("two")
    life.user_says("m-1")
    send = given_up(life, SendMessage, doubtful=True).model_copy(update={"parts_sent": ("m-1.1",)})
    life.vendor_ends("provider", "error")
    life.opened().joined("Nikos")
    again(life, send, doubtful=True)
    (sent,) = life.shadow.waiting(SendMessage)
    assert (sent.attempt, sent.parts_sent) == (2, ()), "the new provider has none of it"


def test_parts_that_arrived_are_not_sent_again() -> None:
    life = talking()
    life.user_says("m-1")
    send = given_up(life, SendMessage, doubtful=True).model_copy(update={"parts_sent": ("m-1.1",)})
    again(life, send, doubtful=True)
    assert life.shadow.waiting(SendMessage)[0].parts_sent == ("m-1.1",)


def test_send_is_refused_where_it_makes_no_sense() -> None:
    life = talking()
    life.user_says("m-1")
    send = given_up(life, SendMessage)
    again(life, send)
    assert again(life, send).refused == "retry_requested: it is on its way already"
    life.ends()
    assert again(life, send).refused == "retry_requested: the chat is over"
    life.succeeds(CloseChat)
    assert again(life, send).refused == "retry_requested: the chat is over"


def test_send_waits_for_an_agent_where_the_vendor_needs_one() -> None:
    life = Life().requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.user_says("m-1")
    send = given_up(life, SendMessage)
    life.vendor_ends("provider", "error")
    life.opened()
    refused = again(life, send).refused
    assert refused == "retry_requested: no chat takes messages now: try again when an agent has joined"
    life.joined()
    assert again(life, send).refused is None


# ------------------------------------------------------------------------------------- deliveries
@pytest.mark.parametrize("kind", [DeliverMessage, Say])
@pytest.mark.parametrize("doubtful", [True, False])
def test_delivery_is_made_again_while_the_handoff_lives(kind: type[Any], *, doubtful: bool) -> None:
    life = talking()
    while kind is DeliverMessage and life.shadow.waiting(Say):
        life.succeeds(Say)
    life.agent_says("a-1")
    action = given_up(life, kind, doubtful=doubtful)
    key = getattr(action, "message_key", None) or action.key
    assert life.shadow.fate(key, Direction.TO_USER) is (Fate.DOUBTFUL if doubtful else Fate.REFUSED)
    again(life, action, doubtful=doubtful)
    assert life.shadow.fate(key, Direction.TO_USER) is (Fate.DOUBTFUL if doubtful else Fate.PLANNED)
    retried = next(one for one in life.last if isinstance(one, kind))
    assert retried == action.model_copy(update={"in_doubt": doubtful})
    life.vendor_ends()
    over = "retry_requested: the conversation belongs to the bot again"
    assert (again(life, action, doubtful=doubtful).refused or "").startswith(over)


def test_doubtful_delivery_whose_second_try_is_refused_stays_doubtful() -> None:
    life = talking()
    while life.shadow.waiting(Say):
        life.succeeds(Say)
    life.agent_says("a-1")
    again(life, given_up(life, DeliverMessage, doubtful=True), doubtful=True)
    life.fails(DeliverMessage)
    assert life.shadow.fate("a-1", Direction.TO_USER) is Fate.DOUBTFUL


# ------------------------------------------------------------------------------------ the others
def test_close_is_tried_again_until_the_chat_is_closed() -> None:
    life = talking().ends()
    closing = given_up(life, CloseChat)
    assert life.state == "ended"
    assert again(life, closing).refused is None
    assert life.handoff.attempts[0].closing
    assert again(life, closing).refused == "retry_requested: the chat is being closed already"
    life.succeeds(CloseChat)
    assert again(life, closing).refused == "retry_requested: the chat is closed already"


def test_chat_in_use_is_not_closed_by_way_of_a_retry() -> None:
    life = talking()
    assert again(life, ACTIONS[CloseChat](1)).refused == "retry_requested: the chat is in use"


def test_details_are_carried_again_while_their_chat_is_open() -> None:
    life = talking("two")
    update = UpdateDetails(attempt=1, message_keys=("m-1",))
    assert again(life, update).refused is None
    assert life.last[-1] == UpdateDetails(attempt=1), "the answers have gone as messages"
    life.vendor_ends("provider", "error")
    assert again(life, update).refused == "retry_requested: that chat is over"


def test_ticket_is_made_again_with_the_same_key() -> None:
    life = talking(ticket_on=("completed",))
    life.vendor_ends()
    ticket = given_up(life, CreateTicket)
    again(life, ticket)
    assert life.shadow.waiting(CreateTicket) == [ticket]


@pytest.mark.parametrize("kind", [kind for kind, make in ACTIONS.items() if make(1).kind not in PARKED_KINDS])
def test_what_the_lifecycle_sees_to_itself_is_never_parked(kind: type[Any]) -> None:
    action = ACTIONS[kind](1)
    for wish in (RetryRequested, DropRequested):
        refused = step(talking().handoff, wish(action_id=7, action=action), NOON).refused
        assert refused is not None
        assert refused.endswith(f"{action.kind} is never parked")


def test_wish_about_an_attempt_that_does_not_exist_is_refused() -> None:
    for wish in (RetryRequested, DropRequested):
        refused = step(talking().handoff, wish(action_id=7, action=ACTIONS[CloseChat](9)), NOON).refused
        assert refused is not None
        assert refused.endswith("there is no attempt 9")


def test_what_one_agent_may_have_stays_in_doubt_when_the_next_cannot_be_given_it_by_hand() -> None:
    life = talking("two")
    life.user_says("m-1")
    first = life.shadow.waiting(SendMessage)[0]
    life.leaves_doubt(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    life.feed(RetryRequested(action_id=7, action=first, doubtful=True))
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SENT
    life.event(MessageFailed, message_key="m-1", reason="gone")
    assert life.fate("m-1") is Fate.DOUBTFUL, "the first agent may have it"


# ------------------------------------------------------------------------------------------ drops
def test_message_that_is_on_its_way_again_is_not_stopped_by_dropping_its_first_try() -> None:
    life = talking("two")
    life.user_says("m-1")
    first = life.starts(SendMessage)
    life.vendor_ends("provider", "error")
    life.opened().joined()
    life.late(EffectDoubtful(action=first, error="no answer"))
    life.feed(DropRequested(action_id=7, action=first, doubtful=True, error="no answer"))
    assert life.fate("m-1") is Fate.PLANNED
    assert life.handoff.planned == ("m-1",)
    life.fails(SendMessage)
    assert life.fate("m-1") is Fate.DOUBTFUL, "the first agent may have it"


def test_dropped_message_keeps_its_fate_and_says_who_gave_it_up() -> None:
    life = talking()
    life.user_says("m-1")
    send = given_up(life, SendMessage, doubtful=True)
    done = life.feed(DropRequested(action_id=7, action=send, doubtful=True, error="TimeoutError"))
    assert done.effects == (
        Unpark(action_id=7, detail="dropped on request"),
        SetFate(
            message_key="m-1",
            direction=Direction.TO_PROVIDER,
            fate=Fate.DOUBTFUL,
            detail="given up by a person; TimeoutError",
        ),
    )


@pytest.mark.parametrize("kind", [SendMessage, DeliverMessage, Say, CloseChat, UpdateDetails, CreateTicket])
@pytest.mark.parametrize("ended", [True, False])
def test_anything_parked_may_be_dropped_at_any_time(kind: type[Any], *, ended: bool) -> None:
    life = talking()
    if ended:
        life.vendor_ends()
    done = life.feed(DropRequested(action_id=7, action=ACTIONS[kind](1)))
    assert done.effects == (Unpark(action_id=7, detail="dropped on request"),)


def test_targets_tell_actions_apart() -> None:
    targets = [target_of(make(1)) for make in ACTIONS.values()]
    assert len(set(targets)) == len(targets)
    assert target_of(SendMessage(attempt=1, message_key="m")) == target_of(
        SendMessage(attempt=2, message_key="m")
    )
    assert target_of(OpenChat(attempt=1))[1] == ""
