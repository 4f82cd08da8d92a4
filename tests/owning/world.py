"""A dispatcher with everything that keeps data about people: a vendor, the desk, tickets, the chat page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Outgoing, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.settings import HelviaSettings
from livechat_sdk_helvia.webchat import WebChat
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from providers.helvia.tests.world import quick_passwords
from tests.owning.traces import Row, every_row, mentions

MARIA, NIKOS = "canary-maria", "canary-nikos"
"""Names of two people, of whom every trace can be found."""

STORE_KEY = "the key of the tests about owning data"
EMAIL, PASSWORD = "ada@example.org", "a long enough password"
AGENT = {"email": EMAIL, "name": "Ada Marsh", "roles": ["agent"], "password": PASSWORD}


class QuickDesk:
    """Offers the desk with passwords that take no time."""

    @hookimpl
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        """The type of the real plugin."""
        return [
            IntegrationType(
                type="HELVIA_LIVECHAT",
                kind="livechat",
                settings=HelviaSettings,
                build=lambda context, settings: HelviaProvider(
                    context, settings, announce=list[str]().append, passwords=quick_passwords()
                ),
            )
        ]


@dataclass
class Person:
    """An end user. Everything about them holds their name, so that a trace of them can be found."""

    name: str
    conversation: str = ""
    handoffs: list[str] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        """Their id on the platform."""
        return f"user-{self.name}"

    @property
    def needles(self) -> list[str]:
        """What would be a trace of them."""
        return [self.name, *self.handoffs]


class _Channel(RecordingChannel):
    """The end user's side: shows things on the chat page too, where the conversation lives there."""

    def __init__(self) -> None:
        super().__init__()
        self.page: WebChat | None = None

    async def deliver(self, outgoing: Outgoing) -> None:
        await super().deliver(outgoing)
        if self.page is not None and await self.page.store.conversation(outgoing.conversation_id):
            await self.page.deliver(outgoing)


class World:
    """One dispatcher on a database that belongs to nobody else."""

    def __init__(
        self,
        url: str,
        *,
        chain: Sequence[str] = ("toy",),
        clock: VirtualClock | None = None,
        toy: ToyPlugin | None = None,
        **settings: Any,
    ) -> None:
        self.url = url
        self.clock = clock or VirtualClock()
        self.toy = toy or ToyPlugin()
        self.channel = _Channel()
        bot = {
            "livechat": {"integrations": list(chain), "request_timeout": "2m", "tickets_on": ["missed"]},
            "ticketing": "tickets",
        }
        self.settings = LivechatFile.model_validate(
            {
                "store": url,
                "store_key": STORE_KEY,
                "integrations": {
                    "toy": {"type": "TOY_LIVECHAT", "webhookKey": self.toy.key},
                    "desk": {"type": "HELVIA_LIVECHAT", "accounts": [AGENT]},
                    "tickets": {"type": "LOCAL_TICKETING"},
                },
                "bots": {"shop-bot": bot, "desk-bot": {**bot, "livechat": {"integrations": ["desk"]}}},
                **settings,
            }
        )
        self.dispatcher = Dispatcher(
            self.settings,
            channel=self.channel,
            registry=Registry({"toy": self.toy, "desk": QuickDesk()}),
            clock=self.clock,
        )
        self.page = WebChat(self.dispatcher.database, bots=("desk-bot",), now=self.clock.now)

    async def __aenter__(self) -> Self:
        await self.dispatcher.__aenter__()
        await self.page.store.create_tables()
        self.channel.page = self.page
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.dispatcher.__aexit__(kind, error, trace)

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        await self.dispatcher.wait_idle()

    async def pass_time(self, seconds: float) -> None:
        """Move the clock and let everything happen, one wake-up after the other."""
        target = self.clock.now() + timedelta(seconds=seconds)
        await self.settle()
        while (due := self.clock.next_due) is not None and due <= target:
            await self.clock.advance((due - self.clock.now()).total_seconds())
            await self.settle()
        await self.clock.advance((target - self.clock.now()).total_seconds())
        await self.settle()

    async def every_row(self) -> list[Row]:
        """Every row of every table that rests while nothing happens.

        What processes of the desk tell each other does not: it is written a moment after what it tells of.
        """
        return [row for row in await every_row(self.url) if row[0] != "desk_news"]

    async def rows_about(self, needles: Sequence[str]) -> list[Row]:
        """Rows of all tables that mention one of these texts."""
        return [row for row in await every_row(self.url) if mentions(row, needles)]

    # ------------------------------------------------------------------------------------------- at a vendor
    async def request(self, person: Person, key: str | None = None, bot: str = "shop-bot") -> Handoff:
        """Ask for a human; the request is full of the person's name."""
        await self.clock.advance(1)
        person.conversation = person.conversation or f"conversation-{person.name}"
        name = person.name
        handoff = await self.dispatcher.request(
            HandoffRequest(
                key=key or f"run-{len(person.handoffs)}-{name}",
                conversation_id=person.conversation,
                bot=bot,
                user=EndUser(id=person.user_id, name=f"Name {name}", email=f"{name}@example.org"),
                reason=f"reason {name}",
                summary=f"summary {name}",
                transcript=(TranscriptEntry(author="user", body=f"before {name}"),),
                survey=(SurveyAnswer(id="topic", question="Topic?", answer=f"survey {name}"),),
                attributes={"note": f"attribute {name}"},
                metadata={"token": f"metadata {name}"},
            )
        )
        person.handoffs.append(handoff.id)
        await self.settle()
        return await self.dispatcher.handoff(handoff.id)

    async def event(self, handoff_id: str, what: str, /, **fields: str) -> int:
        """The vendor of the toy reports something about a handoff."""
        taken = await self.dispatcher.webhook("toy", self.toy.delivery(what, ref=f"{handoff_id}.1", **fields))
        await self.settle()
        return taken

    async def say(self, handoff_id: str, text: str) -> None:
        """The end user says something."""
        await self.dispatcher.user_message(handoff_id, Message.text(text, key=f"key {text}"))
        await self.settle()

    async def talked(self, person: Person) -> Handoff:
        """A handoff at the vendor in which both sides talked, and which the agent ended."""
        handoff = await self.request(person)
        if not handoff.is_live:  # their conversation has one already
            return handoff
        await self.event(handoff.id, "joined", name="Ann")
        await self.say(handoff.id, f"hello {person.name}")
        await self.event(handoff.id, "message", text=f"dear {person.name}")
        await self.event(handoff.id, "ended")
        return await self.dispatcher.handoff(handoff.id)

    async def missed(self, person: Person) -> Handoff:
        """A handoff that nobody took: a ticket is made of it."""
        handoff = await self.request(person)
        await self.pass_time(121)
        return await self.dispatcher.handoff(handoff.id)

    # ------------------------------------------------------------------------------------------- at the desk
    @property
    def desk(self) -> HelviaProvider:
        """The desk's provider."""
        desk = self.dispatcher.integrations["desk"]
        assert isinstance(desk, HelviaProvider)
        return desk

    async def ada(self) -> DeskUser:
        """The agent."""
        return await self.desk.desk.accounts.sign_in(EMAIL, PASSWORD, address="127.0.0.1")

    async def visited(self, person: Person) -> Handoff:
        """A conversation of the chat page that an agent of the desk had, with a note, and ended."""
        conversation, _ = await self.page.new_conversation("desk-bot")
        person.conversation = conversation.id
        await self.page.user_says(conversation.id, f"to the bot {person.name}")
        handoff = await self.request(person, bot="desk-bot")
        desk, ada = self.desk.desk, await self.ada()
        chat = await self.dispatcher.store.chat(handoff.id, 1)
        assert chat is not None
        at_desk = await desk.conversations.accept(ada, chat.state["request_id"])
        await self.settle()
        await self.say(handoff.id, f"to the desk {person.name}")
        await desk.messages.send(ada, at_desk, f"from the desk {person.name}")
        await desk.notes.add(ada, at_desk.id, f"note {person.name}")
        await desk.conversations.end(ada, at_desk.id)
        await self.settle()
        return await self.dispatcher.handoff(handoff.id)
