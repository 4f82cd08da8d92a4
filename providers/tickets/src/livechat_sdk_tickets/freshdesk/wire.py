"""Freshdesk's words: its answers and errors, as far as they are read here.

Source: the vendor's page of version 2 (https://developers.freshdesk.com/api/). Rows of a search have other
names than tickets have, so that their ids alone are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from pydantic import Field

from livechat_sdk.domain.base import Timestamp
from livechat_sdk.http import Answer
from livechat_sdk_tickets.wire import Wire

__all__ = [
    "WireConversations",
    "WireField",
    "WireFields",
    "WireFound",
    "WireTicket",
    "WireTickets",
    "refused_fields",
    "told",
]


class WireTicket(Wire):
    """A ticket."""

    id: int
    subject: str | None = None
    status: int | None = None
    created_at: Timestamp | None = None
    custom_fields: dict[str, Any] | None = None


class WireTickets(Wire):
    """A page of tickets; the answer is a bare list."""

    items: tuple[WireTicket, ...]


class WireRow(Wire):
    """What a search found."""

    id: int


class WireFound(Wire):
    """A page of a search."""

    results: tuple[WireRow, ...]


class WireConversation(Wire):
    """A note or a reply."""

    body: str | None = None
    body_text: str | None = None


class WireConversations(Wire):
    """A page of notes and replies; the answer is a bare list."""

    items: tuple[WireConversation, ...]


class WireField(Wire):
    """A field of tickets. ``choices`` has another form for each type of field."""

    name: str
    label: str = ""
    type: str
    required: bool = Field(default=False, alias="required_for_agents")
    choices: Any = None

    @property
    def values(self) -> frozenset[str]:
        """The values of a drop-down."""
        given: Any = self.choices
        if not isinstance(given, list | dict):
            return frozenset()
        return frozenset(map(str, cast("Iterable[object]", given)))


class WireFields(Wire):
    """All fields; the answer is a bare list."""

    items: tuple[WireField, ...]


def _error(answer: Answer) -> Mapping[str, Any]:
    try:
        body: Any = answer.json()
    except Exception:  # noqa: BLE001 - the body of an error may be anything
        return {}
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


def _entries(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is said about single fields."""
    errors: Any = error.get("errors")
    if isinstance(errors, list):
        for one in errors:  # pyright: ignore[reportUnknownVariableType]  # JSON of any content
            if isinstance(one, dict):
                yield cast("Mapping[str, Any]", one)


def refused_fields(answer: Answer) -> Mapping[str, str]:
    """The fields that were refused, with the code of each."""
    return {
        str(one.get("field")).removeprefix("custom_fields."): str(one.get("code") or "refused")
        for one in _entries(_error(answer))
        if one.get("field")
    }


def told(answer: Answer) -> str:
    """What an error says, for people."""
    return "; ".join(_told(answer))[:300] or f"status {answer.status}"


def _told(answer: Answer) -> Iterator[str]:
    error = _error(answer)
    for name in ("code", "message", "description"):
        if isinstance(error.get(name), str):
            yield error[name]
    for one in _entries(error):
        why = one.get("message") or one.get("code") or "refused"
        yield f"{one.get('field') or 'something'}: {why}"
