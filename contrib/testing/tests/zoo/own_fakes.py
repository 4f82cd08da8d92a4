"""Mistakes that need a vendor of another kind: one that is polled, that streams, with a shared key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar

from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import AgentJoined, Chat, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.errors import ProviderError, WebhookRejected
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage, Polled, Sent
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.hostile_rig import HostileRig
from livechat_sdk_testing.conformance.rig import MakeRig
from livechat_sdk_testing.conformance.toy_rig import ToyRig
from livechat_sdk_testing.hostile import (
    HostileProvider,
    PollProvider,
    StreamProvider,
    Traits,
    WebhookProvider,
)
from livechat_sdk_testing.hostile.webhook import SIGNATURE_HEADER
from livechat_sdk_testing.toy import ToyProvider


def _toy(provider: type[ToyProvider]) -> MakeRig:
    def make(clock: VirtualClock) -> ToyRig:
        return ToyRig(clock, provider)

    return make


def _hostile(provider: type[HostileProvider], **traits: Any) -> MakeRig:
    kinds: dict[type[HostileProvider], Inbound] = {
        PollProvider: Inbound.POLL,
        StreamProvider: Inbound.STREAM,
        WebhookProvider: Inbound.WEBHOOK,
    }
    inbound = next(kind for base, kind in kinds.items() if issubclass(provider, base))

    def make(clock: VirtualClock) -> HostileRig:
        base = type(provider.__name__, (provider,), {})
        return HostileRig(clock, Traits(inbound=inbound, **traits), provider=base)

    return make


class CursorInMemory(PollProvider):
    """Keeps the cursor in the object, not in the chat."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._cursors: dict[str, int] = {}

    async def poll(self, chat: Chat) -> Polled:
        known = chat.model_copy(update={"state": {"cursor": self._cursors.get(chat.ref, 0)}})
        polled = await super().poll(known)
        self._cursors[chat.ref] = int(polled.chat.state["cursor"])
        numbered = [
            event.model_copy(update={"id": f"{id(self)}-{event.id}"})  # ids start again with the process
            for event in polled.events
        ]
        return polled.model_copy(update={"chat": chat, "events": tuple(numbered)})


class CookieInState(PollProvider):
    """Keeps the cookie where everybody can read it."""

    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening)
        cookie = chat.secrets["cookie"].get_secret_value()
        return chat.model_copy(update={"state": {**chat.state, "cookie": cookie}})


class SkipsTheLast(PollProvider):
    """Leaves the last event of each answer for a next time that never comes."""

    async def poll(self, chat: Chat) -> Polled:
        polled = await super().poll(chat)
        return polled.model_copy(update={"events": polled.events[:-1]})


class StreamNewestFirst(StreamProvider):
    """Hands over what it has gathered in the wrong order."""

    async def listen(self) -> AsyncIterator[ProviderEvent]:
        kept: list[ProviderEvent] = []
        async for event in super().listen():
            kept.append(event)
            if len(kept) >= 2 or event.kind != "message_received":
                while kept:
                    yield kept.pop()


class StopsAtUnknown(StreamProvider):
    """Ends its stream at an event that it does not know."""

    async def listen(self) -> AsyncIterator[ProviderEvent]:
        async for event in super().listen():
            if event.kind == "unknown_event":
                raise ValueError("what is this?")
            yield event


class SignsTheDocument(WebhookProvider):
    """Checks the signature over the document as it writes it."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        try:
            body = json.dumps(json.loads(delivery.body)).encode()
        except (ValueError, RecursionError):
            body = delivery.body
        return super().read_webhook(
            WebhookDelivery(delivery.method, delivery.path, delivery.headers, body, delivery.received_at)
        )


class KeyStartsWith(ToyProvider):
    """Compares the beginning of the key."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        given = delivery.header("x-toy-key") or ""
        keys = self.settings.webhook_key or ()
        fits = next((key for key in keys if given and key.get_secret_value().startswith(given)), None)
        if fits is None:
            raise WebhookRejected("wrong key")
        return super().read_webhook(
            WebhookDelivery(
                delivery.method,
                delivery.path,
                {**delivery.headers, "x-toy-key": fits.get_secret_value()},
                delivery.body,
                delivery.received_at,
            )
        )


class NoSecretNoCheck(ToyProvider):
    """Without a key in the settings, everybody may speak."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        if self.settings.webhook_key is None:
            return [self._translate(json.loads(delivery.body), delivery.received_at)]
        return super().read_webhook(delivery)


class ContentTypeDecides(ToyProvider):
    """Takes an odd content type for a wrong proof."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        if delivery.header("content-type") != "application/json":
            raise WebhookRejected("no JSON")
        return super().read_webhook(delivery)


class TypingIsAMessage(ToyProvider):
    """Tells the agent in words that the end user types."""

    async def typing(self, chat: Chat, *, on: bool) -> None:
        await super().typing(chat, on=on)
        if on:
            await self.send(chat, PlannedMessage(key="typing", body="…", sent_at=self.context.now()))


class KeysOfAllChats(ToyProvider):
    """Knows a key again, in whatever chat it was."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        if any(part.key == message.key for _, part in self.vendor.received):
            return Sent(vendor_id="known")
        return await super().send(chat, message)


class Polite(ToyProvider):
    """Takes blanks off the ends, and lines out of the middle."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        return await super().send(chat, message.model_copy(update={"body": " ".join(message.body.split())}))


class DeclaresHistory(WebhookProvider):
    """Declares a history and has none."""

    async def history(self, chat: Chat, since: Any) -> Any:
        return []


class TogetherNotInOrder(ToyProvider):
    """Hands messages to tasks, which may overtake each other."""

    waiting: ClassVar[list[Callable[[], Any]]] = []

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        waiting = self.waiting
        waiting.append(lambda: self.vendor.received.append((chat.ref, message)))
        if len(waiting) >= 2:
            while waiting:
                waiting.pop()()
        return Sent(vendor_id=f"toy-{message.key}")


class ForgetsReceipts(ToyProvider):
    """Declares receipts to the agent's side and forgets them."""

    async def receipt(self, chat: Chat, receipt: Any) -> None:
        return None


class ForgetsTheQueue(ToyProvider):
    """Opens every chat in the queue of its settings."""

    async def open(self, opening: ChatOpening) -> Chat:
        route = opening.route.model_copy(update={"queue": None})
        return await super().open(opening.model_copy(update={"route": route}))


class KeepsTheRequest(ToyProvider):
    """Keeps the whole request with the event, its key included."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        request = {"headers": dict(delivery.headers), "body": delivery.body.decode(errors="replace")}
        return [event.model_copy(update={"raw": request}) for event in super().read_webhook(delivery)]


class NamesAgentsByTheirIds(StreamProvider):
    """Shows the id of an agent who joins as the name."""

    async def listen(self) -> AsyncIterator[ProviderEvent]:
        async for event in super().listen():
            if isinstance(event, AgentJoined):
                agent = event.agent.model_copy(update={"name": event.agent.id})
                yield event.model_copy(update={"agent": agent})
            else:
                yield event


class OnlyTheirReference(PollProvider):
    """Leaves our reference out of events, though the vendor tells it."""

    async def poll(self, chat: Chat) -> Polled:
        polled = await super().poll(chat)
        theirs = [event.model_copy(update={"refs": event.refs[1:]}) for event in polled.events]
        return polled.model_copy(update={"events": tuple(theirs)})


class IdOfTheHour(WebhookProvider):
    """Puts the time at which a webhook came into the id of its event."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        at = delivery.received_at.isoformat()
        return [
            event.model_copy(update={"id": f"{event.id}-{at}"}) for event in super().read_webhook(delivery)
        ]


class ComparesText(WebhookProvider):
    """Compares signatures as text, which raises for a character outside ASCII."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        given = delivery.header(SIGNATURE_HEADER) or ""
        for key in self.settings.webhook_key or ():
            secret = key.get_secret_value().encode()
            hmac.compare_digest(given, hmac.new(secret, delivery.body, hashlib.sha256).hexdigest())
        return super().read_webhook(delivery)


class TellsTheDifference(WebhookProvider):
    """Says how a signature differs from the right one."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        try:
            return super().read_webhook(delivery)
        except WebhookRejected as error:
            keys = self.settings.webhook_key or ()
            right = [hmac.new(k.get_secret_value().encode(), delivery.body, hashlib.sha256) for k in keys]
            told = ", ".join(one.hexdigest() for one in right)
            raise WebhookRejected(f"{error.reason}: not one of {told}", status=error.status) from None


class SaysItIsClosed(WebhookProvider):
    """Closes nothing where the vendor's id of the chat is not known, and does not say so."""

    async def close(self, chat: Chat, reason: EndReason) -> None:
        if chat.vendor_ref is not None:
            await super().close(chat, reason)


class QuotesTheEndUser(PollProvider):
    """Says in an error what could not be sent."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except ProviderError as error:
            error.args = (f"{error}: {message.body}",)
            raise


BUGS: list[PlantedBug] = [
    PlantedBug("cursor_in_memory", "the cursor of polls dies with the process", _hostile(CursorInMemory)),
    PlantedBug("cookie_in_state", "a cookie is stored in clear", _hostile(CookieInState)),
    PlantedBug("skips_the_last", "the last event of a poll is lost", _hostile(SkipsTheLast)),
    PlantedBug("stream_newest_first", "a stream hands over in the wrong order", _hostile(StreamNewestFirst)),
    PlantedBug("stops_at_unknown", "a stream ends at an unknown event", _hostile(StopsAtUnknown)),
    PlantedBug(
        "signs_the_document", "the signature is checked over another body", _hostile(SignsTheDocument)
    ),
    PlantedBug("key_starts_with", "part of a key is enough", _toy(KeyStartsWith)),
    PlantedBug("no_secret_no_check", "no secret, no check (simstudioai/sim#4612)", _toy(NoSecretNoCheck)),
    PlantedBug("content_type_decides", "an odd content type is a wrong proof", _toy(ContentTypeDecides)),
    PlantedBug("typing_is_a_message", "typing becomes a message", _toy(TypingIsAMessage)),
    PlantedBug("keys_of_all_chats", "keys are unique over all chats", _toy(KeysOfAllChats)),
    PlantedBug("tidies_text", "text is tidied up", _toy(Polite)),
    PlantedBug(
        "declares_history", "a history is declared that is empty", _hostile(DeclaresHistory, history=True)
    ),
    PlantedBug("in_tasks", "messages overtake each other", _toy(TogetherNotInOrder)),
    PlantedBug("forgets_the_queue", "the route's queue is not told", _toy(ForgetsTheQueue)),
    PlantedBug("keeps_the_request", "events hold the headers of their webhook", _toy(KeepsTheRequest)),
    PlantedBug("ids_for_names", "an agent's id is shown as the name", _hostile(NamesAgentsByTheirIds)),
    PlantedBug("only_their_reference", "events leave our reference out", _hostile(OnlyTheirReference)),
    PlantedBug("id_of_the_hour", "a webhook that is repeated has another id", _hostile(IdOfTheHour)),
    PlantedBug("compares_text", "a signature outside ASCII raises TypeError", _hostile(ComparesText)),
    PlantedBug("tells_the_difference", "a refusal tells the right signature", _hostile(TellsTheDifference)),
    PlantedBug("says_it_is_closed", "a chat that cannot be named is not closed", _hostile(SaysItIsClosed)),
    PlantedBug("quotes_the_end_user", "an error quotes the end user", _hostile(QuotesTheEndUser)),
    PlantedBug("forgets_receipts", "receipts are declared and dropped", _toy(ForgetsReceipts)),
]
