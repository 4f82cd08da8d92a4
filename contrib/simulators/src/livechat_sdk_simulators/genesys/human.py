"""The agents of Genesys: they are rung, come, decline, write, hand over, leave and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from livechat_sdk_simulators.acts import Act, as_text
from livechat_sdk_simulators.genesys.samples import SAMPLES
from livechat_sdk_simulators.genesys.seen import Seen
from livechat_sdk_simulators.genesys.state import Agent, Conversation, Message, Stay, message_id
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

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["ENDS", "GenesysHuman"]

_USUAL: Final = "Agent 1"

ENDS: Final = (
    "client",
    "endpoint",
    "error",
    "inactivity",
    "other",
    "peer",
    "session.expired",
    "spam",
    "system",
    "transport.failure",
)
"""What ``end`` takes for ``why``: the disconnect type of all who take part."""


class GenesysHuman(HumanSide):
    """What agents do. A chat is one stay of a conversation, from the customer's first message to the end.

    Its ``ref`` is the end user's id (``channel.from.id``), or the custom attribute ``ref_attribute``.
    """

    own_acts: ClassVar[Mapping[str, Act]] = {
        "decline": Act("decline", "Decline", {}, {"agent": as_text}),
        "offer": Act("offer", "Let a bot offer", {"kind": as_text}, {}),
    }

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._seen = Seen(genesys.settings.ref_attribute)

    # ----------------------------------------------------------------------------------------- looking
    async def chats(self) -> list[SimChat]:
        """Every chat, oldest first."""
        self._genesys.floor.keep_time()
        stays = [(stay, one) for one in self._genesys.conversations for stay in one.stays]
        stays.sort(key=lambda stay: stay[0].opened_at)
        return [self._seen.chat(conversation, stay) for stay, conversation in stays]

    async def messages(self, ref: str) -> list[SimMessage]:
        """The messages of a chat."""
        conversation, stay = self._stay(ref)
        at = conversation.stays.index(stay) + 1
        later = conversation.stays[at].first if at < len(conversation.stays) else None
        return [self._seen.message(one) for one in conversation.messages[stay.first : later]]

    def _stay(self, ref: str) -> tuple[Conversation, Stay]:
        self._genesys.floor.keep_time()
        for conversation in reversed(list(self._genesys.conversations)):
            for stay in reversed(conversation.stays):
                if ref in {conversation.id, conversation.address, self._seen.ref(conversation, stay)}:
                    return conversation, stay
        raise NoSuchChat(f"there is no chat {ref!r}")

    def _live(self, ref: str) -> tuple[Conversation, Stay]:
        conversation, stay = self._stay(ref)
        if stay.ended:
            raise NotPossible(f"the chat {ref!r} has ended")
        return conversation, stay

    def _agent(self, stay: Stay, name: str | None) -> Agent:
        """The agent with this name; else who is there, else who is rung, else the usual one."""
        if name is None:
            known = [one.agent for one in (*stay.legs("alerting"), *stay.legs("connected")) if one.agent]
            if known:
                return known[-1]
        return self._genesys.floor.agent_called(name or _USUAL)

    # ----------------------------------------------------------------------------------------- acting
    async def accept(self, ref: str, agent: str | None = None) -> None:
        """The chat rings at an agent, who has not answered yet."""
        conversation, stay = self._live(ref)
        if stay.legs("connected") or stay.legs("alerting"):
            raise NotPossible(f"somebody has the chat {ref!r} already, or is rung")
        self._genesys.floor.ring(conversation, self._agent(stay, agent))

    async def join(self, ref: str, agent: str | None = None) -> None:
        """Answer: whoever is rung, or this agent. Others who are there stay."""
        conversation, stay = self._live(ref)
        rung = stay.legs("alerting")
        joining = rung[-1].agent if rung and agent is None else self._agent(stay, agent)
        if joining is None or any(one.agent == joining for one in stay.legs("connected")):
            raise NotPossible(f"{joining.name if joining else agent} is in the chat {ref!r} already")
        self._genesys.floor.answer(conversation, joining)

    async def decline(self, ref: str, agent: str | None = None) -> None:
        """Do not take what rings, or let it ring until it stops: the chat waits on."""
        conversation, stay = self._live(ref)
        rung = [one for one in stay.legs("alerting") if agent is None or one.name == agent]
        if not rung:
            raise NotPossible(f"the chat {ref!r} rings at nobody")
        self._genesys.floor.decline(conversation, rung[-1])

    async def leave(self, ref: str, agent: str | None = None) -> None:
        """Leave; the customer and the others stay."""
        conversation, stay = self._live(ref)
        there = [one for one in stay.legs("connected") if agent is None or one.name == agent]
        if not there:
            raise NotPossible(f"{agent or 'nobody'} is in the chat {ref!r}")
        self._genesys.floor.leave(conversation, there[-1])

    async def transfer(self, ref: str, to: str) -> None:
        """Hand the chat to an agent who was seen here, else to the queue with this id or name."""
        conversation, stay = self._live(ref)
        if not stay.legs("connected"):
            raise NotPossible(f"nobody has the chat {ref!r} yet")
        floor = self._genesys.floor
        if to in floor.agents:
            floor.to_agent(conversation, floor.agents[to])
        else:
            floor.to_queue(conversation, floor.queue_called(to))

    async def end(self, ref: str, why: str | None = None) -> None:
        """End the chat: an agent does, or, with ``why``, whatever that disconnect type stands for."""
        conversation, stay = self._live(ref)
        if why is not None and why in ENDS:
            self._genesys.floor.end(conversation, why)
            return
        there = stay.legs("connected")
        if there:
            self._genesys.floor.end(conversation, "client", by=there[-1])
        else:
            self._genesys.floor.end(conversation, "system")

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        """Write. Who is not there comes first."""
        conversation, stay = self._live(ref)
        if not text and file is None:
            raise NotPossible("a message needs a text or a file")
        writing = self._agent(stay, agent)
        if not any(one.agent == writing for one in stay.legs("connected")):
            self._genesys.floor.answer(conversation, writing)
        content: list[dict[str, Any]] = []
        if file is not None:
            attachment = self._genesys.files.attachment(*file)
            content.append({"contentType": "Attachment", "attachment": attachment})
        content += [
            {
                "contentType": "QuickReply",
                "quickReply": {"text": label, "payload": value, "action": "Message"},
            }
            for label, value in choice_pairs(choices)
        ]
        return self._write(conversation, text, content, writing, structured=bool(choices))

    async def announce(self, ref: str, text: str) -> str:
        """The flow of the queue writes, as a bot."""
        conversation, _ = self._live(ref)
        return self._write(conversation, text, [], None)

    async def offer(self, ref: str, kind: str) -> str:
        """A bot of the flow offers a sample of this kind of content; returns the id of the message."""
        conversation, _ = self._live(ref)
        if kind not in SAMPLES:
            raise NotPossible(f"there is no sample of {kind!r}; there are: {', '.join(SAMPLES)}")
        text, content = SAMPLES[kind]
        return self._write(conversation, text, list(content), None, structured=True)

    def _write(
        self,
        conversation: Conversation,
        text: str,
        content: list[dict[str, Any]],
        agent: Agent | None,
        *,
        structured: bool = False,
    ) -> str:
        message = Message(
            id=message_id(),
            by="agent" if agent else "bot",
            at=self._genesys.clock.now(),
            type="Structured" if structured else "Text",
            text=text,
            content=content,
            agent=agent,
        )
        self._genesys.floor.write(conversation, message)
        self._genesys.topics.tell(conversation)
        return message.id

    async def typing(self, ref: str, on: bool) -> None:
        """Type. That somebody stopped is never told."""
        conversation, _ = self._live(ref)
        if on and self._genesys.settings.typing_enabled:
            self._genesys.outbound.typing(conversation)

    async def read(self, ref: str) -> None:
        """Read everything so far; told only where ``receipt_webhooks`` is set."""
        conversation, stay = self._live(ref)
        unread = [
            one for one in conversation.messages[stay.first :] if one.inbound and one.status == "received"
        ]
        for one in unread:
            one.status = "read"
        if unread and self._genesys.settings.receipt_webhooks:
            self._genesys.outbound.receipt(conversation, unread[-1], "Read")

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """A message of the customer failed after all; told only where ``receipt_webhooks`` is set."""
        conversation, stay = self._stay(ref)
        named = [
            one for one in conversation.messages[stay.first :] if one.inbound and key in {one.id, one.key}
        ]
        if not named:
            raise NotPossible(f"there is no message {key!r} of the customer in the chat {ref!r}")
        message = named[0]
        message.status, message.failure = "failed", reason
        if self._genesys.settings.receipt_webhooks:
            self._genesys.outbound.receipt(conversation, message, "Failed", reason)
        self._genesys.topics.tell(conversation)

    async def unknown_event(self, ref: str) -> None:
        """Something of which no document speaks, on the webhook and on every socket."""
        conversation, _ = self._stay(ref)
        self._genesys.outbound.unknown(conversation)
        self._genesys.channels.tell_all("v2.conversations.moods", {"id": conversation.id, "mood": [None]})

    async def duty(
        self, agents: int | None, *, waiting: int | None = None, estimate: float | None = None
    ) -> None:
        """Set who is on queue, how many wait and how long a new chat would."""
        self._genesys.desk.set(agents, waiting, estimate)
