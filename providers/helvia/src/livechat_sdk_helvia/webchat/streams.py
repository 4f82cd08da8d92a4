"""Live updates of the chat page: every line once, then typing, receipts, and who is on the other side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.web.access import base_of
from livechat_sdk_helvia.web.bodies import whole_number
from livechat_sdk_helvia.web.live import EVENT_STREAM, sse
from livechat_sdk_helvia.web.rendering import Templates
from livechat_sdk_helvia.webchat.chat import WebChat
from livechat_sdk_helvia.webchat.records import ChatConversation, ChatMessage

__all__ = ["ChatStreams", "line_document", "side_document"]

_ALL: Final = frozenset({"messages", "typing", "receipts", "side"})


class ChatStreams:
    """Server-sent events of conversations, as parts of the page or as JSON documents."""

    def __init__(self, chat: WebChat, templates: Templates, *, heartbeat: float) -> None:
        self._chat = chat
        self._templates = templates
        self._heartbeat = heartbeat

    def answer(self, request: Request, found: ChatConversation, *, html: bool) -> Response:
        """The stream of one conversation, from the line after ``Last-Event-ID`` or ``?after=`` on."""
        resume = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        events = self._events(request, found.id, whole_number(resume, "after"), html=html)
        return StreamingResponse(events, media_type=EVENT_STREAM, headers={"x-accel-buffering": "no"})

    async def _events(
        self, request: Request, conversation_id: str, after: int, *, html: bool
    ) -> AsyncIterator[str]:
        with self._chat.hub.subscribe(conversation_id) as subscription:
            yield "retry: 2000\n\n"
            changes = _ALL
            while True:
                if "messages" in changes:
                    while page := await self._chat.store.messages(conversation_id, after=after):
                        after = page[-1].seq
                        for line in page:
                            yield self._line(request, line, html=html)
                for event in await self._signs(conversation_id, changes):
                    yield event
                if subscription.closed:
                    return
                changes = await subscription.wait(self._heartbeat)
                if not changes and not subscription.closed:
                    yield ": still here\n\n"
                    changes = frozenset({"messages"})

    async def _signs(self, conversation_id: str, changes: frozenset[str]) -> list[str]:
        events: list[str] = []
        if "receipts" in changes:
            events.append(sse("receipts", await self._chat.store.receipts(conversation_id)))
        if "side" in changes:
            now = await self._chat.store.conversation(conversation_id)
            events += [sse("side", side_document(now))] if now else []
        if changes & {"typing", "messages"}:
            events.append(sse("typing", {"on": self._chat.is_agent_typing(conversation_id)}))
        return events

    def _line(self, request: Request, line: ChatMessage, *, html: bool) -> str:
        if not html:
            return sse("message", line_document(line), event_id=line.seq)
        data = {
            "seq": line.seq,
            "key": line.key,
            "author": line.author,
            "choices": [choice.model_dump() for choice in line.choices],
            "html": self._templates.text("_line.html", line=line, base=base_of(request)),
        }
        return sse("message", data, event_id=line.seq)


def side_document(found: ChatConversation) -> dict[str, Any]:
    """Who is on the other side."""
    return {"side": found.side, "agent": found.agent_name}


def line_document(line: ChatMessage) -> dict[str, Any]:
    """One line for programs."""
    return {
        "seq": line.seq,
        "key": line.key,
        "author": line.author,
        "name": line.name,
        "text": line.text,
        "choices": [choice.model_dump() for choice in line.choices],
        "attachments": [item.model_dump(mode="json") for item in line.attachments],
        "sentAt": utc_text(line.sent_at),
        "status": line.status,
    }
