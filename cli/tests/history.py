"""Makes a store in which things have happened, through the real dispatcher and the toy vendor of the kit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Registry, RetryableError
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class World:
    """One dispatcher with the toy vendor, on a clock that a test moves.

    ``database`` is the path of a file, or the address of a store as a text.
    """

    def __init__(
        self,
        database: Path | str,
        *,
        workspace: str = "default",
        toy: ToyPlugin | None = None,
        start: datetime = START,
    ) -> None:
        self.toy = toy or ToyPlugin()
        self.clock = VirtualClock(start)
        self.channel = RecordingChannel()
        settings = LivechatFile.model_validate(
            {
                "store": database if isinstance(database, str) else f"sqlite:///{database}",
                "workspace": workspace,
                "integrations": {"toy": {"type": "TOY_LIVECHAT", "name": "toy", "webhookKey": self.toy.key}},
                "bots": {"shop-bot": {"livechat": {"integrations": ["toy"], "request_timeout": "2m"}}},
            }
        )
        registry = Registry({"toy": self.toy})
        self.dispatcher = Dispatcher(settings, channel=self.channel, registry=registry, clock=self.clock)

    async def request(self, key: str = "run-1", conversation: str = "c-1") -> Handoff:
        """Ask for a human."""
        handoff = await self.dispatcher.request(
            HandoffRequest(
                key=key,
                conversation_id=conversation,
                bot="shop-bot",
                user=EndUser(id="u-1", name="Maria", attributes={"hidden": "canary-attribute"}),
                reason="wants a refund",
                survey=(SurveyAnswer(id="topic", question="What is it about?", answer="billing"),),
            )
        )
        await self.settle()
        return handoff

    async def event(self, what: str, **fields: str) -> None:
        """The vendor reports something."""
        await self.dispatcher.webhook("toy", self.toy.delivery(what, **fields))
        await self.settle()

    async def say(self, handoff: Handoff, text: str, key: str) -> None:
        """The end user says something."""
        await self.dispatcher.user_message(handoff.id, Message.text(text, key=key))
        await self.settle()

    async def settle(self, seconds: float = 0) -> None:
        """Let everything happen that can happen until ``seconds`` from now."""
        await self.dispatcher.wait_idle()
        await self.clock.advance(seconds)
        await self.dispatcher.wait_idle()


def live(
    database: Path | str,
    tell: Callable[[World], Awaitable[str]],
    *,
    workspace: str = "default",
    toy: ToyPlugin | None = None,
) -> str:
    """Play a story in a new world on ``database``; returns what the story returns, the id of its handoff.

    A vendor that lived before may be given: it still has its chats.
    """

    async def play() -> str:
        world = World(database, workspace=workspace, toy=toy)
        async with world.dispatcher:
            return await tell(world)

    return asyncio.run(play())


async def completed(world: World) -> str:
    """A handoff that an agent had and ended."""
    handoff = await world.request()
    await world.settle(12)
    await world.event("joined", agent="a-7", name="Ann")
    await world.settle(3)
    await world.say(handoff, "my parcel is late", "m-1")
    await world.event("message", text="let me look that up for you", key="v-1")
    await world.settle(30)
    await world.event("ended", by="agent", why="resolved")
    await world.settle(5)
    return handoff.id


async def stuck(world: World) -> str:
    """A handoff with an agent, and a vendor that does not answer."""
    handoff = await world.request("run-2", "c-2")
    await world.event("joined", id="evt-stuck", agent="a-7", name="Ann")
    world.toy.vendor.fail["send"] = [
        RetryableError("no answer in 10 s", provider="toy", operation="send", sent=False) for _ in range(9)
    ]
    await world.say(handoff, "hello?\x1b[2J are you there", "m-2")
    return handoff.id


async def waiting(world: World) -> str:
    """A handoff that nobody has taken yet; it is third in the queue."""
    handoff = await world.request("run-3", "c-3")
    await world.event("queue", id="evt-waiting", position="3")
    return handoff.id
