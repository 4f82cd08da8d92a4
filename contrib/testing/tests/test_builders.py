"""The builders: plain defaults, one word to change each, and a life that plays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import AgentJoined, EventEnvelope, MessageReceived
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.lifecycle.effects import OpenChat, SetTimer
from livechat_sdk.lifecycle.inputs import Decided, EffectSucceeded, ProviderReported, Requested, UserLeft
from livechat_sdk_testing.builders import (
    NOON,
    a_candidate,
    a_chat,
    a_handoff,
    a_request,
    an_agent,
    an_event,
    play,
)


def test_everything_has_a_default() -> None:
    assert a_handoff().request == a_request()
    assert a_candidate().route.integration == "desk"
    assert a_chat().ref == "h-1.1"
    assert an_agent().name == "Maria"


def test_a_field_that_is_named_is_taken() -> None:
    assert a_request(bot="other").bot == "other"
    assert a_handoff(owner_number=7).owner_number == 7
    assert a_candidate("genesys", inbound=Inbound.STREAM, closes=False).capabilities.closes is False
    assert a_chat(attempt=2).ref == "h-1.2"
    assert an_agent(None).id == "agent-unnamed"


def test_a_field_that_does_not_exist_is_refused() -> None:
    for build in (a_request, a_handoff, a_candidate, a_chat, an_agent):
        with pytest.raises(ValidationError, match="unheard_of"):
            build(unheard_of=1)


@pytest.mark.parametrize("kind", EventEnvelope.__subclasses__(), ids=lambda one: one.__name__)
def test_every_event_can_be_built_and_has_an_id_of_its_own(kind: type[EventEnvelope]) -> None:
    first, second = an_event(kind), an_event(kind, attempt=2)
    assert type(first) is kind
    assert first.id != second.id
    assert (first.refs[0], second.refs[0]) == ("h-1.1", "h-1.2")


def test_play_applies_inputs_one_after_the_other() -> None:
    played = play(
        a_handoff(),
        Requested(),
        Decided(candidates=(a_candidate(),)),
        EffectSucceeded(action=OpenChat(attempt=1), chat=a_chat()),
        ProviderReported(event=an_event(AgentJoined), attempt=1),
        ProviderReported(event=an_event(MessageReceived), attempt=1),
    )
    assert played.handoff.state is HandoffState.ACTIVE
    assert played.handoff.agent == an_agent("Maria", id="agent-1")
    assert played.handoff.version == len(played.steps) == 5
    assert not [one for one in played.steps if one.refused]
    assert played.effects[0] == played.steps[0].effects[0]
    assert played.last is played.steps[-1]


def test_play_lets_time_pass_between_inputs() -> None:
    late = NOON + timedelta(hours=1)
    played = play(a_handoff(), Requested(), UserLeft(), start=late, pause=30.0)
    timers = [one for one in played.effects if isinstance(one, SetTimer)]
    assert timers == [SetTimer(name="request_timeout", due_at=late + timedelta(seconds=120))]
    assert played.handoff.state_since == late + timedelta(seconds=30)
