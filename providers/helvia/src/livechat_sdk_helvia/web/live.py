"""Live updates as server-sent events: one stream for a page, which resumes where it was cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import NotSignedIn
from livechat_sdk_helvia.hub import INBOX, SETTINGS, TEAM, conversation_topic, session_topic
from livechat_sdk_helvia.records import Conversation, DeskMessage, DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, desk_of, page_session
from livechat_sdk_helvia.web.bodies import whole_number
from livechat_sdk_helvia.web.documents import waits_document
from livechat_sdk_helvia.web.pages import who_is_in
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["EVENT_STREAM", "LiveRoutes", "sse"]

EVENT_STREAM: Final = "text/event-stream; charset=utf-8"

_PAGE: Final = 200


def sse(event: str, data: Any, *, event_id: int | None = None) -> str:
    """One server-sent event with JSON data, which never has a line break of its own."""
    lines = [] if event_id is None else [f"id: {event_id}"]
    return "\n".join([*lines, f"event: {event}", f"data: {json.dumps(data, ensure_ascii=False)}", "", ""])


class LiveRoutes:
    """The stream of a page: counts of the Inbox, and everything new in the conversation that it shows."""

    def __init__(self, templates: Templates, *, heartbeat: float) -> None:
        self._templates = templates
        self._heartbeat = heartbeat

    def routes(self) -> list[BaseRoute]:
        """The route of the stream."""
        return [Route("/live", self._live, methods=["GET"])]

    async def _live(self, request: Request) -> Response:
        desk, signed_in = desk_of(request), await page_session(request)
        require(signed_in.user, Right.HANDLE)
        query = request.query_params
        conversation_id = whole_number(query.get("conversation", "0"), "conversation")
        resume = request.headers.get("last-event-id") or query.get("after", "0")
        after = whole_number(resume, "after")
        if conversation_id:
            await desk.conversations.seen(signed_in.user, conversation_id)
        stream = self._events(request, desk, signed_in, conversation_id, after)
        return StreamingResponse(stream, media_type=EVENT_STREAM, headers={"x-accel-buffering": "no"})

    async def _events(
        self, request: Request, desk: Desk, signed_in: SignedIn, conversation_id: int, after: int
    ) -> AsyncIterator[str]:
        topics = [INBOX, SETTINGS, TEAM, session_topic(signed_in.session.token_hash)]
        topics += [conversation_topic(conversation_id)] if conversation_id else []
        await desk.presence.seen(signed_in.user)
        clock = asyncio.get_running_loop().time
        with desk.hub.subscribe(*topics) as subscription:
            yield "retry: 2000\n\n"
            changes: frozenset[str] = frozenset({"counts"})
            if conversation_id:
                changes |= {"messages", "typing", "receipts", "status", "notes", "details"}
                changes |= {"automations", "handings", "tags", "reads"}
            check_at = clock() + self._heartbeat
            while True:
                user = signed_in.user
                if conversation_id and not await desk.sight.may_see(user, conversation_id):
                    yield sse("hidden", {})
                    return
                for event in await self._news(request, desk, user, conversation_id, after, changes):
                    after = max(after, event[1])
                    yield event[0]
                if subscription.closed:
                    return
                changes = await subscription.wait(self._heartbeat)
                if "ended" in changes or clock() >= check_at:
                    check_at = clock() + self._heartbeat
                    await desk.transfers.settle_overdue()
                    found = await _still_signed_in(request)
                    if found is None:
                        yield sse("signed-out", {})
                        return
                    signed_in = found  # with the roles of now
                    await desk.presence.seen(found.user)
                if not changes and not subscription.closed:
                    # Nothing woke us: say that we live, and look by ourselves.
                    yield ": still here\n\n"
                    changes = frozenset({"counts", "messages"})

    async def _news(
        self,
        request: Request,
        desk: Desk,
        user: DeskUser,
        conversation_id: int,
        after: int,
        changes: frozenset[str],
    ) -> Sequence[tuple[str, int]]:
        events: list[tuple[str, int]] = []
        if changes & {"counts", "lines", "settings"}:
            counts = await desk.inbox.counts(user)
            events.append((sse("inbox", counts.model_dump()), 0))
            events.append((sse("unread", {"count": await desk.reading.unread_of(user)}), 0))
        if changes & {"counts", "waits", "settings"}:
            alerts = [waits_document(alert) for alert in await desk.waits.alerts(user)]
            events.append((sse("waits", {"alerts": alerts}), 0))
        if "team" in changes:
            events.append((sse("team", {}), 0))
        if not conversation_id:
            return events
        if "messages" in changes:
            conversation = await desk.conversations.get(conversation_id)
            while page := await desk.messages.page(conversation_id, after=after, take=_PAGE):
                events += [(self._message(request, conversation, message), message.seq) for message in page]
                after = page[-1].seq
        if "receipts" in changes:
            events.append((sse("receipts", await desk.reading.receipts(conversation_id)), 0))
        if changes & {"typing", "messages"}:
            colleagues = desk.typing.agents_typing(conversation_id, but=user.id)
            on = desk.typing.is_user_typing(conversation_id)
            events.append((sse("typing", {"on": on, "colleagues": colleagues}), 0))
        if changes & {"reads", "messages", "status"}:
            events += await self._people(desk, user, conversation_id, changes)
        names = ("notes", "details", "automations", "handings", "tags")
        events += [(sse(name, {}), 0) for name in names if name in changes]
        return events

    async def _people(
        self, desk: Desk, user: DeskUser, conversation_id: int, changes: frozenset[str]
    ) -> Sequence[tuple[str, int]]:
        """Who of the colleagues has read everything; and on a change, where the conversation is now."""
        people = await desk.conversations.participants(conversation_id)
        others = [one for one in people if one.user_id != user.id and one.status == "active"]
        read = [one.name for one in others if one.newest_seq and one.has_read]
        events = [(sse("readers", {"names": read}), 0)]
        if "status" in changes:
            conversation = await desk.conversations.get(conversation_id)
            told = {"status": conversation.status.value, "who": who_is_in(conversation, people)}
            events.append((sse("status", told), 0))
        return events

    def _message(self, request: Request, conversation: Conversation, message: DeskMessage) -> str:
        html = self._templates.text(
            "_message.html", message=message, conversation=conversation, base=base_of(request)
        )
        data = {"seq": message.seq, "key": message.key, "author": message.author, "html": html}
        return sse("message", data, event_id=message.seq)


async def _still_signed_in(request: Request) -> SignedIn | None:
    try:
        signed_in = await page_session(request)
    except NotSignedIn:
        return None
    return signed_in if signed_in.user.may(Right.HANDLE) else None
