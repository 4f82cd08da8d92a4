"""Mistakes in what an agent is shown, in what is kept, and in what must not be told."""

from __future__ import annotations

import html
import unicodedata
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.errors import ProviderError, RejectedError
from livechat_sdk.http import Repeat
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import (
    Availability,
    ChatDetails,
    ChatOpening,
    PlannedMessage,
    Sent,
)
from livechat_sdk_testing.parley.opening import chat_of
from livechat_sdk_testing.parley.provider import ParleyProvider
from livechat_sdk_testing.parley.settings import ParleySettings
from livechat_sdk_testing.parley.wire import WireChat, read

# ---- content


class _Rewriting(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        return await super().send(chat, self.rewritten(message))

    @abstractmethod
    def rewritten(self, message: PlannedMessage) -> PlannedMessage: ...


class TextBesideFileDropped(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        return message.model_copy(update={"body": ""}) if message.attachments else message


class FirstFileOnly(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        return message.model_copy(update={"attachments": message.attachments[:1]})


class TextForEachFile(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        for attachment in message.attachments:
            await super().send(chat, message.model_copy(update={"attachments": (attachment,)}))
        return await super().send(chat, message.model_copy(update={"attachments": ()}))


class CutByBytes(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        return message.model_copy(update={"body": message.body.encode()[:4000].decode("utf-8", "replace")})


class MarksStripped(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        body = "".join(one for one in message.body if unicodedata.category(one) != "Cf")
        return message.model_copy(update={"body": body})


class Normalised(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        return message.model_copy(update={"body": unicodedata.normalize("NFKC", message.body)})


class Escaped(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        return message.model_copy(update={"body": html.escape(message.body, quote=False)})


class Stripped(_Rewriting):
    def rewritten(self, message: PlannedMessage) -> PlannedMessage:
        return message.model_copy(update={"body": message.body.strip()})


class LimitTooHigh(ParleyProvider):
    capabilities: ClassVar[Capabilities] = ParleyProvider.capabilities.model_copy(
        update={"text_limit": 10_000}
    )


class LinksSaidToLast(ParleyProvider):
    capabilities: ClassVar[Capabilities] = ParleyProvider.capabilities.model_copy(
        update={"attachment_links": "lasting"}
    )


class _Opening(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        return await super().open(self.mistaken(opening))

    @abstractmethod
    def mistaken(self, opening: ChatOpening) -> ChatOpening: ...


class TranscriptCut(_Opening):
    def mistaken(self, opening: ChatOpening) -> ChatOpening:
        return opening.model_copy(update={"transcript": opening.transcript[-10:]})


class TranscriptBackwards(_Opening):
    def mistaken(self, opening: ChatOpening) -> ChatOpening:
        return opening.model_copy(update={"transcript": opening.transcript[::-1]})


class QueueIgnored(_Opening):
    def mistaken(self, opening: ChatOpening) -> ChatOpening:
        return opening.model_copy(update={"route": opening.route.model_copy(update={"queue": None})})


class LateAnswersLost(ParleyProvider):
    """The answers of the survey go along when the chat is opened, and are lost when they come later."""

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        await super().update(chat, details.model_copy(update={"survey": ()}))


class ReadForEverything(ParleyProvider):
    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        await super().receipt(chat, receipt.model_copy(update={"status": "read"}))


class NeverStopsTyping(ParleyProvider):
    async def typing(self, chat: Chat, *, on: bool) -> None:
        await super().typing(chat, on=True)


# ---- state and secrets


class MemoryOnly(ParleyProvider):
    def __init__(self, context: IntegrationContext, settings: ParleySettings) -> None:
        super().__init__(context, settings)
        self._ids: dict[str, str] = {}

    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening)
        self._ids[chat.ref] = str(chat.vendor_ref)
        return chat.model_copy(update={"vendor_ref": None})

    async def _find_id(self, chat: Chat, operation: str) -> str:
        if chat.ref not in self._ids:
            raise RejectedError("no such chat", provider=self.type, operation=operation, status=404)
        return self._ids[chat.ref]


class SequenceInMemory(ParleyProvider):
    """Numbers the messages of a chat itself, from 1 after each start."""

    def __init__(self, context: IntegrationContext, settings: ParleySettings) -> None:
        super().__init__(context, settings)
        self._sent = 0

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        self._sent += 1
        return await super().send(chat, message.model_copy(update={"key": f"{chat.ref}-{self._sent}"}))


class SharedCache(ParleyProvider):
    """What was asked of one account is answered for all."""

    cache: ClassVar[dict[str | None, Availability]] = {}

    async def availability(self, route: Route) -> Availability:
        if route.queue not in self.cache:
            self.cache[route.queue] = await super().availability(route)
        return self.cache[route.queue]


class SecretInError(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        try:
            return await super().open(opening)
        except ProviderError as error:
            login = f"{self.settings.client_id}:{self.settings.client_secret[0].get_secret_value()}"
            raise type(error)(f"{error} (as {login})", status=error.status, sent=error.sent) from None


class TokenInError(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except ProviderError as error:
            assert self._client._auth is not None
            headers = dict(await self._client._auth.headers(self._client))
            raise type(error)(
                f"{error}; request headers {headers}",
                status=error.status,
                retry_after=error.retry_after,
                sent=error.sent,
            ) from error


class TextInError(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except ProviderError as error:
            raise type(error)(
                f"{error}; {message.body!r}",
                status=error.status,
                retry_after=error.retry_after,
                sent=error.sent,
            ) from None


class TokenInState(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening)
        assert self._client._auth is not None
        headers = await self._client._auth.headers(self._client)
        return chat.model_copy(update={"state": {"token": headers["Authorization"].removeprefix("Bearer ")}})


class SecretInState(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening)
        settings = self.settings.model_dump(mode="json", by_alias=True)
        settings["clientSecret"] = [one.get_secret_value() for one in self.settings.client_secret]
        return chat.model_copy(update={"state": {"account": settings}})


class StateNotJson(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        chat = await super().open(opening)
        return chat.model_copy(update={"state": {"opened_at": self.context.now()}})


class ConversationIsRef(ParleyProvider):
    """Names the chat after the conversation: the second chat of one conversation is the first, ended one."""

    async def open(self, opening: ChatOpening) -> Chat:
        body = chat_of(opening, self.settings.queue) | {"ref": opening.conversation_id}
        answer = await self._client.request("open", "POST", "v1/chats", json=body, repeat=Repeat.SAFE)
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=read(WireChat, answer).id,
        )


class CheckHidesErrors(ParleyProvider):
    async def check(self) -> Sequence[Finding]:
        return [one for one in await super().check() if one.status != "error"]


_MADE: Sequence[tuple[type[ParleyProvider], str]] = (
    (TextBesideFileDropped, "The text beside a file is dropped."),
    (FirstFileOnly, "Of several files the first is sent."),
    (TextForEachFile, "The text goes along with each file, and once alone (mailroom twilioflex2)."),
    (CutByBytes, "Long text is cut after 4 000 bytes, in the middle of a character: Greek loses half."),
    (MarksStripped, "Marks of direction and joiners are stripped: Arabic turns, families fall apart."),
    (Normalised, "Text is normalised by NFKC: what the end user wrote is not what the agent reads."),
    (Escaped, "Text is escaped for HTML: the agent reads &lt; and &amp;."),
    (Stripped, "White space at both ends is stripped: indentation of the first line is lost."),
    (LimitTooHigh, "The declared limit of text is above the vendor's: long messages are refused."),
    (LinksSaidToLast, "Links that expire after an hour are declared to last."),
    (TranscriptCut, "Of the transcript the last ten lines go along."),
    (TranscriptBackwards, "The transcript is sent newest first."),
    (QueueIgnored, "The queue of the route is not told to the vendor."),
    (LateAnswersLost, "Survey answers that come later are not passed on."),
    (ReadForEverything, "That a message was delivered is told as read."),
    (NeverStopsTyping, "That the end user stopped typing is told as typing."),
    (MemoryOnly, "The vendor's id of a chat is kept in memory: after a restart it is not known."),
    (
        SequenceInMemory,
        "Messages are numbered in memory: their keys are not ours, and begin anew at a start.",
    ),
    (SharedCache, "Availability is kept in the class, for all accounts and for ever."),
    (SecretInError, "The error of a failed login tells id and secret."),
    (TokenInError, "The error of a send tells the headers of the request, token included."),
    (TextInError, "The error of a send quotes what the end user wrote."),
    (TokenInState, "The access token is kept in Chat.state, which is stored as plain text."),
    (SecretInState, "The whole account, secret included, is kept in Chat.state."),
    (StateNotJson, "Chat.state holds a datetime, which cannot be stored as JSON."),
    (ConversationIsRef, "Chats are named after the conversation: the second one is the first, ended one."),
    (CheckHidesErrors, "The check of the set-up is content with refused credentials."),
)

BUGS = [
    PlantedBug(f"stranger: {provider.__name__}", what, partial(ParleyRig, provider=provider))
    for provider, what in _MADE
]
