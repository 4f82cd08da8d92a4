"""The provider ``HELVIA_LIVECHAT`` with ``baseUrl``: a chat is a conversation of a manager elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.errors import RejectedError, RetryableError
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import ChatOpening, ChatProvider, ChatStatus, PlannedMessage, Sent
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_helvia.remote.account import RemoteAccount
from livechat_sdk_helvia.remote.api import ManagerApi
from livechat_sdk_helvia.remote.checking import check
from livechat_sdk_helvia.remote.events import prove, translate
from livechat_sdk_helvia.remote.opening import message_body, request_body
from livechat_sdk_helvia.remote.wire import Listed
from livechat_sdk_helvia.settings import HelviaSettings

__all__ = ["RemoteHelviaProvider"]

_NOT_FOUND: Final = 404


class RemoteHelviaProvider(ChatProvider[HelviaSettings]):
    """Opens requests at a manager with the token of a service, and hears of them by callbacks.

    Only what is published for services is used. They cannot read messages, so nothing is looked up and there
    is no history; nothing says what becomes of messages before somebody accepts, so we keep them until then.
    ``Chat.state`` holds ``request``, ``user`` and ``session``, the ids under which the manager knows them.
    """

    type: ClassVar[str] = "HELVIA_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.WEBHOOK,
        webhook_auth=WebhookAuth.SHARED_KEY,
        typing_to_user=True,
        transfer=True,
        tells_order=True,
        finds_by_ref=True,
        closes=True,  # DELETE /livechat-requests/{id}, of the desk of this package
        status=True,
    )

    def __init__(self, context: IntegrationContext, settings: HelviaSettings, account: RemoteAccount) -> None:
        super().__init__(context, settings)
        self._account = account
        self._api = ManagerApi(self.type, account)

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def check(self) -> Sequence[Finding]:
        """Whether the manager takes the token, and whether the other hosts of the settings answer."""
        return await check(self.type, self._account, self._api)

    async def open(self, opening: ChatOpening) -> Chat:
        """Open a request, and find its id by listing. One that is there already is not opened again."""
        found = await self._api.find("open", ref=opening.ref, user=opening.user.id)
        if found is None:
            await self._api.open(request_body(opening, self._account))
            found = await self._api.find("open", ref=opening.ref, user=opening.user.id)
        if found is None or found.conversation is None:
            raise RetryableError(
                "the manager does not list the request (yet): another one of this session may be open",
                provider=self.type,
                operation="open",
                sent=True,
            )
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=found.conversation,
            state={
                "request": found.id,
                "user": opening.user.id,
                "session": opening.conversation_id,
            },
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Say what the end user says. Raises ``RejectedError`` when the conversation is over."""
        conversation = chat.vendor_ref
        if conversation is None:
            found = await self._found("send", chat)
            conversation = None if found is None else found.conversation
        if conversation is None:
            raise RejectedError(
                f"the manager has no conversation for {chat.ref!r}",
                provider=self.type,
                operation="send",
                sent=False,
            )
        await self._api.say(message_body(_kept(chat, "session"), conversation, message))
        return Sent()

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """Withdraw the request, or finish the conversation; nothing if it is over or was never there.

        The call is the desk's own. A manager without it answers 404, and its agents end the conversation.
        """
        request = _kept(chat, "request")
        if request is None:
            found = await self._found("close", chat)
            request = None if found is None else found.id
        if request is not None:
            await self._api.withdraw(request)

    async def status(self, chat: Chat) -> ChatStatus:
        """Where the request is, and its conversation when somebody has accepted."""
        found = await self._found("status", chat)
        if found is None:
            raise RejectedError(
                "the manager does not list the request",
                provider=self.type,
                operation="status",
                status=_NOT_FOUND,
                sent=True,
            )
        ref = found.conversation
        if found.status == "new":
            return ChatStatus(state="queued", vendor_ref=ref)
        if found.status == "missed":
            return ChatStatus(state="ended", ended=EndReason(by="clock", why="timeout"), vendor_ref=ref)
        user, state = _kept(chat, "user"), None
        if found.status == "accepted" and user is not None and ref is not None:
            state = await self._api.state_of("status", ref, user)
        if state == "started":
            return ChatStatus(state="active", vendor_ref=ref)
        if state == "finished":
            return ChatStatus(state="ended", ended=EndReason(by="agent", why="resolved"), vendor_ref=ref)
        return ChatStatus(state="unknown", vendor_ref=ref)

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """A callback of the manager, proved by the key in ``X-Livechat-Key``."""
        prove(delivery, self._account.webhook_keys)
        return translate(delivery, self.name)

    async def _found(self, operation: str, chat: Chat) -> Listed | None:
        return await self._api.find(
            operation, ref=chat.ref, request=_kept(chat, "request"), user=_kept(chat, "user")
        )


def _kept(chat: Chat, name: str) -> str | None:
    """What ``open`` kept; nothing where its answer was lost."""
    found = chat.state.get(name)
    return found if isinstance(found, str) else None
