"""A desk to test: a clock that stands still, a provider that was started, and the people around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from argon2 import PasswordHasher

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.handoff import Handoff, Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, TranscriptEntry
from livechat_sdk.domain.people import EndUser
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import HandoffNotFound, LivechatError, StoreError
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.hosting import TicketProgress
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk_helvia.auth import Passwords
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import Conversation, DeskUser
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.settings import HelviaSettings
from providers.helvia.tests.kept_files import KeptFiles

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

PASSWORD = "a long enough password"

ACCOUNTS: list[dict[str, Any]] = [
    {"email": "ada@example.org", "name": "Ada Marsh", "roles": ["agent"], "password": PASSWORD},
    {"email": "ben@example.org", "name": "Ben Okoro", "roles": ["agent"], "password": PASSWORD},
    {"email": "ines@example.org", "name": "Ines Vidal", "roles": ["admin"], "password": PASSWORD},
    {"email": "olga@example.org", "name": "Olga Roleless", "roles": [], "password": PASSWORD},
]


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


class EventDatabase(EmbeddedDatabase, Protocol):
    """A database that also tells what events were committed into it."""

    async def committed_events(self) -> Sequence[ProviderEvent]: ...


@dataclass
class Helper:
    """Plugins that assist: they translate what is in ``phrases`` and suggest ``suggestion``."""

    phrases: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    suggestion: str | None = None
    translating: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    suggesting: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    async def translate(self, text: str, source: str, target: str) -> str | None:
        self.translating.append((text, source, target))
        return self.phrases.get((text, target))

    async def suggest_reply(
        self,
        handoff_id: str,
        messages: Sequence[TranscriptEntry],
        *,
        bot: str | None = None,
        deployment: str | None = None,
    ) -> str | None:
        said = tuple((one.author, one.body) for one in messages)
        self.suggesting.append((handoff_id, said, bot, deployment))
        return self.suggestion


@dataclass
class Host:
    """The dispatcher's side, with a ticket system that makes what is asked for when a test says so."""

    database: EmbeddedDatabase
    files: KeptFiles = field(default_factory=KeptFiles)
    egress_allowed: tuple[str, ...] = ()
    store_keys: tuple[bytes, ...] = (b"k" * 32,)
    handoffs: dict[str, Handoff] = field(default_factory=dict[str, Handoff])
    asked: list[str] = field(default_factory=list[str])
    progress: dict[str, TicketProgress] = field(default_factory=dict[str, TicketProgress])
    refuses: LivechatError | None = None
    assistance: Helper = field(default_factory=Helper)
    reported: dict[str, dict[date, int]] = field(default_factory=dict[str, dict[date, int]])

    async def sessions(self, bot: str, first: date, last: date) -> Mapping[date, int]:
        return {day: count for day, count in self.reported.get(bot, {}).items() if first <= day <= last}

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()

    def derived_keys(self, purpose: str) -> Sequence[bytes]:
        if not self.store_keys:
            raise StoreError("the store has no key")
        return self.store_keys

    async def handoff(self, handoff_id: str) -> Handoff:
        if handoff_id not in self.handoffs:
            raise HandoffNotFound(handoff_id)
        return self.handoffs[handoff_id]

    async def create_ticket(self, handoff_id: str) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.asked.append(handoff_id)
        return f"{handoff_id}.ticket"

    async def ticket_progress(self, handoff_id: str, key: str) -> TicketProgress:
        return self.progress.get(key, TicketProgress("asked"))

    async def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        return [one.ticket for one in self.progress.values() if one.ticket is not None]


def quick_passwords() -> Passwords:
    """Hashes as the real ones do, but in no time: nothing here depends on their strength."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def settings(**values: Any) -> HelviaSettings:
    return HelviaSettings.model_validate({"type": "HELVIA_LIVECHAT", "name": "desk", **values})


def make_provider(clock: Clock, announced: list[str] | None = None, **values: Any) -> HelviaProvider:
    name = values.pop("name", "desk")
    context = IntegrationContext(name, workspace=values.pop("workspace", "default"), now=clock.now)
    announce = (announced if announced is not None else []).append
    return HelviaProvider(
        context,
        settings(name=name, **values),
        announce=announce,
        passwords=quick_passwords(),
        background=False,
    )


async def start(
    provider: HelviaProvider, database: EmbeddedDatabase, host: Host | None = None
) -> HelviaProvider:
    await provider.start(host or Host(database))
    return provider


@dataclass
class World:
    clock: Clock
    database: EventDatabase
    provider: HelviaProvider
    host: Host
    people: dict[str, DeskUser] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        return self.provider.desk

    @property
    def ada(self) -> DeskUser:
        return self.people["ada"]

    @property
    def ben(self) -> DeskUser:
        return self.people["ben"]

    @property
    def ines(self) -> DeskUser:
        return self.people["ines"]

    @property
    def olga(self) -> DeskUser:
        return self.people["olga"]

    async def events(self) -> list[ProviderEvent]:
        return list(await self.database.committed_events())

    async def kinds(self) -> list[str]:
        return [event.kind for event in await self.events()]

    async def chat(self, ref: str = "ref-1", **values: Any) -> Chat:
        """A chat that was opened: a request waits in New."""
        return await self.provider.open(opening(self.clock, ref, **values))

    async def accepted(self, ref: str = "ref-1", by: str = "ada", **values: Any) -> Conversation:
        """A chat that an agent has accepted."""
        chat = await self.chat(ref, **values)
        return await self.desk.conversations.accept(self.people[by], request_id(chat))

    async def reload(self, conversation: Conversation) -> Conversation:
        return await self.desk.conversations.get(conversation.id)


async def make_world(clock: Clock, database: EventDatabase, **values: Any) -> World:
    """A started desk. ``files`` may be real ones; all else are its settings."""
    files = values.pop("files", None)
    host = Host(database) if files is None else Host(database, files=files)
    wanted: dict[str, Any] = {"accounts": ACCOUNTS} | values
    provider = await start(make_provider(clock, **wanted), database, host)
    world = World(clock, database, provider, host)
    rows = await provider.desk.context.fetch(
        "SELECT id FROM desk_users WHERE workspace = :workspace AND integration = :integration"
    )
    for row in rows:
        user = await provider.desk.accounts.get(int(str(row["id"])))
        assert user is not None
        world.people[user.email.partition("@")[0]] = user
    return world


def opening(clock: Clock, ref: str = "ref-1", **values: Any) -> ChatOpening:
    given: dict[str, Any] = {
        "handoff_id": f"handoff-{ref}",
        "conversation_id": f"conversation-{ref}",
        "attempt": 1,
        "ref": ref,
        "bot": "shop-bot",
        "user": EndUser(
            id="u-1",
            name="Maria Pappa",
            email="maria@example.org",
            phone="+30 210 1",
            language="el",
            country="GR",
            channel="webchat",
            origin="https://shop.example",
            attributes={"page": "/orders"},
        ),
        "route": Route(integration="desk", bot="shop-bot", group="billing", priority="high"),
        "reason": "asked for a human",
        "transcript": (
            TranscriptEntry(author="user", body="Where is my order?", at=clock.now()),
            TranscriptEntry(author="bot", body="I do not know.", at=clock.now()),
        ),
        "survey": (SurveyAnswer(id="topic", question="What is it about?", answer="My order"),),
        "tags": ("vip",),
        "requested_at": clock.now(),
    }
    return ChatOpening.model_validate(given | values)


def planned(clock: Clock, key: str, body: str, attachments: tuple[Attachment, ...] = ()) -> PlannedMessage:
    return PlannedMessage(key=key, body=body, attachments=attachments, sent_at=clock.now())


def request_id(chat: Chat) -> int:
    return int(chat.state["request_id"])


def conversation_id(chat: Chat) -> int:
    return int(chat.state["conversation_id"])
