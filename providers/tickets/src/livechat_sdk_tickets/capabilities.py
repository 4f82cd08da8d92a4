"""What a ticket system can do, as data: the base decides by it, and tests choose their cases by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["AtMostOnce", "TextFormat", "TicketCapabilities"]

TextFormat = Literal["plain", "html", "wiki", "markdown", "journal"]
"""What a ticket system takes a text for; a journal is ServiceNow's."""


class AtMostOnce(StrEnum):
    """How a repeated create is kept from making a second ticket."""

    VENDOR = "vendor"
    """The vendor itself knows the key, for as long as ``vendor_window`` says."""
    LOOK_UP = "look_up"
    """It can be looked up whether the first one was made."""
    NO = "no"
    """Nobody can tell."""


@dataclass(frozen=True, slots=True)
class TicketCapabilities:
    """What one ticket system can do. Times are in seconds, limits in characters unless it is said.

    ``vendor_window``: for how long after the first create the vendor knows its key; ``None`` for ever.
    ``find_lag``: how long a ticket that was made may not be found yet. ``comments_once``: a comment with
    the same key is there once, whatever is repeated. ``file_limit``: bytes of one file. ``files_limit``:
    bytes of all files of a ticket or a comment. ``tags``: tickets
    have tags; where they have none, the text names them.
    """

    internal_comment: bool
    public_comment: bool
    create_at_most_once: AtMostOnce
    find: bool
    text: TextFormat
    subject_limit: int
    body_limit: int
    vendor_window: float | None = None
    find_lag: float = 0.0
    comments_once: bool = False
    attachments: bool = True
    file_limit: int = 20 * 1024**2
    files_limit: int = 30 * 1024**2
    requester_by_email: bool = True
    tags: bool = True
