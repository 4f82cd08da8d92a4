"""The provider ``HELVIA_LIVECHAT``: a chat is a conversation of the embedded desk."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.chats import Chat, MessageReceived
from livechat_sdk.domain.ends import WHO, WHY, EndReason, Who, Why
from livechat_sdk.domain.handoff import Handoff, OpeningHours, Route
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.domain.moments import Moment, Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.errors import RejectedError, RetryableError, UnavailableError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.hosting import AssistingHost, EmbeddedHost
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
from livechat_sdk_helvia.auth import Passwords
from livechat_sdk_helvia.faults import ConversationOver
from livechat_sdk_helvia.records import Conversation, ConversationStatus
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.settings import HelviaSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["HelviaProvider", "tell_on_stderr"]


def tell_on_stderr(text: str) -> None:
    """Show the first passwords to whoever started the program. They are in no log."""
    sys.stderr.write(f"{text}\n")


class HelviaProvider(ChatProvider[HelviaSettings]):
    """Opens conversations at the desk in this process. The desk's events commit with its rows.

    A repeated ``open`` with one ``ref`` opens nothing twice, a repeated key is the same message, and
    messages from before the accept are kept and shown in order.
    """

    type: ClassVar[str] = "HELVIA_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.EMBEDDED,
        typing_to_agent=True,
        typing_to_user=True,
        receipts_to_agent=True,
        receipts_to_user=True,
        attachment_types=("*/*",),
        availability=True,
        update=True,
        dedupes_by_key=True,
        looks_up_by_key=True,
        send_before_join=True,
        tells_order=True,
        closes=True,
        history=True,
        status=True,
    )

    def __init__(
        self,
        context: IntegrationContext,
        settings: HelviaSettings,
        *,
        announce: Callable[[str], None] = tell_on_stderr,
        passwords: Passwords | None = None,
        background: bool = True,
    ) -> None:
        """``announce`` is told the first passwords; ``passwords`` hashes them (tests take a quick one).

        Without ``background`` nothing is done beside calls: whoever owns the desk lets its lanes work.
        """
        super().__init__(context, settings)
        self._announce = announce
        self._passwords = passwords
        self._background = background
        self._desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """The running desk. Raises ``RetryableError`` before ``start``."""
        if self._desk is None:
            raise RetryableError(
                f"the desk {self.name!r} has not been started: start the dispatcher first",
                provider=self.type,
                sent=False,
            )
        return self._desk

    @property
    def started(self) -> bool:
        """Whether the desk runs."""
        return self._desk is not None

    async def start(self, host: ProviderHost) -> None:
        """Make the desk's tables and accounts ready."""
        inside = host if isinstance(host, EmbeddedHost) else None
        desk = Desk(
            host.database,
            self.context,
            self.settings,
            passwords=self._passwords,
            host=inside,
            assistance=host.assistance if isinstance(host, AssistingHost) else None,
            files=host.files,
        )
        await desk.start(self._announce)
        if self._background:
            desk.work_in_background()
        self._desk = desk

    async def stop(self) -> None:
        """End the live streams of open pages."""
        if self._desk is not None:
            await self._desk.stop()
            self._desk = None

    def pages(self) -> ASGIApp:
        """The desk's pages and its API, to be mounted under the integration's name."""
        from livechat_sdk_helvia.web.app import create_app

        return create_app(self)

    async def check(self) -> Sequence[Finding]:
        """Whether the desk runs, and whether its accounts are the demo's."""
        found = [Finding("desk", "ok", "embedded in this process: nothing to connect to")]
        if self.settings.demo_accounts:
            found.append(
                Finding(
                    "accounts",
                    "warning",
                    "demoAccounts is on: everybody knows the passwords",
                    "remove demoAccounts, and list accounts",
                )
            )
        return found

    @hookimpl
    async def livechat_business_hours(self, route: Route, at: datetime) -> OpeningHours | None:
        """The hours that the Admin Panel has for the group which ``route`` leads to, if there are any."""
        group = route.group or route.queue
        if route.integration != self.name or group is None or not self.started:
            return None
        return await self.desk.hours.at(group, at)

    @hookimpl
    async def livechat_system_message(
        self, moment: Moment, handoff: Handoff, language: str
    ) -> SystemMessage | Silent | None:
        """The words of the Admin Panel for this bot, unless the request brings its own or is elsewhere."""
        elsewhere = handoff.integration not in {None, self.name}
        if elsewhere or not self.started or moment in handoff.request.system_messages:
            return None
        found = await self.desk.bots.words(handoff.request.bot, moment, language)
        if found is None:
            return None
        tag, text = found
        return text if isinstance(text, Silent) else SystemMessage(text=text, language=tag, moment=moment)

    async def open(self, opening: ChatOpening) -> Chat:
        """Put a request into New. Raises ``UnavailableError`` for a bot that the desk is switched off for."""
        known = await self.desk.conversations.by_ref(opening.ref)
        if known is None and not (await self.desk.bots.get(opening.bot)).available:
            raise UnavailableError(
                f"live chat is switched off for {opening.bot!r} at the desk {self.name!r}",
                provider=self.type,
                operation="open",
                sent=False,
            )
        conversation, request_id = await self.desk.conversations.open(opening)
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=str(conversation.id),
            state={"conversation_id": conversation.id, "request_id": request_id},
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Store a message of the end user and show it. Raises ``RejectedError`` after the end."""
        conversation = await self._conversation(chat)
        if conversation is None:
            raise RejectedError(
                f"the desk has no conversation for {chat.ref!r}",
                provider=self.type,
                operation="send",
                sent=False,
            )
        try:
            stored, _ = await self.desk.messages.take_in(conversation, message)
        except ConversationOver as over:
            raise RejectedError(over.message, provider=self.type, operation="send", sent=False) from over
        return Sent(vendor_id=str(stored.id), acknowledged=True)

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """Take the request from New, or finish the conversation; nothing if it is over."""
        conversation = await self._conversation(chat)
        if conversation is not None:
            await self.desk.conversations.close(conversation.id, reason)

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show the agent that the end user is typing."""
        conversation = await self._conversation(chat)
        if conversation is not None:
            self.desk.typing.user_types(conversation.id, on=on)

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Show the agent that a message was delivered or read."""
        conversation = await self._conversation(chat)
        if conversation is not None:
            await self.desk.reading.receipt(conversation, receipt)

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Show survey answers and contacts that came later."""
        conversation = await self._conversation(chat)
        if conversation is not None:
            await self.desk.conversations.add_details(conversation.id, details)

    async def availability(self, route: Route) -> Availability:
        """Whether somebody at the desk could take a request, how many wait, how long it took lately.

        With nobody there the answer is ``unknown``, so that requests wait for whoever comes, or ``no`` with
        the setting ``requireAgents``, which turns them away. It is ``no`` for a bot that the desk is switched
        off for.
        """
        if not (await self.desk.bots.get(route.bot)).available:
            return Availability(agents="no", at=self.context.now())
        there = await self.desk.team.somebody_free(route)
        agents: Literal["yes", "no", "unknown"] = (
            "yes" if there else "no" if self.settings.require_agents else "unknown"
        )
        counts = await self.desk.inbox.counts()
        estimate = await self.desk.inbox.average_wait()
        return Availability(agents=agents, waiting=counts.new, estimate=estimate, at=self.context.now())

    async def status(self, chat: Chat) -> ChatStatus:
        """Where the conversation is."""
        conversation = await self._conversation(chat)
        if conversation is None:
            return ChatStatus(state="unknown")
        if conversation.status is ConversationStatus.PENDING:
            return ChatStatus(state="queued")
        if conversation.status is ConversationStatus.STARTED:
            return ChatStatus(state="active")
        return ChatStatus(state="ended", ended=_end_reason(conversation))

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """What agents said from ``since`` on, with the same ids as the events had."""
        conversation = await self._conversation(chat)
        return [] if conversation is None else await self.desk.messages.since(conversation, since)

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """Whether the desk has this message. It always knows."""
        conversation = await self._conversation(chat)
        if conversation is None:
            return False
        return await self.desk.messages.by_key(conversation.id, "end-user", key) is not None

    async def _conversation(self, chat: Chat) -> Conversation | None:
        return await self.desk.conversations.by_ref(chat.ref)


def _end_reason(conversation: Conversation) -> EndReason:
    by: dict[str, Who] = {word: word for word in WHO}
    why: dict[str, Why] = {word: word for word in WHY}
    return EndReason(
        by=by.get(conversation.ended_by or "", "provider"), why=why.get(conversation.ended_why or "", "other")
    )
