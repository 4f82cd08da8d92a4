"""The rooms in which customers and agents meet: how they fill, empty, and are taken down as time passes.

Time is looked at whenever somebody looks at a chat; then everything that has fallen due since happens, in the
order in which it fell due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from livechat_sdk_simulators.cisco.events import Events
from livechat_sdk_simulators.cisco.state import Chat, Chats, Message, Request

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.simulator import CiscoSimulator

__all__ = ["REJECTED", "Rooms"]

REJECTED: Final = "chat_request_rejected_by_agent"
_TIMED_OUT: Final = "chat_timedout_waiting_for_agent"


class Rooms:
    """The chats of one server, kept up to date with its clock."""

    def __init__(self, cisco: CiscoSimulator) -> None:
        self._cisco = cisco
        self._settings = cisco.settings
        self._all = Chats()

    # -------------------------------------------------------------------------------------- looking
    def all(self) -> list[Chat]:
        """Every chat by now, oldest first."""
        return [self._settled(chat) for chat in self._all]

    def with_session(self, session: str) -> Chat | None:
        """The chat of a cookie, if that session is still there."""
        chat = self._all.with_session(session)
        if chat is None:
            return None
        self._settled(chat)
        return chat if chat.session == session else None

    def named(self, ref: str) -> Chat | None:
        """The chat with this id or reference, by now."""
        chat = self._all.named(ref)
        return None if chat is None else self._settled(chat)

    # --------------------------------------------------------------------------------------- acting
    def open(self, asked: Request, session: str | None) -> Chat:
        """A new chat. Whoever shows the cookie of another chat gives that one up: a session has one chat."""
        before = self.with_session(session) if session else None
        if before is not None:
            before.session = None
            before.end("its session has another chat now", self._now)
        now = self._now
        chat = Chat(
            id=self._all.new_id(),
            ref="",
            room=f"socialminer_chat.{len(self._all) + 1}@conference.127.0.0.1",
            queue=self._queue(asked),
            asked=asked,
            events=Events(self._settings, self._cisco.clock, self._cisco.faults),
            opened_at=now,
            wrote_at=now,
            polled_at=now,
            changed_at=now,
        )
        chat.ref = self._ref(asked) or chat.id
        self._all.add(chat, session if before is not None else None)
        chat.events.status("chat_ok", "")
        if self._cisco.agents == 0:
            self.reject(chat, "No chat agent is logged in.")
        return chat

    def _queue(self, asked: Request) -> str | None:
        tag, known = asked.fields.get("ccxqueuetag"), self._settings.queues
        return tag if tag and (not known or tag in known) else None

    def _ref(self, asked: Request) -> str | None:
        name = self._settings.ref_field
        if name is not None:
            return asked.fields.get(name)
        return next((text for field, text in asked.fields.items() if field.lower().endswith("ref")), None)

    def reject(self, chat: Chat, detail: str) -> None:
        """Nobody will come."""
        chat.end("rejected", self._now)
        chat.events.status(REJECTED, detail)

    def write(self, chat: Chat, text: str) -> Message:
        """The customer writes."""
        now = self._now
        message = Message(f"{chat.id}-{len(chat.messages) + 1}", "visitor", chat.asked.author, text, now)
        chat.wrote_at, chat.visitor_types = now, False
        chat.hear(message, kept=chat.state == "queued" and self._settings.early_messages == "kept")
        chat.events.own(text)
        return message

    def drop(self, chat: Chat, why: str) -> None:
        """The session is gone, and the customer with it: agents who are there stay alone."""
        chat.end(why, self._now)
        self._all.drop_session(chat)

    def drop_all(self, why: str) -> None:
        """Every session is gone."""
        for chat in self.all():
            if chat.session is not None:
                self.drop(chat, why)

    # ------------------------------------------------------------------------------------- the time
    @property
    def _now(self) -> datetime:
        return self._cisco.clock.now()

    def _settled(self, chat: Chat) -> Chat:
        while due := min(self._dues(chat), key=lambda one: one[0], default=None):
            at, happen = due
            if at > self._now:
                break
            happen(chat)
        return chat

    def _dues(self, chat: Chat) -> Iterator[tuple[datetime, Callable[[Chat], None]]]:
        settings = self._settings
        if chat.session is None:
            return
        if chat.state == "queued" and not chat.told_late:
            yield chat.opened_at + timedelta(seconds=settings.join_timeout), self._tell_late
        yield chat.wrote_at + timedelta(seconds=settings.inactivity_timeout), self._inactive
        if settings.poll_timeout is not None:
            yield chat.polled_at + timedelta(seconds=settings.poll_timeout), self._forgotten

    def _tell_late(self, chat: Chat) -> None:
        chat.told_late = True
        chat.events.status(_TIMED_OUT, "Timed out waiting for an agent to join.")

    def _inactive(self, chat: Chat) -> None:
        self.drop(chat, "inactive")

    def _forgotten(self, chat: Chat) -> None:
        self.drop(chat, "not polled")
