"""The agents of Zendesk: what they do in the agent workspace, and what of it the webhooks tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from livechat_sdk_simulators.zendesk.state import (
    Agent,
    Conversation,
    Message,
    Session,
    Ticket,
    hex_id,
    value_of,
)

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["ZendeskHuman"]

_USUAL: Final = "Agent 1"
_HISTORY: Final = 10


class ZendeskHuman(HumanSide):
    """What agents do. A chat is one stay of a conversation with the agents.

    Its ``ref`` is the caller's reference in the metadata of the handover, else in that of the conversation;
    see ``ref_key`` of the settings. Any value in either is found, too.
    """

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._ends: Mapping[str, Callable[[Conversation, Session], None]] = {
            "ended": self._end_session,
            "trigger": self._end_session,
            "closed": self._close,
            "email": self._to_email,
            "user": self._ended_by_user,
            "solved": self._solve,
            "handback": self._hand_back,
            "removed": self._remove,
        }

    # -------------------------------------------------------------------------------------- looking
    async def chats(self) -> list[SimChat]:
        """Every chat, oldest first."""
        stays = [(session, one) for one in self._zendesk.conversations for session in one.sessions]
        stays.sort(key=lambda stay: stay[0].opened_at)
        return [self._sim_chat(conversation, session) for session, conversation in stays]

    async def messages(self, ref: str) -> list[SimMessage]:
        """The messages of a chat, without what was said before."""
        conversation, session = self._stay(ref)
        return [self._sim_message(one) for one in self._of_stay(conversation, session)]

    def _of_stay(self, conversation: Conversation, session: Session) -> list[Message]:
        at = conversation.sessions.index(session) + 1
        later = conversation.sessions[at].first if at < len(conversation.sessions) else None
        return conversation.messages[session.first : later]

    def _ref(self, conversation: Conversation, session: Session) -> str:
        key = self._zendesk.settings.ref_key
        known = (value_of(one, key, "ref") for one in (session.metadata, conversation.metadata))
        return next((one for one in known if one), conversation.id)

    def _stay(self, ref: str) -> tuple[Conversation, Session]:
        stays = [(one, session) for one in self._zendesk.conversations for session in one.sessions]
        for found in reversed(stays):
            if ref in {self._ref(*found), found[0].id}:
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
        act = self._ends.get(why or "ended")
        if act is None:
            raise NotPossible(f"Zendesk knows no end {why!r}; it knows {', '.join(self._ends)}")
        conversation, session = self._stay(ref)
        open_still = session.ticket is not None and session.ticket.status != "closed"
        if session.state == "ended" and not (why == "closed" and open_still):
            raise NotPossible(f"the chat {ref!r} has ended")
        act(conversation, session)

    def _end_session(self, conversation: Conversation, session: Session) -> None:
        """The agent, or a trigger, ends the session. The ticket stays; what comes next makes another one."""
        self._zendesk.switchboard.release(conversation, {}, self._zendesk.settings.end_reason)
        _out_of_session(session)

    def _close(self, _: Conversation, session: Session) -> None:
        self._zendesk.desk.close(_ticket_of(session))

    def _to_email(self, conversation: Conversation, session: Session) -> None:
        told = self._zendesk.desk.system_message(conversation, "ticket:transfer:email")
        self._zendesk.desk.hand_back(conversation, "transferToEmail", told)
        _out_of_session(session)

    def _ended_by_user(self, conversation: Conversation, session: Session) -> None:
        told = self._zendesk.desk.system_message(conversation, "conversation:endedByUser")
        if self._zendesk.settings.user_end_releases:
            self._zendesk.switchboard.release(conversation, {}, None, told)
        else:
            self._zendesk.events.tell(conversation, told)
            self._zendesk.desk.session_over(conversation, "the end user ended it")
            conversation.active = conversation.pending = None
        _out_of_session(session)

    def _solve(self, _: Conversation, session: Session) -> None:
        self._zendesk.desk.set_status(_ticket_of(session), "solved")

    def _hand_back(self, conversation: Conversation, _: Session) -> None:
        """The agent writes ``%((switchboard:passControl:bot))%``, which the end user does not see."""
        self._zendesk.switchboard.give(conversation, self._zendesk.switchboard.bot, {})

    def _remove(self, conversation: Conversation, _: Session) -> None:
        self._zendesk.conversations.remove(conversation)

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

    # -------------------------------------------------------------------------------------- showing
    def _sim_chat(self, conversation: Conversation, session: Session) -> SimChat:
        user = conversation.users[0] if conversation.users else None
        ticket = session.ticket
        profile: Mapping[str, Any] = user.profile if user else {}
        name = " ".join(filter(None, [profile.get("givenName"), profile.get("surname")]))
        requester = ticket.requester if ticket else {}
        details = {
            "visitor": {
                "id": (user.external_id or user.id) if user else "",
                "name": requester.get("name") or name,
                "email": requester.get("email") or profile.get("email"),
            },
            "summary": ticket.system.get("description") if ticket else None,
            "fields": ticket.shown() if ticket else {},
            "transcript": self._transcript(conversation, session),
            "receipts": list(session.receipts),
            "ticket": None if ticket is None else {"id": ticket.id, "status": ticket.status},
            "ended": session.ended or None,
        }
        agent = session.agent.name if session.agent else None
        ref = self._ref(conversation, session)
        return SimChat(conversation.id, ref, session.state, agent, session.opened_at, details)

    def _transcript(self, conversation: Conversation, session: Session) -> list[dict[str, str]]:
        """What the agent sees of what was said before: from the first that was named, else the last ten."""
        before = conversation.messages[: session.first]
        named = session.metadata.get("first_message_id")
        history = self._zendesk.switchboard.workspace.history or _HISTORY
        ids = [one.id for one in before]
        kept = before[ids.index(named) :] if named in ids else before[-history:]
        return [{"author": str(one.author["type"]), "text": one.text()} for one in kept]

    def _sim_message(self, message: Message) -> SimMessage:
        by: dict[str, Any] = {"author": "system"}
        if message.by_user:
            by = {"author": "visitor"}
        elif message.agent is not None:
            by = {"author": "agent", "name": message.agent.name}
        content = message.content
        return SimMessage(
            id=message.id,
            text=message.text(),
            at=message.received,
            key=value_of(message.metadata or {}, self._zendesk.settings.message_key, "key") or "",
            files=[str(content.get("altText", content["mediaUrl"]))] if "mediaUrl" in content else [],
            choices=[one["text"] for one in content.get("actions", [])],
            status=f"failed: {message.failed}" if message.failed else ("read" if message.read else ""),
            **by,
        )


def _ticket_of(session: Session) -> Ticket:
    if session.ticket is None:
        raise NotPossible("there is no ticket yet")
    return session.ticket


def _out_of_session(session: Session) -> None:
    if session.ticket is not None:
        session.ticket.in_session = False
