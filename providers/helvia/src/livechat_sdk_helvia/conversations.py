"""Requests and conversations: opened by the provider, accepted and ended by agents, closed from outside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from livechat_sdk.domain.chats import AgentJoined, ChatAccepted, ChatEnded, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.errors import Expect
from livechat_sdk.provider.interface import ChatDetails, ChatOpening
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.automations.runs import moment_statements
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import AlreadyTaken, Forbidden, NotFound, RequestGone
from livechat_sdk_helvia.hub import INBOX, RUNS, conversation_topic
from livechat_sdk_helvia.messages import Messages
from livechat_sdk_helvia.opening import (
    accepting_statements,
    ended_line,
    farewell_statements,
    opening_statements,
)
from livechat_sdk_helvia.presence import Presence, at_capacity
from livechat_sdk_helvia.records import (
    Conversation,
    ConversationStatus,
    DeskRequest,
    DeskUser,
    Participant,
    RequestStatus,
    Right,
    from_row,
    to_json,
)
from livechat_sdk_helvia.selects import CONVERSATION as _CONVERSATION
from livechat_sdk_helvia.selects import REQUEST as _REQUEST
from livechat_sdk_helvia.sight import Sight
from livechat_sdk_helvia.typing_signs import TypingSigns

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["Conversations"]

_LIVE: Final = (ConversationStatus.PENDING, ConversationStatus.STARTED)


class Conversations:
    """The life of a request and of the conversation that grows from it."""

    def __init__(
        self,
        desk: DeskContext,
        messages: Messages,
        sight: Sight,
        presence: Presence,
        typing: TypingSigns,
    ) -> None:
        self._desk = desk
        self._messages = messages
        self._sight = sight
        self._presence = presence
        self._typing = typing

    # ------------------------------------------------------------------------------------ from the provider
    async def open(self, opening: ChatOpening) -> tuple[Conversation, int]:
        """A new request in New: its conversation and the request's id. One ``ref`` opens nothing twice."""
        conversation_id, request_id = self._desk.new_id(), self._desk.new_id()
        try:
            await self._desk.database.commit(
                opening_statements(self._desk, opening, conversation_id, request_id)
            )
        except Expect:
            known = await self.by_ref(opening.ref)
            if known is None:
                raise
            return known, await self._first_request(known.id)
        self._desk.hub.publish(INBOX, "counts")
        return await self.get(conversation_id), request_id

    async def add_details(self, conversation_id: int, details: ChatDetails) -> None:
        """Replace survey answers and contacts by what is known now."""
        update = self._desk.statement(
            """
            UPDATE desk_conversations SET survey = :survey, contacts = :contacts
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            id=conversation_id,
            survey=to_json(details.survey),
            contacts=to_json(details.contacts),
        )
        await self._desk.database.commit([update])
        self._desk.hub.publish(conversation_topic(conversation_id), "details")

    async def close(self, conversation_id: int, reason: EndReason) -> bool:
        """The other side has ended it: a waiting request leaves New, a conversation is finished.

        False when it was over already.
        """
        return await self._close(conversation_id, reason, _LIVE)

    async def miss(self, conversation_id: int) -> bool:
        """Nobody has accepted its request in time: it leaves New, and whoever opened it is told, once.

        False when somebody has accepted, or it was over already. Raises ``NotFound``.
        """
        head = self._desk.event_head(f"missed:{conversation_id}", (await self.get(conversation_id)).refs)
        reason = EndReason(by="clock", why="timeout")
        ended = ChatEnded(**head, by=reason.by, why=reason.why)
        return await self._close(conversation_id, reason, [ConversationStatus.PENDING], [ended])

    async def _close(
        self,
        conversation_id: int,
        reason: EndReason,
        states: Sequence[ConversationStatus],
        events: Sequence[ProviderEvent] = (),
    ) -> bool:
        now = self._desk.now_text()
        missed = reason.by == "clock" and reason.why == "timeout"
        in_any_of = ", ".join(f"'{status.value}'" for status in states)
        request = self._desk.statement(
            """
            UPDATE desk_requests SET status = :status, closed_at = :now
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :id AND status = 'new'
            """,
            id=conversation_id,
            now=now,
            status="missed" if missed else "cancelled",
        )
        conversation = self._desk.statement(
            f"""
            UPDATE desk_conversations
            SET status = CASE status WHEN 'pending' THEN 'unserved' ELSE 'finished' END,
                ended_at = :now, ended_by = :by, ended_why = :why
            WHERE workspace = :workspace AND integration = :integration AND id = :id
              AND status IN ({in_any_of})
            """,
            expect=1,
            id=conversation_id,
            now=now,
            by=reason.by,
            why=reason.why,
        )
        try:
            await self._desk.database.commit(
                [
                    conversation,
                    request,
                    *farewell_statements(self._desk, conversation_id, ended_line(reason), now),
                    *moment_statements(self._desk, conversation_id, "ended", now),
                    *(moment_statements(self._desk, conversation_id, "missed", now) if missed else ()),
                ],
                events,
            )
        except Expect:
            return False
        self._ended(conversation_id)
        return True

    # --------------------------------------------------------------------------------------- from the agents
    async def accept(self, actor: DeskUser, request_id: int) -> Conversation:
        """Take a request: it leaves New, the conversation starts with ``actor`` as its owner.

        The first accept wins; ``AlreadyTaken`` names the winner, ``RequestGone`` says that nobody waits
        any more. Accepting twice is the same as once. ``NotFound`` for a request that ``actor`` does not
        see, ``Forbidden`` for one that is meant for somebody else, ``AtCapacity`` for whoever has no room.
        """
        require(actor, Right.HANDLE)
        await self._sight.check_may_take(actor, request_id)
        request = await self.request(request_id)
        if request.status is not RequestStatus.NEW:
            return self._not_new(actor, request)
        desk, now = self._desk, self._desk.now_text()
        conversation = request.conversation
        agent = await self._messages.shown_agent(actor, conversation.bot)
        accepted = ChatAccepted(**desk.event_head(f"accepted:{request_id}", conversation.refs))
        joined = AgentJoined(**desk.event_head(f"joined:{request_id}", conversation.refs), agent=agent)
        try:
            await desk.database.commit(
                [
                    *self._presence.room(actor),
                    *accepting_statements(desk, actor, request_id, conversation.id, now),
                    audit_entry(desk, actor, "request.accepted", f"conversation:{conversation.id}"),
                ],
                [accepted, joined],
            )
        except Expect as clash:
            request = await self.request(request_id)
            if request.status is RequestStatus.NEW:
                raise at_capacity() from clash
            return self._not_new(actor, request)
        desk.hub.publish(INBOX, "counts")
        desk.hub.publish(conversation_topic(conversation.id), "status")
        return await self.get(conversation.id)

    async def end(self, actor: DeskUser, conversation_id: int) -> Conversation:
        """End a conversation: the bot gets it back. Its owner may, and a LiveChat Admin. Once is enough."""
        require(actor, Right.HANDLE)
        conversation = await self.seen(actor, conversation_id)
        if conversation.owner_id != actor.id and not actor.may(Right.ADMINISTER):
            raise Forbidden(
                f"This conversation is handled by {conversation.owner_name or 'nobody yet'}.",
                hint="They can end it, or a LiveChat Admin.",
            )
        if conversation.status is ConversationStatus.PENDING:
            raise RequestGone("Nobody has accepted this request yet.", hint="Accept it first.")
        desk, now = self._desk, self._desk.now_text()
        update = desk.statement(
            """
            UPDATE desk_conversations
            SET status = 'finished', ended_at = :now, ended_by = 'agent', ended_why = 'resolved'
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND status = 'started'
            """,
            expect=1,
            id=conversation_id,
            now=now,
        )
        ended = ChatEnded(**desk.event_head(f"ended:{conversation_id}", conversation.refs))
        line = f"{actor.name} ended the conversation."
        try:
            await desk.database.commit(
                [
                    update,
                    *farewell_statements(self._desk, conversation_id, line, now),
                    audit_entry(desk, actor, "conversation.ended", f"conversation:{conversation_id}"),
                    *moment_statements(self._desk, conversation_id, "ended", now),
                ],
                [ended],
            )
        except Expect:
            return await self.get(conversation_id)
        self._ended(conversation_id)
        return await self.get(conversation_id)

    # ---------------------------------------------------------------------------------------------- reading
    async def seen(self, actor: DeskUser, conversation_id: int) -> Conversation:
        """One conversation, if ``actor`` may see it; else ``NotFound``, as if it were not there."""
        await self._sight.check_may_see(actor, conversation_id)
        return await self.get(conversation_id)

    async def get(self, conversation_id: int) -> Conversation:
        """One conversation, for the desk itself: nobody's rights are asked. Raises ``NotFound``."""
        row = await self._desk.first(_CONVERSATION + " AND c.id = :id", id=conversation_id)
        if row is None:
            raise NotFound(f"There is no conversation {conversation_id} at this desk.")
        return from_row(Conversation, row)

    async def by_ref(self, ref: str) -> Conversation | None:
        """The conversation that was opened with our reference ``ref``."""
        row = await self._desk.first(_CONVERSATION + " AND c.ref = :ref", ref=ref)
        return from_row(Conversation, row) if row else None

    async def history(self, conversation_id: int) -> Sequence[TranscriptEntry]:
        """What was said before the request, oldest first."""
        row = await self._desk.first(
            """
            SELECT entries FROM desk_histories
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
            """,
            id=conversation_id,
        )
        if row is None:
            return []
        return [TranscriptEntry.model_validate(entry) for entry in json.loads(str(row["entries"]))]

    async def participants(self, conversation_id: int) -> Sequence[Participant]:
        """The members of the team who are, or were, in the conversation."""
        rows = await self._desk.fetch(
            """
            SELECT p.*, u.name AS name, COALESCE(s.seq, 0) AS read_seq,
                   (SELECT COALESCE(MAX(m.seq), 0) FROM desk_messages m
                    WHERE m.workspace = p.workspace AND m.integration = p.integration
                      AND m.conversation_id = p.conversation_id AND m.author = 'end-user') AS newest_seq
            FROM desk_participants p
            JOIN desk_users u
              ON u.workspace = p.workspace AND u.integration = p.integration AND u.id = p.user_id
            LEFT JOIN desk_reads s
              ON s.workspace = p.workspace AND s.integration = p.integration
                 AND s.conversation_id = p.conversation_id AND s.user_id = p.user_id
            WHERE p.workspace = :workspace AND p.integration = :integration AND p.conversation_id = :id
            ORDER BY p.joined_at
            """,
            id=conversation_id,
        )
        return [from_row(Participant, row) for row in rows]

    async def seen_request(self, actor: DeskUser, request_id: int) -> DeskRequest:
        """One request, if ``actor`` may see it; else ``NotFound``, as if it were not there."""
        await self._sight.check_may_see_request(actor, request_id)
        return await self.request(request_id)

    async def request(self, request_id: int) -> DeskRequest:
        """One request with its conversation, for the desk itself. Raises ``NotFound``."""
        row = await self._desk.first(_REQUEST + " AND r.id = :id", id=request_id)
        if row is None:
            raise NotFound(f"There is no request {request_id} at this desk.")
        return from_row(DeskRequest, row, conversation=await self.get(int(str(row["conversation_id"]))))

    # ----------------------------------------------------------------------------------------------- inside
    def _ended(self, conversation_id: int) -> None:
        self._typing.forget(conversation_id)
        self._desk.hub.publish(INBOX, "counts")
        self._desk.hub.publish(RUNS, "due")
        topic = conversation_topic(conversation_id)
        self._desk.hub.publish(topic, "messages")
        self._desk.hub.publish(topic, "status")

    def _not_new(self, actor: DeskUser, request: DeskRequest) -> Conversation:
        if request.status is RequestStatus.ACCEPTED:
            if request.accepted_by == actor.id:
                return request.conversation
            raise AlreadyTaken(request.accepted_name or "another member of the team")
        why = (
            "was missed: nobody took it in time"
            if request.status is RequestStatus.MISSED
            else "was withdrawn"
        )
        raise RequestGone(f"This request {why}.", hint="Choose another request from New.")

    async def _first_request(self, conversation_id: int) -> int:
        row = await self._desk.first(
            """
            SELECT id FROM desk_requests
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
              AND type = 'external'
            ORDER BY id LIMIT 1
            """,
            id=conversation_id,
        )
        if row is None:
            raise AssertionError("a conversation is stored together with its request")
        return int(str(row["id"]))
