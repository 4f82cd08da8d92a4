"""Parley's calls about messages: send, look up, history, typing, receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.parley.bodies import TEXT, json_fields, refusing
from livechat_sdk_simulators.parley.state import Message, StoredFile
from livechat_sdk_simulators.reading import Misfit, moment, only

if TYPE_CHECKING:
    from livechat_sdk_simulators.parley.simulator import ParleySimulator

__all__ = ["MessageCalls"]

_PAGE: Final = 100
_LOOK_UP_LAG: Final = timedelta(seconds=2)


class MessageCalls:
    """The calls, on the state of one simulator."""

    def __init__(self, parley: ParleySimulator) -> None:
        self._parley = parley

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        messages = "/v1/chats/{id}/messages"
        return [
            Operation("send", "POST", messages, self.send),
            Operation("look_up", "GET", messages, self.look_up, when=_by_key),
            Operation("history", "GET", messages, self.history),
            Operation("typing", "POST", "/v1/chats/{id}/typing", self.typing),
            Operation("receipt", "POST", "/v1/chats/{id}/receipts", self.receipt),
        ]

    def _json(self, message: Message) -> dict[str, Any]:
        return message.json(self._parley.files.link)

    async def send(self, call: Call) -> Response:
        """Take a message of the visitor. The same key twice is two messages."""
        chat = self._parley.open_chat_of(call)
        with refusing():
            only(call.query)
            fields = json_fields(call)
            key, text = fields.text("client_key"), fields.text("text", least=0)
            files = self._files(fields.texts("files"))
            quick_reply = fields.optional_text("quick_reply")
            fields.end()
            if not text and not files:
                raise Misfit("a message needs a text or a file")
        if len(text) > TEXT:
            raise VendorError(422, "text_too_long", f"The text has more than {TEXT} characters.")
        message = Message(
            id=new_id("msg"),
            author="visitor",
            text=text,
            at=self._parley.clock.now(),
            files=files,
            client_key=key,
            quick_reply=quick_reply,
        )
        chat.messages.append(message)
        chat.updated_at, chat.visitor_types = message.at, False
        call.applied = f"message {message.id} was taken"
        self._parley.emit(chat, "message.created", self._json(message))
        if chat.present:
            self._parley.mark_delivered(chat, message)
        return json_answer(self._json(message), 201)

    def _files(self, ids: Sequence[str]) -> list[StoredFile]:
        files = [self._parley.files.get(one) for one in ids]
        if None in files:
            raise Misfit(f"there is no file {ids[files.index(None)]}")
        return [one for one in files if one is not None]

    async def look_up(self, call: Call) -> Response:
        """The messages with a key. What came within the last two seconds may not be there yet, and is not."""
        chat = self._parley.chat_of(call)
        with refusing():
            only(call.query, "client_key")
        settled = self._parley.clock.now() - _LOOK_UP_LAG
        found = [
            one for one in chat.messages if one.client_key == call.query["client_key"] and one.at <= settled
        ]
        return json_answer({"messages": [self._json(one) for one in found], "next": None})

    async def history(self, call: Call) -> Response:
        """The messages of both sides, oldest first, a page at a time."""
        chat = self._parley.chat_of(call)
        query = call.query
        with refusing():
            only(query, "since", "cursor")
            since = moment(query["since"], "the parameter since") if "since" in query else None
            first = _position(query, len(chat.messages))
        found = [
            (index, one)
            for index, one in enumerate(chat.messages)
            if index >= first and (since is None or one.at >= since)
        ]
        page = found[:_PAGE]
        following = f"after-{page[-1][0]}" if len(found) > _PAGE else None
        return json_answer({"messages": [self._json(one) for _, one in page], "next": following})

    async def typing(self, call: Call) -> Response:
        """The visitor types, or stopped."""
        chat = self._parley.open_chat_of(call)
        with refusing():
            only(call.query)
            fields = json_fields(call)
            on = fields.flag("on")
            fields.end()
        chat.visitor_types = on
        call.applied = "the visitor types" if on else "the visitor stopped typing"
        return Response(status_code=204)

    async def receipt(self, call: Call) -> Response:
        """The visitor's side has, or read, a message of an agent."""
        chat = self._parley.chat_of(call)
        with refusing():
            only(call.query)
            fields = json_fields(call)
            message_id = fields.text("message_id")
            status = fields.text("status", among=("delivered", "read"))
            fields.end()
        message = next((one for one in chat.messages if one.id == message_id), None)
        if message is None or message.author == "visitor":
            raise VendorError(404, "not_found", "There is no such message of an agent.")
        message.delivered, message.read = True, message.read or status == "read"
        chat.receipts.append(f"{status} {message_id}")
        call.applied = f"message {message_id} is {status}"
        return Response(status_code=204)


def _by_key(request: Request) -> bool:
    return "client_key" in request.query_params


def _position(query: Mapping[str, str], count: int) -> int:
    cursor = query.get("cursor")
    if cursor is None:
        return 0
    word, _, number = cursor.partition("-")
    if word != "after" or not (number.isascii() and number.isdigit()) or int(number[:9]) >= count:
        raise Misfit("the cursor is none of ours")
    return int(number[:9]) + 1
