"""Mistakes in calls: what is sent, what is repeated, and what a failure is taken for."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ClassVar
from uuid import uuid4

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError, UnavailableError
from livechat_sdk.http import ClientCredentials, Repeat, VendorClient
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import (
    Availability,
    ChatOpening,
    ChatStatus,
    PlannedMessage,
    Sent,
)
from livechat_sdk_testing.parley.provider import ParleyProvider
from livechat_sdk_testing.parley.settings import ParleySettings
from livechat_sdk_testing.parley.wire import WireMessage, WireMessages, read


@contextmanager
def _as(kind: type[ProviderError], *statuses: int) -> Generator[None]:
    """Failures with these statuses are taken for another kind."""
    try:
        yield
    except ProviderError as error:
        if error.status not in statuses:
            raise
        raise kind(str(error), status=error.status, sent=error.sent) from None


# ---- repeating


class SendsAgain(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        files = [await self._files.hand_over(one) for one in message.attachments]
        body = {"client_key": message.key, "text": message.body, "files": files}
        path = f"{await self._path(chat, 'send')}/messages"
        answer = await self._client.request("send", "POST", path, json=body, repeat=Repeat.SAFE)
        return Sent(vendor_id=read(WireMessage, answer).id)


class SaysItNeverLeft(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except RetryableError as error:
            error.sent = False
            raise


class OpensTwice(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        named = opening.model_copy(update={"ref": f"{opening.ref}-{uuid4().hex[:8]}"})
        return (await super().open(named)).model_copy(update={"ref": opening.ref})


class SaysVendorDedupes(ParleyProvider):
    capabilities: ClassVar[Capabilities] = ParleyProvider.capabilities.model_copy(
        update={"dedupes_by_key": True}
    )


class NoLookUpLag(ParleyProvider):
    capabilities: ClassVar[Capabilities] = ParleyProvider.capabilities.model_copy(update={"lookup_lag": 0.0})


class NotFoundWhereNobodyLooked(ParleyProvider):
    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        try:
            return await super().was_sent(chat, key)
        except ProviderError:
            return False


class FoundWhateverTheKey(ParleyProvider):
    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        path = f"{await self._path(chat, 'look_up')}/messages"
        answer = await self._client.request("look_up", "GET", path, repeat=Repeat.SAFE)
        return bool(read(WireMessages, answer).messages)


class KeyCut(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        return await super().send(chat, message.model_copy(update={"key": message.key[:36]}))

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        return await super().was_sent(chat, key[:36])


# ---- errors


class RefusalSwallowed(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        try:
            return await super().send(chat, message)
        except RejectedError:
            return Sent()


class SlowDownIsRefusal(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        with _as(RejectedError, 429):
            return await super().send(chat, message)


class RetryAfterLost(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        with _as(RetryableError, 429, 503):
            return await super().send(chat, message)


class ServerErrorIsRefusal(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        with _as(RejectedError, *range(500, 600)):
            return await super().send(chat, message)


class EndedIsTemporary(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        with _as(RetryableError, 404, 409):
            return await super().send(chat, message)


class NobodyIsTemporary(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        try:
            return await super().open(opening)
        except UnavailableError as error:
            raise RetryableError(str(error), status=error.status, sent=True) from None


class BadLoginIsTemporary(ParleyProvider):
    async def open(self, opening: ChatOpening) -> Chat:
        with _as(RetryableError, 401, 403):
            return await super().open(opening)


class TakesAnswerForGranted(ParleyProvider):
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        files = [await self._files.hand_over(one) for one in message.attachments]
        body = {"client_key": message.key, "text": message.body, "files": files}
        path = f"{await self._path(chat, 'send')}/messages"
        answer = await self._client.request("send", "POST", path, json=body)
        return Sent(vendor_id=json.loads(answer.content)["id"])


class _KeepsToken(ClientCredentials):
    async def renew(self, client: VendorClient, used: Mapping[str, str]) -> bool:
        return False


class StaleToken(ParleyProvider):
    def __init__(self, context: IntegrationContext, settings: ParleySettings) -> None:
        super().__init__(context, settings)
        login = _KeepsToken(
            token_url="oauth/token", client_id=settings.client_id, client_secret=settings.client_secret
        )
        self._client = VendorClient(provider=self.type, base_url=settings.base_url, auth=login)
        self._files._client = self._client


class CloseAgainRaises(ParleyProvider):
    async def close(self, chat: Chat, reason: EndReason) -> None:
        path = f"{await self._path(chat, 'close')}/end"
        await self._client.request("close", "POST", path, json={"why": "left"}, repeat=Repeat.SAFE)


class CloseSwallows(ParleyProvider):
    async def close(self, chat: Chat, reason: EndReason) -> None:
        try:
            await super().close(chat, reason)
        except ProviderError:
            return


class LostChatIsLeftOpen(ParleyProvider):
    async def close(self, chat: Chat, reason: EndReason) -> None:
        if chat.vendor_ref is not None:
            await super().close(chat, reason)


class EndedWhenAskingFails(ParleyProvider):
    async def status(self, chat: Chat) -> ChatStatus:
        try:
            return await super().status(chat)
        except ProviderError:
            return ChatStatus(state="ended")


class WaitingIsActive(ParleyProvider):
    async def status(self, chat: Chat) -> ChatStatus:
        found = await super().status(chat)
        return found.model_copy(update={"state": "active"}) if found.state == "queued" else found


class UnknownIsNobody(ParleyProvider):
    async def availability(self, route: Route) -> Availability:
        found = await super().availability(route)
        return found.model_copy(update={"agents": "no"}) if found.agents == "unknown" else found


class FailureIsSomebody(ParleyProvider):
    async def availability(self, route: Route) -> Availability:
        try:
            return await super().availability(route)
        except ProviderError:
            return Availability(agents="yes", at=self.context.now())


_MADE: Sequence[tuple[type[ParleyProvider], str]] = (
    (SendsAgain, "A send whose answer was lost is made again, at a vendor that does not dedupe."),
    (
        SaysItNeverLeft,
        (
            "Of a send that timed out it is said that it never left: the relay sends it again"
            " (chatwoot/chatwoot#12271)."
        ),
    ),
    (OpensTwice, "Each open makes a reference of its own: after a lost answer there are two chats."),
    (SaysVendorDedupes, "That the vendor dedupes by our key is declared, and is not so."),
    (
        NoLookUpLag,
        (
            "That the look-up is exact only after two seconds is not declared: 'not there' is believed"
            " too early, and the message sent twice."
        ),
    ),
    (NotFoundWhereNobodyLooked, "A look-up that failed is told as 'it did not arrive'."),
    (FoundWhateverTheKey, "The look-up does not ask for the key: any message will do."),
    (KeyCut, "Our keys are cut to the 36 characters of a UUID: parts of a message have the same."),
    (RefusalSwallowed, "A 4xx to a send passes for success: the message is lost in silence."),
    (SlowDownIsRefusal, "429 refuses the message for good."),
    (RetryAfterLost, "What the vendor says in Retry-After is lost when the error is made anew."),
    (ServerErrorIsRefusal, "A 5xx refuses the message for good."),
    (EndedIsTemporary, "That the chat is over or unknown is tried again and again."),
    (NobodyIsTemporary, "That nobody is on duty is tried again, and no other provider is taken."),
    (BadLoginIsTemporary, "Refused credentials are tried again, until the account is locked."),
    (TakesAnswerForGranted, "An answer that is not as documented raises KeyError or JSONDecodeError."),
    (StaleToken, "After a 401 the old token is kept."),
    (CloseAgainRaises, "To close what is closed already is an error."),
    (CloseSwallows, "Closing never fails: where the vendor was down, the chat stays with the agent."),
    (
        LostChatIsLeftOpen,
        "A chat whose opening was never answered is not closed: it waits in the queue for ever.",
    ),
    (EndedWhenAskingFails, "A status that cannot be had ends the chat."),
    (WaitingIsActive, "The status of a waiting chat is told as active."),
    (UnknownIsNobody, "Where the vendor does not know who is there, nobody is (Cognigy answered 0 once)."),
    (FailureIsSomebody, "Where the vendor does not answer, somebody is on duty."),
)

BUGS = [
    PlantedBug(f"stranger: {provider.__name__}", what, partial(ParleyRig, provider=provider))
    for provider, what in _MADE
]
