"""The calls of a chat that runs: poll, write, type, leave, look back, end. The cookie is the chat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, Response

from livechat_sdk_simulators.calls import Call, Operation
from livechat_sdk_simulators.cisco.errors import INVALID, CcpError, refusing, xml_answer
from livechat_sdk_simulators.cisco.markup import leaf, parse, wrap
from livechat_sdk_simulators.cisco.sessions import needs_type, session_of
from livechat_sdk_simulators.cisco.state import Chat, Message
from livechat_sdk_simulators.clock import epoch_milliseconds
from livechat_sdk_simulators.reading import Misfit, only

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.simulator import CiscoSimulator

__all__ = ["Talking"]

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_BASIC_PLANE: Final = 0xFFFF


class Talking:
    """The calls, on the rooms of one simulator."""

    def __init__(self, cisco: CiscoSimulator) -> None:
        self._cisco = cisco
        self._settings = cisco.settings

    def operations(self) -> Sequence[Operation]:
        """What there is, below each prefix."""
        found: list[Operation] = []
        for prefix in self._cisco.prefixes:
            found += [
                Operation("poll", "GET", prefix, self.poll, public=True),
                Operation("send", "PUT", prefix, self.send, public=True),
                Operation("close", "DELETE", prefix, self.delete, public=True),
                Operation("typing", "PUT", f"{prefix}/event", self.typing, public=True),
                Operation("leave", "PUT", f"{prefix}/leaveChat", self.leave, public=True),
                Operation("history", "GET", f"{prefix}/transcript.xml", self.transcript, public=True),
                Operation("history", "GET", f"{prefix}/transcript", self.page, public=True),
            ]
        return found

    def _chat(self, call: Call) -> Chat:
        return session_of(self._cisco.rooms, self._settings, call)

    async def poll(self, call: Call) -> Response:
        """The events behind ``eventid``; with ``all=true`` the customer's own messages too."""
        chat = self._chat(call)
        with refusing():
            only(call.query, "eventid", "all")
            cursor, everything = call.query.get("eventid", ""), call.query.get("all", "false")
            if not _NUMBER.fullmatch(cursor):
                raise Misfit("eventid must be a number from 0 on")
            if everything not in {"true", "false"}:
                raise Misfit("all must be true or false")
        chat.polled_at = self._cisco.clock.now()
        return xml_answer(chat.events.xml(int(cursor), with_own=everything == "true"))

    async def send(self, call: Call) -> Response:
        """A message of the customer. There is no key, so that a repeated one stands there twice."""
        needs_type(call, "application/xml")
        chat = self._chat(call)
        with refusing():
            only(call.query)
            message = parse(call.body, "Message")
            text = message.needed("body")
            message.end()
            self._check(text)
        if chat.visitor_left:
            raise CcpError(400, INVALID, ("", "The customer has left the chat."))
        if chat.state == "ended" and self._settings.late_messages == "refused":
            raise CcpError(400, INVALID, ("", "The chat has ended."))
        written = self._cisco.rooms.write(chat, text)
        call.applied = f"message {written.id} was taken{_fate(written)}"
        if self._settings.put_answer == "events":
            return xml_answer(chat.events.xml(0, with_own=False))
        return Response()

    def _check(self, text: str) -> None:
        if not text:
            raise Misfit("Message/body is empty")
        if self._settings.refuses_emoji and any(ord(one) > _BASIC_PLANE for one in text):
            raise Misfit("Message/body has an invalid character")
        longest = self._settings.longest_message
        if longest is not None and len(text) > longest:
            raise Misfit(f"Message/body has more than {longest} characters")

    async def typing(self, call: Call) -> Response:
        """The customer types, or stopped."""
        needs_type(call, "application/xml")
        chat = self._chat(call)
        with refusing():
            only(call.query)
            event = parse(call.body, "TypingEvent")
            event.needed("from")
            status = event.needed("status")
            event.end()
            if status not in {"composing", "paused"}:
                raise Misfit("TypingEvent/status must be composing or paused")
        chat.visitor_types = status == "composing" and bool(chat.present)
        call.applied = f"the customer is {status}"
        return Response()

    async def leave(self, call: Call) -> Response:
        """The customer leaves the room; agents stay alone in it, and the session waits for its end."""
        chat = self._chat(call)
        with refusing():
            only(call.query)
        chat.visitor_left = True
        chat.end("user left", self._cisco.clock.now())
        call.applied = "the customer left"
        return Response()

    async def delete(self, call: Call) -> Response:
        """The end of the session."""
        chat = self._chat(call)
        with refusing():
            only(call.query)
        self._cisco.rooms.drop(chat, "deleted")
        call.applied = "the session was ended"
        return Response()

    # ----------------------------------------------------------------------------------- transcript
    async def transcript(self, call: Call) -> Response:
        """What was said in the room, in XML."""
        chat = self._chat(call)
        with refusing():
            only(call.query)
        lines = [
            wrap(
                "chat",
                leaf("time", epoch_milliseconds(one.at)),
                leaf("name", one.name),
                leaf("msg", one.text),
            )
            for one in _said(chat)
        ]
        start = leaf("startDate", epoch_milliseconds(chat.opened_at))
        return xml_answer(wrap("ChatTranscript", start, wrap("transcript", *lines)))

    async def page(self, call: Call) -> Response:
        """The same as a page to keep."""
        chat = self._chat(call)
        with refusing():
            only(call.query, "locale")
        lines = [
            f"<tr><td>{one.at:%H:%M:%S}</td><td>{escape(one.name)}</td><td>{escape(one.text)}</td></tr>"
            for one in _said(chat)
        ]
        return HTMLResponse(
            f"<!doctype html><html><head><title>Chat transcript</title></head>"
            f"<body><table>{''.join(lines)}</table></body></html>"
        )


def _said(chat: Chat) -> list[Message]:
    """What reached the room."""
    return [one for one in chat.messages if not one.status.startswith("failed")]


def _fate(message: Message) -> str:
    return f" ({message.status})" if message.status.startswith("failed") else ""
