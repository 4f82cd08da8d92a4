"""Parley's calls about chats: open, look, change, end, and who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.parley.bodies import TEXT, json_fields, refusing
from livechat_sdk_simulators.parley.state import Chat, Visitor
from livechat_sdk_simulators.reading import Fields, Misfit, only

if TYPE_CHECKING:
    from livechat_sdk_simulators.parley.simulator import ParleySimulator

__all__ = ["ChatCalls"]

_ID: Final = 64
_WHY: Final = ("left", "inactive", "resolved")


class ChatCalls:
    """The calls, on the state of one simulator."""

    def __init__(self, parley: ParleySimulator) -> None:
        self._parley = parley

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("open", "POST", "/v1/chats", self.open),
            Operation("status", "GET", "/v1/chats", self.find),
            Operation("status", "GET", "/v1/chats/{id}", self.status),
            Operation("update", "PATCH", "/v1/chats/{id}", self.update),
            Operation("close", "POST", "/v1/chats/{id}/end", self.end),
            Operation("availability", "GET", "/v1/availability", self.availability),
        ]

    def _json(self, chat: Chat) -> dict[str, Any]:
        return chat.json(self._parley.chats.position(chat))

    async def open(self, call: Call) -> Response:
        """Open a chat; the same ``ref`` again answers the chat that there is."""
        with refusing():
            only(call.query)
            chat = self._read_opening(call)
        known = self._parley.chats.with_ref(chat.ref)
        if known is not None:
            call.chat = known.id
            return json_answer(self._json(known))
        if self._parley.duty.agents == 0:
            raise VendorError(409, "no_agents", "Nobody is on duty.")
        before = self._parley.positions()
        self._parley.chats.add(chat)
        call.chat, call.applied = chat.id, f"chat {chat.id} was opened"
        self._parley.tell_positions(before)
        return json_answer(self._json(chat), 201)

    def _read_opening(self, call: Call) -> Chat:
        fields = json_fields(call)
        visitor = fields.fields("visitor")
        now = self._parley.clock.now()
        chat = Chat(
            id=self._parley.chats.new_id(),
            ref=fields.text("ref"),
            visitor=Visitor(
                visitor.text("id", most=_ID), visitor.optional_text("name"), visitor.optional_text("email")
            ),
            opened_at=now,
            updated_at=now,
            queue=fields.optional_text("queue"),
            priority=fields.optional_text("priority"),
            language=fields.optional_text("language"),
            summary=fields.optional_text("summary"),
            transcript=fields.list_of("transcript", _said),
            fields=fields.text_map("fields"),
        )
        visitor.end()
        fields.end()
        return chat

    async def find(self, call: Call) -> Response:
        """The chat with a reference: none or one."""
        with refusing():
            only(call.query, "ref")
            if "ref" not in call.query:
                raise Misfit("the parameter ref is missing")
        chat = self._parley.chats.with_ref(call.query["ref"])
        call.chat = chat.id if chat else ""
        return json_answer({"chats": [self._json(chat)] if chat else []})

    async def status(self, call: Call) -> Response:
        """One chat."""
        chat = self._parley.chat_of(call)
        with refusing():
            only(call.query)
        return json_answer(self._json(chat))

    async def update(self, call: Call) -> Response:
        """Add or replace fields."""
        chat = self._parley.open_chat_of(call)
        with refusing():
            only(call.query)
            fields = json_fields(call)
            given = fields.text_map("fields")
            fields.end()
        chat.fields.update(given)
        chat.updated_at = self._parley.clock.now()
        call.applied = f"fields were set: {', '.join(given)}"
        return json_answer(self._json(chat))

    async def end(self, call: Call) -> Response:
        """The visitor's side ends the chat."""
        chat = self._parley.open_chat_of(call)
        with refusing():
            only(call.query)
            fields = json_fields(call)
            why = fields.text("why", among=_WHY)
            fields.end()
        self._parley.end_chat(chat, "visitor", why)
        call.applied = f"the chat was ended: {why}"
        return json_answer(self._json(chat))

    async def availability(self, call: Call) -> Response:
        """Who is on duty."""
        with refusing():
            only(call.query, "queue")
        duty = self._parley.duty
        waiting = len(self._parley.chats.line()) if duty.waiting is None else duty.waiting
        estimate = None if duty.agents == 0 else self._parley.estimate(waiting + 1)
        return json_answer({"agents": duty.agents, "waiting": waiting, "estimate_seconds": estimate})


def _said(entry: Fields) -> dict[str, str]:
    """One entry of a transcript."""
    said = {"from": entry.text("from", among=("visitor", "bot", "agent"))}
    text = entry.text("text", least=0)
    if len(text) > TEXT:
        raise VendorError(422, "text_too_long", f"A text of the transcript has more than {TEXT} characters.")
    at = entry.time("at")
    return {**said, "text": text, **({"at": rfc3339(at)} if at else {})}
