"""The agents of Zendesk: what they do in the agent workspace, and what of it the webhooks tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.human import (
    Choice,
    File,
    HumanSide,
    NoSuchChat,
    NotPossible,
    SimChat,
    SimMessage,
    choice_pairs,
)
from livechat_sdk_simulators.zendesk.ends import Ends
from livechat_sdk_simulators.zendesk.shown import Shown
from livechat_sdk_simulators.zendesk.state import Agent, Conversation, Message, Session, Ticket, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["ZendeskHuman"]

_USUAL: Final = "Agent 1"


class ZendeskHuman(HumanSide):
    """What agents do. A chat is one stay of a conversation with the agents.

    Its ``ref`` is the caller's reference in the metadata of the handover, else in that of the conversation;
    see ``ref_key`` of the settings. Any value in either is found, too.
    """

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._ends = Ends(zendesk)
        self._shown = Shown(zendesk)

    # -------------------------------------------------------------------------------------- looking
    async def chats(self) -> list[SimChat]:
        """Every chat, oldest first."""
        stays = [(session, one) for one in self._zendesk.conversations for session in one.sessions]
        stays.sort(key=lambda stay: stay[0].opened_at)
        return [self._shown.chat(conversation, session) for session, conversation in stays]

    async def messages(self, ref: str) -> list[SimMessage]:
        """The messages of a chat, without what was said before."""
        conversation, session = self._stay(ref)
        return [self._shown.message(one) for one in self._of_stay(conversation, session)]

    def _of_stay(self, conversation: Conversation, session: Session) -> list[Message]:
        at = conversation.sessions.index(session) + 1
        later = conversation.sessions[at].first if at < len(conversation.sessions) else None
        return conversation.messages[session.first : later]

    def _stay(self, ref: str) -> tuple[Conversation, Session]:
        stays = [(one, session) for one in self._zendesk.conversations for session in one.sessions]
        for found in reversed(stays):
            if ref in {self._shown.ref(*found), found[0].id}:
                return found
        for found in reversed(stays):
            if ref in found[1].metadata.values() or ref in found[0].metadata.values():
                return found
        raise NoSuchChat(f"there is no chat {ref!r}")

    def _live(self, ref: str) -> tuple[Conversation, Session, Ticket]:
        conversation, session = self._stay(ref)
        if session.state == "ended":
            raise NotPossible(f"the chat {ref!r} has ended")
        if session.ticket is None:
            raise NotPossible(f"the chat {ref!r} has no ticket yet: the end user has to write")
        return conversation, session, session.ticket

    def _agent(self, session: Session, name: str | None) -> Agent:
        """The agent with this name; else the one who has the chat, else the usual one."""
        if name is None and session.agent is not None:
            return session.agent
        return self._zendesk.agent(name or _USUAL)

    # --------------------------------------------------------------------------------------- acting
    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take the ticket."""
        _, session, ticket = self._live(ref)
        if session.agent is not None:
            raise NotPossible(f"the chat {ref!r} was taken already")
        self._zendesk.desk.assign(session, ticket, self._agent(session, agent))

    async def join(self, ref: str, agent: str | None = None) -> None:
        """Open the conversation, and take the ticket from whoever has it."""
        _, session, ticket = self._live(ref)
        joining = self._agent(session, agent)
        if session.present and session.agent == joining:
            raise NotPossible(f"{joining.name} is in the chat {ref!r} already")
        self._zendesk.desk.assign(session, ticket, joining)
        session.present = True

    async def leave(self, ref: str, agent: str | None = None) -> None:
        """Give the ticket back to the group."""
        _, session, ticket = self._live(ref)
        if session.agent is None or self._agent(session, agent) != session.agent:
            raise NotPossible(f"{agent or 'nobody'} does not have the chat {ref!r}")
        session.present = False
        self._zendesk.desk.assign(session, ticket, None)

    async def transfer(self, ref: str, to: str) -> None:
        """Give the ticket to a group (a number, or its name), or to an agent who was seen here."""
        _, session, ticket = self._live(ref)
        if session.agent is None:
            raise NotPossible(f"nobody has the chat {ref!r} yet")
        session.present = False
        if to in self._zendesk.agents:
            self._zendesk.desk.assign(session, ticket, self._zendesk.agents[to])
            return
        self._zendesk.desk.move(ticket, to)
        self._zendesk.desk.assign(session, ticket, None)

    async def end(self, ref: str, why: str | None = None) -> None:
        """End the chat. The ways to do it are in the README; the usual one is to end the session."""
        conversation, session = self._stay(ref)
        open_still = session.ticket is not None and session.ticket.status != "closed"
        if session.state == "ended" and not (why == "closed" and open_still):
            raise NotPossible(f"the chat {ref!r} has ended")
        self._ends.end(conversation, session, why or "ended")

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """Write; whoever writes first has the ticket."""
        conversation, session, ticket = self._live(ref)
        if not text and file is None:
            raise NotPossible("a message needs a text or a file")
        writing = self._agent(session, agent)
        if session.agent is None:
            self._zendesk.desk.assign(session, ticket, writing)
        content: dict[str, Any] = {"type": "text", "text": text} if text else {}
        if file is not None:
            kept = self._zendesk.files.keep(*file, conversation.id)
            content |= {
                "type": "image" if kept.type.startswith("image/") else "file",
                "mediaUrl": self._zendesk.files.link(kept),
                "mediaType": kept.type,
                "mediaSize": len(kept.content),
                "altText": kept.name,
            }
        if choices:
            content["actions"] = [
                {"type": "reply", "text": label, "payload": value} for label, value in choice_pairs(choices)
            ]
        return self._write(conversation, content, str(writing.id), writing)

    async def announce(self, ref: str, text: str) -> str:
        """A trigger writes."""
        conversation, _, _ = self._live(ref)
        return self._write(conversation, {"type": "text", "text": text}, "__trigger", None)

    def _write(
        self, conversation: Conversation, content: dict[str, Any], agent_id: str, agent: Agent | None
    ) -> str:
        author: dict[str, Any] = {"type": "business", "subtypes": ["bot" if agent is None else "agent"]}
        if agent is not None:
            author |= {
                "displayName": agent.name,
                "avatarUrl": f"{self._zendesk.settings.base_url}/avatar.png",
            }
        message = Message(
            id=hex_id(),
            received=conversation.next_time(self._zendesk.clock.now()),
            author=author,
            content=content,
            source={"type": self._zendesk.switchboard.workspace.type},
            metadata={"__zendesk_msg.agent.id": agent_id},
            agent=agent,
        )
        self._zendesk.messages.add(conversation, message)
        return message.id

    async def typing(self, ref: str, on: bool) -> None:
        """Type, or stop."""
        self._activity(ref, "typing:start" if on else "typing:stop")

    async def read(self, ref: str) -> None:
        """Read everything so far."""
        self._activity(ref, "conversation:read")
        conversation, _ = self._stay(ref)
        conversation.business_read = self._zendesk.clock.now()
        for message in conversation.messages:
            message.read = message.read or message.by_user

    def _activity(self, ref: str, kind: str) -> None:
        conversation, session, _ = self._live(ref)
        if not self._zendesk.settings.agent_activities:
            return
        author = {"type": "business", "displayName": self._agent(session, None).name}
        source = {"type": self._zendesk.switchboard.workspace.type}
        event = self._zendesk.events.activity(kind, author, source)
        self._zendesk.events.tell(conversation, event)

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """A message cannot be delivered after all."""
        conversation, _ = self._stay(ref)
        named = (
            one for one in conversation.messages if key == one.id or key in (one.metadata or {}).values()
        )
        message = next(named, None)
        if message is None or message.agent is not None:
            raise NotPossible(f"there is no message {key!r} of the caller in the chat {ref!r}")
        message.failed = reason
        workspace = self._zendesk.switchboard.workspace
        payload: dict[str, Any] = {
            "message": {"id": message.id},
            "destination": {"type": workspace.type, "integrationId": workspace.integration_id},
            "externalMessages": None,
            "isFinalEvent": True,
            "error": {"code": "uncategorized_error", "message": reason},
        }
        if conversation.users:
            payload["user"] = conversation.users[0]
        self._zendesk.events.tell(conversation, ("conversation:message:delivery:failure", payload))

    async def unknown_event(self, ref: str) -> None:
        """Something of which no document speaks."""
        conversation, _ = self._stay(ref)
        payload = {"rating": {"stars": 5, "by": [1, None]}}
        self._zendesk.events.tell(conversation, ("conversation:rating", payload), unasked=True)

    async def duty(
        self, agents: int | None, *, waiting: int | None = None, estimate: float | None = None
    ) -> None:
        """Set who is online for messaging. Nobody is told how many wait, or for how long."""
        if waiting is not None or estimate is not None:
            raise NotPossible("Zendesk does not tell how many wait, or for how long")
        self._zendesk.online = agents
