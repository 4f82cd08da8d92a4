"""Who may speak: the mute rule behind the send gate."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from livechat_sdk.domain.handoff import HandoffPolicy, HandoffState
from livechat_sdk.lifecycle import bot_may_speak
from livechat_sdk.lifecycle.effects import CloseChat
from livechat_sdk.lifecycle.inputs import Requested
from livechat_sdk_testing.builders import a_handoff
from tests.lifecycle.life import Life

S = HandoffState
numbers = st.integers(min_value=0, max_value=5)


def bot_is_heard(life: Life) -> bool:
    """Whether the bot may speak now, under the number that is current now."""
    number = life.handoff.owner_number
    return bot_may_speak(life.handoff, owner_number=number, current=number)


@pytest.mark.parametrize("allowed", [True, False])
def test_bot_is_mute_from_the_request_to_the_end_unless_it_may_speak_while_waiting(allowed: bool) -> None:
    life = Life(allow_bot_while_waiting=allowed)
    life.feed(Requested())
    heard = {life.state: bot_is_heard(life)}
    life = Life(allow_bot_while_waiting=allowed).requested()
    heard[life.state] = bot_is_heard(life)
    for happen in (life.opened, life.joined, life.ends):
        happen()
        heard[life.state] = bot_is_heard(life)
    life.succeeds(CloseChat)
    heard[life.state] = bot_is_heard(life)
    assert heard == {
        S.REQUESTED: allowed,
        S.STARTING: allowed,
        S.QUEUED: allowed,
        S.ACTIVE: False,
        S.ENDING: False,
        S.ENDED: True,
    }


def test_bot_is_mute_while_a_waiting_request_is_being_ended() -> None:
    life = Life(allow_bot_while_waiting=True).requested().opened().ends()
    assert life.state == S.ENDING
    assert not bot_is_heard(life)


def test_message_of_the_bot_from_before_the_request_does_not_pass_after_the_end() -> None:
    life = Life()
    before = life.handoff.owner_number - 1
    life.requested().opened()
    life.vendor_ends()
    assert not bot_may_speak(life.handoff, owner_number=before, current=life.handoff.owner_number)
    assert not bot_may_speak(life.handoff, owner_number=before + 1, current=life.handoff.owner_number)


@given(state=st.sampled_from(HandoffState), allowed=st.booleans(), number=numbers, current=numbers)
def test_number_that_is_not_current_never_passes(
    state: HandoffState, allowed: bool, number: int, current: int
) -> None:
    handoff = a_handoff(state=state, policy=HandoffPolicy(allow_bot_while_waiting=allowed))
    free = state is S.ENDED or (allowed and state in {S.REQUESTED, S.STARTING, S.QUEUED})
    assert bot_may_speak(handoff, owner_number=number, current=current) is (number == current and free)


@given(number=numbers, current=numbers)
def test_conversation_without_a_handoff_belongs_to_the_bot(number: int, current: int) -> None:
    assert bot_may_speak(None, owner_number=number, current=current) is (number == current)
