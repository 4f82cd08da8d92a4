"""Zendesk's words: its answers and errors, as far as they are read here.

Source: the vendor's OpenAPI document of the Ticketing API (https://developer.zendesk.com/zendesk/oas.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import Field

from livechat_sdk.domain.base import Timestamp
from livechat_sdk.http import Answer
from livechat_sdk_tickets.wire import Wire

__all__ = [
    "WireAudits",
    "WireField",
    "WireFields",
    "WireMe",
    "WirePage",
    "WireTicket",
    "WireTicketAnswer",
    "WireTickets",
    "WireUploadAnswer",
    "error_of",
    "refused_fields",
    "told",
]


class WireMeta(Wire):
    """Where a page ends."""

    has_more: bool = False
    after_cursor: str | None = None


class WirePage(Wire):
    """A page of anything."""

    meta: WireMeta = WireMeta()


class WireTicket(Wire):
    """A ticket."""

    id: int
    external_id: str | None = None
    subject: str | None = None
    status: str | None = None
    created_at: Timestamp | None = None


class WireTicketAnswer(Wire):
    """One ticket, made, changed or read."""

    ticket: WireTicket


class WireTickets(Wire):
    """Tickets with one external id."""

    tickets: tuple[WireTicket, ...]


class WireMetadata(Wire):
    """What was written with a change: ours lies in ``custom``."""

    custom: dict[str, Any] = Field(default_factory=dict[str, Any])


class WireAudit(Wire):
    """One change of a ticket."""

    metadata: WireMetadata = WireMetadata()


class WireAudits(Wire):
    """A page of changes."""

    audits: tuple[WireAudit, ...]


class WireUpload(Wire):
    """An upload: the token stands for all files that were put under it."""

    token: str


class WireUploadAnswer(Wire):
    """One upload."""

    upload: WireUpload


class WireOption(Wire):
    """A value of a drop-down; ``value`` is the tag."""

    value: str


class WireField(Wire):
    """A field of tickets."""

    id: int
    type: str
    title: str = ""
    active: bool = True
    required: bool = False
    custom_field_options: tuple[WireOption, ...] | None = None


class WireFields(Wire):
    """A page of fields."""

    ticket_fields: tuple[WireField, ...]


class WireUser(Wire):
    """Who the credentials belong to; without any, Zendesk answers with nobody."""

    id: int | None = None
    role: str | None = None
    suspended: bool | None = False


class WireMe(Wire):
    """Who we are."""

    user: WireUser


def error_of(answer: Answer) -> Mapping[str, Any]:
    """The error's JSON object; empty where the body is something else."""
    try:
        body: Any = answer.json()
    except Exception:  # noqa: BLE001 - the body of an error may be anything
        return {}
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


def refused_fields(answer: Answer) -> Mapping[str, list[Mapping[str, Any]]]:
    """The fields that were refused, with what is said about each."""
    details = error_of(answer).get("details")
    if not isinstance(details, dict):
        return {}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for name, entries in cast("dict[str, Any]", details).items():
        items: list[Any] = [entries]
        if isinstance(entries, list):
            items = entries  # pyright: ignore[reportUnknownVariableType]  # JSON of any content
        found[name] = [cast("Mapping[str, Any]", one) for one in items if isinstance(one, dict)]
    return found


def told(answer: Answer) -> str:
    """What an error says, for people."""
    return "; ".join(_told(answer))[:300] or f"status {answer.status}"


def _told(answer: Answer) -> Iterator[str]:
    error = error_of(answer)
    for name in ("error", "description"):
        if isinstance(error.get(name), str):
            yield error[name]
    for field, entries in refused_fields(answer).items():
        for one in entries:
            yield f"{field}: {one.get('description') or one.get('error') or 'refused'}"
