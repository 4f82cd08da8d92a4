"""The hostile vendor that is polled: a session cookie that expires, answers that repeat and lag."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.errors import AuthError, RejectedError
from livechat_sdk.provider.interface import ChatOpening, Polled, PollPace
from livechat_sdk_testing.hostile.events import VendorEvent, read_event
from livechat_sdk_testing.hostile.faults import Fault, Faults
from livechat_sdk_testing.hostile.provider import HostileProvider
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import What
from livechat_sdk_testing.hostile.vendor import HostileVendor, VendorChat

__all__ = ["PollPage", "PollProvider", "PollVendor"]

_PAGE = 20


@dataclass(frozen=True, slots=True)
class PollPage:
    """The answer to a poll: events in the vendor's order, and the cursor for the next one."""

    events: tuple[VendorEvent, ...]
    cursor: int


class PollVendor(HostileVendor):
    """Keeps a feed of events for each chat, and shows it to whoever brings a good cookie."""

    def __init__(
        self,
        traits: Traits,
        *,
        now: Callable[[], datetime],
        name: str = "hostile",
        faults: Faults | None = None,
    ) -> None:
        super().__init__(traits, now=now, name=name, faults=faults)
        self._feeds: dict[str, list[VendorEvent]] = {}
        self._sessions: dict[str, datetime] = {}
        self._cookies = itertools.count(1)

    def log_in(self) -> str:
        """A new cookie, good for ``traits.session_life`` seconds."""
        cookie = f"{self.name}-session-{next(self._cookies)}"
        self._sessions[cookie] = self.now() + timedelta(seconds=self.traits.session_life)
        return cookie

    def expire_sessions(self) -> None:
        """Forget every cookie."""
        self._sessions.clear()

    def knows(self, cookie: str | None) -> bool:
        """Whether a cookie is good now."""
        return cookie is not None and self._sessions.get(cookie, self.now()) > self.now()

    def page(self, ref: str, cursor: int, fault: Fault | None = None) -> PollPage:
        """The events after ``cursor``, at most 20. Raises ``RejectedError`` for a chat that is not there."""
        if not self.has_chat(ref):
            raise RejectedError(f"there is no chat {ref!r}", provider=self.name, operation="poll")
        feed = self._feeds.get(ref, [])
        events = feed[cursor : cursor + _PAGE]
        if fault is Fault.DELAY:
            events = events[:-1]
        after = cursor + len(events)
        if fault is Fault.REORDER:
            events = [*events[:-2], *reversed(events[-2:])]
        for event in events:
            self._note_event(What.HANDED, event, "poll")
        if fault is Fault.REPEAT:
            events = [*feed[max(0, cursor - 2) : cursor], *events]
        return PollPage(tuple(events), after)

    def holds_messages(self, ref: str) -> list[str]:
        """Keys of the agent's messages that polls, or the history, can still bring."""
        fed = [event.key for event in self._feeds.get(ref, []) if event.kind == "message_received"]
        return list(dict.fromkeys((*fed, *super().holds_messages(ref))))

    async def _publish(self, chat: VendorChat, event: VendorEvent, fault: Fault | None) -> None:
        feed = self._feeds.setdefault(event.ref, [])
        if fault in {Fault.WITHHOLD, Fault.LOSE}:
            self._note_event(What.LOST, event, "poll", "withheld")
            return
        feed.append(event)
        if fault is Fault.REPEAT:
            feed.append(event)


class PollProvider(HostileProvider):
    """The cookie is in ``Chat.secrets``, the cursor in ``Chat.state``.

    A poll whose cookie is no longer good logs in again and returns the new one. Other calls cannot return
    a cookie: they use one of their own for that call.
    """

    vendor: PollVendor

    @property
    def poll_pace(self) -> PollPace:
        """A leisurely vendor, so that hours of virtual time pass quickly."""
        return PollPace(fastest=2.0, slowest=60.0)

    async def open(self, opening: ChatOpening) -> Chat:
        """Open a chat and a session."""
        chat = await super().open(opening)
        return chat.model_copy(
            update={"state": {"cursor": 0}, "secrets": {"cookie": SecretStr(self.vendor.log_in())}}
        )

    async def poll(self, chat: Chat) -> Polled:
        """Events since the cursor, and the chat with the new one. An unchanged chat comes back as it was."""
        cookie = chat.secrets.get("cookie")
        if not self.vendor.knows(cookie.get_secret_value() if cookie else None):
            cookie = SecretStr(self.vendor.log_in())
            chat = chat.model_copy(update={"secrets": {**chat.secrets, "cookie": cookie}})
        cursor = int(chat.state.get("cursor", 0))
        fault = self.vendor.faults.next("poll")

        async def look() -> PollPage:
            return self._page(chat, cursor, fault)

        page = await self._call("poll", chat.ref, look, fault=None if fault in _SHOWN else fault, drawn=True)
        if page.cursor != cursor:
            chat = chat.model_copy(update={"state": {**chat.state, "cursor": page.cursor}})
        now = self.context.now()
        return Polled(
            chat=chat, events=tuple(read_event(event.document(), self.name, now) for event in page.events)
        )

    def _page(self, chat: Chat, cursor: int, fault: Fault | None) -> PollPage:
        cookie = chat.secrets.get("cookie")
        if cookie is None or not self.vendor.knows(cookie.get_secret_value()):
            raise AuthError("the session is over", provider=self.name, operation="poll", status=401)
        return self.vendor.page(chat.ref, cursor, fault)


_SHOWN = frozenset({Fault.DELAY, Fault.REORDER, Fault.REPEAT})
"""Faults that show in the answer, not in the call."""
