"""The agents of Parley."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

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
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.parley.state import Agent, Chat, Message, StoredFile

if TYPE_CHECKING:
    from livechat_sdk_simulators.parley.simulator import ParleySimulator

__all__ = ["ParleyHuman"]

_USUAL: Final = "Agent 1"
_WHY: Final = ("resolved", "inactive", "left")


class ParleyHuman(HumanSide):
    """What agents do, and the events that it causes.

    Nothing is told that did not happen: whoever joins without accepting is not announced as accepted, and
    the end of a chat does not announce that its agents left. Parley's page leaves both open.
    """

    def __init__(self, parley: ParleySimulator) -> None:
        self._parley = parley
        self._agents: dict[str, Agent] = {}

    # -------------------------------------------------------------------------------------- looking
    async def chats(self) -> list[SimChat]:
        """Every chat, oldest first."""
        return [_sim_chat(chat) for chat in self._parley.chats]

    async def messages(self, ref: str) -> list[SimMessage]:
        """The messages of a chat."""
        return [_sim_message(message, self._parley.files.link) for message in self._chat(ref).messages]

    def _chat(self, ref: str) -> Chat:
        chat = self._parley.chats.with_ref(ref) or self._parley.chats.with_id(ref)
        if chat is None:
            raise NoSuchChat(f"there is no chat {ref!r}")
        return chat

    def _live(self, ref: str) -> Chat:
        chat = self._chat(ref)
        if chat.ended is not None:
            raise NotPossible(f"the chat {ref!r} has ended")
        chat.updated_at = self._parley.clock.now()
        return chat

    def _agent(self, chat: Chat, name: str | None) -> Agent:
        """The agent with this name; else the one who has the chat, else the usual one."""
        if name is None and chat.agent is not None:
            return chat.agent
        name = name or _USUAL
        return self._agents.setdefault(name, Agent(new_id("agent"), name))

    # --------------------------------------------------------------------------------------- acting
    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Take the chat without opening it."""
        chat = self._live(ref)
        if chat.state != "queued":
            raise NotPossible(f"the chat {ref!r} was taken already")
        chat.agent = self._agent(chat, agent)
        self._out_of_line(chat)
        self._parley.emit(chat, "chat.accepted", {"agent": chat.agent.json()})

    async def join(self, ref: str, agent: str | None = None) -> None:
        """Open the chat; what waited in it is delivered."""
        chat = self._live(ref)
        joining = self._agent(chat, agent)
        if joining in chat.present:
            raise NotPossible(f"{joining.name} is in the chat {ref!r} already")
        chat.present.append(joining)
        chat.agent, chat.state = joining, "active"
        self._out_of_line(chat)
        self._parley.emit(chat, "agent.joined", {"agent": joining.json()})
        for message in _of_visitor(chat):
            self._parley.mark_delivered(chat, message)

    def _out_of_line(self, chat: Chat) -> None:
        before = self._parley.positions()
        chat.in_line = False
        self._parley.tell_positions(before)

    async def leave(self, ref: str, agent: str | None = None) -> None:
        """Leave the chat, which goes on."""
        chat = self._live(ref)
        leaving = self._agent(chat, agent)
        if leaving not in chat.present:
            raise NotPossible(f"{leaving.name} is not in the chat {ref!r}")
        chat.present.remove(leaving)
        chat.agent = chat.present[-1] if chat.present else None
        self._parley.emit(chat, "agent.left", {"agent": leaving.json()})

    async def transfer(self, ref: str, to: str) -> None:
        """Pass the chat on; whoever had it is out of it."""
        chat = self._live(ref)
        if chat.in_line:
            raise NotPossible(f"nobody has the chat {ref!r} yet")
        chat.present, chat.agent, chat.state = [], None, "queued"
        self._parley.emit(chat, "chat.transferred", {"to": to})

    async def end(self, ref: str, why: str | None = None) -> None:
        """End the chat; for ``inactive`` it is the system that ends it."""
        chat, why = self._live(ref), why or "resolved"
        if why not in _WHY:
            raise NotPossible(f"Parley knows no reason {why!r}; it knows {', '.join(_WHY)}")
        self._parley.end_chat(chat, "system" if why == "inactive" else "agent", why)

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """Write."""
        chat = self._live(ref)
        if not text and file is None:
            raise NotPossible("a message needs a text or a file")
        message = Message(
            id=new_id("msg"),
            author="agent",
            text=text,
            at=self._parley.clock.now(),
            agent=self._agent(chat, agent),
            choices=choice_pairs(choices),
            files=[self._parley.files.keep(*file)] if file else [],
        )
        return self._write(chat, message)

    async def announce(self, ref: str, text: str) -> str:
        """Parley itself writes."""
        chat = self._live(ref)
        return self._write(
            chat, Message(id=new_id("msg"), author="system", text=text, at=self._parley.clock.now())
        )

    def _write(self, chat: Chat, message: Message) -> str:
        chat.messages.append(message)
        self._parley.emit(chat, "message.created", message.json(self._parley.files.link))
        return message.id

    async def typing(self, ref: str, on: bool) -> None:
        """Type, or stop."""
        chat = self._live(ref)
        self._parley.emit(chat, "typing.changed", {"on": on, "agent": self._agent(chat, None).json()})

    async def read(self, ref: str) -> None:
        """Read everything so far."""
        chat = self._live(ref)
        for message in _of_visitor(chat):
            if not message.read and not message.failed:
                self._parley.mark_delivered(chat, message)
                message.read = True
                self._parley.emit(chat, "message.read", message.named())

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """Take a message of the visitor back."""
        chat = self._chat(ref)
        message = chat.message(key)
        if message is None or message.author != "visitor":
            raise NotPossible(f"there is no message {key!r} of the visitor in the chat {ref!r}")
        message.failed = reason
        self._parley.emit(chat, "message.failed", {**message.named(), "reason": reason})

    async def unknown_event(self, ref: str) -> None:
        """Something that Parley's page does not list."""
        chat = self._chat(ref)
        self._parley.emit(chat, "chat.rated", {"stars": 5, "at": {"desk": [1, None]}})

    async def duty(
        self, agents: int | None, *, waiting: int | None = None, estimate: float | None = None
    ) -> None:
        """Set who is on duty."""
        duty = self._parley.duty
        duty.agents, duty.waiting, duty.estimate = agents, waiting, estimate


def _of_visitor(chat: Chat) -> list[Message]:
    return [message for message in chat.messages if message.author == "visitor"]


def _sim_chat(chat: Chat) -> SimChat:
    visitor = chat.visitor
    details = {
        "visitor": {"id": visitor.id, "name": visitor.name, "email": visitor.email},
        "queue": chat.queue,
        "priority": chat.priority,
        "language": chat.language,
        "summary": chat.summary,
        "fields": dict(chat.fields),
        "transcript": list(chat.transcript),
        "visitor_types": chat.visitor_types,
        "receipts": list(chat.receipts),
        "ended": chat.ended.json() if chat.ended else None,
    }
    return SimChat(
        chat.id, chat.ref, chat.state, chat.agent.name if chat.agent else None, chat.opened_at, details
    )


def _sim_message(message: Message, link: Callable[[StoredFile], str]) -> SimMessage:
    return SimMessage(
        id=message.id,
        author=message.author,
        text=message.text,
        at=message.at,
        name=message.agent.name if message.agent else "",
        key=message.client_key,
        files=[file.name for file in message.files],
        links=[link(file) for file in message.files],
        choices=[label for label, _ in message.choices],
        status=message.fate,
    )
