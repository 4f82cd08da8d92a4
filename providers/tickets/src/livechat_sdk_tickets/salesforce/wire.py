"""Salesforce's records and errors, as far as they are read here.

Errors are lists, and their codes say more than the status: codes turn up that no list has, so that texts are
kept (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from pydantic import Field

from livechat_sdk.domain.base import Timestamp
from livechat_sdk.errors import AuthError, ProviderError, RetryableError
from livechat_sdk.http import Answer
from livechat_sdk_tickets.wire import Wire

__all__ = [
    "OVER_LIMIT",
    "WireCase",
    "WireColumn",
    "WireDescription",
    "WireRows",
    "WireSaved",
    "WireUrls",
    "classify",
    "codes_of",
    "refused_fields",
    "told",
]

OVER_LIMIT: Final = "REQUEST_LIMIT_EXCEEDED"
_LATER: Final = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"})
_SESSION: Final = "INVALID_SESSION_ID"


class WireSaved(Wire):
    """What became of a record that was made or changed."""

    id: str = Field(pattern=r"^[a-zA-Z0-9]{15,18}$")
    success: bool = True


class WireUrls(Wire):
    """Where the records are that have one external id; the answer is a bare list."""

    items: tuple[str, ...]


class WireCase(Wire):
    """A case."""

    id: str = Field(alias="Id", pattern=r"^[a-zA-Z0-9]{15,18}$")
    number: str | None = Field(default=None, alias="CaseNumber")
    subject: str | None = Field(default=None, alias="Subject")
    status: str | None = Field(default=None, alias="Status")
    closed: bool | None = Field(default=None, alias="IsClosed")
    created_at: Timestamp | None = Field(default=None, alias="CreatedDate")


class WireRow(Wire):
    """A row of a query: what was selected of a contact, a comment or a file."""

    id: str | None = Field(default=None, alias="Id")
    comment: str | None = Field(default=None, alias="CommentBody")
    description: str | None = Field(default=None, alias="Description")


class WireRows(Wire):
    """A page of a query."""

    records: tuple[WireRow, ...]
    done: bool = True
    next: str | None = Field(default=None, alias="nextRecordsUrl")


class WireValue(Wire):
    """A value of a picklist."""

    value: str
    active: bool = True


class WireColumn(Wire):
    """A field of cases."""

    name: str
    type: str
    creatable: bool = Field(default=True, alias="createable")
    external_id: bool = Field(default=False, alias="externalId")
    unique: bool = False
    restricted: bool = Field(default=False, alias="restrictedPicklist")
    picklist: tuple[WireValue, ...] | None = Field(default=None, alias="picklistValues")

    @property
    def values(self) -> frozenset[str]:
        """The values that can be chosen."""
        return frozenset(one.value for one in self.picklist or () if one.active)


class WireDescription(Wire):
    """What cases are like."""

    fields: tuple[WireColumn, ...]


def _errors(content: bytes) -> Sequence[dict[str, Any]]:
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError):
        return ()
    items: list[Any] = []
    if isinstance(body, list):
        items = body  # pyright: ignore[reportUnknownVariableType]  # JSON of any content
    return [cast("dict[str, Any]", one) for one in items if isinstance(one, dict)]


def codes_of(content: bytes) -> Sequence[str]:
    """The codes of an error."""
    return [str(one["errorCode"]) for one in _errors(content) if one.get("errorCode")]


def refused_fields(content: bytes) -> frozenset[str] | None:
    """The fields that an error blames; ``None`` when something else is wrong, too."""
    found: set[str] = set()
    for one in _errors(content):
        fields: Any = one.get("fields")
        if not isinstance(fields, list) or not fields:
            return None
        found |= set(map(str, cast("list[object]", fields)))
    return frozenset(found) or None


def told(answer: Answer) -> str:
    """What an error says, for people."""
    said = "; ".join(f"{one.get('errorCode')}: {one.get('message')}" for one in _errors(answer.content))
    return said[:300] or f"status {answer.status}"


def classify(_: int, content: bytes) -> type[ProviderError] | None:
    """A row that somebody else holds is free a moment later; a session that is over has several statuses."""
    codes = frozenset(codes_of(content))
    if _SESSION in codes:
        return AuthError
    return RetryableError if codes & _LATER else None
