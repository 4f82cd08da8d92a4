"""What the settings of a bot do to its handoffs: refused or served, with which names, in which words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import Handoff, Message, Outcome
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage, UserMessage
from livechat_sdk_helvia.bots import BotSettings, MemberNames
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.test_with_dispatcher import Recorder, Running, running

SIGNED = "Ask for ada MARSH or Marsh, Ada; my colleague Ben Okoro is there too. Ada"
NAMES = ("marsh", "okoro")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Running]:
    words = {"en": {"waiting": "waiting in the file", "missed": "missed in the file"}}
    async with running(tmp_path, Recorder(), VirtualClock(), system_messages=words) as made:
        yield made


async def admin(world: Running) -> DeskUser:
    return await world.agent("ines")


async def configure(world: Running, **settings: Any) -> None:
    await world.desk.bots.replace(await admin(world), "shop-bot", BotSettings.model_validate(settings))


def said(world: Running) -> dict[Moment | None, str]:
    """The words that the end user was told, by moment."""
    return {one.moment: one.text for one in world.channel.delivered if isinstance(one, SystemMessage)}


async def talk(world: Running) -> Handoff:
    """A whole conversation with Ada."""
    handoff = await world.request()
    ada = await world.agent()
    request = await world.waiting()
    conversation = await world.desk.conversations.accept(ada, request.id)
    await world.desk.messages.send(ada, conversation, SIGNED)
    await world.dispatcher.user_message(handoff.id, Message.text("thanks"))
    await world.dispatcher.wait_idle()
    await world.desk.conversations.end(ada, conversation.id)
    await world.dispatcher.wait_idle()
    return await world.dispatcher.handoff(handoff.id)


# -------------------------------------------------------------------------------------------- availability
@pytest.mark.feature("AD-14", "HO-14")
async def test_a_request_of_a_bot_that_is_switched_off_is_refused(world: Running) -> None:
    await configure(world, available=False, system_messages={"en": {"unavailable": "The desk is off."}})
    assert (await world.dispatcher.availability("shop-bot")).agents == "no"
    handoff = await world.request()
    await world.dispatcher.wait_idle()
    handoff = await world.dispatcher.handoff(handoff.id)
    assert handoff.outcome is Outcome.UNAVAILABLE
    assert said(world)[Moment.UNAVAILABLE] == "The desk is off."
    assert (await world.desk.inbox.counts()).new == 0
    await configure(world, available=True)
    again = await world.request("k-2")
    await world.waiting()
    assert (await world.dispatcher.handoff(again.id)).is_live


@pytest.mark.feature("AD-14")
async def test_switching_a_bot_off_leaves_its_conversations_alone(world: Running) -> None:
    handoff = await world.request()
    request = await world.waiting()
    await configure(world, available=False)
    ada = await world.agent()
    conversation = await world.desk.conversations.accept(ada, request.id)
    await world.desk.messages.send(ada, conversation, "still here")
    await world.dispatcher.wait_idle()
    assert (await world.dispatcher.handoff(handoff.id)).state == "active"
    assert world.channel.texts() == ["still here"]


# ------------------------------------------------------------------------------------------------- masking
@pytest.mark.feature("AD-15", "AD-16")
@pytest.mark.parametrize(
    ("settings", "name", "text"),
    [
        (
            {},
            "Ada",
            "Ask for Ada or Ada; my colleague Ben is there too. Ada",
        ),
        (
            {"names": MemberNames.TEAM_NAME, "team_name": "The Shop"},
            "The Shop",
            "Ask for The Shop or The Shop; my colleague The Shop is there too. Ada",
        ),
    ],
)
async def test_no_full_name_reaches_the_end_user(
    world: Running, settings: dict[str, Any], name: str, text: str
) -> None:
    await configure(world, **settings, system_messages={"en": {"joined": "{agent} is here."}})
    handoff = await talk(world)
    assert said(world)[Moment.JOINED] == f"{name} is here."
    assert world.channel.texts() == [text]
    assert {one.agent_name for one in world.channel.delivered if isinstance(one, UserMessage)} == {name}
    dispatcher = world.dispatcher
    for shown in (
        world.channel.delivered,
        handoff,
        await dispatcher.entries(handoff.id),
        await dispatcher.journal(handoff.id),
    ):
        assert not any(one in repr(shown).lower() for one in NAMES)


@pytest.mark.feature("AD-15")
async def test_full_names_are_shown_where_the_bot_wants_them(world: Running) -> None:
    await configure(world, names=MemberNames.FULL_NAME)
    await talk(world)
    assert world.channel.texts() == [SIGNED]
    assert any("Ada Marsh" in text for text in said(world).values())


@pytest.mark.feature("AD-16")
async def test_what_is_told_again_after_a_gap_is_masked_too(world: Running) -> None:
    await configure(world, names=MemberNames.TEAM_NAME, team_name="The Shop")
    handoff = await talk(world)
    attempt = handoff.attempts[-1]
    conversation = await world.desk.conversations.by_ref(attempt.ref)
    assert conversation is not None
    told = await world.desk.messages.since(conversation, handoff.created_at)
    assert len(told) == 1
    assert not any(one in repr(told).lower() for one in NAMES)
    team = await world.desk.messages.page(conversation.id)
    assert SIGNED in [message.text for message in team], "the team reads what was written"


# --------------------------------------------------------------------------------------------------- words
@pytest.mark.feature("AD-17", "SM-16")
async def test_the_words_of_the_panel_go_before_those_of_the_file(world: Running) -> None:
    await configure(
        world,
        system_messages={"en": {"waiting": "waiting in the panel", "starting": None, "ended": "bye {name}"}},
    )
    await talk(world)
    told = said(world)
    assert told[Moment.WAITING] == "waiting in the panel"
    assert told[Moment.ENDED] == "bye Maria"
    assert not told.get(Moment.STARTING)


@pytest.mark.feature("AD-17")
async def test_the_words_of_a_request_go_before_those_of_the_panel(world: Running) -> None:
    await configure(world, system_messages={"en": {"waiting": "waiting in the panel", "ended": "panel"}})
    await world.request(system_messages={"waiting": "waiting in the request"})
    await world.waiting()
    assert said(world)[Moment.WAITING] == "waiting in the request"


@pytest.mark.feature("AD-17")
async def test_a_language_without_words_of_the_panel_keeps_those_of_the_file(world: Running) -> None:
    await configure(world, system_messages={"el": {"waiting": "ένα λεπτό"}, "pt": {"waiting": "um momento"}})
    for number, (language, words) in enumerate(
        [("en", "waiting in the file"), ("el", "ένα λεπτό"), ("pt-BR", "um momento")]
    ):
        await world.request(f"k-{number}", language=language)
        await world.dispatcher.wait_idle()
        told = [one for one in world.channel.delivered if isinstance(one, SystemMessage)]
        waiting = [one for one in told if one.moment is Moment.WAITING]
        assert waiting[-1].text == words


async def test_a_value_that_is_missing_leaves_the_built_in_words(world: Running) -> None:
    await configure(world, system_messages={"en": {"waiting": "Only for you, {name}."}})
    await world.request(user={"id": "u-2"})
    await world.waiting()
    assert said(world)[Moment.WAITING]
    assert "Only for you" not in said(world)[Moment.WAITING]


async def test_how_long_an_end_user_waited_is_erased_with_them(world: Running) -> None:
    await talk(world)
    count = "SELECT COUNT(*) AS found FROM desk_idle_waits"
    rows = await world.desk.context.database.fetch(count)
    assert rows[0]["found"] == 1
    await world.dispatcher.erase(user_id="u-1")
    rows = await world.desk.context.database.fetch(count)
    assert rows[0]["found"] == 0
