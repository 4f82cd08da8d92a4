"""``WebChat``: the channel, the bot's mouth, and the end users' messages, over one set of tables."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from livechat_sdk.domain.base import new_key
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.messages import Choice, Message, TranscriptEntry
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import HandoffEnded, Outgoing, Receipt, SystemMessage, Typing, UserMessage
from livechat_sdk.errors import InvalidInput
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk_helvia.context import DeskContext, check_text
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.ids import IdMaker
from livechat_sdk_helvia.news import News
from livechat_sdk_helvia.records import to_json
from livechat_sdk_helvia.webchat.handing import Handing, OnUserMessage
from livechat_sdk_helvia.webchat.records import ChatConversation, ChatMessage
from livechat_sdk_helvia.webchat.store import ChatStore, NewLine

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["MAX_USER_TEXT", "OnUserEnd", "OnUserRead", "OnUserTyping", "WebChat"]

MAX_USER_TEXT: Final = 4000
"""Longest message of an end user in characters."""


class OnUserTyping(Protocol):
    """Takes a conversation id, and whether the end user types."""

    async def __call__(self, conversation_id: str, *, on: bool) -> None:
        """The end user of this conversation types, or stopped."""
        ...


OnUserEnd = Callable[[str], Awaitable[None]]
"""Takes the id of a conversation whose end user wants to leave the human, or the queue."""

OnUserRead = Callable[[str, str], Awaitable[None]]
"""Takes a handoff id and the key of an agent's message that the end user has seen."""

_log = logging.getLogger("livechat_sdk_helvia.webchat")

_MAX_KEY: Final = 100
_NEWS: Final = "(chat page)"
"""Under this name the processes of a chat page tell each other; no integration can have it."""
_TYPING_SECONDS: Final = 8.0
_WAITING: Final = frozenset(
    {
        Moment.REQUESTED,
        Moment.STARTING,
        Moment.WAITING,
        Moment.QUEUE_UPDATE,
        Moment.SURVEY_STARTED,
        Moment.SURVEY_QUESTION,
        Moment.SURVEY_DONE,
        Moment.FALLBACK,
    }
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebChat:
    """Conversations of end users in ``database``.

    ``bots`` are the names that a conversation may begin with: the part of a conversation's id before
    the colon; the first one is taken unless the page says ``?bot=``. Call ``start`` before serving
    ``app()``, and ``stop`` at the end. Several processes may do so on one database: what happens in one
    shows on the pages of the others within about a second.
    """

    def __init__(
        self,
        database: EmbeddedDatabase,
        *,
        workspace: str = "default",
        bots: Sequence[str] = ("chat",),
        title: str = "Chat with us",
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        if not bots:
            raise InvalidInput("a chat page needs the name of at least one bot")
        self.bots = tuple(bots)
        self.title = title
        self.now = now
        context = DeskContext(database, workspace, _NEWS, now, IdMaker(now))
        self.hub = context.hub
        self.news = News(context, self._heard, lambda: self.hub.is_watched)
        self.store = ChatStore(database, workspace, now)
        self._typing: dict[str, datetime] = {}
        self._handing: Handing | None = None
        self._on_typing: OnUserTyping | None = None
        self._on_end: OnUserEnd | None = None
        self._on_read: OnUserRead | None = None

    # ------------------------------------------------------------------------------------------------ running
    async def start(
        self,
        on_user_message: OnUserMessage,
        *,
        on_user_typing: OnUserTyping | None = None,
        on_user_end: OnUserEnd | None = None,
        on_user_read: OnUserRead | None = None,
        pause: float = 0.5,
        background: bool = True,
    ) -> None:
        """Make the tables ready and hand over what was left when the program stopped.

        ``on_user_message`` gets each message of an end user, in order per conversation; a message is
        stored before, and handed over again until the callback has returned once (``pause`` seconds
        after a failure, then longer). The other callbacks are told once and may fail. Without
        ``background`` nothing is told to other processes but by ``news``.
        """
        await self.store.create_tables()
        self._on_typing, self._on_end, self._on_read = on_user_typing, on_user_end, on_user_read
        self._handing = Handing(self.store, on_user_message, pause=pause)
        await self._handing.start()
        if background:
            self.news.start()

    async def stop(self) -> None:
        """Stop handing over, and end the live streams."""
        self.hub.close()
        await self.news.stop()
        if self._handing is not None:
            await self._handing.stop()
            self._handing = None

    async def idle(self) -> None:
        """Return when everything that end users wrote has been handed over."""
        if self._handing is not None:
            await self._handing.idle()

    @property
    def started(self) -> bool:
        """Whether messages are handed over."""
        return self._handing is not None

    def app(self) -> ASGIApp:
        """The page and its API, to be mounted at ``/chat``."""
        from livechat_sdk_helvia.webchat.app import create_app

        return create_app(self)

    # ------------------------------------------------------------------------------- from the SDK and the bot
    async def deliver(self, outgoing: Outgoing) -> None:
        """The SDK's channel. The same key again shows nothing twice.

        Raises ``InvalidInput`` for a conversation that this page does not have.
        """
        conversation_id = outgoing.conversation_id
        await self.store.create_tables()  # the SDK may deliver what was left before ``start`` is called
        if await self.store.conversation(conversation_id) is None:
            raise InvalidInput(f"the chat page has no conversation {conversation_id!r}")
        match outgoing:
            case UserMessage():
                await self._agent_said(outgoing)
            case SystemMessage():
                await self._system_said(outgoing)
            case Typing():
                self._set_typing(conversation_id, on=outgoing.on)
            case Receipt():
                await self.store.set_status(conversation_id, outgoing.message_key, outgoing.status)
                self.hub.publish(conversation_id, "receipts")
            case HandoffEnded():
                if outgoing.end.outcome is not Outcome.ALREADY_OPEN:
                    await self.store.set_side(conversation_id, "bot", outgoing.owner_number)
                    self._set_typing(conversation_id, on=False)
                    self.hub.publish(conversation_id, "side")

    async def bot_says(
        self, conversation_id: str, *, key: str, text: str, choices: Sequence[str] = ()
    ) -> None:
        """Show something of the bot, with quick replies; the same key is shown once."""
        offered = [Choice(label=choice, value=choice) for choice in choices]
        line = NewLine(
            source="bot",
            key=key,
            author="bot",
            name=conversation_id.partition(":")[0],
            text=text,
            sent_at=self.now(),
            choices=to_json(offered),
        )
        if await self.store.add(conversation_id, line):
            self.hub.publish(conversation_id, "messages")

    async def transcript(self, conversation_id: str) -> Sequence[TranscriptEntry]:
        """What was said so far, oldest first."""
        return [
            TranscriptEntry(author=line.author, body=line.text, name=line.name, at=line.sent_at, key=line.key)
            for line in await self.all_messages(conversation_id)
        ]

    async def all_messages(self, conversation_id: str) -> list[ChatMessage]:
        """Every line of a conversation, oldest first."""
        lines: list[ChatMessage] = []
        while page := await self.store.messages(conversation_id, after=lines[-1].seq if lines else 0):
            lines += page
        return lines

    # ------------------------------------------------------------------------------------- from the end user
    async def new_conversation(self, bot: str | None = None) -> tuple[ChatConversation, str]:
        """A new conversation and its token. Raises ``InvalidField`` for a bot that is not ours."""
        wanted = bot or self.bots[0]
        if wanted not in self.bots:
            raise InvalidField("There is no such bot here.", hint=f"Bots: {', '.join(self.bots)}.")
        return await self.store.new_conversation(wanted)

    async def user_says(
        self, conversation_id: str, text: str, key: str | None = None
    ) -> tuple[ChatMessage, bool]:
        """Store what the end user wrote, then hand it over; the message, and whether it is new.

        Raises ``InvalidInput`` for a conversation that is not (any more) on this page.
        """
        text = check_text(text, limit=MAX_USER_TEXT, what="message")
        key = new_key() if key is None else key
        if not 1 <= len(key) <= _MAX_KEY or not key.isprintable():
            raise InvalidField(f"The key of a message has 1 to {_MAX_KEY} printable characters.")
        line = NewLine(source="user", key=key, author="user", text=text, sent_at=self.now())
        is_new = await self.store.add(conversation_id, line)
        if is_new:
            self.hub.publish(conversation_id, "messages")
        if self._handing is not None:
            self._handing.wake(conversation_id)
        stored = await self.store.by_key(conversation_id, "user", key)
        if stored is None:
            raise InvalidInput(f"the chat page has no conversation {conversation_id!r}")
        return stored, is_new

    async def user_types(self, conversation_id: str, *, on: bool) -> None:
        """Tell that the end user types, or stopped."""
        if self._on_typing is not None:
            await _told(self._on_typing(conversation_id, on=on), "typing")

    async def user_ends(self, conversation_id: str) -> None:
        """The end user wants to leave the human, or the queue."""
        if self._on_end is not None:
            await _told(self._on_end(conversation_id), "end")

    async def user_has_seen(self, conversation_id: str, up_to: int) -> None:
        """The end user has seen everything up to ``seq``."""
        for line in await self.store.mark_read(conversation_id, up_to):
            if self._on_read is not None and line.handoff_id is not None:
                await _told(self._on_read(line.handoff_id, line.message_key), "read")

    def is_agent_typing(self, conversation_id: str) -> bool:
        """Whether the agent types right now; forgotten after 8 s unless it is said again."""
        since = self._typing.get(conversation_id)
        return since is not None and (self.now() - since).total_seconds() < _TYPING_SECONDS

    # ------------------------------------------------------------------------------------------------ inside
    async def _agent_said(self, outgoing: UserMessage) -> None:
        message: Message = outgoing.message
        line = NewLine(
            source="sdk",
            key=outgoing.key,
            author="agent",
            name=outgoing.agent_name,
            text=message.body,
            sent_at=message.sent_at or self.now(),
            attachments=to_json(message.attachments),
            choices=to_json(message.choices),
            handoff_id=outgoing.handoff_id,
            message_key=message.key,
        )
        await self._show(outgoing, line)
        self._set_typing(outgoing.conversation_id, on=False)

    async def _system_said(self, outgoing: SystemMessage) -> None:
        offered = [Choice(label=choice, value=choice) for choice in outgoing.choices]
        line = NewLine(
            source="sdk",
            key=outgoing.key,
            author="system",
            text=outgoing.text,
            sent_at=self.now(),
            choices=to_json(offered),
            handoff_id=outgoing.handoff_id,
        )
        await self._show(outgoing, line)
        if outgoing.moment in _WAITING:
            await self._set_side(outgoing, "waiting")
        elif outgoing.moment is Moment.JOINED:
            await self._set_side(outgoing, "agent")

    async def _show(self, outgoing: UserMessage | SystemMessage, line: NewLine) -> None:
        if await self.store.add(outgoing.conversation_id, line):
            if isinstance(outgoing, UserMessage):
                await self._set_side(outgoing, "agent", outgoing.agent_name)
            self.hub.publish(outgoing.conversation_id, "messages")

    async def _set_side(
        self,
        outgoing: UserMessage | SystemMessage,
        side: Literal["waiting", "agent"],
        agent_name: str | None = None,
    ) -> None:
        if await self.store.set_side(outgoing.conversation_id, side, outgoing.owner_number, agent_name):
            self.hub.publish(outgoing.conversation_id, "side")

    def _set_typing(self, conversation_id: str, *, on: bool) -> None:
        self._keep_typing(conversation_id, on=on)
        self.hub.outbox.add_sign(conversation_id, (conversation_id, on))
        self.hub.publish(conversation_id, "typing")

    def _keep_typing(self, conversation_id: str, *, on: bool) -> None:
        if on:
            self._typing[conversation_id] = self.now()
        else:
            self._typing.pop(conversation_id, None)

    def _heard(self, sign: list[Any]) -> None:
        """The agent types, or stopped, as another process was told."""
        conversation_id, on = sign
        self._keep_typing(str(conversation_id), on=bool(on))


async def _told(telling: Awaitable[None], what: str) -> None:
    """Tell a callback that may fail: it is only a sign, nothing is lost."""
    try:
        await telling
    except Exception:  # noqa: BLE001 - the callback is not ours, and may raise anything
        _log.exception("the callback for %r failed", what)
