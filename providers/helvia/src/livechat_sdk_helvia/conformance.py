"""How the desk is put to the proof: the rig of ``HELVIA_LIVECHAT`` for the conformance kit.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing``, which the desk itself does not. The agents act through the desk's own service,
like its pages and its API do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType
from livechat_sdk_helvia.conformance_team import AGENTS, STATES, member_called, messages_of, quick_passwords
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import (
    Conversation,
    ConversationStatus,
    DeskRequest,
    DeskUser,
    RequestStatus,
)
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.settings import HelviaSettings
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import ChatView, File, NotPlayed, Play, Rig, Seen

__all__ = ["DeskRig", "make_rig"]


def make_rig(clock: VirtualClock) -> DeskRig:
    """The desk, embedded, on the clock of one case."""
    return DeskRig(clock)


class _Plugin:
    """Offers the desk with quick hashes of passwords, and remembers what was built."""

    def __init__(self) -> None:
        self.built: list[HelviaProvider] = []

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        """One type."""
        return [
            IntegrationType(
                type="HELVIA_LIVECHAT",
                kind="livechat",
                settings=HelviaSettings,
                build=self._build,
                summary="the desk under test",
            )
        ]

    def _build(self, context: IntegrationContext, settings: HelviaSettings) -> HelviaProvider:
        provider = HelviaProvider(context, settings, announce=lambda _: None, passwords=quick_passwords())
        self.built.append(provider)
        return provider


class _Team:
    """The team at all desks that run."""

    def __init__(self, plugin: _Plugin) -> None:
        self._plugin = plugin
        self._by_ref: dict[str, str] = {}

    @property
    def desks(self) -> list[Desk]:
        """Every desk that runs now."""
        return [provider.desk for provider in self._plugin.built if provider.started]

    async def find(self, ref: str) -> tuple[Desk, Conversation]:
        """The conversation with our reference, and its desk. Raises ``KeyError``."""
        for desk in self.desks:
            conversation = await desk.conversations.by_ref(ref)
            if conversation is not None:
                return desk, conversation
        raise KeyError(ref)

    async def chats(self) -> Sequence[ChatView]:
        """Every conversation, oldest first."""
        found: list[ChatView] = []
        for desk in self.desks:
            rows = await desk.context.fetch(
                """
                SELECT id, ref, status FROM desk_conversations
                WHERE workspace = :workspace AND integration = :integration ORDER BY id
                """
            )
            for row in rows:
                state = STATES.get(ConversationStatus(str(row["status"])), "ended")
                found.append(ChatView(str(row["id"]), str(row["ref"]), state))
        return found

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Accepting and joining is one at this desk."""
        await self.join(ref, agent)

    async def join(self, ref: str, agent: str | None = None) -> None:
        """Take the request from New."""
        desk, conversation = await self.find(ref)
        requests: Sequence[DeskRequest] = await desk.inbox.requests(RequestStatus.NEW, take=200)
        request = next(one for one in requests if one.conversation_id == conversation.id)
        self._by_ref[ref] = agent or "Ann"
        await desk.conversations.accept(await self._user(desk, ref), request.id)

    async def leave(self, ref: str) -> None:
        """An agent cannot leave without ending."""
        raise NotPlayed("leave")

    async def transfer(self, ref: str, to: str) -> None:
        """An agent cannot transfer."""
        raise NotPlayed("transfer")

    async def end(self, ref: str, why: str | None = None) -> None:
        """The agent in the conversation ends it."""
        desk, conversation = await self.find(ref)
        await desk.conversations.end(await self._user(desk, ref), conversation.id)

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[str] = (),
        file: File | None = None,
    ) -> str:
        """The agent in the conversation writes."""
        desk, conversation = await self.find(ref)
        message, _ = await desk.messages.send(await self._user(desk, ref), conversation, text)
        return str(message.id)

    async def typing(self, ref: str, on: bool) -> None:
        """The agent types."""
        desk, conversation = await self.find(ref)
        await desk.typing.agent_types(await self._user(desk, ref), conversation, on=on)

    async def read(self, ref: str) -> None:
        """The agent reads everything."""
        desk, conversation = await self.find(ref)
        messages = await messages_of(desk, conversation)
        if messages:
            await desk.reading.read(await self._user(desk, ref), conversation, messages[-1].seq)

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """The desk loses nothing that it has taken."""
        raise NotPlayed("fail_message")

    async def unknown_event(self, ref: str) -> None:
        """The desk has no events but those that its provider makes."""
        raise NotPlayed("unknown_event")

    async def texts(self, ref: str) -> Sequence[str]:
        """What the agent sees of the end user."""
        desk, conversation = await self.find(ref)
        return [one.text for one in await messages_of(desk, conversation) if one.author == "end-user"]

    async def _user(self, desk: Desk, ref: str) -> DeskUser:
        return await member_called(desk, self._by_ref.get(ref, "Ann"))


class DeskRig(Rig):
    """The desk in the process of the case. It has no network, so that no call can fail on its way."""

    can: frozenset[Play] = frozenset({"typing", "read"})

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._plugin = _Plugin()
        self._team = _Team(self._plugin)

    @property
    def plugin(self) -> object:
        """The desk's type."""
        return self._plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """A desk with three agents."""
        accounts = [
            {"email": f"{first.split()[0]}@example.org", "name": name, "password": f"password-of-{first}"}
            for first, name in AGENTS.items()
        ]
        return {"type": "HELVIA_LIVECHAT", "name": "desk", "accounts": accounts}

    @property
    def human(self) -> _Team:
        """The team."""
        return self._team

    async def seen(self, ref: str) -> Seen:
        """What the agent has on the page of a conversation."""
        desk, conversation = await self._team.find(ref)
        messages = await messages_of(desk, conversation)
        receipts = await desk.reading.receipts(conversation.id)
        return Seen(
            texts=[one.text for one in messages if one.author == "end-user"],
            transcript=[entry.body for entry in await desk.conversations.history(conversation.id)],
            about=[
                text for text in (conversation.user_name, conversation.reason, conversation.summary) if text
            ],
            files=[file.name for one in messages if one.author == "end-user" for file in one.attachments],
            typing=desk.typing.is_user_typing(conversation.id),
            receipts=[f"{status} up to {seq}" for status, seq in receipts.items() if seq],
            details=[answer.answer for answer in conversation.survey],
        )
