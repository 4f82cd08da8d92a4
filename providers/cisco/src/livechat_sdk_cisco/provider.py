"""The provider ``CISCO_LIVECHAT``: one method for each thing that the vendor can do."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final

from pydantic import SecretStr

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.chats import AgentJoined, Chat, ChatEnded, ChatRejected, MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import (
    ChatOpening,
    ChatProvider,
    PlannedMessage,
    Polled,
    PollPace,
    ProviderHost,
    Sent,
)
from livechat_sdk_cisco.api import Api, SessionGone
from livechat_sdk_cisco.checking import check
from livechat_sdk_cisco.events import translate
from livechat_sdk_cisco.room import Room
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.told import PAGE, author_of, contact_of, pages_of

__all__ = ["CiscoProvider"]

logger = logging.getLogger("livechat_sdk_cisco")

_SESSION: Final = "session"
_PAGES: Final = "pages"

_SURE_AFTER: Final = timedelta(seconds=5)
"""For so long a server must say that it knows no such session: one answer never ends a chat."""

_BACKOFF: Final = 30.0
"""Seconds between two polls at the most, whatever has failed: who polls no more is given up at some time."""

_AT_ONCE: Final = 64
"""Polls side by side: of 2 000 chats hundreds are polled in a second, and a server takes a tenth for each."""

_TRUSTED: Final = 2.0
"""Seconds for which a room that was seen with an agent in it is taken to have one."""

_MOST_SEEN: Final = 10_000
_GREETINGS: Final = 3


class CiscoProvider(ChatProvider[CiscoSettings]):
    """Opens chats at a feed, and polls them with the session of each.

    ``Chat.secrets`` holds ``session``, which is all that a chat is known by, and ``pages``, what was said
    before, until an agent has been told. ``Chat.state`` is a ``Room``.
    """

    type: ClassVar[str] = "CISCO_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.POLL,
        typing_to_agent=True,
        typing_to_user=True,
        text_limit=PAGE,
        closes=True,
        finds_by_ref=False,
        keeps_for=300.0,  # as the feed ends a silent chat, unless it was set otherwise
    )

    def __init__(self, context: IntegrationContext, settings: CiscoSettings) -> None:
        super().__init__(context, settings)
        self._api = Api(self.type, settings)
        self._pace = PollPace(
            fastest=settings.poll_fastest, slowest=settings.poll_slowest, backoff=_BACKOFF, at_once=_AT_ONCE
        )
        self._seen: dict[str, float] = {}
        self._greetings: dict[str, int] = {}

    @property
    def poll_pace(self) -> PollPace:
        """As the settings have it."""
        return self._pace

    async def start(self, host: ProviderHost) -> None:
        """Say it aloud where nobody checks who the server is."""
        if not self.settings.verify:
            logger.warning(
                "%s: the certificate of the server is NOT checked (verify: false): whoever is in between can"
                " read and change every chat. Give caBundle or certificateSha256 instead",
                self.name,
            )

    async def stop(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def open(self, opening: ChatOpening) -> Chat:
        """Start a chat. Called again it starts another one: a chat cannot be found by our reference."""
        opened = await self._api.open(contact_of(opening, self.settings))
        secrets = {_SESSION: SecretStr(opened.session)}
        pages = pages_of(opening)
        if pages:
            secrets[_PAGES] = SecretStr(json.dumps(pages, ensure_ascii=False))
        room = Room(opened=self.context.now(), author=author_of(opening, self.settings))
        chat = Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=opened.contact,
            secrets=secrets,
        )
        return room.stored_in(chat)

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Say it in the room, once there is an agent in it.

        The server takes words for a room that the last agent has left, and nobody reads them. So the room is
        looked at first, unless somebody was seen in it a moment ago.
        """
        session = self._session(chat, "send")
        try:
            await self._must_have_agent(chat, session)
        except ProviderError as error:
            error.sent = False
            raise
        try:
            await self._api.send(session, message.body)
        except SessionGone as error:
            self._seen.pop(chat.ref, None)
            raise self._not_taken(error) from error
        return Sent(patch={"said": self.context.now().isoformat()})

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show ``composing`` or ``paused``."""
        name = Room.of(chat, self.context.now()).author or self.settings.author
        await self._api.typing(self._session(chat, "typing"), name, on=on)

    async def close(self, chat: Chat, reason: EndReason) -> Sequence[MessageReceived]:
        """Leave the room, hear the last words, and end the session. One that is not known is closed.

        The last words come by a poll, whose ids tell what of them is known. The transcript has none.
        """
        session = self._session(chat, "close")
        self._forget(chat)
        said: Sequence[MessageReceived] = ()
        try:
            await self._leave(chat, session)
            said = await self._last_words(chat, session)
            await self._api.end(session)
        except SessionGone:
            logger.debug("%s: the session is gone already", chat.ref)
        return said

    async def _last_words(self, chat: Chat, session: str) -> Sequence[MessageReceived]:
        now = self.context.now()
        room = Room.of(chat, now)
        try:
            root = await self._api.events(session, room.cursor, operation="close")
        except SessionGone:
            raise
        except ProviderError as error:
            logger.info("%s: whether anything was said last is not known: %s", chat.ref, error)
            return ()
        told = translate(root, chat, room, now, self.settings)
        return [event for event in told.events if isinstance(event, MessageReceived)]

    async def poll(self, chat: Chat) -> Polled:
        """The events since the last one. The first agent who joins is told what was said before.

        A session that the server does not know is over when it says so twice: see ``_gone``.
        """
        session, now = self._session(chat, "poll"), self.context.now()
        room = Room.of(chat, now)
        try:
            root = await self._api.events(session, room.cursor)
        except SessionGone as error:
            return self._gone(chat, room, error)
        room.gone = None
        told = translate(root, chat, room, now, self.settings)
        if told.over:
            self._forget(chat)
            if isinstance(told.events[-1], ChatRejected):
                await self._leave_quietly(session)
        elif any(isinstance(event, AgentJoined) for event in told.events) and not room.greeted:
            chat = await self._greet(chat, session)
            room.greeted = True
        return Polled(chat=room.stored_in(chat), events=told.events)

    async def check(self) -> Sequence[Finding]:
        """Look at the address, the certificate and, with an administrator's login, the feed."""
        return await check(self._api, self.settings)

    # ---- what calls have in common

    def _session(self, chat: Chat, operation: str) -> str:
        session = chat.secrets.get(_SESSION)
        if session is not None:
            return session.get_secret_value()
        raise RejectedError(
            "the session is not known, and a chat cannot be looked for by our reference",
            provider=self.type,
            operation=operation,
            status=401,
            sent=False,
        )

    def _forget(self, chat: Chat) -> None:
        """A chat is over."""
        self._seen.pop(chat.ref, None)
        self._greetings.pop(chat.ref, None)

    def _gone(self, chat: Chat, room: Room, error: SessionGone) -> Polled:
        """The server knows no such session. Said twice, the chat is over.

        After a silence as long as the server allows it has timed out; else the server was restarted, and
        somebody else of the chain takes over.
        """
        now = self.context.now()
        if room.gone is None or now - room.gone < _SURE_AFTER:
            room.gone = room.gone or now
            return Polled(chat=room.stored_in(chat), again_after=_SURE_AFTER.total_seconds())
        self._forget(chat)
        quiet = room.was_quiet(chat, room.gone, self.settings.inactivity_timeout)
        event = ChatEnded(
            id=f"{chat.ref}:gone",
            integration=self.name,
            refs=(chat.ref, chat.vendor_ref) if chat.vendor_ref else (chat.ref,),
            received_at=now,
            by="provider",
            why="inactivity" if quiet else "error",
            raw_reason=f"the server no longer knows the session ({error.status})",
        )
        return Polled(chat=room.stored_in(chat), events=(event,))

    async def _greet(self, chat: Chat, session: str) -> Chat:
        """Tell whoever joined what was said before: what of it is not in the transcript yet.

        Held messages leave when the join is committed, which is after this. Where the pages cannot be told,
        the agent has the fields of the contact, and the chat goes on.
        """
        sealed = chat.secrets.get(_PAGES)
        if sealed is None:
            return chat
        pages: list[str] = json.loads(sealed.get_secret_value())
        tries = self._greetings[chat.ref] = self._greetings.get(chat.ref, 0) + 1
        try:
            known = await self._api.transcript(session, operation="poll")
            there = {" ".join(text.split()) for _, text in known or ()}
            for page in pages:
                if " ".join(page.split()) not in there:
                    await self._api.send(session, page, operation="poll")
        except SessionGone:
            raise
        except ProviderError as error:
            if tries < _GREETINGS and isinstance(error, RetryableError):
                raise
            logger.warning("%s: an agent was not told what was said before: %s", chat.ref, error)
        self._greetings.pop(chat.ref, None)
        left = {name: value for name, value in chat.secrets.items() if name != _PAGES}
        return chat.model_copy(update={"secrets": left})

    async def _must_have_agent(self, chat: Chat, session: str) -> None:
        """Raise ``RejectedError`` when nobody is in the room any more."""
        now = time.monotonic()
        if now - self._seen.get(chat.ref, -_TRUSTED) < _TRUSTED:
            return
        room = Room.of(chat, self.context.now())
        try:
            root = await self._api.events(session, room.cursor, operation="send")
        except SessionGone as error:
            raise self._not_taken(error) from error
        told = translate(root, chat, room, self.context.now(), self.settings)
        if told.over or (room.joined and not room.agents):
            raise RejectedError(
                "no agent is in this chat any more", provider=self.type, operation="send", sent=False
            )
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen[chat.ref] = now

    def _not_taken(self, error: SessionGone) -> RetryableError:
        """It was not taken; the next poll tells whether the chat is over, and where the message goes then."""
        return RetryableError(str(error), operation="send", status=error.status, sent=False)

    async def _leave(self, chat: Chat, session: str) -> None:
        try:
            await self._api.leave(session)
        except SessionGone:
            raise
        except RejectedError as error:
            logger.info("%s: the room could not be left before its end: %s", chat.ref, error)

    async def _leave_quietly(self, session: str) -> None:
        """So that no agent walks into an empty room. The session goes on, so this poll may be repeated."""
        try:
            await self._api.leave(session, operation="poll")
        except ProviderError as error:
            logger.info("%s: a room could not be left: %s", self.name, error)
