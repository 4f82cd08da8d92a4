"""A provider that is called directly, and all that comes from its vendor, whatever its inbound kind."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.chats import Chat, EventEnvelope, ProviderEvent
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import FileMissing, WebhookRejected
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.store import Store
from livechat_sdk.provider.files import OpenedFile
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.interface import AnyProvider, ChatOpening, PlannedMessage, ProviderHost, Sent
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import CaseFailed, that
from livechat_sdk_testing.conformance.listening import Ears, secrets_in, secrets_of
from livechat_sdk_testing.conformance.rig import Rig, WebhookMaker

__all__ = ["Bench", "error_text", "integration_type", "stored_again"]

Event = TypeVar("Event", bound=EventEnvelope)
T = TypeVar("T")

_TURNS = 30


class _Host:
    """What a running provider may use: a ledger's database, the files of the rig, the chats of the bench."""

    def __init__(self, store: Store, rig: Rig, chats: Mapping[str, Chat]) -> None:
        self.database = store
        self.files = _Files(rig)
        self._chats = chats

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """See ``ProviderHost.open_chats``: all that were ever opened, for a bench closes none."""
        return [chat for chat in self._chats.values() if chat.integration == integration]


class _Files:
    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    async def open(self, attachment: Attachment) -> OpenedFile:
        """See ``FileOpener.open``."""
        found = self._rig.attached.get(attachment.url)
        if found is None:
            raise FileMissing(f"{attachment.name!r} is none of the files of this case")
        name, media_type, content = found
        return OpenedFile(name, media_type, len(content), _pieces(content))


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def integration_type(rig: Rig, registry: Registry) -> IntegrationType:
    """The integration type under test."""
    return registry.types[str(rig.settings["type"])]


def stored_again(chat: Chat) -> Chat:
    """The chat as another process reads it. Fails where its state is not plain JSON."""
    try:
        state = json.loads(json.dumps(chat.state))
    except (TypeError, ValueError) as error:
        raise CaseFailed(f"Chat.state cannot be stored as JSON: {error}") from error
    return Chat.model_validate({**chat.model_dump(), "state": state, "secrets": chat.secrets})


def error_text(error: BaseException) -> str:
    """Everything that an error shows, its causes included."""
    return "".join((*traceback.format_exception(error), repr(error), str(error), repr(vars(error))))


class Bench:
    """One provider on its rig. ``events`` holds all that has come in so far."""

    def __init__(self, rig: Rig, folder: Path, ears: Ears) -> None:
        self.rig = rig
        self.ears = ears
        self.registry = Registry({"conformance": rig.plugin})
        self.events: list[ProviderEvent] = []
        self.deliveries: list[WebhookDelivery] = []
        """Webhooks as the vendor has sent them."""
        self.refusals: list[WebhookRejected] = []
        """What was said to webhooks of the vendor that were not taken."""
        self._folder = folder
        self._store: Store | None = None
        self._listener: asyncio.Task[None] | None = None
        self._chats: dict[str, Chat] = {}
        self._told = 0
        self.provider = self.build()
        rig.deliver = self._take

    @property
    def clock(self) -> VirtualClock:
        """The clock of the rig."""
        return self.rig.clock

    @property
    def able(self) -> Capabilities:
        """What the provider declares."""
        return self.provider.capabilities

    @property
    def webhooks(self) -> WebhookMaker:
        """How webhooks are made; only for cases that need them."""
        maker = self.rig.webhooks
        if maker is None:
            raise CaseFailed("the rig does not say how webhooks are made")
        return maker

    @property
    def chats(self) -> list[Chat]:
        """Every chat that was opened, as it is known now."""
        return list(self._chats.values())

    def hidden(self, *chats: Chat) -> set[str]:
        """What must be seen nowhere: secrets of the settings and of chats, and tokens that were given out."""
        own = {value.get_secret_value() for chat in chats for value in chat.secrets.values()}
        named = secrets_in(self.rig.settings)
        return secrets_of(self.provider.settings) | named | own | set(self.rig.tokens)

    # ------------------------------------------------------------------------------------------ the provider
    def build(self, **settings: Any) -> AnyProvider:
        """Another provider from the rig's settings, some of them replaced; ``None`` leaves one out."""
        document = {k: v for k, v in {**self.rig.settings, **settings}.items() if v is not None}
        return cast("AnyProvider", self.registry.build(document, now=self.clock.now))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Start the provider, and stop it in the end."""
        async with self.rig.running():
            await self._start(self.provider)
            try:
                yield
            finally:
                await self._stop()
                if self._store is not None:
                    await self._store.close()

    async def restart(self, *chats: Chat) -> list[Chat]:
        """Replace the provider as a new process would; returns the chats as that one reads them."""
        await self._stop()
        self.provider = self.build()
        await self._start(self.provider)
        return [stored_again(self._chats.get(chat.ref, chat)) for chat in chats]

    async def start_another(self, provider: AnyProvider) -> None:
        """Start a second provider beside the first."""
        await provider.start(self._host())

    def _host(self) -> ProviderHost:
        if self._store is None:
            raise CaseFailed("the bench is not running")
        return _Host(self._store, self.rig, self._chats)

    async def _start(self, provider: AnyProvider) -> None:
        if self._store is None:
            self._store = open_store(f"sqlite:///{self._folder / 'bench.db'}", now=self.clock.now)
            await self._store.open()
        await provider.start(self._host())
        if self.able.listens:
            self._listener = asyncio.create_task(self._listen(provider))
            await _let_run()

    async def _stop(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            self._listener = None
        await self.provider.stop()

    # --------------------------------------------------------------------------------------------- what we do
    def opening(self, ref: str = "h-1.1", **fields: Any) -> ChatOpening:
        """The opening of one attempt."""
        handoff, _, attempt = ref.rpartition(".")
        return ChatOpening.model_validate(
            {
                "handoff_id": handoff,
                "conversation_id": f"c-{handoff}",
                "attempt": int(attempt),
                "ref": ref,
                "bot": "shop-bot",
                "user": EndUser(id="u-1", name="Maria Pappa", email="maria@example.org", language="el"),
                "route": Route(integration=self.provider.name, bot="shop-bot"),
                "language": "el",
                "requested_at": self.clock.now(),
                **fields,
            }
        )

    async def open(self, ref: str = "h-1.1", **fields: Any) -> Chat:
        """Open a chat."""
        chat = await self.provider.open(self.opening(ref, **fields))
        self._chats[chat.ref] = chat
        return chat

    async def joined(self, ref: str = "h-1.1", agent: str | None = None, **fields: Any) -> Chat:
        """Open a chat that an agent has joined."""
        chat = await self.open(ref, **fields)
        await self.join(chat.ref, agent)
        await self.collect(chat)
        return chat

    async def join(self, ref: str, agent: str | None = None) -> None:
        """An agent accepts, where that is a thing of its own, and joins."""
        if "accept" in self.rig.can and await self.state(ref) == "queued":
            await self.rig.human.accept(ref, agent)
        await self.rig.human.join(ref, agent)

    def planned(self, body: str, key: str = "m-1", files: Sequence[Attachment] = ()) -> PlannedMessage:
        """A message of the end user."""
        return PlannedMessage(key=key, body=body, attachments=tuple(files), sent_at=self.clock.now())

    async def send(self, chat: Chat, body: str, key: str = "m-1", files: Sequence[Attachment] = ()) -> Sent:
        """Send a message of the end user."""
        return await self.provider.send(self._chats.get(chat.ref, chat), self.planned(body, key, files))

    async def failure(self, call: Awaitable[T], what: str) -> Exception:
        """The error of a call that has to fail."""
        try:
            answer = await call
        except Exception as error:  # noqa: BLE001  (the case looks at it)
            return error
        raise CaseFailed(f"{what} must fail, and answered {answer!r}")

    # ------------------------------------------------------------------------------------------ what comes in
    async def collect(self, *chats: Chat) -> list[ProviderEvent]:
        """Let the vendor hand over what is due, and return what has come since the last time."""
        for _ in range(100):
            if not await self.rig.pump():
                break
        await _let_run()
        if self.able.inbound is Inbound.POLL:
            for chat in chats:
                await self._poll(self._chats.get(chat.ref, chat))
        elif self.able.inbound is Inbound.EMBEDDED and self._store is not None:
            for kept in await self._store.inbox(limit=10_000):
                self.events.append(kept.event)
                await self._store.forget_inbox(kept.id)
        before, self._told = self._told, len(self.events)
        return self.events[before:]

    async def collected(self, kind: type[Event], *chats: Chat) -> list[Event]:
        """What is new, of one kind."""
        return [event for event in await self.collect(*chats) if isinstance(event, kind)]

    def of(self, kind: type[Event]) -> list[Event]:
        """All that has come in of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def _poll(self, chat: Chat) -> None:
        for _ in range(200):
            polled = await self.provider.poll(chat)
            self.events.extend(polled.events)
            moved, chat = polled.chat != chat, stored_again(polled.chat)
            self._chats[chat.ref] = chat
            if not polled.events and not moved:
                return
            await self.clock.advance(self.provider.poll_pace.fastest)
        raise CaseFailed("a chat in which nothing happens has new events in each of 200 polls")

    async def _listen(self, provider: AnyProvider) -> None:
        async for event in provider.listen():
            self.events.append(event)

    async def _take(self, delivery: WebhookDelivery) -> int:
        self.deliveries.append(delivery)
        try:
            self.events.extend(self.provider.read_webhook(delivery))
        except WebhookRejected as refusal:
            self.refusals.append(refusal)
            return refusal.status
        return 200

    # ------------------------------------------------------------------------------------------------ looking
    async def texts(self, chat: Chat) -> list[str]:
        """What the agent sees of the end user."""
        return list((await self.rig.seen(chat.ref)).texts)

    async def chat_ids(self, ref: str) -> list[str]:
        """The vendor's ids of all chats with our reference."""
        return [one.id for one in await self.rig.human.chats() if one.ref == ref]

    async def state(self, ref: str) -> str:
        """Where the vendor sees the newest chat with our reference."""
        found = [one.state for one in await self.rig.human.chats() if one.ref == ref]
        that(found, f"the vendor has no chat {ref}")
        return found[-1]


async def _let_run() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
