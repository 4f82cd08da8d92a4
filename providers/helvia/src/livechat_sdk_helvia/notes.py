"""Internal notes of a conversation. Nothing here makes, takes or returns a message or a provider event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.faults import Forbidden, NotFound
from livechat_sdk_helvia.hub import conversation_topic
from livechat_sdk_helvia.records import DeskUser, Note, Right, from_row
from livechat_sdk_helvia.sight import Sight

__all__ = ["MAX_NOTE_TEXT", "Notes", "writing_statements"]

MAX_NOTE_TEXT: Final = 2000
"""Longest note in characters (``LivechatNote.text`` in Helvia's published ``hbf-lcm.openapi.json``)."""


class Notes:
    """Notes of the team, during a conversation and after it. Only the author changes or deletes one."""

    def __init__(self, desk: DeskContext, sight: Sight) -> None:
        self._desk = desk
        self._sight = sight

    async def of(self, actor: DeskUser, conversation_id: int) -> Sequence[Note]:
        """The notes of a conversation, oldest first."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation_id)
        rows = await self._desk.fetch(
            """
            SELECT * FROM desk_notes
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
            ORDER BY id
            """,
            conversation_id=conversation_id,
        )
        return [from_row(Note, row) for row in rows]

    async def add(self, actor: DeskUser, conversation_id: int, text: str) -> Note:
        """Write a note. Raises ``InvalidField``, and ``NotFound`` without such a conversation."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation_id)
        text = check_text(text, limit=MAX_NOTE_TEXT, what="note")
        note_id = self._desk.new_id()
        try:
            await self._desk.database.commit(
                writing_statements(self._desk, actor, conversation_id, note_id, text)
            )
        except Expect as clash:
            raise NotFound(f"There is no conversation {conversation_id} at this desk.") from clash
        self._desk.hub.publish(conversation_topic(conversation_id), "notes")
        return await self._get(conversation_id, note_id)

    async def change(self, actor: DeskUser, conversation_id: int, note_id: int, text: str) -> Note:
        """Write a note anew. Raises ``NotFound``, ``InvalidField``, ``Forbidden`` for another's note."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation_id)
        text = check_text(text, limit=MAX_NOTE_TEXT, what="note")
        await self._own(actor, conversation_id, note_id)
        update = self._desk.statement(
            """
            UPDATE desk_notes SET text = :text, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            id=note_id,
            text=text,
            now=self._desk.now_text(),
        )
        await self._desk.database.commit(
            [update, _told(self._desk, actor, "changed", conversation_id, note_id)]
        )
        self._desk.hub.publish(conversation_topic(conversation_id), "notes")
        return await self._get(conversation_id, note_id)

    async def delete(self, actor: DeskUser, conversation_id: int, note_id: int) -> None:
        """Delete a note for good. Raises ``NotFound``, ``Forbidden`` for a note of somebody else."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation_id)
        await self._own(actor, conversation_id, note_id)
        delete = self._desk.statement(
            "DELETE FROM desk_notes WHERE workspace = :workspace AND integration = :integration AND id = :id",
            id=note_id,
        )
        await self._desk.database.commit(
            [delete, _told(self._desk, actor, "deleted", conversation_id, note_id)]
        )
        self._desk.hub.publish(conversation_topic(conversation_id), "notes")

    async def _own(self, actor: DeskUser, conversation_id: int, note_id: int) -> Note:
        note = await self._get(conversation_id, note_id)
        if note.author_id != actor.id:
            raise Forbidden(f"This note is by {note.author_name}: only they can change it.")
        return note

    async def _get(self, conversation_id: int, note_id: int) -> Note:
        row = await self._desk.first(
            """
            SELECT * FROM desk_notes
            WHERE workspace = :workspace AND integration = :integration AND id = :id
              AND conversation_id = :conversation_id
            """,
            id=note_id,
            conversation_id=conversation_id,
        )
        if row is None:
            raise NotFound(f"There is no note {note_id} in conversation {conversation_id}.")
        return from_row(Note, row)


def writing_statements(
    desk: DeskContext, actor: DeskUser, conversation_id: int, note_id: int, text: str
) -> list[Statement]:
    """Write a note. The first statement changes no row without such a conversation; ``text`` was checked."""
    insert = desk.statement(
        """
        INSERT INTO desk_notes (workspace, integration, id, conversation_id, author_id, author_name, text,
                                created_at, updated_at)
        SELECT c.workspace, c.integration, :id, c.id, :author_id, :author_name, :text, :now, :now
        FROM desk_conversations c
        WHERE c.workspace = :workspace AND c.integration = :integration AND c.id = :conversation_id
        """,
        expect=1,
        id=note_id,
        conversation_id=conversation_id,
        author_id=actor.id,
        author_name=actor.name,
        text=text,
        now=desk.now_text(),
    )
    return [insert, _told(desk, actor, "added", conversation_id, note_id)]


def _told(desk: DeskContext, actor: DeskUser, verb: str, conversation_id: int, note_id: int) -> Statement:
    return audit_entry(desk, actor, f"note.{verb}", f"conversation:{conversation_id}", note=note_id)
