"""What happens to a chat inside: the flow routes it, it waits, agents are rung, come, hand over and leave.

Every change tells the topics; nothing is told that did not happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from livechat_sdk_simulators.genesys.state import (
    Agent,
    Conversation,
    Message,
    Participant,
    Queue,
    Routing,
    Stay,
    id_of,
    message_id,
    new_id,
)
from livechat_sdk_simulators.genesys.topics import Detail

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["FLOW", "Floor"]

FLOW: Final = "Inbound messages"
"""The name of the flow that is attached to the integration."""

_PRIORITIES: Final = range(-25_000_000, 25_000_001)


class Floor:
    """The flow, the queues and the agents."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self.queues: dict[str, Queue] = {}
        """By id."""
        self.agents: dict[str, Agent] = {}
        """Those who did something, by name."""
        self.skills: dict[str, str] = {}
        self.languages: dict[str, str] = {}
        """Names by id: those of the settings, and those that chats asked for."""
        for name in genesys.settings.queues:
            self.queue_called(name)
        for name in genesys.settings.skills:
            self._known(self.skills, "skill", name)
        for name in genesys.settings.languages:
            self._known(self.languages, "language", name)

    def _known(self, names: dict[str, str], kind: str, name: str) -> str:
        names[id_of(kind, name)] = name
        return name

    # --------------------------------------------------------------------------------- who and where
    def queue_called(self, name: str) -> Queue:
        """The queue with this id or name; a name that nobody had gets a queue."""
        for known in self.queues.values():
            if name in {known.id, known.name}:
                return known
        made = Queue(id_of("queue", name), name)
        self.queues[made.id] = made
        return made

    def agent_called(self, name: str) -> Agent:
        """The agent with this name."""
        return self.agents.setdefault(name, Agent(id_of("user", name), name))

    @property
    def usual_queue(self) -> Queue:
        """Where the flow sends whoever asks for no queue that there is."""
        return next(iter(self.queues.values()))

    def routing(self, attributes: dict[str, str]) -> Routing:
        """What the flow makes of the custom attributes."""
        settings = self._genesys.settings
        asked = _first(attributes, settings.queue_attributes) or ""
        named = [one for one in self.queues.values() if asked in {one.id, one.name}]
        queue = named[0] if named else self.usual_queue
        skills = (_first(attributes, settings.skills_attributes) or "").split(",")
        language = _first(attributes, settings.language_attributes)
        return Routing(
            queue=queue,
            asked=asked if named else "",
            priority=_priority(_first(attributes, settings.priority_attributes)),
            skills=[self._known(self.skills, "skill", one.strip()) for one in skills if one.strip()],
            language=self._known(self.languages, "language", language) if language else None,
        )

    # --------------------------------------------------------------------------------------- beginning
    def begin(self, conversation: Conversation, attributes: dict[str, str]) -> Stay:
        """The customer has come: the flow runs, and sends the chat to a queue."""
        before = conversation.stays[-1] if conversation.stays else None
        customer = self._leg("customer", _name(conversation), attributes=attributes)
        stay = Stay(
            customer=customer,
            routing=self.routing(attributes),
            opened_at=customer.started_at,
            first=len(conversation.messages),
            participants=[customer],
        )
        conversation.stays.append(stay)
        flow = self._leg("workflow", FLOW)
        stay.participants.append(flow)
        told: list[Detail] = [("customer.start", customer, {}), ("flow.start", flow, {})]
        for text in self._genesys.settings.flow_texts:
            self.write(conversation, Message(id=message_id(), by="bot", at=self._now, type="Text", text=text))
        self._over(flow, "transfer")
        told.append(("flow.end", flow, {"exitReason": "TRANSFER", "transferType": "ACD"}))
        told += self._wait(stay, stay.routing.queue)
        last = [one.agent for one in before.participants if one.agent and one.connected_at] if before else []
        if last and last[-1]:
            told += self._ring(stay, last[-1])
        self._tell(conversation, told)
        return stay

    def _wait(self, stay: Stay, queue: Queue) -> list[Detail]:
        leg = self._leg("acd", queue.name, queue=queue)
        stay.participants.append(leg)
        return [("acd.start", leg, {"routingPriority": stay.routing.priority})]

    # ------------------------------------------------------------------------------------------ agents
    def ring(self, conversation: Conversation, agent: Agent) -> None:
        """Offer the chat to an agent."""
        self._tell(conversation, self._ring(conversation.last, agent))

    def _ring(self, stay: Stay, agent: Agent) -> list[Detail]:
        waiting = stay.waiting
        queue = waiting.queue if waiting else stay.routing.queue
        leg = self._leg("agent", agent.name, agent=agent, queue=queue, state="alerting")
        stay.participants.append(leg)
        return [("user.start", leg, {})]

    def answer(self, conversation: Conversation, agent: Agent) -> None:
        """The agent comes into the chat, whether it rang or not."""
        stay = conversation.last
        told: list[Detail] = []
        rung = [one for one in stay.legs("alerting") if one.agent == agent]
        if not rung:
            told += self._ring(stay, agent)
            rung = [one for one in stay.legs("alerting") if one.agent == agent]
        leg = rung[0]
        for other in stay.legs("alerting"):
            if other is not leg:
                told += self._ended(other, "transfer.noanswer")
        leg.state, leg.connected_at = "connected", self._now
        waiting = stay.waiting
        if waiting is not None:
            self._over(waiting, "transfer")
            found = {"acdOutcome": "ANSWERED", "answeredUserId": agent.id, "usedRouting": "STANDARD"}
            told.append(("acd.end", waiting, found))
        self._tell(conversation, told)

    def decline(self, conversation: Conversation, leg: Participant) -> None:
        """The agent does not take it, or does not answer; it waits on."""
        told = self._ended(leg, "transfer.noanswer")
        stay = conversation.last
        if stay.waiting is None and not stay.legs("connected"):
            told += self._wait(stay, leg.queue or stay.routing.queue)
        self._tell(conversation, told)

    def keep_time(self) -> None:
        """Let what has rung for too long go on waiting."""
        now = self._now
        for conversation, leg, over in self._ringing():
            if over <= now:
                self.decline(conversation, leg)

    def next_change(self) -> datetime | None:
        """When the next ringing will be over."""
        return min((over for _, _, over in self._ringing()), default=None)

    def _ringing(self) -> list[tuple[Conversation, Participant, datetime]]:
        """What rings, where, and until when; nothing where it rings for ever."""
        seconds = self._genesys.settings.alerting_seconds
        if seconds is None:
            return []
        limit = timedelta(seconds=seconds)
        live = [(one, one.live) for one in self._genesys.conversations]
        legs = [(one, leg) for one, stay in live if stay is not None for leg in stay.legs("alerting")]
        return [(one, leg, leg.started_at + limit) for one, leg in legs]

    def to_queue(self, conversation: Conversation, queue: Queue) -> None:
        """Whoever has the chat hands it to a queue."""
        stay = conversation.last
        told = self._hand_over(stay)
        told += self._wait(stay, queue)
        self._transferred(conversation, {"address": queue.id}, told)

    def to_agent(self, conversation: Conversation, agent: Agent) -> None:
        """Whoever has the chat hands it to an agent, who is rung."""
        stay = conversation.last
        told = self._hand_over(stay)
        told += self._ring(stay, agent)
        self._transferred(conversation, {"userId": agent.id}, told)

    def _hand_over(self, stay: Stay) -> list[Detail]:
        told: list[Detail] = []
        for leg in (*stay.legs("alerting"), *stay.legs("connected")):
            told += self._ended(leg, "transfer")
        waiting = stay.waiting
        if waiting is not None:
            self._over(waiting, "transfer")
            told.append(("acd.end", waiting, {"acdOutcome": "FLOW_OUT"}))
        return told

    def _transferred(self, conversation: Conversation, to: dict[str, str], told: Sequence[Detail]) -> None:
        conversation.transfers.append(
            {
                "id": new_id(),
                "state": "Complete",
                "dateIssued": self._genesys.written(self._now),
                "destination": to,
                "transferType": "Unattended",
            }
        )
        self._tell(conversation, told)

    # -------------------------------------------------------------------------------------------- ends
    def leave(self, conversation: Conversation, leg: Participant, kind: str = "client") -> None:
        """One leg that is not the customer's ends; the others stay."""
        self._tell(conversation, self._ended(leg, kind))

    def end(self, conversation: Conversation, kind: str, *, by: Participant | None = None) -> None:
        """The chat is over.

        ``by`` is the leg that ended it with this ``kind``; for the others, their peer did. Without ``by`` it
        is the same for all.
        """
        stay = conversation.last
        told: list[Detail] = []
        others = [one for one in stay.participants if one is not stay.customer and one.alive]
        for leg in (*others, stay.customer):
            told += self._ended(leg, kind if by is None or leg is by else "peer")
        self._tell(conversation, told)

    def _ended(self, leg: Participant, kind: str) -> list[Detail]:
        """End a leg; returns what is told of it."""
        self._over(leg, kind)
        events: dict[str, list[Detail]] = {
            "customer": [("customer.end", leg, {})],
            "acd": [("acd.end", leg, {"acdOutcome": "ABANDON"})],
            "agent": [("user.end", leg, {})],
            "workflow": [("flow.end", leg, {"exitReason": "DISCONNECT"})],
        }
        told = events[leg.purpose]
        if leg.purpose == "agent" and leg.connected_at is not None:
            told.append(("acw", leg, {"wrapupDurationMs": 0}))
        return told

    # ---------------------------------------------------------------------------------------- messages
    def write(self, conversation: Conversation, message: Message) -> None:
        """The organisation writes: the message is kept, and goes to the webhook."""
        message.status = "sent"
        self.keep(conversation, message)
        self._genesys.outbound.send(conversation, message)

    def keep(self, conversation: Conversation, message: Message) -> None:
        """Put a message into the conversation, with the customer and whoever is there."""
        stay = conversation.last
        conversation.messages.append(message)
        for leg in (stay.customer, *stay.legs("connected")):
            leg.messages.append(message)

    # ------------------------------------------------------------------------------------------- parts
    def _leg(
        self,
        purpose: Literal["customer", "workflow", "acd", "agent"],
        name: str,
        *,
        agent: Agent | None = None,
        queue: Queue | None = None,
        state: Literal["alerting", "connected"] = "connected",
        attributes: dict[str, str] | None = None,
    ) -> Participant:
        now = self._now
        return Participant(
            id=new_id(),
            session_id=new_id(),
            purpose=purpose,
            name=name,
            started_at=now,
            state=state,
            alerting_at=now if state == "alerting" else None,
            connected_at=now if state == "connected" else None,
            agent=agent,
            queue=queue,
            attributes=dict(attributes or {}),
        )

    def _over(self, leg: Participant, kind: str) -> None:
        leg.state, leg.disconnect, leg.ended_at = "disconnected", kind, self._now

    def _tell(self, conversation: Conversation, told: Sequence[Detail]) -> None:
        self._genesys.topics.tell(conversation, told)

    @property
    def _now(self) -> datetime:
        return self._genesys.clock.now()


def _first(attributes: dict[str, str], names: Sequence[str]) -> str | None:
    return next((attributes[name] for name in names if attributes.get(name)), None)


def _priority(value: str | None) -> int:
    try:
        read = int(value or 0)
    except ValueError:
        return 0
    return read if read in _PRIORITIES else 0


def _name(conversation: Conversation) -> str:
    sender = conversation.sender
    full = " ".join(str(sender[name]) for name in ("firstName", "lastName") if sender.get(name))
    return full or str(sender.get("nickname") or sender["id"])
