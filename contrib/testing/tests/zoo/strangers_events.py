"""Mistakes in what a vendor's events are made into: ids, ends, echoes, content."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    Chat,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    QueueUpdated,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.parley.events import SIGNATURE
from livechat_sdk_testing.parley.provider import ParleyProvider


def _envelope(event: ProviderEvent) -> dict[str, Any]:
    return {
        name: getattr(event, name)
        for name in ("id", "integration", "refs", "vendor_at", "received_at", "raw")
    }


def _changed(event: ProviderEvent, **fields: Any) -> ProviderEvent:
    return event.model_copy(update=fields)


class _Changing(ParleyProvider):
    """Makes something else of each event."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        events = super().read_webhook(delivery)
        return [made for event in events if (made := self.made_of(event, delivery)) is not None]

    @abstractmethod
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent | None: ...


# ---- ids


class TimeAsId(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return _changed(event, id=f"at-{event.vendor_at}")


class RandomId(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return _changed(event, id=str(uuid4()))


class SignatureAsId(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return _changed(event, id=hashlib.sha256((delivery.header(SIGNATURE) or "").encode()).hexdigest())


class ContentAsId(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        said = event.message.body if isinstance(event, MessageReceived) else ""
        content = f"{event.refs[0]} {event.kind} {said}"
        return _changed(event, id=hashlib.sha256(content.encode()).hexdigest())


class OnlyVendorRef(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return _changed(event, refs=event.refs[1:] or event.refs)


class EventIdAsMessageKey(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if not isinstance(event, MessageReceived):
            return event
        return _changed(event, message=event.message.model_copy(update={"key": event.id}))


# ---- the life of a chat


class LeftIsEnded(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return ChatEnded(**_envelope(event)) if isinstance(event, AgentLeft) else event


class TransferIsEnded(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return ChatEnded(**_envelope(event), why="other") if isinstance(event, ChatTransferred) else event


class AcceptedIsJoined(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, ChatAccepted):
            return AgentJoined(**_envelope(event), agent=Agent(id="unknown"))
        return event


class QueuedIsJoined(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, QueueUpdated):
            return AgentJoined(**_envelope(event), agent=Agent(id="queue"))
        return event


class AlwaysEndedByAgent(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, ChatEnded):
            return _changed(event, by="agent", why="resolved", raw_reason=None)
        return event


class UnknownRaises(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, UnknownEvent):
            raise KeyError(event.name)
        return event


class UnknownRefused(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, UnknownEvent):
            raise WebhookRejected("unknown event", status=400)
        return event


class PositionFromZero(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, QueueUpdated) and event.queue.position is not None:
            queue = event.queue.model_copy(update={"position": event.queue.position - 1})
            return _changed(event, queue=queue)
        return event


# ---- messages


class Echo(ParleyProvider):
    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        events = super().read_webhook(delivery)
        document = json.loads(delivery.body)
        if events or document.get("type") != "message.created":
            return events
        data, chat = document["data"], document["chat"]
        return [
            MessageReceived(
                id=document["id"],
                integration=self.name,
                refs=(chat["ref"], chat["id"]),
                received_at=delivery.received_at,
                message=Message(key=data["id"], body=data["text"]),
            )
        ]


class FailureIgnored(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent | None:
        return None if isinstance(event, MessageFailed) else event


class FailedIsDelivered(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, MessageFailed):
            return MessageDelivered(**_envelope(event), message_key=event.message_key)
        return event


class ReceiptByVendorId(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, MessageDelivered | MessageRead | MessageFailed) and event.raw is not None:
            return _changed(event, message_key=event.raw["data"]["message_id"])
        return event


class TypesForEver(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return _changed(event, on=True) if isinstance(event, TypingChanged) else event


class ChoicesLost(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, MessageReceived):
            return _changed(event, message=event.message.model_copy(update={"choices": ()}))
        return event


class FileWithoutTextLost(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent | None:
        return None if isinstance(event, MessageReceived) and not event.message.body else event


class TextWithFileLost(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, MessageReceived) and event.message.attachments:
            return _changed(event, message=event.message.model_copy(update={"body": ""}))
        return event


class LinesJoined(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, MessageReceived):
            body = " ".join(event.message.body.split())
            return _changed(event, message=event.message.model_copy(update={"body": body}))
        return event


class NaiveTimes(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        return _changed(
            event, vendor_at=None if event.vendor_at is None else event.vendor_at.replace(tzinfo=None)
        )


class AgentForgotten(_Changing):
    def made_of(self, event: ProviderEvent, delivery: WebhookDelivery) -> ProviderEvent:
        if isinstance(event, AgentJoined):
            return _changed(event, agent=Agent(id=event.agent.id, name=event.agent.id))
        return event


# ---- history


class _History(ParleyProvider):
    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        return self.mistaken(await super().history(chat, since))

    @abstractmethod
    def mistaken(self, found: Sequence[MessageReceived]) -> Sequence[MessageReceived]: ...


class NewestFirst(_History):
    def mistaken(self, found: Sequence[MessageReceived]) -> Sequence[MessageReceived]:
        return list(reversed(found))


class FirstPageOnly(_History):
    def mistaken(self, found: Sequence[MessageReceived]) -> Sequence[MessageReceived]:
        return found[:100]


class OtherKeyInHistory(_History):
    def mistaken(self, found: Sequence[MessageReceived]) -> Sequence[MessageReceived]:
        return [
            one.model_copy(
                update={"message": one.message.model_copy(update={"key": f"history-{one.message.key}"})}
            )
            for one in found
        ]


class FilesLostInHistory(_History):
    def mistaken(self, found: Sequence[MessageReceived]) -> Sequence[MessageReceived]:
        return [
            one.model_copy(update={"message": one.message.model_copy(update={"attachments": ()})})
            for one in found
        ]


class SinceRoundedUp(ParleyProvider):
    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        return await super().history(chat, since.replace(microsecond=0) + timedelta(seconds=1))


class HistoryHasOurs(ParleyProvider):
    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        found = await self._find_id(chat, "history")
        return [
            MessageReceived(
                **self._envelope(chat, found, message), message=Message(key=message.id, body=message.text)
            )
            async for message in self._messages(found, since - timedelta(milliseconds=1))
        ]


_MADE: Sequence[tuple[type[ParleyProvider], str]] = (
    (TimeAsId, "The vendor's time is the event's id: two events of one millisecond are one."),
    (RandomId, "Each delivery gets an id of its own: a repeated webhook passes as a new event."),
    (SignatureAsId, "The id is made from the signature, whose time is new at each repetition."),
    (ContentAsId, "The id is a hash of chat, kind and text: an agent's second 'ok' is taken for the first."),
    (
        OnlyVendorRef,
        (
            "Events name the chat by the vendor's id only: what comes before the answer to open, or"
            " after it was lost, belongs to nobody."
        ),
    ),
    (EventIdAsMessageKey, "The message's key is the event's id, so the history shows the message again."),
    (LeftIsEnded, "An agent who leaves ends the chat."),
    (TransferIsEnded, "A transfer ends the chat (release notes of Cognigy)."),
    (AcceptedIsJoined, "A request that was accepted counts as an agent who is there."),
    (QueuedIsJoined, "A chat in the queue is shown as joined."),
    (AlwaysEndedByAgent, "Whoever ends it, the agent resolved it (microsoft/omnichannel-chat-sdk#521)."),
    (UnknownRaises, "A kind of event that is new raises KeyError."),
    (
        UnknownRefused,
        (
            "A kind of event that is new is refused with 400: the vendor repeats it, then switches"
            " the webhook off."
        ),
    ),
    (PositionFromZero, "The position in the queue is counted from 0."),
    (Echo, "The end user's own messages come back as the agent's (mailroom twilioflex2)."),
    (FailureIgnored, "That the vendor took a message back is not told."),
    (FailedIsDelivered, "Every fate of a message is read as delivered."),
    (ReceiptByVendorId, "Receipts name the message by the vendor's id, which is not our key."),
    (TypesForEver, "That the agent stopped typing is read as typing."),
    (ChoicesLost, "Quick replies of the agent are left out."),
    (FileWithoutTextLost, "A message without text is taken for nothing: the agent's file is lost."),
    (TextWithFileLost, "The text beside a file of the agent is lost."),
    (LinesJoined, "White space of the agent's text is put in order: lines and lists become one."),
    (NaiveTimes, "Times have no zone."),
    (AgentForgotten, "The agent's id is shown as the name."),
    (NewestFirst, "The history is told newest first."),
    (FirstPageOnly, "The history ends with the first page (Botpress)."),
    (OtherKeyInHistory, "The key of a message is another one in the history: it is shown twice."),
    (FilesLostInHistory, "Messages of the history come without their files."),
    (SinceRoundedUp, "The question since when is rounded up to whole seconds: messages are missed."),
    (HistoryHasOurs, "The history gives back what the end user wrote, as the agent's."),
)

BUGS = [
    PlantedBug(f"stranger: {provider.__name__}", what, partial(ParleyRig, provider=provider))
    for provider, what in _MADE
]
