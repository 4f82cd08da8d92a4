"""Files in a conversation: members upload them, the host keeps and scans them, both sides open them."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from typing import Final

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import FileMissing, FileRefused
from livechat_sdk.provider.files import FileKeeper, FileLender, FileOpener, NoFiles, OpenedFile
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import ConversationOver, DeskFault, Forbidden, NotFound
from livechat_sdk_helvia.manager.service import MINE
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, Right, from_row
from livechat_sdk_helvia.sight import Sight
from livechat_sdk_helvia.uploads import DeskFile, chosen_files

__all__ = ["FileNotTaken", "Files", "FilesElsewhere"]

_MANY: Final = 500
_STATUS: Final = {"too_large": 413, "full": 507}


class FileNotTaken(DeskFault):
    """A file is too large, empty, of a kind that is not accepted, or was refused by the scanner."""

    code = "file_refused"

    def __init__(self, refused: FileRefused) -> None:
        super().__init__(f"The file was refused: {refused}.")
        self.status = _STATUS.get(refused.why, 422)


class FilesElsewhere(DeskFault):
    """A service opened the conversation, and cannot be given files: it hears nothing, or nothing is lent."""

    code = "files_elsewhere"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This end user writes through another system, and files cannot be put into the conversation.",
            hint="Send a link to the file.",
        )


class Files:
    """Uploads of members, and opening what either side sent."""

    def __init__(self, desk: DeskContext, sight: Sight, host: FileOpener, *, services_hear: bool) -> None:
        """``services_hear``: services are told what members send."""
        self._desk = desk
        self._sight = sight
        self._services_hear = services_hear
        self._opener = host
        self._keeper: FileKeeper = host if isinstance(host, FileKeeper) else NoFiles()

    async def upload(
        self,
        actor: DeskUser,
        conversation: Conversation,
        content: AsyncIterable[bytes],
        *,
        name: str,
        media_type: str | None = None,
    ) -> DeskFile:
        """Take in a file for a message that is sent later. Whoever may write in the conversation may.

        Raises ``Forbidden``, ``ConversationOver``, ``FileNotTaken``, ``FilesElsewhere`` where a service has
        opened the conversation and cannot be given any, ``StoreError`` (it cannot be kept now).
        """
        await self.check_open(actor, conversation)
        try:
            if conversation.ref.startswith(MINE):
                owner = self._owner(conversation.id)
                kept = await self._lender().keep_apart(owner, content, name=name, media_type=media_type)
            else:
                kept = await self._keeper.keep(
                    conversation.handoff_id, content, name=name, media_type=media_type
                )
        except FileRefused as refused:
            raise FileNotTaken(refused) from refused
        except FileMissing as missing:
            raise ConversationOver("The conversation is gone: no file can be put into it.") from missing
        desk, file_id = self._desk, self._desk.new_id()
        row = desk.statement(
            """
            INSERT INTO desk_files (workspace, integration, id, conversation_id, handoff_id, reference, name,
                                    media_type, size, uploader_id, uploader_name, uploaded_at)
            VALUES (:workspace, :integration, :id, :conversation_id, :handoff_id, :reference, :name,
                    :media_type, :size, :uploader_id, :uploader_name, :now)
            """,
            id=file_id,
            conversation_id=conversation.id,
            handoff_id=conversation.handoff_id,
            reference=kept.url,
            name=kept.name,
            media_type=kept.media_type,
            size=kept.size or 0,
            uploader_id=actor.id,
            uploader_name=actor.name,
            now=desk.now_text(),
        )
        entry = audit_entry(
            desk, actor, "file.uploaded", f"conversation:{conversation.id}", file=file_id, size=kept.size
        )
        await desk.database.commit([row, entry])
        [stored] = await chosen_files(desk, actor, conversation.id, [file_id])
        return stored

    async def check_open(self, actor: DeskUser, conversation: Conversation) -> None:
        """Raise ``Forbidden`` or ``ConversationOver`` unless ``actor`` may put a file into it now."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation)
        if conversation.status is not ConversationStatus.STARTED:
            raise ConversationOver("The conversation is not open: no file can be put into it.")
        taking_part = await self._desk.first(
            """
            SELECT 1 AS there FROM desk_participants
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :conversation_id AND user_id = :user_id AND status = 'active'
            """,
            conversation_id=conversation.id,
            user_id=actor.id,
        )
        if taking_part is None:
            owner = conversation.owner_name or "nobody yet"
            raise Forbidden(f"This conversation is handled by {owner}.", hint="You can read it.")

    async def of(self, actor: DeskUser, conversation_id: int) -> Sequence[DeskFile]:
        """What members uploaded into a conversation, oldest first. Raises ``NotFound``."""
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation_id)
        rows = await self._desk.fetch(
            """
            SELECT * FROM desk_files
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
            ORDER BY id LIMIT :take
            """,
            conversation_id=conversation_id,
            take=_MANY,
        )
        return [from_row(DeskFile, row) for row in rows]

    async def open(self, attachment: Attachment) -> OpenedFile:
        """A file that is kept here. Raises ``NotFound`` when it is not, or no longer."""
        try:
            return await self._opener.open(attachment)
        except FileMissing as missing:
            raise NotFound("This file is not there any more.") from missing

    def lent(self, files: Sequence[Attachment]) -> Sequence[Attachment]:
        """Files of a message with links for a service; without one where there are none any more."""
        keeper = self._keeper
        if not isinstance(keeper, FileLender):
            return files
        return [keeper.lent(one) or one for one in files]

    async def drop(self, conversations: Sequence[int]) -> None:
        """Delete the bytes of what members uploaded into some conversations."""
        for conversation_id in conversations:
            if isinstance(self._keeper, FileLender):
                await self._keeper.drop_apart(self._owner(conversation_id))
            rows = await self._desk.fetch(
                """
                SELECT * FROM desk_files
                WHERE workspace = :workspace AND integration = :integration
                  AND conversation_id = :conversation_id
                """,
                conversation_id=conversation_id,
            )
            for file in (from_row(DeskFile, row) for row in rows):
                await self._keeper.drop(file.handoff_id, file.attachment)

    def _owner(self, conversation_id: int) -> str:
        """What the files of a conversation are kept under that belongs to no handoff."""
        return f"{self._desk.integration}/conversation/{conversation_id}"

    def _lender(self) -> FileLender:
        keeper = self._keeper
        if self._services_hear and isinstance(keeper, FileLender) and keeper.lends:
            return keeper
        raise FilesElsewhere
