"""The team at the desk of a remote manager, for the kit: its members act through the desk's own service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from livechat_sdk_helvia.conformance_team import STATES, member_called, messages_of
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import Conversation, DeskUser, RequestStatus
from livechat_sdk_helvia.remote.wire import REF
from livechat_sdk_helvia.service import Desk
from livechat_sdk_testing.conformance.rig import ChatView, File, NotPlayed

__all__ = ["SECOND_LINE", "RemoteTeam"]

SECOND_LINE: Final = "second-line"
"""The group whose only member is Beth."""


class RemoteTeam:
    """The members of the desk's team. Whoever accepts a request has joined."""

    def __init__(self, provider: HelviaProvider, tell_of_something_new: Callable[[str], None]) -> None:
        self._provider = provider
        self._tell_of_something_new = tell_of_something_new
        self._by_ref: dict[str, str] = {}

    @property
    def _desk(self) -> Desk:
        return self._provider.desk

    async def conversations(self) -> Sequence[Conversation]:
        """Every conversation, oldest first."""
        rows = await self._desk.context.fetch(
            """
            SELECT id FROM desk_conversations
            WHERE workspace = :workspace AND integration = :integration ORDER BY id
            """
        )
        return [await self._desk.conversations.get(int(str(row["id"]))) for row in rows]

    async def find(self, ref: str) -> Conversation:
        """The newest conversation with our reference, or with an id of the desk. Raises ``KeyError``."""
        for one in reversed(await self.conversations()):
            if ref in {one.attributes.get(REF), str(one.id)}:
                return one
        raise KeyError(ref)

    async def chats(self) -> Sequence[ChatView]:
        """Every conversation, oldest first."""
        return [
            ChatView(str(one.id), str(one.attributes.get(REF)), STATES.get(one.status, "ended"))
            for one in await self.conversations()
        ]

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Accepting and joining is one at this desk."""
        await self.join(ref, agent)

    async def join(self, ref: str, agent: str | None = None) -> None:
        """Take the request from New; whoever has taken a conversation over is in it already."""
        conversation = await self.find(ref)
        self._by_ref[ref] = agent or self._by_ref.get(ref, "Ann")
        requests = await self._desk.inbox.requests(RequestStatus.NEW, take=200)
        for one in requests:
            if one.conversation_id == conversation.id:
                await self._desk.accept(await member_called(self._desk, self._by_ref[ref]), one.id)

    async def leave(self, ref: str) -> None:
        """An owner cannot leave without ending."""
        raise NotPlayed("leave")

    async def transfer(self, ref: str, to: str) -> None:
        """Beth, who is all of the second line, takes over."""
        conversation = await self.find(ref)
        beth = await member_called(self._desk, "Beth")
        await self._desk.presence.seen(beth)
        asked = await self._desk.transfers.transfer(await self._in(ref), conversation.id, group=SECOND_LINE)
        await self._desk.accept(beth, asked.request_id)
        self._by_ref[ref] = "Beth"

    async def end(self, ref: str, why: str | None = None) -> None:
        """The member in the conversation ends it."""
        await self._desk.conversations.end(await self._in(ref), (await self.find(ref)).id)

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[str] = (),
        file: File | None = None,
    ) -> str:
        """The member in the conversation writes."""
        message, _ = await self._desk.messages.send(await self._in(ref), await self.find(ref), text)
        return str(message.id)

    async def typing(self, ref: str, on: bool) -> None:
        """The member types."""
        await self._desk.typing.agent_types(await self._in(ref), await self.find(ref), on=on)

    async def read(self, ref: str) -> None:
        """No callback tells what was read."""
        raise NotPlayed("read")

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """The desk loses nothing that it has taken."""
        raise NotPlayed("fail_message")

    async def unknown_event(self, ref: str) -> None:
        """A newer manager tells of something new."""
        self._tell_of_something_new(ref)

    async def texts(self, ref: str) -> Sequence[str]:
        """What the member sees of the end user."""
        messages = await messages_of(self._desk, await self.find(ref))
        return [one.text for one in messages if one.author == "end-user"]

    async def _in(self, ref: str) -> DeskUser:
        """Whoever is in the conversation."""
        return await member_called(self._desk, self._by_ref.get(ref, "Ann"))
