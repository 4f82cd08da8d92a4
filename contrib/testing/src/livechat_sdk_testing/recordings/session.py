"""A short conversation with a real account, made to be recorded: what it does, told beforehand, and done.

The end user of it is nobody: ``SENTENCES`` are all that is said, and say so.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry, UserReceipt
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import UnsupportedFeature
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk.provider.integration import Finding
from livechat_sdk.provider.interface import AnyProvider, ChatDetails, ChatOpening, PlannedMessage
from livechat_sdk_testing.recordings.recorder import Recorder

__all__ = ["OPERATIONS", "READING", "SENTENCES", "Session", "everything", "plan"]

_LONGEST_WAIT: Final = 10.0

GREETING: Final = "This is a test of livechat-sdk. Please ignore it."
MESSAGE: Final = "This message is a test of livechat-sdk."
QUESTION: Final = "Is this a test?"
ANSWER: Final = "Yes, of livechat-sdk."
NAME: Final = "livechat-sdk test"
SENTENCES: Final = frozenset({GREETING, MESSAGE, QUESTION, ANSWER, NAME})
"""Everything that a session says; it may stand in the recordings as it is."""

READING: Final = ("check", "availability")
"""Operations that change nothing and that nobody at the vendor sees."""

_WHAT: Final[Mapping[str, str]] = {
    "check": "look at credentials and set-up",
    "availability": "ask whether agents are there",
    "open": "open a chat, which agents see",
    "send": "send one message",
    "typing": "show that the end user types, and stops",
    "update": "add a survey answer to the chat",
    "status": "ask what is true of the chat",
    "history": "ask for the messages of agents",
    "receipt": "say that a message of the agent was read, if there is one",
    "look_up": "look the message up",
    "close": "end the chat",
}
OPERATIONS: Final = tuple(_WHAT)
"""Everything that can be recorded, in the order in which it is done."""


def plan(provider: AnyProvider, operations: Iterable[str]) -> list[tuple[str, str]]:
    """What will be done, each operation with what it means, in order.

    Whatever needs a chat opens one, and a chat that is opened is closed. Raises ``UnsupportedFeature`` for
    what the provider cannot do.
    """
    wanted = set(operations)
    can = _abilities(provider.capabilities)
    for name in wanted:
        if not can[name]:
            raise UnsupportedFeature(f"{provider.type} does not declare that it can do this: {name}")
    if wanted - set(READING):
        wanted |= {"open", "close"} if can["close"] else {"open"}
    if "look_up" in wanted:
        wanted.add("send")
    if "receipt" in wanted and can["history"]:
        wanted.add("history")
    return [(name, what) for name, what in _WHAT.items() if name in wanted]


def everything(provider: AnyProvider) -> list[str]:
    """All that the provider declares."""
    return [name for name, able in _abilities(provider.capabilities).items() if able]


def _abilities(declared: Capabilities) -> dict[str, bool]:
    if declared.inbound is Inbound.EMBEDDED:
        return dict.fromkeys(_WHAT, False)
    return dict.fromkeys(_WHAT, True) | {
        "availability": declared.availability,
        "typing": declared.typing_to_agent,
        "update": declared.update,
        "status": declared.status,
        "history": declared.history,
        "receipt": declared.receipts_to_agent and declared.history,
        "look_up": declared.looks_up_by_key,
        "close": declared.closes,
    }


class _NoHost:
    """The host of a provider that is only recorded: without a database, without files."""

    files: FileOpener = NoFiles()

    @property
    def database(self) -> EmbeddedDatabase:
        """Raise ``UnsupportedFeature``."""
        raise UnsupportedFeature("there is no database while a provider is recorded")

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """None: nobody listens here."""
        return ()


@dataclass(slots=True)
class Session:
    """Does what ``plan`` said. ``pause`` waits so many seconds (a vendor's look-up may lag)."""

    provider: AnyProvider
    recorder: Recorder
    pause: Callable[[float], Awaitable[None]]
    route: Route
    findings: list[Finding] = field(default_factory=list[Finding], init=False)
    """What the operation ``check`` has found."""
    _chat: Chat | None = field(default=None, init=False)
    _key: str = field(default_factory=lambda: f"record-{uuid.uuid4().hex[:12]}", init=False)
    _since: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(minutes=1), init=False)
    _heard: list[str] = field(default_factory=list[str], init=False)

    async def run(self, operations: Sequence[str], tell: Callable[[str], None]) -> None:
        """One operation after the other; ``tell`` hears of each before it begins.

        When one fails the chat is closed all the same, if it is open and closing was planned, and then its
        error is raised.
        """
        async with self._started():
            try:
                for name in operations:
                    if name != "close":
                        await self._do(name, tell)
            finally:
                if "close" in operations and self._chat is not None:
                    await self._do("close", tell)

    @asynccontextmanager
    async def _started(self) -> AsyncGenerator[None]:
        await self.provider.start(_NoHost())
        try:
            yield
        finally:
            await self.provider.stop()

    async def _do(self, name: str, tell: Callable[[str], None]) -> None:
        silent = name == "receipt" and not self._heard
        tell(f"{name}: left out, because no agent has written" if silent else name)
        self.recorder.operation = name
        match name:
            case "check":
                self.findings += await self.provider.check()
            case "availability":
                await self.provider.availability(self.route)
            case "open":
                self._chat = await self.provider.open(self._opening())
            case "typing":
                await self.provider.typing(self.chat, on=True)
                await self.provider.typing(self.chat, on=False)
            case "update":
                answer = SurveyAnswer(id="test", question=QUESTION, answer=ANSWER)
                await self.provider.update(self.chat, ChatDetails(survey=(answer,)))
            case "status":
                await self.provider.status(self.chat)
            case "close":
                await self.provider.close(self.chat, EndReason(by="user", why="abandoned"))
            case _:
                await self._do_with_messages(name)

    async def _do_with_messages(self, name: str) -> None:
        match name:
            case "send":
                message = PlannedMessage(key=self._key, body=MESSAGE, sent_at=datetime.now(UTC))
                sent = await self.provider.send(self.chat, message)
                self._chat = self.chat.model_copy(update={"state": {**self.chat.state, **sent.patch}})
            case "history":
                found = await self.provider.history(self.chat, self._since)
                self._heard = [one.message.key for one in found if one.author == "agent"]
            case "receipt":
                if self._heard:
                    receipt = UserReceipt(message_key=self._heard[-1], status="read")
                    await self.provider.receipt(self.chat, receipt)
            case "look_up":
                await self.pause(min(self.provider.capabilities.lookup_lag, _LONGEST_WAIT))
                await self.provider.was_sent(self.chat, self._key)
            case _:
                raise LookupError(f"there is no operation {name!r}")

    @property
    def chat(self) -> Chat:
        """The chat that was opened."""
        if self._chat is None:
            raise LookupError("no chat was opened")
        return self._chat

    def _opening(self) -> ChatOpening:
        now = datetime.now(UTC)
        return ChatOpening(
            handoff_id=self._key,
            conversation_id=self._key,
            attempt=1,
            ref=f"{self._key}.1",
            bot=self.route.bot,
            user=EndUser(id="livechat-sdk-test", name=NAME, language="en"),
            route=self.route,
            language="en",
            transcript=(TranscriptEntry(author="user", body=GREETING, at=now),),
            requested_at=now,
        )
