"""The base of every model: frozen, strict about unknown fields, cheap to import."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["NAME_PATTERN", "Identifier", "Metadata", "Model", "ShortText", "Text", "Timestamp", "new_key"]


def _whole_characters(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


Text = Annotated[str, AfterValidator(_whole_characters)]
"""What somebody said, of any length. Half characters (an emoji that was cut in two), which nothing can
encode, become U+FFFD: better than to lose the message."""

NAME_PATTERN: Final = r"^[^\x00-\x1f\x7f]+$"

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NAME_PATTERN)]
"""An id or key: 1 to 200 characters, no control characters."""

ShortText = Annotated[str, StringConstraints(max_length=1000)]
"""A label, name or address: at most 1 000 characters."""

Timestamp = AwareDatetime
"""A moment in time; always with a zone. Stored in UTC."""

Metadata = dict[str, Any]
"""Free JSON data that the SDK carries and never reads."""


class Model(BaseModel):
    """A value: cannot be changed, refuses unknown fields, compares by content.

    Schemas are built at first use (``defer_build``), so that importing the package stays quick.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)


def new_key() -> str:
    """A fresh random key (32 hexadecimal digits) for callers that bring none of their own."""
    return uuid.uuid4().hex


def utc_text(moment: datetime) -> str:
    """``moment`` as ISO 8601 text in UTC with microseconds, which sorts like the time itself."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # Every step writes several of these: strftime would take five times as long.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
