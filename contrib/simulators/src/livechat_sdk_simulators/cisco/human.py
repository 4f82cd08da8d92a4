"""The agents of Unified CCX at their Finesse desktops, and what the customer is told of what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from livechat_sdk_simulators.acts import Act, as_text
from livechat_sdk_simulators.cisco.state import Chat, Message
from livechat_sdk_simulators.human import (
    Choice,
    File,
    HumanSide,
    NoSuchChat,
    NotPossible,
    SimChat,
    SimMessage,
)

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.simulator import CiscoSimulator

__all__ = ["CiscoHuman"]

_USUAL: Final = "Agent 1"


class CiscoHuman(HumanSide):
    """What agents do. To accept a request is to join; there are no receipts, files or quick replies.

    An agent who is invited by another joins as well. When the last one leaves, the chat is over.
    ``end`` takes for ``why``:

    - ``left`` (usual): every agent leaves
    - ``rejected`` (usual for a chat that waits): no agent takes it
    - ``finished``, ``error``: the statuses ``chat_finished`` and ``chat_finished_error``, which are not in
      use, says Cisco
    - ``silent``: the agents are gone, and nobody is told
    - ``inactive``: the chat is taken down, as after a long silence; the session is gone
    """

    own_acts: ClassVar[Mapping[str, Act]] = {
        "reject": Act("reject", "Reject", {}, {"detail": as_text}),
        "status": Act("status", "Tell a status", {"status": as_text}, {"detail": as_text}),
    }

    def __init__(self, cisco: CiscoSimulator) -> None:
        self._cisco = cisco
        self._endings: Mapping[str, Callable[[Chat], None]] = {
            "left": self._all_leave,
            "rejected": lambda chat: self._reject(chat, None),
            "finished": lambda chat: self._finish(chat, "finished", "chat_finished"),
            "error": lambda chat: self._finish(chat, "error", "chat_finished_error"),
            "silent": lambda chat: chat.end("silent", self._cisco.clock.now()),
            "inactive": lambda chat: self._cisco.rooms.drop(chat, "inactive"),
        }

    # -------------------------------------------------------------------------------------- looking
    async def chats(self) -> list[SimChat]:
        """Every chat, oldest first."""
        return [_sim_chat(chat) for chat in self._cisco.rooms.all()]

    async def messages(self, ref: str) -> list[SimMessage]:
        """The messages of a chat."""
        return [_sim_message(message) for message in self._chat(ref).messages]

    def _chat(self, ref: str) -> Chat:
        chat = self._cisco.rooms.named(ref)
        if chat is None:
            raise NoSuchChat(f"there is no chat {ref!r}")
        return chat

    def _live(self, ref: str) -> Chat:
        chat = self._chat(ref)
        if chat.state == "ended":
            raise NotPossible(f"the chat {ref!r} has ended: {chat.ended}")
        return chat

    def _present(self, chat: Chat, agent: str | None) -> str:
        """The agent with this name, else the last who came."""
        if not chat.present:
            raise NotPossible(f"no agent is in the chat {chat.ref!r}")
        if agent is not None and agent not in chat.present:
            raise NotPossible(f"{agent} is not in the chat {chat.ref!r}")
        return agent or chat.present[-1]

    # --------------------------------------------------------------------------------------- acting
    async def join(self, ref: str, agent: str | None = None) -> None:
        """Accept the request, or the invitation of an agent who is there."""
        chat, joining = self._live(ref), agent or _USUAL
        if chat.queue is None:
            tag = chat.asked.fields.get("ccxqueuetag")
            raise NotPossible(f"the chat {ref!r} is offered to nobody: there is no queue {tag!r}")
        if joining in chat.present:
            raise NotPossible(f"{joining} is in the chat {ref!r} already")
        self._enter(chat, joining)

    def _enter(self, chat: Chat, agent: str) -> None:
        chat.enter(agent, self._cisco.clock.now())
        chat.events.presence(agent, "joined")

    async def leave(self, ref: str, agent: str | None = None) -> None:
        """Leave; with the last agent the chat ends."""
        chat = self._live(ref)
        self._leave(chat, self._present(chat, agent))
        if not chat.present:
            chat.end("agents left", self._cisco.clock.now())

    def _leave(self, chat: Chat, agent: str) -> None:
        chat.present.remove(agent)
        chat.events.presence(agent, "left")

    async def transfer(self, ref: str, to: str) -> None:
        """Invite another agent, and leave."""
        chat = self._live(ref)
        leaving = self._present(chat, None)
        if to in chat.present:
            raise NotPossible(f"{to} is in the chat {ref!r} already")
        if self._cisco.settings.transfer == "leave_first":
            self._leave(chat, leaving)
            self._enter(chat, to)
        else:
            self._enter(chat, to)
            self._leave(chat, leaving)

    async def reject(self, ref: str, detail: str | None = None) -> None:
        """Nobody takes the request."""
        self._reject(self._live(ref), detail)

    def _reject(self, chat: Chat, detail: str | None) -> None:
        if chat.state != "queued":
            raise NotPossible(f"the chat {chat.ref!r} was taken already")
        self._cisco.rooms.reject(chat, detail or "The request was rejected.")

    async def status(self, ref: str, status: str, detail: str | None = None) -> None:
        """The server tells a status: ``chat_issue``, ``chat_ok``, or any other. Nothing else happens."""
        self._chat(ref).events.status(status, detail)

    async def end(self, ref: str, why: str | None = None) -> None:
        """End the chat; see the class."""
        chat = self._live(ref)
        why = why or ("rejected" if chat.state == "queued" else "left")
        if why not in self._endings:
            raise NotPossible(f"there is no reason {why!r} here; there are: {', '.join(self._endings)}")
        self._endings[why](chat)

    def _all_leave(self, chat: Chat) -> None:
        self._present(chat, None)
        for agent in list(chat.present):
            self._leave(chat, agent)
        chat.end("agents left", self._cisco.clock.now())

    def _finish(self, chat: Chat, why: str, status: str) -> None:
        chat.end(why, self._cisco.clock.now())
        chat.events.status(status, "")

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """Write plain text. The id is our own: the vendor's is given when the event shows."""
        chat = self._live(ref)
        if choices or file is not None:
            raise NotPossible("the chat is plain text: there are no quick replies and no files")
        if not text:
            raise NotPossible("a message needs a text")
        now, name = self._cisco.clock.now(), self._present(chat, agent)
        message = Message(f"{chat.id}-{len(chat.messages) + 1}", "agent", name, text, now, "sent")
        chat.messages.append(message)
        if self._cisco.settings.inactivity_of == "both":
            chat.wrote_at = now
        chat.events.message(name, text)
        return message.id

    async def typing(self, ref: str, on: bool) -> None:
        """Type, or stop."""
        chat = self._live(ref)
        chat.events.typing(self._present(chat, None), on)

    async def unknown_event(self, ref: str) -> None:
        """An element that Cisco's pages do not list."""
        self._chat(ref).events.emit("SurveyEvent", {"from": _USUAL, "question": "How was it?"})

    async def duty(
        self, agents: int | None, *, waiting: int | None = None, estimate: float | None = None
    ) -> None:
        """Set how many chat agents are logged in; the customer's side is told of no queue."""
        if waiting is not None or estimate is not None:
            raise NotPossible("CCP tells nobody how many wait, or how long")
        self._cisco.agents = agents


def _sim_chat(chat: Chat) -> SimChat:
    details = {
        "visitor": {"name": chat.asked.author},
        "title": chat.asked.title,
        "description": chat.asked.description,
        "tags": list(chat.asked.tags),
        "queue": chat.queue,
        "fields": {name: text for name, text in chat.asked.fields.items() if not name.startswith("h_")},
        "hidden_fields": {name: text for name, text in chat.asked.fields.items() if name.startswith("h_")},
        "present": list(chat.present),
        "visitor_types": chat.visitor_types,
        "session": chat.session is not None,
        "ended": chat.ended or None,
    }
    agent = chat.present[-1] if chat.present else None
    return SimChat(chat.id, chat.ref, chat.state, agent, chat.opened_at, details)


def _sim_message(message: Message) -> SimMessage:
    return SimMessage(
        message.id, message.author, message.text, message.at, message.name, status=message.status
    )
