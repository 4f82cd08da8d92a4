"""Messages, transcripts and fates."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Text, Timestamp, new_key

__all__ = [
    "FILE_SCHEME",
    "MAX_MESSAGE_BYTES",
    "Attachment",
    "Author",
    "Choice",
    "Direction",
    "Fate",
    "LedgerEntry",
    "Message",
    "TranscriptEntry",
    "UserReceipt",
]

MAX_MESSAGE_BYTES = 64 * 1024
"""Largest message that the SDK takes in, in bytes of UTF-8; longer content is a file."""

FILE_SCHEME = "livechat-file:"
"""Scheme of the references by which the ledger names files that it keeps: unlike links they do not expire."""

LinkText = Annotated[str, StringConstraints(max_length=4096)]
"""An address of a file: at most 4 096 characters, for vendors sign theirs at length."""

Author = Literal["user", "bot", "agent", "system"]
"""Who said it. A note is not a message and has no author here."""


class Direction(StrEnum):
    """Which way a message of the ledger goes."""

    TO_PROVIDER = "to_provider"
    TO_USER = "to_user"


class Fate(StrEnum):
    """What became of a message. Every accepted message has exactly one at any time."""

    HELD = "held"
    """Accepted and waiting: there is no agent yet, or the chat is not open."""
    PLANNED = "planned"
    """A send is due; nothing has left yet."""
    SENT = "sent"
    """The other side took the request."""
    ACKNOWLEDGED = "acknowledged"
    """The other side confirmed that it has the message."""
    SEEN = "seen"
    """A person has read it."""
    DOUBTFUL = "doubtful"
    """It may or may not have arrived, and nobody can tell."""
    REFUSED = "refused"
    """The other side refused it; the reason is beside it."""
    DROPPED = "dropped"
    """Deliberately not sent: given back to the bot, or given up by a person; the reason is beside it."""

    @property
    def arrived(self) -> bool:
        """Whether the other side has it, or took the request."""
        return self in {Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN}


class Attachment(Model):
    """A file that travels by link. ``size`` is in bytes.

    ``url`` is a link that its reader can open, or a reference to a file that is kept here
    (``livechat-file:…``, as ``POST /v1/files`` answers it).
    """

    url: LinkText
    name: ShortText
    media_type: ShortText = "application/octet-stream"
    size: int | None = Field(default=None, ge=0)

    @property
    def file_id(self) -> str | None:
        """The id of the file that is kept here, or ``None`` for somebody else's link."""
        return self.url.removeprefix(FILE_SCHEME) if self.url.startswith(FILE_SCHEME) else None


class Choice(Model):
    """A button or quick reply: ``label`` is shown, ``value`` comes back when it is chosen."""

    label: ShortText
    value: ShortText


class Message(Model):
    """One message of a conversation.

    ``key`` makes a repeated call harmless: the same key in the same handoff is the same message.
    Build one with ``Message.text("hello")``.
    """

    key: Identifier = Field(default_factory=new_key)
    body: Text = ""
    attachments: tuple[Attachment, ...] = ()
    choices: tuple[Choice, ...] = ()
    sent_at: Timestamp | None = None
    metadata: Metadata = Field(default_factory=dict)

    @classmethod
    def text(cls, body: str, *, key: str | None = None, sent_at: Timestamp | None = None) -> Self:
        """A plain text message; without ``key`` it gets a fresh one."""
        return cls(key=key or new_key(), body=body, sent_at=sent_at)

    @property
    def size(self) -> int:
        """Bytes of UTF-8 that the content takes as JSON."""
        return len(self.model_dump_json().encode())


class TranscriptEntry(Model):
    """One line of what was said before the handoff, or in an earlier attempt."""

    author: Author
    body: Text
    name: ShortText | None = None
    at: Timestamp | None = None
    key: Identifier | None = None
    doubtful: bool = False


class UserReceipt(Model):
    """The end user's side has, or the end user has read, a message of the agent."""

    message_key: Identifier
    status: Literal["delivered", "read"]


class LedgerEntry(Model):
    """One message in the ledger, with its fate and why."""

    handoff_id: Identifier
    seq: int
    direction: Direction
    author: Author
    message: Message
    fate: Fate
    detail: str | None = None
    attempt: int | None = None
    vendor_id: str | None = None
    created_at: Timestamp
    updated_at: Timestamp
