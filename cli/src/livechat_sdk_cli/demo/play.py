"""The scripted demo: three handoffs, played through the HTTP faces and checked step by step.

The end user talks through the chat page's API, the agent through the desk's, the platform through the
gateway; the workflow node runs in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from livechat_sdk import Outcome
from livechat_sdk_cli.demo.bots import HASTY_BOT, NIGHT_BOT
from livechat_sdk_cli.demo.people import AgentClient, EndUserClient, ok, until
from livechat_sdk_cli.demo.world import DemoWorld
from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["Played", "play"]

_FROM_USER = ("My parcel has not come.", "The number is 4711.", "Thank you, that is all!")
_FROM_AGENT = ("Hello Maria, what is the order number?", "I see it: it comes tomorrow.", "Have a nice day!")
_NOTE = "Courier was late twice this month; offer a voucher if it happens again."

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Played:
    """One handoff of the script: its title, its id, how it ended, and the end user's page at the end."""

    title: str
    handoff_id: str
    outcome: Outcome
    page: Sequence[Mapping[str, Any]]


async def play(world: DemoWorld, say: Say) -> list[Played]:
    """Play the script against a served world. Raises ``CommandError`` at the first step that goes wrong."""
    async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
        return [
            await _completed(world, client, say),
            await _through_the_gateway(world, client, say, HASTY_BOT, Outcome.MISSED),
            await _through_the_gateway(world, client, say, NIGHT_BOT, Outcome.OUT_OF_HOURS),
        ]


async def _completed(world: DemoWorld, client: httpx.AsyncClient, say: Say) -> Played:
    user, agent = EndUserClient(client, world.url), AgentClient(client, world.url)
    await user.arrive()
    await user.write("Hello")
    await user.waits_for("Shall I fetch a human?")
    await user.write("I want to talk to a human")
    say("the end user asks the bot for a human")
    await user.waits_for("what is it about?")
    await user.write("My order")
    email, password = world.accounts[0]
    await agent.sign_in(email, password)

    async def in_new() -> Mapping[str, Any] | None:
        return next(iter((await agent.get("requests?status=new"))["items"]), None)

    request = await until(in_new, "the request shows in New")
    say("the request shows in New; an agent accepts it")
    accepted = await agent.post(f"requests/{request['id']}/accept")
    conversation = f"conversations/{accepted['id']}"
    for number, (asks, answers) in enumerate(zip(_FROM_USER, _FROM_AGENT, strict=True), start=1):
        await user.write(asks)
        await until(partial(_desk_has, agent, conversation, asks), f"the agent reads “{asks}”")
        await agent.post(f"{conversation}/messages", text=answers)
        await user.waits_for(answers)
        if number == 1:
            await agent.post(f"{conversation}/notes", text=_NOTE)
    say("three messages passed each way; the agent wrote a note")
    await agent.post(f"{conversation}/end")
    await user.waits_for("I am back.")
    seen = [str(message["text"]) for message in await user.sees()]
    _expect(not any(_NOTE in text for text in seen), "a note reached the end user")
    for text in (*_FROM_USER, *_FROM_AGENT):
        _expect(seen.count(text) == 1, f"“{text}” is on the page {seen.count(text)} times")
    result = world.resumed[-1]
    _expect(result.branch is Outcome.COMPLETED, f"the node resumed with {result.branch}")
    say("the agent ended it; the node resumed with completed, and the bot speaks again")
    notes = (await agent.get(f"{conversation}/notes"))["items"]
    _expect([note["text"] for note in notes] == [_NOTE], "the note is not in the desk")
    return Played("An agent helps", result.handoff_id, result.branch, await user.sees())


async def _through_the_gateway(
    world: DemoWorld, client: httpx.AsyncClient, say: Say, bot: str, expected: Outcome
) -> Played:
    user = EndUserClient(client, world.url)
    await user.arrive(bot)
    headers = {"Authorization": f"Bearer {world.token}", "Idempotency-Key": f"script/{user.conversation}"}
    request = {
        "conversation_id": user.conversation,
        "bot": bot,
        "user": {"id": "user-2", "name": "Nikos", "language": "en"},
        "transcript": [{"author": "user", "body": "I want to talk to a human"}],
    }
    handoffs = f"{world.url}/v1/handoffs"
    made = ok(await client.post(handoffs, json=request, headers=headers))
    again = ok(await client.post(handoffs, json=request, headers=headers))
    _expect(made["id"] == again["id"], "the same key gave another handoff")

    async def ended() -> Mapping[str, Any] | None:
        view: Mapping[str, Any] = ok(await client.get(f"{handoffs}/{made['id']}", headers=headers))
        return view if view["outcome"] else None

    view = await until(ended, f"the handoff of {bot} ends")
    _expect(view["outcome"] == expected, f"{bot} ended with {view['outcome']}")
    opening = view["end"]["next_opening"]
    if expected is Outcome.OUT_OF_HOURS:
        _expect(bool(opening), "closed, and nobody says when it opens")
    await user.waits_for("we call you back")
    say(f"{bot}: {expected}" + (f", opens again {opening}" if opening else ""))
    title = "Nobody comes in time" if expected is Outcome.MISSED else "The team is not there"
    return Played(title, made["id"], expected, await user.sees())


async def _desk_has(agent: AgentClient, conversation: str, text: str) -> bool:
    messages = (await agent.get(f"{conversation}/messages"))["items"]
    return any(message["text"] == text for message in messages)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CommandError(otherwise, code=ExitCode.CHECK_FAILED, next_step="report it: this is a bug")
