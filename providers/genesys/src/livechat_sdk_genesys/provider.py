"""The provider ``GENESYS_LIVECHAT``: one method for each thing that Genesys can do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime
from typing import ClassVar, Final

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat, MessageReceived, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.domain.messages import Attachment, UserReceipt
from livechat_sdk.errors import AuthError, RejectedError
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
from livechat_sdk_genesys.events import message_again, prove, translate
from livechat_sdk_genesys.hours.reading import ScheduledHours
from livechat_sdk_genesys.legs import facts_of
from livechat_sdk_genesys.listening import Listener
from livechat_sdk_genesys.offers import Offers
from livechat_sdk_genesys.opening import Opener
from livechat_sdk_genesys.posting import Poster, conversation_of, sender_of
from livechat_sdk_genesys.queues import Queues
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.standing import status_of
from livechat_sdk_genesys.told import details_of
from livechat_sdk_genesys.wire import TEXT_LIMIT, WireConversation, time_text

__all__ = ["FILE_LIMIT", "GenesysProvider"]

_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404

FILE_LIMIT: Final = 25_000_000
"""Bytes: 25 MB, taken at its smallest meaning."""

_MOST_DELIVERED: Final = 10_000


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
        self._poster = Poster(self._api, settings, self._offers, context.now, hears_of=self.vouches_for)
        self._delivered: OrderedDict[str, None] = OrderedDict()
        """Messages that are known to be told as delivered. What is forgotten is told again."""
        self._queues = Queues(self._api, settings)
        group = settings.schedule_group
        self._hours = None if group is None else ScheduledHours(self._api, self.name, group, context.now)
        self._host: ProviderHost | None = None
        self._listener = Listener(
            self._api, settings, self.name, chats=self._open_chats, ended=self._poster.forget
        )

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
        return await self._poster.post(chat, message)

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
        self._poster.forget(chat.ref, conversation)

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show that the end user types. Genesys has no word for stopping: it fades by itself."""
        if on:
            channel = {"from": sender_of(chat), "time": time_text(self.context.now())}
            await self._api.event({"channel": channel, "events": [{"eventType": "Typing"}]})

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Tell that a message has come to the end user. Genesys has no word for read: that says so too."""
        if receipt.status == "read" and receipt.message_key in self._delivered:
            return
        channel = {"to": {"id": chat.ref, "idType": "Opaque"}, "time": time_text(self.context.now())}
        body = {"id": receipt.message_key, "channel": channel, "status": "Delivered", "isFinalReceipt": True}
        await self._api.receipt(body)
        self._delivered[receipt.message_key] = None
        while len(self._delivered) > _MOST_DELIVERED:
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
        conversation = conversation_of(chat)
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
        conversation = conversation_of(chat)
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
        return await self._poster.was_posted(chat, key)

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
        conversation = conversation_of(chat)
        return conversation is not None and self._listener.vouches_for(conversation)

    # ---- what calls have in common

    async def _open_chats(self) -> AsyncIterator[Chat]:
        for chat in () if self._host is None else await self._host.open_chats(self.name):
            yield chat

    def _conversation(self, chat: Chat, operation: str) -> str:
        found = conversation_of(chat)
        if found is not None:
            return found
        raise RejectedError(
            "the conversation is not known, and cannot be looked for by our reference",
            provider=self.type,
            operation=operation,
            sent=False,
        )

    async def _leave(self, chat: Chat, leaving: Awaitable[None], *, goes_on: bool) -> None:
        """Let the customer leave. Where the right is missing, the agents are told in words, once.

        Only in a conversation that ``goes_on``: a message to one that is over would begin it anew.
        """
        try:
            await leaving
        except AuthError as error:
            if error.status == _FORBIDDEN and goes_on and self.settings.left_text:
                await self._poster.say_left(chat, self._conversation(chat, "close"))
            raise


def _theirs_of(conversation: WireConversation, since: datetime) -> list[str]:
    """Genesys' ids of the messages of everybody but the end user."""
    return [
        one.message_id
        for participant in conversation.participants
        if participant.purpose not in {"customer", "external"}
        for one in participant.messages or ()
        if one.message_id is not None and (one.message_time is None or one.message_time >= since)
    ]
