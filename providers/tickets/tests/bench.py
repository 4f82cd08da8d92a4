"""Drafts, notes, files and clocks for the tests of ticket systems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.errors import FileMissing
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, OpenedFile
from livechat_sdk_testing.builders import a_handoff

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
HANDOFF: Handoff = a_handoff().model_copy(update={"id": "h-1"})
INVOICE = Attachment(url="livechat-file:7", name="invoice 7.pdf", media_type="application/pdf", size=4)


def a_draft(**fields: Any) -> TicketDraft:
    """A draft as the core makes it."""
    basic: dict[str, Any] = {
        "key": "h-1.ticket",
        "subject": "Missed: invoice",
        "body": "Conversation:\nUser: hello",
        "requester_name": "Eleni",
        "requester_email": "eleni@shop.example",
    }
    return TicketDraft.model_validate(basic | fields)


def tried(seconds: float, **fields: Any) -> TicketDraft:
    """A draft of which an earlier create may have left so many seconds ago."""
    return a_draft(first_tried_at=NOW - timedelta(seconds=seconds), **fields)


def a_note(**fields: Any) -> TicketNote:
    """A note as the core makes it."""
    return TicketNote.model_validate({"key": "h-1.note.1", "body": "He called back"} | fields)


def a_ticket(source: str, ticket_id: str) -> Ticket:
    """A ticket that was made before."""
    return Ticket(source=source, id=ticket_id, key="h-1.ticket")


@dataclass
class Kept(FileOpener):
    """Files that are kept here, by the id in their reference."""

    contents: dict[str, bytes] = field(default_factory=lambda: {"7": b"%PDF", "8": b"PNG!"})

    async def open(self, attachment: Attachment) -> OpenedFile:
        """A file, in one piece."""
        content = self.contents.get(attachment.file_id or "")
        if content is None:
            raise FileMissing("no such file")

        async def pieces() -> AsyncIterator[bytes]:
            yield content

        return OpenedFile(attachment.name, attachment.media_type, len(content), pieces())


class Host:
    """What a dispatcher gives an integration."""

    def __init__(self, files: FileOpener | None = None) -> None:
        self.files = files or Kept()

    @property
    def database(self) -> EmbeddedDatabase:
        """Nobody asks for it."""
        raise AssertionError("a ticket system keeps nothing here")

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """A ticket system has no chats."""
        return ()
