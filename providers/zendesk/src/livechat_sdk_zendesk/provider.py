"""The provider ``ZENDESK_LIVECHAT``: one method for each thing that Zendesk can do."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat, ChatEnded, MessageReceived, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import Attachment, UserReceipt
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.provider.files import VendorFile
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import (
    Availability,
    ChatOpening,
    ChatProvider,
    ChatStatus,
    PlannedMessage,
    ProviderHost,
    Sent,
)
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_zendesk.api import Api
from livechat_sdk_zendesk.checking import check
from livechat_sdk_zendesk.events import agent_of, is_with_agents, message_of, prove, translate
from livechat_sdk_zendesk.files import FILE_LIMIT, Files
from livechat_sdk_zendesk.opening import Opener
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.support import Support, WireTicket
from livechat_sdk_zendesk.wire import AGENT_WORKSPACE, KEY, PART, REF, STEP, TEXT_LIMIT, WireMessage

__all__ = ["ZendeskProvider"]

_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404

_IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/gif"})
_LONGEST_NAME: Final = 128

_SETTLES: Final = timedelta(seconds=60)
"""A passed control may take effect after the call was answered: "accepted" is all that the answer says."""

_TRUSTED: Final = 5.0
"""Seconds for which a conversation that was seen with the agents is taken to be with them."""

_MOST_SEEN: Final = 10_000

_REDELIVERED_FOR: Final = 15 * 60.0
"""Seconds: five attempts within 15 minutes."""


class ZendeskProvider(ChatProvider[ZendeskSettings]):
    """Opens conversations in the agent workspace, and hears of them by webhooks.

    Nothing at Zendesk is deduped by a key of ours: what may be made once alone is named in its metadata and
    looked for before it is made again. ``Chat.state`` holds ``user``, Zendesk's id of the end user,
    ``opened``, when control was passed, and ``arrived``, whether it was seen to be with the agents.
    """

    type: ClassVar[str] = "ZENDESK_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.WEBHOOK,
        webhook_auth=WebhookAuth.SHARED_KEY,
        typing_to_user=True,
        availability=True,
        receipts_to_agent=True,
        attachment_types=("*/*",),
        attachment_limit=FILE_LIMIT,
        attachment_links="fetch",  # an account may make them private
        text_limit=TEXT_LIMIT,
        looks_up_by_key=True,
        lookup_lag=5.0,  # none is stated: so much that a request on its way has arrived
        send_before_join=True,
        tells_order=True,
        closes=True,
        history=True,
        status=True,
        redelivers_for=_REDELIVERED_FOR,
    )

    def __init__(self, context: IntegrationContext, settings: ZendeskSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.type, settings)
        self._files = Files(self._api, settings.file_hosts)
        self._opener = Opener(self._api, settings)
        self._support = None
        if settings.support_user is not None:
            self._support = Support(self.type, settings, settings.support_user)
        self._seen_open: dict[str, float] = {}

    async def start(self, host: ProviderHost) -> None:
        """Take the files that are kept here from here."""
        self._files.reader.kept = host.files

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()
        if self._support is not None:
            await self._support.close()

    async def open(self, opening: ChatOpening) -> Chat:
        """Make user and conversation, write what was said before, and pass control to the agents.

        May be called again after a failure at any step: what is done already is found and not done again.
        """
        user, conversation, arrived = await self._opener.open(opening)
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=conversation,
            state={"user": user, "opened": self.context.now().isoformat(), "arrived": arrived},
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Post a message in the end user's name: one post, or one for each file.

        Zendesk takes messages for a conversation that agents do not have any more, and nobody reads them: so
        whether they have it is asked first, unless it was seen a moment ago.

        Posts of a message with several files are looked for first: a repetition makes what is missing.
        """
        with _before_it_leaves():
            conversation, author = self._conversation(chat, "send"), self._author(chat, "send")
            await self._must_be_open(chat, conversation)
            links = [await self._files.hand_over(conversation, file) for file in message.attachments]
            there = await self._parts(chat, conversation, message.key) if len(links) > 1 else {}
        posts = _posts(message, links)
        sent: str | None = None
        for number, content in enumerate(posts, 1):
            part = f"{number}/{len(posts)}"
            if part in there:
                sent = there[part]
                continue
            metadata = {KEY: message.key} | ({PART: part} if len(posts) > 1 else {})
            body = {"author": author, "content": content, "metadata": metadata}
            try:
                sent = await self._api.post("send", conversation, body)
            except ProviderError as error:
                if number > 1 and error.sent is False:
                    error.sent = None  # an earlier part is there
                raise
        return Sent(vendor_id=sent)

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """Take control from the agents. The ticket stays as it is. What is over already is closed.

        Raises ``RejectedError`` when the conversation is not known: it may be open.
        """
        conversation = self._conversation(chat, "close")
        if self.settings.conversation == "shared" and await self._is_of_another(chat, conversation):
            return
        metadata = {STEP: "close", REF: chat.ref}
        answer = await self._api.control(
            "close",
            conversation,
            "releaseControl",
            {"metadata": metadata},
            expect=(200, _FORBIDDEN, _NOT_FOUND),
        )
        self._seen_open.pop(conversation, None)
        if answer.status != _FORBIDDEN:
            return
        target = self.settings.bot_integration
        if target is None:
            raise RejectedError(
                "a key of an integration may not release what agents have: name botIntegration",
                provider=self.type,
                operation="close",
                status=answer.status,
                sent=True,
            )
        body = {"switchboardIntegration": target, "metadata": metadata}
        await self._api.control("close", conversation, "passControl", body)

    async def check(self) -> Sequence[Finding]:
        """Look at the app, the switchboard, the webhook, and at Support where it may be asked."""
        return await check(self._api, self.settings, self._support)

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Tell that the end user has read everything so far. Zendesk has no word for delivered."""
        if receipt.status == "read":
            conversation = self._conversation(chat, "receipt")
            await self._api.read_all(conversation, self._author(chat, "receipt")["userId"])

    async def status(self, chat: Chat) -> ChatStatus:
        """Who has control, and who of the agents has written.

        A conversation cannot be asked for by our reference alone: without its id nothing is known.
        """
        if chat.vendor_ref is None:
            return ChatStatus(state="unknown")
        found = await self._api.conversation("status", chat.vendor_ref)
        if found.ref not in (None, chat.ref):  # shared, and of a later handoff
            return ChatStatus(state="ended", ended=EndReason(by="agent", why="other"), vendor_ref=found.id)
        if is_with_agents(found, self.settings):
            return await self._with_agents(chat, found.id)
        if self._may_still_arrive(chat):
            return ChatStatus(state="unknown", vendor_ref=found.id)
        return ChatStatus(state="ended", ended=EndReason(by="agent", why="resolved"), vendor_ref=found.id)

    async def availability(self, route: Route) -> Availability:
        """Whether agents are online for messaging; unknown without credentials of Support."""
        return Availability() if self._support is None else await self._support.availability()

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """What agents wrote, and what the agent workspace said by itself."""
        conversation = self._conversation(chat, "history")
        found: list[MessageReceived] = []
        async for message in self._api.messages("history", conversation):
            if message.received < since - timedelta(milliseconds=1):
                break
            if _is_for_the_user(message):
                envelope = {
                    "id": f"message:{message.id}",
                    "integration": self.name,
                    "refs": (chat.ref, conversation),
                    "vendor_at": message.received,
                    "received_at": self.context.now(),
                }
                found.append(message_of(message, envelope))
        return found[::-1]

    async def fetch(self, chat: Chat, attachment: Attachment) -> VendorFile | None:
        """A file of an agent, with credentials where it lies at Zendesk: it may be private there."""
        return await self._api.download(attachment.url, FILE_LIMIT)

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """Look a message up by our key in its metadata.

        Of one with several files some may be there: then nobody can say yes or no.
        """
        if chat.vendor_ref is None:
            return None
        there = await self._parts(chat, chat.vendor_ref, key)
        if not there:
            return False
        return True if len(there) == _parts_of(next(iter(there))) else None

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """Prove who sent it, then translate."""
        prove(delivery, self.settings)
        events = translate(delivery, self.name, self.settings)
        for event in events:
            if isinstance(event, ChatEnded):
                for ref in event.refs:
                    self._seen_open.pop(ref, None)
        return events

    # ---- what calls have in common

    def _conversation(self, chat: Chat, operation: str) -> str:
        if chat.vendor_ref is not None:
            return chat.vendor_ref
        raise RejectedError(
            "the conversation is not known, and cannot be looked for by our reference",
            provider=self.type,
            operation=operation,
            sent=False,
        )

    def _author(self, chat: Chat, operation: str) -> dict[str, str]:
        user = chat.state.get("user")
        if isinstance(user, str):
            return {"type": "user", "userId": user}
        raise RejectedError(
            "the end user's id at Zendesk is not known", provider=self.type, operation=operation, sent=False
        )

    async def _must_be_open(self, chat: Chat, conversation: str) -> None:
        """Raise ``RejectedError`` when the agents do not have the conversation any more."""
        now = time.monotonic()
        if now - self._seen_open.get(conversation, -_TRUSTED) < _TRUSTED:
            return
        found = await self._api.conversation("send", conversation)
        if found.ref in (None, chat.ref) and is_with_agents(found, self.settings):
            if len(self._seen_open) >= _MOST_SEEN:
                self._seen_open.clear()
            self._seen_open[conversation] = now
        elif found.ref not in (None, chat.ref) or not self._may_still_arrive(chat):
            raise RejectedError(
                "the agents do not have this conversation any more",
                provider=self.type,
                operation="send",
                sent=False,
            )

    def _may_still_arrive(self, chat: Chat) -> bool:
        """Whether control that was passed may be on its way still."""
        opened = _opened(chat)
        on_its_way = opened is not None and self.context.now() - opened < _SETTLES
        return on_its_way and chat.state.get("arrived") is not True

    async def _with_agents(self, chat: Chat, conversation: str) -> ChatStatus:
        """Whether somebody took it, by the ticket or by who has written."""
        ticket, knows_tickets = await self._ticket(conversation)
        if ticket is not None:
            return self._of_ticket(ticket, conversation)
        async for message in self._api.messages("status", conversation):
            if str(message.key).startswith(f"{chat.ref}:"):
                break  # our own page: what is older was before this chat
            agent = agent_of(message) if _is_for_the_user(message) else None
            if agent is not None:
                return ChatStatus(state="active", agent=agent, vendor_ref=conversation)
        if not knows_tickets:  # somebody may have taken it and not written yet
            return ChatStatus(state="unknown", vendor_ref=conversation)
        return ChatStatus(state="queued", vendor_ref=conversation)

    async def _ticket(self, conversation: str) -> tuple[WireTicket | None, bool]:
        """The ticket of a conversation, and whether Support tells of tickets: a right of its own."""
        if self._support is None:
            return None, False
        try:
            return await self._support.ticket(conversation), True
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            return None, False

    def _of_ticket(self, ticket: WireTicket, conversation: str) -> ChatStatus:
        """What a ticket says of its chat."""
        ends = {"closed"} if self.settings.end_on == "closed" else {"solved", "closed"}
        if ticket.status in ends:
            reason = EndReason(by="agent", why="resolved", raw=ticket.status)
            return ChatStatus(state="ended", ended=reason, vendor_ref=conversation)
        if ticket.assignee_id is None:
            return ChatStatus(state="queued", vendor_ref=conversation)
        agent = Agent(id=str(ticket.assignee_id))
        return ChatStatus(state="active", agent=agent, vendor_ref=conversation)

    async def _is_of_another(self, chat: Chat, conversation: str) -> bool:
        """Whether a shared conversation serves a later handoff by now, or is gone."""
        try:
            found = await self._api.conversation("close", conversation)
        except RejectedError as error:
            if error.status == _NOT_FOUND:
                return True
            raise
        return found.ref not in (None, chat.ref)

    async def _parts(self, chat: Chat, conversation: str, key: str) -> dict[str, str]:
        """Zendesk's ids of the posts of a message that are there, by their part (``1/1`` of a whole one)."""
        found: dict[str, str] = {}
        async for message in self._api.messages("look_up", conversation):
            if message.key == key:
                part = str((message.metadata or {}).get(PART, "1/1"))
                found[part] = message.id
                if len(found) == _parts_of(part):
                    break
            elif str(message.key).startswith(f"{chat.ref}:"):
                break  # our own page: what is older was before this chat
        return found


def _posts(message: PlannedMessage, links: Sequence[str]) -> list[dict[str, Any]]:
    """The contents of the posts of a message. The text goes along with the first file."""
    if not links:
        return [{"type": "text", "text": message.body}]
    posts: list[dict[str, Any]] = []
    for file, link in zip(message.attachments, links, strict=True):
        kind = "image" if file.media_type in _IMAGES else "file"
        posts.append({"type": kind, "mediaUrl": link, "altText": file.name[:_LONGEST_NAME]})
    if message.body:
        posts[0]["text"] = message.body
    return posts


def _is_for_the_user(message: WireMessage) -> bool:
    """Whether the agent workspace says this to the end user."""
    spoken = message.activity is None and message.content is not None and not message.deleted
    from_agents = message.source is not None and message.source.type == AGENT_WORKSPACE
    return spoken and message.key is None and from_agents and message.author.type == "business"


def _parts_of(part: str) -> int:
    """How many parts there are, by one of them (``2/3``)."""
    whole = part.rpartition("/")[2]
    return int(whole) if whole.isdecimal() else 1


def _opened(chat: Chat) -> datetime | None:
    opened = chat.state.get("opened")
    return datetime.fromisoformat(opened) if isinstance(opened, str) else None


@contextmanager
def _before_it_leaves() -> Generator[None]:
    """What fails in here did not send the message, whatever became of the call that failed."""
    try:
        yield
    except ProviderError as error:
        error.sent = False
        raise
