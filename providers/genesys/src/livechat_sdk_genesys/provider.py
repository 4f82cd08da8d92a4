"""The provider ``GENESYS_LIVECHAT``: one method for each thing that Genesys can do."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat, MessageReceived, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.domain.messages import Attachment, UserReceipt
from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.files import VendorFile
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import (
    Availability,
    ChatDetails,
    ChatOpening,
    ChatProvider,
    ChatStatus,
    PlannedMessage,
    ProviderHost,
    Sent,
)
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_genesys.api import Api
from livechat_sdk_genesys.checking import check
from livechat_sdk_genesys.events import message_again, message_id_of, prove, translate
from livechat_sdk_genesys.hours.reading import ScheduledHours
from livechat_sdk_genesys.legs import facts_of
from livechat_sdk_genesys.listening import Listener
from livechat_sdk_genesys.offers import Offers
from livechat_sdk_genesys.opening import Opener, names_of, ours_of
from livechat_sdk_genesys.queues import Queues
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.standing import status_of
from livechat_sdk_genesys.told import details_of
from livechat_sdk_genesys.wire import TEXT_LIMIT, WireConversation, time_text

__all__ = ["FILE_LIMIT", "GenesysProvider"]

_log = logging.getLogger("livechat_sdk_genesys")

_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404

FILE_LIMIT: Final = 25_000_000
"""Bytes: 25 MB, taken at its smallest meaning."""

_TRUSTED: Final = timedelta(seconds=5)
"""For so long a conversation that was seen to go on is taken to do so."""

_TRUSTED_WITH_STREAM: Final = timedelta(seconds=60)
"""The same where its end would be heard of."""

_MOST_SEEN: Final = 10_000
_LEFT: Final = "left"
_MEDIA: Final = {"image": "Image", "video": "Video", "audio": "Audio"}
_LONGEST_NAME: Final = 200


class GenesysProvider(ChatProvider[GenesysSettings]):
    """Begins conversations of Open Messaging; hears messages by webhooks, and the rest by notifications.

    Nothing at Genesys is deduped by a key of ours: a message carries it in its ``messageId``, by which it is
    looked up. ``Chat.state`` holds ``from``, who the end user is to Genesys, and ``opened``, when; and
    ``conversation`` where the answer to the opening did not name it.
    """

    type: ClassVar[str] = "GENESYS_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.WEBHOOK,
        stream=True,
        webhook_auth=WebhookAuth.BODY_HMAC,
        typing_to_agent=True,
        typing_to_user=True,
        receipts_to_agent=True,
        attachment_types=("*/*",),
        attachment_limit=FILE_LIMIT,
        attachment_links="fetch",  # how long they last, and whether they want a token, is not documented
        text_limit=TEXT_LIMIT,
        transfer=True,
        availability=True,
        update=True,
        looks_up_by_key=True,
        lookup_lag=5.0,  # none is stated: so much that a request on its way has arrived
        send_before_join=True,
        tells_order=True,
        closes=True,
        history=True,
        status=True,
        redelivers_for=85.0,
    )

    def __init__(self, context: IntegrationContext, settings: GenesysSettings) -> None:
        super().__init__(context, settings)
        if settings.text_limit != TEXT_LIMIT:  # of this integration alone
            own = type(self).capabilities.model_copy(update={"text_limit": settings.text_limit})
            vars(self)["capabilities"] = own
        self._api = Api(self.type, settings)
        self._opener = Opener(self._api, settings)
        self._offers = Offers()
        self._seen_open: dict[str, datetime] = {}
        self._delivered: OrderedDict[str, None] = OrderedDict()
        """Messages that are known to be told as delivered. What is forgotten is told again."""
        self._left: set[str] = set()
        """Farewells that were said here."""
        self._queues = Queues(self._api, settings)
        group = settings.schedule_group
        self._hours = None if group is None else ScheduledHours(self._api, self.name, group, context.now)
        self._host: ProviderHost | None = None
        self._listener = Listener(self._api, settings, self.name, chats=self._open_chats, ended=self._forget)

    async def start(self, host: ProviderHost) -> None:
        """Remember who knows which chats are open."""
        self._host = host

    async def stop(self) -> None:
        """Close the connections."""
        if self._hours:
            await self._hours.stop()
        await self._api.close()

    async def open(self, opening: ChatOpening) -> Chat:
        """Say who asks and what for, and what was said before.

        May be called again: the conversation is the same, the first words are there twice, the rest once.
        """
        chat = await self._opener.open(opening, self.name, self.context.now())
        if chat.vendor_ref is not None:
            self._listener.opened(chat.vendor_ref, chat.ref)
        return chat

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Post a message of the end user: one post, or one for each file.

        A message to a conversation that is over would begin it anew: so whether it goes on is asked first,
        unless it was seen a moment ago. Posts of a message with several files are looked for first: a
        repetition makes what is missing.
        """
        files = message.attachments
        with _before_it_leaves():
            await self._must_go_on(chat)
            there = await self._parts_there(chat, message) if len(files) > 1 else frozenset[str]()
        if not files and (answer := await self._picked(chat, message)) is not None:
            return answer
        sent: str | None = None
        patch: dict[str, Any] = {}
        for number, (part_id, content) in enumerate(_posts(chat.ref, message), 1):
            if part_id in there:
                continue
            unknown = _conversation_of(chat) is None
            try:
                made = await self._api.message(
                    "send", self._body(chat, part_id, message.sent_at) | content, prefetch=unknown
                )
            except ProviderError as error:
                if number > 1 and error.sent is False:
                    error.sent = None  # an earlier part is there
                raise
            sent = made.id
            if unknown and made.conversation_id is not None:
                patch = {"conversation": made.conversation_id}
        return Sent(vendor_id=sent, patch=patch)

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """Let the customer leave, which ends the conversation. What is over already is closed.

        Raises ``RejectedError`` when the conversation is not known: it may be open. ``AuthError`` when the
        right to end conversations is missing: then it stays open there, and the agents are told in words.
        """
        conversation = self._conversation(chat, "close")
        try:
            found = await self._api.conversation("close", conversation)
        except RejectedError as error:
            if error.status == _NOT_FOUND:
                return
            raise
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            # Who is in it may not be asked; whether it goes on, the stream knows.
            await self._leave(chat, self._api.end(conversation), goes_on=self.vouches_for(chat))
        else:
            for leg in facts_of(found).legs:
                if leg.kind == "customer" and leg.is_there:
                    await self._leave(chat, self._api.disconnect(conversation, leg.id), goes_on=True)
        self._forget(chat.ref, conversation)

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show that the end user types. Genesys has no word for stopping: it fades by itself."""
        if on:
            channel = {"from": _sender(chat), "time": time_text(self.context.now())}
            await self._api.event({"channel": channel, "events": [{"eventType": "Typing"}]})

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Tell that a message has come to the end user. Genesys has no word for read: that says so too."""
        if receipt.status == "read" and receipt.message_key in self._delivered:
            return
        channel = {"to": {"id": chat.ref, "idType": "Opaque"}, "time": time_text(self.context.now())}
        body = {"id": receipt.message_key, "channel": channel, "status": "Delivered", "isFinalReceipt": True}
        await self._api.receipt(body)
        self._delivered[receipt.message_key] = None
        while len(self._delivered) > _MOST_SEEN:
            self._delivered.popitem(last=False)

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Set what is learnt later as attributes of the customer, for the script that an agent sees."""
        values = details_of(details.survey, details.contacts)
        conversation = self._conversation(chat, "update")
        found = await self._api.conversation("update", conversation)
        for leg in facts_of(found).legs:
            if leg.kind == "customer":
                await self._api.attributes(conversation, leg.id, values)
                return

    async def status(self, chat: Chat) -> ChatStatus:
        """Who is in the conversation, by asking for it. Without its id nothing is known."""
        conversation = _conversation_of(chat)
        if conversation is None:
            return ChatStatus(state="unknown")
        found = await self._api.conversation("status", conversation, can_wait=True)
        return status_of(facts_of(found), self.context.now())

    async def availability(self, route: Route) -> Availability:
        """Who is on queue, who waits and how long, as far as the client's role lets us ask."""
        return await self._queues.availability(route.queue, self.context.now())

    @hookimpl
    async def livechat_business_hours(self, route: Route, at: datetime) -> OpeningHours | None:
        """The hours of the schedule group, for routes to this integration; abstains where it has none."""
        return await self._hours.at(at) if self._hours and route.integration == self.name else None

    async def check(self) -> Sequence[Finding]:
        """Look at the region, the credentials, the integration, its flow and its queues."""
        return await check(self._api, self.settings)

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """What agents and flows have said."""
        conversation = _conversation_of(chat)
        if conversation is None:
            return ()
        found = await self._api.conversation("history", conversation, can_wait=True)
        ids = _theirs_of(found, since)
        refs = (chat.ref, conversation)
        said = [
            event
            for one in (await self._api.messages("history", conversation, ids) if ids else ())
            if one.direction != "inbound" and (one.timestamp is None or one.timestamp >= since)
            if (event := message_again(one, self.name, refs, self.context.now())) is not None
        ]
        return sorted(said, key=lambda event: event.vendor_at or since)

    async def fetch(self, chat: Chat, attachment: Attachment) -> VendorFile | None:
        """A file of an agent, with a token where Genesys wants one."""
        return await self._api.download(attachment.url, FILE_LIMIT)

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """Look a message up by our id of it. ``None`` where the right to read messages is missing.

        Of one with several files some may be there: then nobody can say yes or no.
        """
        conversation = _conversation_of(chat)
        if conversation is None:
            return None
        try:
            there = await self._named(conversation)
        except AuthError:
            return None
        whole = message_id_of(chat.ref, key)
        if whole in there:
            return True
        parts = {name for name in there if name.startswith(f"{whole}#")}
        if not parts:
            return False
        return True if len(parts) == _parts_of(next(iter(parts))) else None

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """Prove who sent it, then translate."""
        prove(delivery, self.settings)
        event = translate(delivery, self.name, self.settings)
        if isinstance(event, MessageReceived):
            self._offers.made(event.refs[0], event.message.key, event.message.choices)
        return () if event is None else (event,)

    def listen(self) -> AsyncIterator[ProviderEvent]:
        """Who comes and goes, and that it is over, by notifications."""
        return self._listener.events()

    def vouches_for(self, chat: Chat) -> bool:
        """Whether it is listened in this process, and the end of this chat would be heard of."""
        conversation = _conversation_of(chat)
        return conversation is not None and self._listener.vouches_for(conversation)

    # ---- what calls have in common

    async def _open_chats(self) -> AsyncIterator[Chat]:
        for chat in () if self._host is None else await self._host.open_chats(self.name):
            yield chat

    def _conversation(self, chat: Chat, operation: str) -> str:
        found = _conversation_of(chat)
        if found is not None:
            return found
        raise RejectedError(
            "the conversation is not known, and cannot be looked for by our reference",
            provider=self.type,
            operation=operation,
            sent=False,
        )

    def _body(self, chat: Chat, message_id: str, sent_at: datetime) -> dict[str, Any]:
        return {"channel": {"messageId": message_id, "from": _sender(chat), "time": time_text(sent_at)}}

    async def _picked(self, chat: Chat, message: PlannedMessage) -> Sent | None:
        """Post the answer to a quick reply as such; ``None`` if it is none, or Genesys will not have it."""
        picked = self._offers.picked(chat.ref, message.body)
        if picked is None:
            return None
        body = self._body(chat, message_id_of(chat.ref, message.key), message.sent_at)
        body["originatingMessageId"] = picked.message_id
        chosen = {"type": "QuickReply", "text": picked.choice.label, "payload": picked.choice.value}
        self._offers.over(chat.ref)
        try:
            made = await self._api.structured("send", body | {"buttonResponse": chosen})
        except RejectedError:
            return None  # as plain words then
        return Sent(vendor_id=made.id)

    async def _leave(self, chat: Chat, leaving: Awaitable[None], *, goes_on: bool) -> None:
        """Let the customer leave. Where the right is missing, the agents are told in words, once.

        Only in a conversation that ``goes_on``: a message to one that is over would begin it anew.
        """
        try:
            await leaving
        except AuthError as error:
            if error.status == _FORBIDDEN and goes_on and self.settings.left_text:
                await self._say_left(chat)
            raise

    async def _say_left(self, chat: Chat) -> None:
        name = message_id_of(chat.ref, _LEFT)
        try:
            if name in self._left or name in await self._named(self._conversation(chat, "close")):
                return
        except ProviderError as error:
            _log.debug("%s: whether the agents were told already is not known: %s", chat.ref, error)
        if len(self._left) >= _MOST_SEEN:
            self._left.clear()
        self._left.add(name)
        body = self._body(chat, name, self.context.now()) | {"text": self.settings.left_text}
        try:
            await self._api.message("close", body, prefetch=False)
        except ProviderError as error:
            _log.warning("%s: the agents were not told that the customer has left: %s", chat.ref, error)

    async def _must_go_on(self, chat: Chat) -> None:
        """Raise ``RejectedError`` when the conversation is over."""
        conversation, now = _conversation_of(chat), self.context.now()
        if conversation is None:
            return
        seen = self._seen_open.get(conversation)
        trusted = _TRUSTED_WITH_STREAM if self.vouches_for(chat) else _TRUSTED
        if seen is not None and seen <= now < seen + trusted:
            return
        try:
            found = status_of(facts_of(await self._api.conversation("send", conversation)), now)
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            return  # it may not be asked: then only the stream can tell
        if found.state == "ended":
            self._forget(chat.ref, conversation)
            raise RejectedError(
                "the conversation is over: a message would begin it anew",
                provider=self.type,
                operation="send",
                sent=False,
            )
        if len(self._seen_open) >= _MOST_SEEN:
            self._seen_open.clear()
        self._seen_open[conversation] = now

    def _forget(self, ref: str, conversation: str) -> None:
        """A conversation is over."""
        self._seen_open.pop(conversation, None)
        self._offers.over(ref)

    async def _parts_there(self, chat: Chat, message: PlannedMessage) -> frozenset[str]:
        conversation = _conversation_of(chat)
        if conversation is None:
            return frozenset()
        whole = message_id_of(chat.ref, message.key)
        try:
            return frozenset(name for name in await self._named(conversation) if name.startswith(whole))
        except AuthError:
            return frozenset()

    async def _named(self, conversation: str) -> set[str]:
        """Our ids of all messages of the end user that are there."""
        found = await self._api.conversation("look_up", conversation)
        ids = ours_of(found)
        said = await self._api.messages("look_up", conversation, ids) if ids else []
        return {name for one in said for name in names_of(one)}


def _conversation_of(chat: Chat) -> str | None:
    kept = chat.state.get("conversation")
    return chat.vendor_ref or (kept if isinstance(kept, str) else None)


def _sender(chat: Chat) -> dict[str, Any]:
    known: Mapping[str, Any] = chat.state.get("from") or {}
    return {**known, "id": chat.ref, "idType": "Opaque"}


def _posts(ref: str, message: PlannedMessage) -> list[tuple[str, dict[str, Any]]]:
    """Our ids and the contents of the posts of a message: one file in each, the text along with the first."""
    whole = message_id_of(ref, message.key)
    if not message.attachments:
        return [(whole, {"text": message.body})]
    posts: list[tuple[str, dict[str, Any]]] = []
    for number, file in enumerate(message.attachments, 1):
        own = whole if len(message.attachments) == 1 else f"{whole}#{number}of{len(message.attachments)}"
        attachment = {
            "mediaType": _MEDIA.get(file.media_type.partition("/")[0], "File"),
            "url": file.url,
            "mime": file.media_type,
            "filename": file.name[:_LONGEST_NAME],
        }
        content: dict[str, Any] = {"content": [{"attachment": attachment}]}
        if number == 1 and message.body:
            content["text"] = message.body
        posts.append((own, content))
    return posts


def _parts_of(name: str) -> int:
    """How many parts there are, by the name of one of them (``…#2of3``)."""
    whole = name.rpartition("of")[2]
    return int(whole) if whole.isdecimal() else 1


def _theirs_of(conversation: WireConversation, since: datetime) -> list[str]:
    """Genesys' ids of the messages of everybody but the end user."""
    return [
        one.message_id
        for participant in conversation.participants
        if participant.purpose not in {"customer", "external"}
        for one in participant.messages or ()
        if one.message_id is not None and (one.message_time is None or one.message_time >= since)
    ]


@contextmanager
def _before_it_leaves() -> Generator[None]:
    """What fails in here did not send the message, whatever became of the call that failed."""
    try:
        yield
    except ProviderError as error:
        error.sent = False
        raise
