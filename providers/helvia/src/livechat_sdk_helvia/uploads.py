"""What a member uploaded, as rows: found for a message, and noted as sent with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.domain.base import Model, Timestamp
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.records import DeskUser, from_row

__all__ = ["MAX_FILES", "DeskFile", "attaching", "chosen_files"]

MAX_FILES: Final = 10
"""Most files of one message."""


class DeskFile(Model):
    """A file that a member uploaded. Without a ``message_key`` it was not sent yet."""

    id: int
    conversation_id: int
    handoff_id: str
    reference: str
    name: str
    media_type: str
    size: int
    """In bytes."""
    uploader_id: int
    uploader_name: str
    uploaded_at: Timestamp
    message_key: str | None

    @property
    def attachment(self) -> Attachment:
        """The file as a message carries it."""
        return Attachment(url=self.reference, name=self.name, media_type=self.media_type, size=self.size)


async def chosen_files(
    desk: DeskContext, actor: DeskUser, conversation_id: int, ids: Sequence[int]
) -> Sequence[DeskFile]:
    """Files that ``actor`` uploaded into a conversation, in the order of ``ids``.

    Raises ``NotFound``, and ``InvalidField`` for too many.
    """
    if not ids:
        return []
    if len(ids) > MAX_FILES or len(set(ids)) < len(ids):
        raise InvalidField(f"A message takes {MAX_FILES} files at most, each once.")
    names = {f"f{number}": one for number, one in enumerate(ids)}
    listed = ", ".join(f":{name}" for name in names)
    rows = await desk.fetch(
        f"""
        SELECT * FROM desk_files
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
          AND uploader_id = :uploader_id AND id IN ({listed})
        """,  # noqa: S608 - names of parameters
        conversation_id=conversation_id,
        uploader_id=actor.id,
        **names,
    )
    found = {file.id: file for file in (from_row(DeskFile, row) for row in rows)}
    if not set(ids) <= set(found):
        raise NotFound("This file was not uploaded by you into this conversation.")
    return [found[one] for one in ids]


def attaching(desk: DeskContext, files: Sequence[DeskFile], key: str) -> list[Statement]:
    """Note with which message the files went; each goes with one message only."""
    return [
        desk.statement(
            """
            UPDATE desk_files SET message_key = :key
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND message_key IS NULL
            """,
            expect=1,
            id=file.id,
            key=key,
        )
        for file in files
    ]
