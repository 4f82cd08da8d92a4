"""Transfers and invitations: asking a colleague or a team to take over or to join, and what comes of it.

Until somebody accepts, nothing changes: the owner goes on answering. At every moment a conversation has one
owner, because owner, participants, request and the events for the end user change in one commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import AgentJoined, AgentLeft, ChatTransferred, ProviderEvent
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import (
    AlreadyTaken,
    ConversationOver,
    Forbidden,
    NotFound,
    RequestGone,
    TargetUnavailable,
)
from livechat_sdk_helvia.handing import (
    SELECT_HANDING,
    Ask,
    Handing,
    asking_statements,
    joining_statements,
    leaving_statements,
    settling_statements,
    taking_statements,
)
from livechat_sdk_helvia.hub import INBOX, conversation_topic
from livechat_sdk_helvia.messages import Messages
from livechat_sdk_helvia.notes import MAX_NOTE_TEXT, writing_statements
from livechat_sdk_helvia.presence import Presence, at_capacity
from livechat_sdk_helvia.records import (
    Conversation,
    ConversationStatus,
    DeskRequest,
    DeskUser,
    Right,
    from_row,
)
from livechat_sdk_helvia.sight import Sight
from livechat_sdk_helvia.taking_part import require_part
from livechat_sdk_helvia.targets import Target, Targets

__all__ = ["Transfers"]

_GONE: Final = {
    "declined": "was declined",
    "cancelled": "was taken back",
    "unanswered": "was not answered in time",
    "ended": "is off: the conversation has ended",
}

Kind = Literal["transfer", "invitation"]


class Transfers:
    """Asking, answering, taking back; every refusal and every outcome is told to whoever asked."""

    def __init__(
        self,
        desk: DeskContext,
        conversations: Conversations,
        messages: Messages,
        targets: Targets,
        sight: Sight,
        presence: Presence,
        *,
        time_limit: float,
    ) -> None:
        """``time_limit`` is how many seconds a transfer or an invitation waits to be answered."""
        self._desk = desk
        self._conversations = conversations
        self._messages = messages
        self._targets = targets
        self._sight = sight
        self._presence = presence
        self._time_limit = timedelta(seconds=time_limit)

    # ----------------------------------------------------------------------------------------------- asking
    async def transfer(
        self,
        actor: DeskUser,
        conversation_id: int,
        *,
        agent: int | None = None,
        group: str | None = None,
        note: str = "",
        leave_on_accept: bool = True,
    ) -> Handing:
        """Ask a member or a team to take over; its owner may, and a LiveChat Admin.

        A ``note`` is kept as an internal note of the conversation. Raises ``Forbidden``, ``InvalidField``,
        ``ConversationOver``, ``TargetUnavailable`` when nobody of the target is online, and
        ``AlreadyTaken`` while another transfer waits.
        """
        require(actor, Right.HANDLE)
        conversation = await self._running(actor, conversation_id)
        if conversation.owner_id != actor.id and not actor.may(Right.ADMINISTER):
            raise Forbidden(
                f"This conversation is handled by {conversation.owner_name}.",
                hint="They can hand it over, or a LiveChat Admin.",
            )
        target = await self._targets.choose(conversation, agent=agent, group=group, to_own=True)
        return await self._ask("transfer", actor, conversation, target, note, leave_on_accept=leave_on_accept)

    async def invite(
        self,
        actor: DeskUser,
        conversation_id: int,
        *,
        agent: int | None = None,
        group: str | None = None,
        note: str = "",
    ) -> Handing:
        """Ask a member, or whoever of a team comes first, to join; everybody in the conversation may.

        Raises what ``transfer`` raises.
        """
        require(actor, Right.HANDLE)
        conversation = await self._running(actor, conversation_id)
        await require_part(self._desk, actor, conversation)
        target = await self._targets.choose(conversation, agent=agent, group=group, to_own=False)
        taking_part = {
            person.user_id
            for person in await self._conversations.participants(conversation_id)
            if person.status == "active"
        }
        if target.agent in taking_part:
            raise TargetUnavailable(f"{target.name} is in the conversation already.")
        return await self._ask("invitation", actor, conversation, target, note, leave_on_accept=False)

    # -------------------------------------------------------------------------------------------- answering
    async def accept(self, actor: DeskUser, request_id: int) -> Conversation:
        """Take over, or join. The first one wins; accepting twice is the same as once.

        Raises ``Forbidden`` for whoever was not asked and is no LiveChat Admin, ``AlreadyTaken``,
        ``RequestGone``, and ``AtCapacity`` for whoever has no room for one more conversation of their own.
        """
        handing = await self._asked(actor, request_id)
        if not handing.waits:
            return await self._settled_before(actor, handing)
        conversation = await self._conversations.get(handing.conversation_id)
        now = self._desk.now_text()
        if handing.type == "transfer":
            before = await self._targets.member(handing.owner_id)
            text = f"{actor.name} took over from {before.name if before else 'nobody'}."
            changes = taking_statements(self._desk, handing, actor, now)
            room = self._presence.room(actor)
            events = await self._events(handing, conversation, before, actor)
        else:
            text, events, room = f"{actor.name} joined.", [], []
            changes = joining_statements(self._desk, handing, actor, now)
        statements = [
            *room,
            *settling_statements(self._desk, handing, "accepted", actor, now, text),
            *changes,
            self._told(actor, handing, "accepted"),
        ]
        try:
            await self._desk.database.commit(statements, events)
        except Expect as clash:
            handing = await self._get(request_id)
            if handing.waits and clash.index < len(room):
                raise at_capacity() from clash
            return await self._settled_before(actor, handing)
        self._publish(handing.conversation_id)
        return await self._conversations.get(handing.conversation_id)

    async def decline(self, actor: DeskUser, request_id: int) -> Handing:
        """Say no, for oneself; a LiveChat Admin for others. A team is asked until one of it says yes."""
        handing = await self._asked(actor, request_id)
        if handing.target_group is not None:
            raise Forbidden(
                f"This is asked of {handing.target_name}, not of you alone.",
                hint="Leave it: others of the team may take it.",
            )
        what = "to take over" if handing.type == "transfer" else "to join"
        await self._settle(handing, "declined", actor, f"{actor.name} declined {what}.")
        return await self._get(request_id)

    async def cancel(self, actor: DeskUser, request_id: int) -> Handing:
        """Take it back: whoever asked may, the owner, and a LiveChat Admin."""
        require(actor, Right.HANDLE)
        await self.settle_overdue()
        handing = await self._get(request_id)
        conversation = await self._conversations.seen(actor, handing.conversation_id)
        if actor.id not in {handing.from_id, conversation.owner_id} and not actor.may(Right.ADMINISTER):
            raise Forbidden(f"{handing.from_name or 'Somebody else'} asked for this.")
        text = f"{actor.name} no longer asks {handing.target_name}."
        await self._settle(handing, "cancelled", actor, text)
        return await self._get(request_id)

    async def leave(self, actor: DeskUser, conversation_id: int) -> None:
        """A guest leaves. Raises ``Forbidden`` for the owner, who hands it over, and for others."""
        conversation = await self._running(actor, conversation_id)
        await require_part(self._desk, actor, conversation)
        if conversation.owner_id == actor.id:
            raise Forbidden("You are the owner of this conversation.", hint="Hand it over, or end it.")
        statements = leaving_statements(self._desk, actor, conversation_id, self._desk.now_text())
        subject = f"conversation:{conversation_id}"
        try:
            await self._desk.database.commit(
                [*statements, audit_entry(self._desk, actor, "conversation.left", subject)]
            )
        except Expect:
            return
        self._publish(conversation_id)

    async def settle_overdue(self) -> None:
        """Whatever nobody has answered in time is off. Called by every stream, and before every answer."""
        rows = await self._desk.fetch(
            SELECT_HANDING + " AND h.outcome IS NULL AND h.expires_at <= :now ORDER BY h.request_id",
            now=self._desk.now_text(),
        )
        for handing in [from_row(Handing, row) for row in rows]:
            name = handing.target_name
            text = (
                f"Nobody of {name} answered in time."
                if handing.target_group
                else f"{name} did not answer in time."
            )
            await self._settle(handing, "unanswered", None, text)

    # ---------------------------------------------------------------------------------------------- reading
    async def about(self, requests: Iterable[DeskRequest]) -> Mapping[int, Handing]:
        """What stands behind those of the ``requests`` that are transfers or invitations, by their ids."""
        ids = {f"r{number}": one.id for number, one in enumerate(requests) if one.type != "external"}
        if not ids:
            return {}
        listed = ", ".join(f":{name}" for name in ids)
        rows = await self._desk.fetch(f"{SELECT_HANDING} AND h.request_id IN ({listed})", **ids)
        return {handing.request_id: handing for handing in (from_row(Handing, row) for row in rows)}

    async def of(self, actor: DeskUser, conversation_id: int) -> Sequence[Handing]:
        """Everything that was asked about a conversation, oldest first."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation_id)
        await self.settle_overdue()
        rows = await self._desk.fetch(
            SELECT_HANDING + " AND h.conversation_id = :id ORDER BY h.request_id", id=conversation_id
        )
        return [from_row(Handing, row) for row in rows]

    async def get(self, actor: DeskUser, request_id: int) -> Handing:
        """One of them. Raises ``NotFound``."""
        require(actor, Right.HANDLE)
        await self.settle_overdue()
        handing = await self._get(request_id)
        await self._sight.check_may_see(actor, handing.conversation_id)
        return handing

    # ----------------------------------------------------------------------------------------------- inside
    async def _ask(
        self,
        kind: Kind,
        actor: DeskUser,
        conversation: Conversation,
        target: Target,
        note: str,
        *,
        leave_on_accept: bool,
    ) -> Handing:
        await self.settle_overdue()
        text = check_text(note, limit=MAX_NOTE_TEXT, what="note") if note.strip() else ""
        ask = Ask(
            request_id=self._desk.new_id(),
            conversation_id=conversation.id,
            handoff_id=conversation.handoff_id,
            type=kind,
            owner_id=int(conversation.owner_id or 0),
            target_group=target.group,
            target_agent=target.agent,
            target_name=target.name,
            leave_on_accept=leave_on_accept,
            note_id=self._desk.new_id() if text else None,
            expires_at=utc_text(self._desk.now() + self._time_limit),
        )
        statements = asking_statements(self._desk, actor, ask, self._desk.now_text())
        if ask.note_id is not None:
            statements += writing_statements(self._desk, actor, conversation.id, ask.note_id, text)
        statements.append(
            audit_entry(
                self._desk,
                actor,
                f"{kind}.asked",
                f"conversation:{conversation.id}",
                target=target.value,
            )
        )
        try:
            await self._desk.database.commit(statements)
        except Expect as clash:
            await self._running(actor, conversation.id)
            raise RequestGone(
                "Somebody is asked already.", hint="Take that back first, or wait for the answer."
            ) from clash
        made = await self._get(ask.request_id)
        self._publish(made.conversation_id)
        return made

    async def _running(self, actor: DeskUser, conversation_id: int) -> Conversation:
        conversation = await self._conversations.seen(actor, conversation_id)
        if conversation.status is ConversationStatus.PENDING:
            raise RequestGone("Nobody has accepted this request yet.", hint="Accept it first.")
        if conversation.status is not ConversationStatus.STARTED:
            raise ConversationOver("The conversation has ended.")
        return conversation

    async def _asked(self, actor: DeskUser, request_id: int) -> Handing:
        """What ``actor`` may answer. Raises ``NotFound``, and ``Forbidden`` for what others are asked."""
        require(actor, Right.HANDLE)
        await self.settle_overdue()
        await self._sight.check_may_take(actor, request_id)
        handing = await self._get(request_id)
        if handing.waits and (await self._conversations.get(handing.conversation_id)).owner_id == actor.id:
            raise Forbidden("You own this conversation already.")
        return handing

    async def _settled_before(self, actor: DeskUser, handing: Handing) -> Conversation:
        if handing.outcome == "accepted":
            if handing.settled_by == actor.id:
                return await self._conversations.get(handing.conversation_id)
            raise AlreadyTaken(handing.settled_name or "another member of the team")
        if handing.outcome is None:
            raise RequestGone("The conversation has another owner by now.", hint="Nothing has changed.")
        raise RequestGone(f"This request {_GONE[handing.outcome]}.", hint="Nothing has changed.")

    async def _settle(
        self,
        handing: Handing,
        outcome: Literal["declined", "cancelled", "unanswered"],
        by: DeskUser | None,
        text: str,
    ) -> None:
        """Settle it without a change of the conversation; nothing when it was settled before."""
        if not handing.waits:
            return
        now = self._desk.now_text()
        statements = settling_statements(self._desk, handing, outcome, by, now, text)
        try:
            await self._desk.database.commit([*statements, self._told(by, handing, outcome)])
        except Expect:
            return
        self._publish(handing.conversation_id)

    def _told(self, actor: DeskUser | None, handing: Handing, outcome: str) -> Statement:
        subject = f"conversation:{handing.conversation_id}"
        return audit_entry(self._desk, actor, f"{handing.type}.{outcome}", subject)

    async def _events(
        self, handing: Handing, conversation: Conversation, before: DeskUser | None, taker: DeskUser
    ) -> list[ProviderEvent]:
        """What the end user learns: that they are passed on, and to whom."""

        def head(what: str) -> dict[str, Any]:
            return self._desk.event_head(f"{what}:{handing.request_id}", conversation.refs)

        agent: Agent = await self._messages.shown_agent(taker, conversation.bot)
        team = handing.target_name if handing.target_group is not None else None
        events: list[ProviderEvent] = [
            ChatTransferred(**head("transferred"), to=team, is_team=team is not None, agent=agent)
        ]
        if before is not None and handing.leave_on_accept and before.id != taker.id:
            first = await self._messages.shown_agent(before, conversation.bot)
            events.append(AgentLeft(**head("left"), agent=first))
        return [*events, AgentJoined(**head("joined"), agent=agent)]

    async def _get(self, request_id: int) -> Handing:
        row = await self._desk.first(SELECT_HANDING + " AND h.request_id = :id", id=request_id)
        if row is None:
            raise NotFound(f"There is no transfer or invitation {request_id} at this desk.")
        return from_row(Handing, row)

    def _publish(self, conversation_id: int) -> None:
        topic = conversation_topic(conversation_id)
        for what in ("handings", "status", "messages", "notes", "details"):
            self._desk.hub.publish(topic, what)
        self._desk.hub.publish(INBOX, "counts")
