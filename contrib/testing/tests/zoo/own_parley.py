"""Mistakes that adapters over HTTP have made, planted into the one of Parley.

Those with a name and number are public: they happened in the project that is named.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    Chat,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    UnknownEvent,
)
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError, WebhookRejected
from livechat_sdk.provider.interface import (
    Availability,
    ChatDetails,
    ChatOpening,
    ChatStatus,
    PlannedMessage,
    Sent,
)
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import MakeRig
from livechat_sdk_testing.parley.events import prove, translate
from livechat_sdk_testing.parley.provider import ParleyProvider

logger = logging.getLogger("livechat_sdk.parley.buggy")


def _rig(provider: type[ParleyProvider]) -> MakeRig:
    def make(clock: VirtualClock) -> ParleyRig:
        return ParleyRig(clock, provider)

    return make


def _each(change: Callable[[ProviderEvent], ProviderEvent | None]) -> type[ParleyProvider]:
    """An adapter whose events are changed one by one."""

    class Changed(ParleyProvider):
        def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
            found = [change(event) for event in super().read_webhook(delivery)]
            return [event for event in found if event is not None]

    return Changed


def _as(kind: type[Any], event: ProviderEvent, **fields: Any) -> Any:
    envelope = {
        name: getattr(event, name)
        for name in ("id", "integration", "refs", "vendor_at", "received_at", "raw")
    }
    return kind(**envelope, **fields)


def _transfer_is_end(event: ProviderEvent) -> ProviderEvent:
    ended: ProviderEvent = _as(ChatEnded, event)
    return ended if isinstance(event, ChatTransferred) else event


def _leaving_is_end(event: ProviderEvent) -> ProviderEvent:
    ended: ProviderEvent = _as(ChatEnded, event)
    return ended if isinstance(event, AgentLeft) else event


def _accepted_is_joined(event: ProviderEvent) -> ProviderEvent:
    if isinstance(event, ChatAccepted):
        joined: ProviderEvent = _as(AgentJoined, event, agent=Agent(id="somebody"))
        return joined
    return event


def _every_end_is_the_agents(event: ProviderEvent) -> ProviderEvent:
    return event.model_copy(update={"by": "agent"}) if isinstance(event, ChatEnded) else event


def _id_of_the_words(event: ProviderEvent) -> ProviderEvent:
    if isinstance(event, MessageReceived):
        return event.model_copy(update={"id": f"text-{hash(event.message.body)}"})
    return event


def _receipts_name_their_id(event: ProviderEvent) -> ProviderEvent:
    raw = event.raw or {}
    if isinstance(event, MessageRead):
        return event.model_copy(update={"message_key": raw["data"]["message_id"]})
    return event


def _unknown_is_dropped(event: ProviderEvent) -> ProviderEvent | None:
    return None if isinstance(event, UnknownEvent) else event


def _markup_is_escaped(event: ProviderEvent) -> ProviderEvent:
    if isinstance(event, MessageReceived):
        body = event.message.body.replace("&", "&amp;").replace("<", "&lt;")
        return event.model_copy(update={"message": event.message.model_copy(update={"body": body})})
    return event


def _time_of_the_delivery(event: ProviderEvent) -> ProviderEvent:
    if not isinstance(event, MessageReceived):
        return event
    return event.model_copy(
        update={"message": event.message.model_copy(update={"sent_at": event.received_at})}
    )


class EchoByName(ParleyProvider):
    """Everybody who has the visitor's name is taken for the visitor."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        found = super().read_webhook(delivery)
        return [
            event
            for event in found
            if not (isinstance(event, MessageReceived) and event.agent and event.agent.name == "Maria Pappa")
        ]


class EchoAsAgent(ParleyProvider):
    """Does not look who wrote."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        body = delivery.body.replace(b'"from": "visitor"', b'"from": "system"')
        prove(delivery, self.settings.webhook_key)
        other = WebhookDelivery(delivery.method, delivery.path, delivery.headers, body, delivery.received_at)
        return translate(other, self.name)


class NoHeaderNoCheck(ParleyProvider):
    """Checks the signature if there is one."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        if delivery.header("Parley-Signature"):
            prove(delivery, self.settings.webhook_key)
        return translate(delivery, self.name)


class AnyTime(ParleyProvider):
    """Checks the signature, and not when it was made."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        at = (delivery.header("Parley-Signature") or "").partition("t=")[2].partition(",")[0]
        if at.isdecimal() and len(at) < 12:
            received = datetime.fromtimestamp(int(at), tz=delivery.received_at.tzinfo)
            prove(
                WebhookDelivery(delivery.method, delivery.path, delivery.headers, delivery.body, received),
                self.settings.webhook_key,
            )
            return translate(delivery, self.name)
        raise WebhookRejected("no time")


class FirstSecretOnly(ParleyProvider):
    """Forgets that there are two secrets while one is changed."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        prove(delivery, self.settings.webhook_key[:1])
        return translate(delivery, self.name)


class ParseFirst(ParleyProvider):
    """Reads the body before it is proved, and tells what is wrong with it."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        try:
            json.loads(delivery.body)
        except ValueError as error:
            raise WebhookRejected("no JSON", status=400) from error
        return super().read_webhook(delivery)


class OneSecretForAll(ParleyProvider):
    """Keeps the secret in the class: the last integration wins."""

    keys: ClassVar[Any] = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        type(self).keys = self.settings.webhook_key

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        prove(delivery, type(self).keys)
        return translate(delivery, self.name)


class NamedByType(ParleyProvider):
    """Names events by the type of the integration."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        prove(delivery, self.settings.webhook_key)
        return translate(delivery, self.type)


class RepeatsByItself(ParleyProvider):
    """Tries a send three times, whatever went wrong."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        for _ in range(2):
            try:
                return await super().send(chat, message)
            except RetryableError:
                continue
        return await super().send(chat, message)


class NothingIsEverSent(ParleyProvider):
    """Says of every failure that nothing left."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except ProviderError as error:
            error.sent = False
            raise


class ThrottledIsRefused(ParleyProvider):
    """Takes a 429 for a no."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except RetryableError as error:
            if error.status != 429:
                raise
            raise RejectedError(str(error), status=429) from None


class ForgetsTheWish(ParleyProvider):
    """Drops ``Retry-After``."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except ProviderError as error:
            error.retry_after = None
            raise


class SwallowsErrors(ParleyProvider):
    """Logs what goes wrong, and goes on."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except RejectedError:
            logger.warning("a message was not taken")
            return Sent()


class CutsText(ParleyProvider):
    """Cuts what is too long, so that it fits."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        limit = self.capabilities.text_limit or 0
        return await super().send(chat, message.model_copy(update={"body": message.body[:limit]}))


class TextWithEachFile(ParleyProvider):
    """Sends the text with every file, and once alone."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        for number, file in enumerate(message.attachments):
            part = message.model_copy(update={"attachments": (file,), "key": f"{message.key}.f{number}"})
            await super().send(chat, part)
        return await super().send(chat, message.model_copy(update={"attachments": ()}))


class SkipsFailedFiles(ParleyProvider):
    """Leaves a file out that cannot be handed over."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        kept: list[Attachment] = []
        for file in message.attachments:
            try:
                await self._files.hand_over(file)
            except ProviderError:
                logger.warning("a file was left out")
            else:
                kept.append(file)
        return await super().send(chat, message.model_copy(update={"attachments": tuple(kept)}))


class UnknownIsZero(ParleyProvider):
    """Reads "not known" as nobody."""

    async def availability(self, route: Route) -> Availability:
        found = await super().availability(route)
        return found.model_copy(update={"agents": "no"}) if found.agents == "unknown" else found


class ErrorIsNobody(ParleyProvider):
    """Answers no when the vendor cannot be asked."""

    async def availability(self, route: Route) -> Availability:
        try:
            return await super().availability(route)
        except ProviderError:
            return Availability(agents="no")


class FirstPage(ParleyProvider):
    """Reads one page of the history."""

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        return (await super().history(chat, since))[:50]


class NewestFirst(ParleyProvider):
    """Returns the history as some vendors list it."""

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        return list(reversed(await super().history(chat, since)))


class HistoryWithKeysOfItsOwn(ParleyProvider):
    """Gives messages of the history other keys than their events have."""

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        return [
            event.model_copy(
                update={"message": event.message.model_copy(update={"key": f"history-{event.message.key}"})}
            )
            for event in await super().history(chat, since)
        ]


class TranscriptOfTen(ParleyProvider):
    """Sends the first page of what was said before."""

    async def open(self, opening: ChatOpening) -> Chat:
        return await super().open(opening.model_copy(update={"transcript": opening.transcript[:10]}))


class TranscriptAsMessages(ParleyProvider):
    """Replays the transcript as messages of the end user."""

    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening.model_copy(update={"transcript": ()}))
        for number, line in enumerate(opening.transcript):
            if line.author == "bot" or not line.body:
                continue
            await super().send(
                chat, PlannedMessage(key=f"t-{number}", body=line.body, sent_at=opening.requested_at)
            )
        return chat


class OpensAnew(ParleyProvider):
    """Gives every call of open a reference of its own."""

    calls = 0

    async def open(self, opening: ChatOpening) -> Chat:
        type(self).calls += 1
        other = opening.model_copy(update={"ref": f"{opening.ref}-{type(self).calls}"})
        return (await super().open(other)).model_copy(update={"ref": opening.ref})


class ChatsInMemory(ParleyProvider):
    """Keeps the vendor's ids in memory."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._known: dict[str, str | None] = {}

    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening)
        self._known[chat.ref] = chat.vendor_ref
        return chat

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        return await super().send(chat.model_copy(update={"vendor_ref": self._known[chat.ref]}), message)


class GhostIsEnded(ParleyProvider):
    """Takes "not found" for an end."""

    async def status(self, chat: Chat) -> ChatStatus:
        try:
            return await super().status(chat)
        except RejectedError:
            return ChatStatus(state="ended", ended=EndReason(by="agent", why="resolved"))


class CloseOnce(ParleyProvider):
    """Takes a chat that is over already for an error."""

    async def close(self, chat: Chat, reason: EndReason) -> None:
        if (await super().status(chat)).state == "ended":
            raise RejectedError("it is over already", status=409)
        await super().close(chat, reason)


class LogsItsSecrets(ParleyProvider):
    """Logs what it was set up with."""

    async def open(self, opening: ChatOpening) -> Chat:
        logger.debug("opening with secret %s", self.settings.client_secret[0].get_secret_value())
        return await super().open(opening)


class AnyMessageWillDo(ParleyProvider):
    """Finds any message when it is asked for one."""

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        return bool([one async for one in self._messages(await self._find_id(chat, "look_up"), _EPOCH)])


class AddsDetails(ParleyProvider):
    """Tells details as messages."""

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        for answer in details.survey:
            body = f"{answer.question} {answer.answer}"
            await super().send(chat, PlannedMessage(key=answer.id, body=body, sent_at=self.context.now()))


class ClosesInVain(ParleyProvider):
    """Swallows whatever goes wrong with a close."""

    async def close(self, chat: Chat, reason: EndReason) -> None:
        with suppress(ProviderError):
            await super().close(chat, reason)


class SentAnyway(ParleyProvider):
    """Takes a time-out for a success."""

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        with suppress(RetryableError):
            return await super().send(chat, message)
        return Sent()


def _one_id_for_typing(event: ProviderEvent) -> ProviderEvent:
    return (
        event.model_copy(update={"id": f"typing-{event.refs[0]}"})
        if event.kind == "typing_changed"
        else event
    )


class SaysItDedupes(ParleyProvider):
    """Declares what the vendor does not promise."""

    capabilities: ClassVar[Capabilities] = ParleyProvider.capabilities.model_copy(
        update={"dedupes_by_key": True}
    )


_EPOCH = datetime.fromisoformat("2020-01-01T00:00:00+00:00")

BUGS: list[PlantedBug] = [
    PlantedBug("transfer_is_end", "a transfer is told as the end (Cognigy)", _rig(_each(_transfer_is_end))),
    PlantedBug("leaving_is_end", "an agent who leaves ends the chat", _rig(_each(_leaving_is_end))),
    PlantedBug("accepted_is_joined", "accepting is told as joining", _rig(_each(_accepted_is_joined))),
    PlantedBug(
        "every_end_is_the_agents",
        "the end user's end is told as the agent's (microsoft/omnichannel-chat-sdk#521)",
        _rig(_each(_every_end_is_the_agents)),
    ),
    PlantedBug("id_of_the_words", "events with the same words have one id", _rig(_each(_id_of_the_words))),
    PlantedBug(
        "receipts_name_their_id", "receipts name the vendor's id", _rig(_each(_receipts_name_their_id))
    ),
    PlantedBug(
        "time_of_the_delivery",
        "the time of a message is that of its delivery",
        _rig(_each(_time_of_the_delivery)),
    ),
    PlantedBug("unknown_is_dropped", "unknown events vanish", _rig(_each(_unknown_is_dropped))),
    PlantedBug("markup_is_escaped", "text is escaped on the way", _rig(_each(_markup_is_escaped))),
    PlantedBug("echo_by_name", "echoes are told by a display name (mailroom)", _rig(EchoByName)),
    PlantedBug("echo_as_agent", "our own words come back as an agent's", _rig(EchoAsAgent)),
    PlantedBug("no_header_no_check", "no header, no check (n8n-io/n8n#25011)", _rig(NoHeaderNoCheck)),
    PlantedBug("any_time", "the signed time is not looked at", _rig(AnyTime)),
    PlantedBug("first_secret_only", "the old secret is refused during a change", _rig(FirstSecretOnly)),
    PlantedBug("parse_first", "the body is read before it is proved", _rig(ParseFirst)),
    PlantedBug("one_secret_for_all", "the class keeps the secret", _rig(OneSecretForAll)),
    PlantedBug("named_by_type", "events are named by type (botpress/botpress#15318)", _rig(NamedByType)),
    PlantedBug("repeats_by_itself", "a send is repeated after a time-out", _rig(RepeatsByItself)),
    PlantedBug("nothing_is_ever_sent", "a time-out is told as never left", _rig(NothingIsEverSent)),
    PlantedBug("throttled_is_refused", "429 is a refusal", _rig(ThrottledIsRefused)),
    PlantedBug("forgets_the_wish", "Retry-After is dropped", _rig(ForgetsTheWish)),
    PlantedBug("swallows_errors", "a refused message is told as sent", _rig(SwallowsErrors)),
    PlantedBug("cuts_text", "long text is cut in silence", _rig(CutsText)),
    PlantedBug("text_with_each_file", "text is sent with each file (mailroom)", _rig(TextWithEachFile)),
    PlantedBug("skips_failed_files", "a file that fails is left out (mailroom)", _rig(SkipsFailedFiles)),
    PlantedBug("unknown_is_zero", "not known is nobody (Cognigy)", _rig(UnknownIsZero)),
    PlantedBug("error_is_nobody", "an error is nobody", _rig(ErrorIsNobody)),
    PlantedBug("first_page", "one page of the history is read (Botpress)", _rig(FirstPage)),
    PlantedBug("newest_first", "the history is newest first", _rig(NewestFirst)),
    PlantedBug("history_keys", "the history has keys of its own", _rig(HistoryWithKeysOfItsOwn)),
    PlantedBug("transcript_of_ten", "ten lines of the transcript are sent", _rig(TranscriptOfTen)),
    PlantedBug("transcript_as_messages", "the transcript becomes messages", _rig(TranscriptAsMessages)),
    PlantedBug("opens_anew", "opening again is another chat", _rig(OpensAnew)),
    PlantedBug("chats_in_memory", "the vendor's ids are in memory", _rig(ChatsInMemory)),
    PlantedBug("ghost_is_ended", "not found is ended", _rig(GhostIsEnded)),
    PlantedBug("close_once", "closing twice is an error", _rig(CloseOnce)),
    PlantedBug("logs_its_secrets", "a secret is logged", _rig(LogsItsSecrets)),
    PlantedBug("any_message_will_do", "a look-up finds any message", _rig(AnyMessageWillDo)),
    PlantedBug("adds_details", "details become messages", _rig(AddsDetails)),
    PlantedBug("closes_in_vain", "a close that fails is told as done", _rig(ClosesInVain)),
    PlantedBug("sent_anyway", "a time-out is told as sent", _rig(SentAnyway)),
    PlantedBug("one_id_for_typing", "typing has one id in a chat", _rig(_each(_one_id_for_typing))),
    PlantedBug("says_it_dedupes", "deduping is declared and not so", _rig(SaysItDedupes)),
]
