"""The provider ``PARLEY_LIVECHAT``: one method for each thing that Parley can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat, MessageReceived, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, UnavailableError
from livechat_sdk.http import Answer, ClientCredentials, Repeat, VendorClient
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
from livechat_sdk_testing.parley.events import agent_of, end_of, message_of, prove, translate
from livechat_sdk_testing.parley.files import FILE_LIMIT, FILE_TYPES, Files
from livechat_sdk_testing.parley.opening import chat_of, details_of, why_of
from livechat_sdk_testing.parley.settings import ParleySettings
from livechat_sdk_testing.parley.wire import (
    TEXT_LIMIT,
    WireAvailability,
    WireChat,
    WireChats,
    WireError,
    WireMessage,
    WireMessages,
    read,
    time_text,
)

__all__ = ["ParleyProvider"]

_CREATED: Final = 201
_CONFLICT: Final = 409
_NOT_FOUND: Final = 404

_MOST_PAGES: Final = 200
"""Of a history, 100 messages each; so many were never missed by a program that runs."""

_REDELIVERED_FOR: Final = 5 + 30 + 120 + 600 + 3_600 + 10_800 + 28_800.0
"""Seconds from the first delivery of a webhook to the last: "Webhooks"."""


class ParleyProvider(ChatProvider[ParleySettings]):
    """Opens chats at Parley, and hears of them by signed webhooks.

    A repeated ``open`` with one ``ref`` is the same chat. Parley does not dedupe messages, and tells two
    seconds after a send whether it has it: so a send is repeated only when it never left, and looked up when
    that is not known. Nothing is kept in memory, and nothing in ``Chat.state``.
    """

    type: ClassVar[str] = "PARLEY_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.WEBHOOK,
        webhook_auth=WebhookAuth.BODY_HMAC_TIME,
        typing_to_agent=True,
        typing_to_user=True,
        receipts_to_agent=True,
        receipts_to_user=True,
        attachment_types=FILE_TYPES,
        attachment_limit=FILE_LIMIT,
        attachment_links="fetch",  # they expire after an hour
        text_limit=TEXT_LIMIT,
        transfer=True,
        queue_position=True,
        availability=True,
        update=True,
        dedupes_by_key=False,
        looks_up_by_key=True,
        lookup_lag=2.0,
        send_before_join=True,
        tells_order=True,
        closes=True,
        history=True,
        status=True,
        redelivers_for=_REDELIVERED_FOR,
    )

    def __init__(self, context: IntegrationContext, settings: ParleySettings) -> None:
        super().__init__(context, settings)
        self._client = VendorClient(
            provider=self.type,
            base_url=settings.base_url,
            auth=ClientCredentials(
                token_url="oauth/token",  # noqa: S106 - a path
                client_id=settings.client_id,
                client_secret=settings.client_secret,
            ),
        )
        self._files = Files(self._client, settings.file_hosts)

    async def start(self, host: ProviderHost) -> None:
        """Take the files that are kept here from here."""
        self._files.reader.kept = host.files

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def open(self, opening: ChatOpening) -> Chat:
        """Open a chat; Parley knows one that it has by ``ref``.

        Raises ``UnavailableError`` when nobody is on duty.
        """
        answer = await self._client.request(
            "open",
            "POST",
            "v1/chats",
            json=chat_of(opening, self.settings.queue),
            repeat=Repeat.SAFE,
            expect=(200, _CREATED, _CONFLICT),
        )
        if answer.status == _CONFLICT:
            raise self._conflict(answer)
        chat = read(WireChat, answer)
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=chat.id,
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Send a message with its files. Raises ``RejectedError`` after the end of the chat."""
        with _before_it_leaves():
            path = f"{await self._path(chat, 'send')}/messages"
            files = [await self._files.hand_over(attachment) for attachment in message.attachments]
        answer = await self._client.request(
            "send", "POST", path, json={"client_key": message.key, "text": message.body, "files": files}
        )
        return Sent(vendor_id=read(WireMessage, answer).id)

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """End the chat. One that is over already, or that Parley does not know (any more), is closed."""
        try:
            path = f"{await self._path(chat, 'close')}/end"
        except RejectedError as error:
            if error.status == _NOT_FOUND:
                return
            raise
        await self._client.request(
            "close",
            "POST",
            path,
            json={"why": why_of(reason)},
            repeat=Repeat.SAFE,
            expect=(200, _NOT_FOUND, _CONFLICT),
        )

    async def check(self) -> Sequence[Finding]:
        """Get a token, and ask who is on duty."""
        try:
            found = await self._availability(self.settings.queue)
        except AuthError as error:
            return [Finding.failed("credentials", error, "look at clientId and clientSecret")]
        except ProviderError as error:
            return [Finding.failed("connection", error, "look at baseUrl, and at Parley's own status")]
        credentials = Finding("credentials", "ok", "Parley gives a token for them")
        if found.agents == 0:
            return [credentials, Finding("agents", "warning", "nobody is on duty", "chats are refused now")]
        on_duty = "not known" if found.agents is None else f"{found.agents} on duty"
        return [credentials, Finding("agents", "ok", on_duty)]

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show that the end user types. Old news is of no use, so it is never repeated."""
        path = f"{await self._path(chat, 'typing')}/typing"
        await self._client.request("typing", "POST", path, json={"on": on}, repeat=Repeat.NO)

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Tell what became of a message of the agent, whose key with us is Parley's id."""
        path = f"{await self._path(chat, 'receipt')}/receipts"
        body = {"message_id": receipt.message_key, "status": receipt.status}
        await self._client.request("receipt", "POST", path, json=body, repeat=Repeat.SAFE)

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Add to the fields of the chat, or replace them."""
        path = await self._path(chat, "update")
        fields = details_of(details.survey, details.contacts)
        await self._client.request("update", "PATCH", path, json={"fields": fields}, repeat=Repeat.SAFE)

    async def availability(self, route: Route) -> Availability:
        """How many are on duty for a queue."""
        found = await self._availability(route.queue or self.settings.queue)
        return Availability(
            agents="unknown" if found.agents is None else "yes" if found.agents else "no",
            waiting=found.waiting,
            estimate=found.estimate_seconds,
            at=self.context.now(),
        )

    async def status(self, chat: Chat) -> ChatStatus:
        """What is true at Parley; by our reference where the answer to ``open`` was lost."""
        found = await self._find(chat, "status")
        states: Mapping[str, Any] = {"queued": "queued", "active": "active", "ended": "ended"}
        return ChatStatus(
            state=states.get(found.state, "unknown"),
            agent=None if found.agent is None else agent_of(found.agent),
            ended=None if found.ended is None else end_of(found.ended),
            at=(found.ended.at if found.ended is not None else None) or found.updated_at,
            vendor_ref=found.id,
        )

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """What agents said. Whether ``since`` is included is not documented: it is asked from just before."""
        found = await self._find_id(chat, "history")
        return [
            message_of(message, self._envelope(chat, found, message))
            async for message in self._messages(found, since - timedelta(milliseconds=1))
            if message.author in {"agent", "system"}
        ]

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """Look a message up by our key; exact from ``lookup_lag`` seconds after the send."""
        path = f"{await self._path(chat, 'look_up')}/messages"
        answer = await self._client.request(
            "look_up", "GET", path, params={"client_key": key}, repeat=Repeat.SAFE
        )
        return any(one.client_key == key for one in read(WireMessages, answer).messages)

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """Prove who sent it and when, then translate."""
        prove(delivery, self.settings.webhook_key)
        return translate(delivery, self.name)

    async def _availability(self, queue: str | None) -> WireAvailability:
        answer = await self._client.request(
            "availability",
            "GET",
            "v1/availability",
            params={} if queue is None else {"queue": queue},
            repeat=Repeat.SAFE,
        )
        return read(WireAvailability, answer)

    async def _messages(self, chat_id: str, since: datetime) -> AsyncIterator[WireMessage]:
        """Every message from ``since`` on, page by page.

        Raises ``ProtocolError`` when there is no end of pages.
        """
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            params = {"since": time_text(since)} | ({} if cursor is None else {"cursor": cursor})
            answer = await self._client.request(
                "history", "GET", f"{_path_of(chat_id)}/messages", params=params, repeat=Repeat.SAFE
            )
            page = read(WireMessages, answer)
            for message in page.messages:
                yield message
            if page.next is None:
                return
            if page.next == cursor:
                raise answer.unlike_documented("the cursor of the next page is that of this one")
            cursor = page.next
        raise ProtocolError(
            f"the history has more than {_MOST_PAGES} pages", provider=self.type, operation="history"
        )

    async def _path(self, chat: Chat, operation: str) -> str:
        return _path_of(await self._find_id(chat, operation))

    async def _find_id(self, chat: Chat, operation: str) -> str:
        """Parley's id, asked for by our reference where the answer to ``open`` was lost."""
        return chat.vendor_ref or (await self._find(chat, operation)).id

    async def _find(self, chat: Chat, operation: str) -> WireChat:
        """The chat as Parley has it. Raises ``RejectedError`` with status 404 when it has none."""
        if chat.vendor_ref is not None:
            answer = await self._client.request(
                operation, "GET", _path_of(chat.vendor_ref), repeat=Repeat.SAFE
            )
            return read(WireChat, answer)
        answer = await self._client.request(
            operation, "GET", "v1/chats", params={"ref": chat.ref}, repeat=Repeat.SAFE
        )
        for found in read(WireChats, answer).chats:
            if found.ref == chat.ref:
                return found
        raise RejectedError(
            f"Parley has no chat with our reference {chat.ref}",
            provider=self.type,
            operation=operation,
            status=_NOT_FOUND,
            sent=False,
        )

    def _conflict(self, answer: Answer) -> ProviderError:
        """What a 409 to ``open`` means."""
        error = read(WireError, answer).error
        kind = UnavailableError if error.code == "no_agents" else RejectedError
        return kind(
            f"{error.code}: {error.message}"[:300],
            provider=self.type,
            operation="open",
            status=answer.status,
            request_id=answer.request_id,
            sent=True,
        )

    def _envelope(self, chat: Chat, chat_id: str, message: WireMessage) -> dict[str, Any]:
        return {
            "id": f"message:{message.id}",
            "integration": self.name,
            "refs": (chat.ref, chat_id),
            "vendor_at": message.at,
            "received_at": self.context.now(),
        }


@contextmanager
def _before_it_leaves() -> Generator[None]:
    """What fails in here did not send the message, whatever became of the call that failed."""
    try:
        yield
    except ProviderError as error:
        error.sent = False
        raise


def _path_of(chat_id: str) -> str:
    return f"v1/chats/{quote(chat_id, safe='')}"
