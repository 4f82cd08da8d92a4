"""Details that come later, and choices that agents offer."""

from __future__ import annotations

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.errors import UnsupportedFeature
from livechat_sdk.provider.interface import ChatDetails
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    lacks,
    plays,
    same,
    that,
)
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("details", Topic.DETAILS)
_update = declares("update")


def _answers(**answers: str) -> ChatDetails:
    return ChatDetails(
        survey=tuple(SurveyAnswer(id=key, question=f"{key}?", answer=text) for key, text in answers.items())
    )


async def _details(bench: Bench, ref: str) -> list[str]:
    details = (await bench.rig.seen(ref)).details
    if details is None:
        raise CaseFailed("the rig cannot show details, though update is declared (Seen.details)")
    return list(details)


@_cases.on_provider(
    "that_come_late_are_shown",
    Tier.COMPLETE,
    "Survey answers that come after the chat was opened are shown to the agent.",
    look_at="update",
    needs=[_update],
)
async def come_late(bench: Bench) -> None:
    chat = await bench.open()
    await bench.provider.update(chat, _answers(topic="My order", number="42"))
    found = await _details(bench, chat.ref)
    that({"My order", "42"} <= set(found), f"the agent sees {found}")


@_cases.on_provider(
    "that_change_are_replaced",
    Tier.COMPLETE,
    "The same details again change nothing, and a changed answer replaces the old one.",
    look_at="update: it is told the whole, may be repeated, and must not add",
    needs=[_update],
)
async def replaced(bench: Bench) -> None:
    chat = await bench.open()
    for text in ("blue", "blue", "green"):
        await bench.provider.update(chat, _answers(colour=text))
    found = await _details(bench, chat.ref)
    same((found.count("blue"), found.count("green")), (0, 1), f"the agent sees {found}")
    same(await bench.texts(chat), [], "details that became messages")


@_cases.on_provider(
    "undeclared_are_unsupported",
    Tier.RELAYS,
    "Who does not declare update says so when asked.",
    look_at="Capabilities.update and update: both or none",
    needs=[lacks("update")],
    topic=Topic.CONTRACT,
)
async def undeclared(bench: Bench) -> None:
    chat = await bench.open()
    error = await bench.failure(
        bench.provider.update(chat, _answers(a="b")), "an update that is not declared"
    )
    that(isinstance(error, UnsupportedFeature), f"{type(error).__name__}, not UnsupportedFeature")


@_cases.in_conversation(
    "reach_the_agent_in_a_conversation",
    Tier.COMPLETE,
    "An answer that the platform adds while the end user waits reaches the agent.",
    look_at="update",
    needs=[_update],
)
async def in_a_conversation(talk: Conversation) -> None:
    await talk.request()
    await talk.dispatcher.add_details(
        talk.handoff_id, survey=[SurveyAnswer(id="topic", question="What is it about?", answer="My order")]
    )
    await talk.settle()
    found = (await talk.rig.seen(await talk.vendor_ref())).details
    that("My order" in (found or ()), f"the agent sees {found}")


@_cases.in_conversation(
    "that_fail_lose_no_message",
    Tier.SAFE,
    "Details that the vendor does not take for a moment arrive later, and hold up no message for long.",
    look_at="update: raise, so that it is tried again",
    needs=[_update, faulty("update", "status", status=503)],
)
async def that_fail(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("update", "status", 1, status=503)
    await talk.dispatcher.add_details(
        talk.handoff_id, survey=[SurveyAnswer(id="topic", question="What is it about?", answer="My order")]
    )
    await talk.user_says("hello", "m-1")
    await talk.pass_time(120)
    same(await talk.agent_sees(), ["hello"], "what the agent reads")
    found = (await talk.rig.seen(await talk.vendor_ref())).details
    that("My order" in (found or ()), f"the agent sees {found}")


@_cases.on_provider(
    "choices_of_the_agent_arrive",
    Tier.COMPLETE,
    "Quick replies that an agent offers arrive with the message.",
    look_at="the translation of message events: choices",
    needs=[plays("choices")],
)
async def choices(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "Is it red?", choices=("Yes", "No"))
    (event,) = await bench.collected(MessageReceived, chat)
    same([choice.label for choice in event.message.choices], ["Yes", "No"], "choices")
