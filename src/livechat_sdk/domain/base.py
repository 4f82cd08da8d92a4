"""The base of every model: frozen, strict about unknown fields, cheap to import."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)

__all__ = [
    "NAME_PATTERN",
    "Identifier",
    "Metadata",
    "Model",
    "ShortText",
    "Text",
    "Timestamp",
    "joined_key",
    "new_key",
    "whole_characters",
]

_LONGEST_KEY = 200


def whole_characters(text: str) -> str:
    """``text`` without what cannot be kept everywhere.

    Half a character (an emoji that was cut in two), which nothing can encode, becomes U+FFFD; U+0000, which
    means nothing and which PostgreSQL does not take, is left out.
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _whole_if_text(value: object) -> object:
    return whole_characters(value) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(whole_characters)]
"""What somebody said, of any length. What cannot be kept is not (see ``whole_characters``): better than to
lose the message."""

NAME_PATTERN: Final = r"^[^\x00-\x1f\x7f]+$"

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_KEY, pattern=NAME_PATTERN)]
"""An id or key: 1 to 200 characters, no control characters."""

ShortText = Annotated[str, StringConstraints(max_length=1000), BeforeValidator(_whole_if_text)]
"""A label, name or address: at most 1 000 characters. What cannot be kept is not, as in ``Text``."""

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


def joined_key(*parts: str) -> str:
    """A key made of several. Where it would be too long, a hash of it all keeps it one of a kind."""
    key = ".".join(parts)
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[: _LONGEST_KEY - 33]}~{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def utc_text(moment: datetime) -> str:
    """``moment`` as ISO 8601 text in UTC with microseconds, which sorts like the time itself."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return _text_of(moment)


@lru_cache(maxsize=256)  # every step writes its own time into several rows
def _text_of(moment: datetime) -> str:
    # Only of UTC: elsewhere the two hours of a night in autumn are equal, and would share an answer.
    # strftime would take five times as long.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
