"""Records of the Table API, as far as they are read here.

With ``sysparm_display_value=all`` each column is an object of value and label; without it, it is text, and a
reference is an object with a link. Times are UTC, ``YYYY-MM-DD HH:MM:SS``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast

from pydantic import BeforeValidator, Field

from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk_tickets.wire import Wire

__all__ = [
    "WireAttachment",
    "WireAttachments",
    "WireChoices",
    "WireColumn",
    "WireColumns",
    "WireEntries",
    "WireOne",
    "WireRow",
    "WireRows",
    "WireUsers",
    "classify",
    "is_missing",
    "moment",
]

_FORBIDDEN: Final = 403


class WireCell(Wire):
    """One column of a record."""

    value: str = ""
    display: str | None = Field(default=None, alias="display_value")


def _as_cell(raw: object) -> object:
    return {"value": raw} if isinstance(raw, str) else ({} if raw is None else raw)


Cell = Annotated[WireCell, BeforeValidator(_as_cell)]
"""A column, however it was asked for."""

_EMPTY: Final = WireCell()


class WireRow(Wire):
    """A record of the tickets' table."""

    sys_id: Cell
    number: Cell = _EMPTY
    state: Cell = _EMPTY
    short_description: Cell = _EMPTY
    correlation_id: Cell = _EMPTY
    sys_created_on: Cell = _EMPTY


class WireOne(Wire):
    """One record."""

    result: WireRow


class WireRows(Wire):
    """Records that were found."""

    result: tuple[WireRow, ...]


class WireUser(Wire):
    """A user."""

    sys_id: Cell
    email: Cell = _EMPTY


class WireUsers(Wire):
    """Users that were found."""

    result: tuple[WireUser, ...]


class WireEntry(Wire):
    """A comment or a work note."""

    element_id: Cell = _EMPTY
    value: Cell = _EMPTY


class WireEntries(Wire):
    """Entries of a journal."""

    result: tuple[WireEntry, ...]


class WireAttachment(Wire):
    """A file."""

    file_name: Cell = _EMPTY
    size_bytes: Cell = _EMPTY


class WireAttachments(Wire):
    """Files of a record."""

    result: tuple[WireAttachment, ...]


class WireColumn(Wire):
    """A column of a table, in the dictionary."""

    element: Cell = _EMPTY
    internal_type: Cell = _EMPTY
    read_only: Cell = _EMPTY


class WireColumns(Wire):
    """Columns of a table."""

    result: tuple[WireColumn, ...]


class WireChoice(Wire):
    """A value of a choice."""

    element: Cell = _EMPTY
    value: Cell = _EMPTY


class WireChoices(Wire):
    """Values of a choice."""

    result: tuple[WireChoice, ...]


def moment(cell: WireCell) -> datetime | None:
    """A time of a record."""
    try:
        return datetime.strptime(cell.value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _error(content: bytes) -> Mapping[str, Any] | None:
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError):
        return None
    error: Any = cast("dict[str, Any]", body).get("error") if isinstance(body, dict) else None
    return cast("Mapping[str, Any]", error) if isinstance(error, dict) else None


def is_missing(content: bytes) -> bool:
    """Whether a 404 is the Table API's own: the record is not there, or hidden by access rules."""
    return _error(content) is not None


def classify(status: int, content: bytes) -> type[ProviderError] | None:
    """A data policy or a business rule refuses what was asked with 403, and not who asked."""
    if status != _FORBIDDEN:
        return None
    error = _error(content) or {}
    said = f"{error.get('message')} {error.get('detail')}".lower()
    ruled = "data policy" in said or "business rule" in said or "operation aborted" in said
    return RejectedError if ruled else AuthError
