"""Whether somebody is there: yes, no, or not known."""

from __future__ import annotations

from typing import Literal

from livechat_sdk.domain.chats import ChatRejected
from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import ProviderError, UnavailableError
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, faulty, plays, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("availability", Topic.AVAILABILITY)
_declared = declares("availability")


def _availability_case(wanted: Literal["yes", "no", "unknown"], count: int | None) -> None:
    @_cases.on_provider(
        wanted,
        Tier.COMPLETE,
        f"With {'an unknown number of' if count is None else count} agents there the answer is {wanted}.",
        look_at="availability: null is unknown, and zero is no",
        needs=[_declared, plays("agents")],
    )
    async def run(bench: Bench) -> None:
        await bench.rig.set_agents(count)
        answer = await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))
        same(answer.agents, wanted, "agents")


_availability_case("yes", 2)
_availability_case("no", 0)
_availability_case("unknown", None)


@_cases.on_provider(
    "changes",
    Tier.COMPLETE,
    "The answer changes when agents come and go.",
    look_at="availability: no cache that outlives a question",
    needs=[_declared, plays("agents")],
)
async def changes(bench: Bench) -> None:
    found: list[str] = []
    for count in (2, 0, 1):
        await bench.rig.set_agents(count)
        await bench.clock.advance(60)
        answer = await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))
        found.append(answer.agents)
    same(found, ["yes", "no", "yes"], "agents")


@_cases.on_provider(
    "numbers_make_sense",
    Tier.SAFE,
    "Waiting and estimate are not negative; unknown is None, never zero in its place.",
    look_at="availability: waiting, estimate",
    needs=[_declared],
)
async def numbers(bench: Bench) -> None:
    await bench.open()
    answer = await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))
    that(answer.waiting is None or answer.waiting >= 0, f"{answer.waiting} are waiting")
    that(answer.estimate is None or answer.estimate >= 0, f"the estimate is {answer.estimate} seconds")


@_cases.on_provider(
    "opens_nothing",
    Tier.SAFE,
    "Asking whether somebody is there opens no chat.",
    look_at="availability: reads only",
    needs=[_declared],
)
async def opens_nothing(bench: Bench) -> None:
    await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))
    same(list(await bench.rig.human.chats()), [], "chats at the vendor")


@_cases.on_provider(
    "nobody_is_no_error_of_ours",
    Tier.SAFE,
    "Opening a chat when nobody is there waits in the queue, or says that nobody is there: at once or by an"
    " event.",
    look_at="open: UnavailableError for nobody; the event that says so: ChatRejected",
    needs=[plays("agents")],
)
async def nobody(bench: Bench) -> None:
    await bench.rig.set_agents(0)
    try:
        chat = await bench.open()
    except ProviderError as error:
        that(isinstance(error, UnavailableError), f"{type(error).__name__}, not UnavailableError: {error}")
        same(await bench.chat_ids("h-1.1"), [], "chats at the vendor")
        await bench.rig.set_agents(2)
        await bench.open()
        same(len(await bench.chat_ids("h-1.1")), 1, "chats when somebody is there")
    else:
        await bench.collect(chat)
        if not bench.of(ChatRejected):
            same(await bench.state(chat.ref), "queued", "the chat")


@_cases.in_conversation(
    "that_fails_is_unknown",
    Tier.SAFE,
    "When the vendor cannot be asked, the answer is unknown, and handoffs go on.",
    look_at="availability: raise, do not answer no",
    needs=[_declared, faulty("availability", "status", status=503)],
)
async def fails(talk: Conversation) -> None:
    talk.rig.faults.script("availability", "status", 50, status=503)
    same((await talk.dispatcher.availability("shop-bot")).agents, "unknown", "agents")
    await talk.joined()
