"""A ticket in Freshdesk's words, and the same ticket without what Freshdesk has refused of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from livechat_sdk.http import Answer
from livechat_sdk_tickets.capabilities import TicketCapabilities
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.freshdesk.settings import FreshdeskTicketingSettings
from livechat_sdk_tickets.freshdesk.wire import refused_fields
from livechat_sdk_tickets.marks import reference_of
from livechat_sdk_tickets.preparing import LoadedFile, Prepared, Requester, telling, without_files

__all__ = ["bare_of", "content_of", "files_of", "whole", "without"]

_TOO_LARGE: Final = 413
_TAG_LIMIT: Final = 32
_WHO: Final = frozenset({"email", "phone", "name", "requester_id", "unique_external_id"})
"""How a requester is named."""


def content_of(ticket: Prepared, settings: FreshdeskTicketingSettings) -> dict[str, Any]:
    """What a create says. Unknown fields are refused, so nothing is sent that has no value."""
    content: dict[str, Any] = {
        **_whose(ticket.requester, ticket.key, settings),
        "subject": ticket.subject,
        "description": (ticket.body if settings.public else "") or escape(ticket.subject, "html"),
        "status": settings.status,
        "priority": settings.priority(ticket.priority),
        "source": settings.source,
        "type": settings.kind(ticket.kind),
        "group_id": settings.group,
        "product_id": settings.product,
        "tags": _tags([*settings.tags, *ticket.tags]) or None,
        "custom_fields": {**ticket.fields, settings.key_field: reference_of(ticket.key)},
    }
    return {name: value for name, value in content.items() if value is not None}


def _whose(requester: Requester, key: str, settings: FreshdeskTicketingSettings) -> dict[str, Any]:
    """The requester as Freshdesk takes one, who must be somebody."""
    if requester.email is not None:
        return {"email": requester.email, **({"name": requester.name} if requester.name else {})}
    if requester.phone is not None:
        return {"phone": requester.phone, "name": requester.name or requester.phone}
    stand_in = settings.requester
    if stand_in is not None:
        return {"requester_id": int(stand_in)} if stand_in.isdigit() else {"email": stand_in}
    return {
        "unique_external_id": requester.external_id or reference_of(key),
        "name": requester.name or "Chat",
    }


def files_of(ticket: Prepared) -> list[LoadedFile]:
    """The files of a ticket: the whole text is one of them where it does not fit."""
    return [*ticket.files, *([whole(ticket.text)] if ticket.overflows else [])]


def whole(text: str) -> LoadedFile:
    """A text as a file."""
    return LoadedFile("conversation.txt", "text/plain; charset=utf-8", text.encode())


def without(
    ticket: Prepared, answer: Answer, able: TicketCapabilities, settings: FreshdeskTicketingSettings
) -> Prepared | None:
    """The same ticket without what was refused, which its text names; ``None`` if it cannot do without."""
    refused = refused_fields(answer)
    who = ticket.requester if _WHO.isdisjoint(refused) else Requester(name=ticket.requester.name)
    less = replace(
        ticket,
        requester=who,  # who it was stays in the text
        fields={name: value for name, value in ticket.fields.items() if name not in refused},
        kind=None if "type" in refused else ticket.kind,
    )
    lines = _lost(ticket, refused, settings)
    less = telling(less, able, lines)
    if settings.public and (bare := bare_of(less, answer, able)) is not None:
        return bare
    same_person = _whose(who, ticket.key, settings) == _whose(ticket.requester, ticket.key, settings)
    return None if same_person and not lines else less


def bare_of(ticket: Prepared, answer: Answer, able: TicketCapabilities) -> Prepared | None:
    """The same ticket without its files; ``None`` where it is not these that were refused."""
    about_files = answer.status == _TOO_LARGE or "attachments" in refused_fields(answer)
    if not ticket.files or not about_files:
        return None
    return without_files(
        ticket, able, [f"file {one.name} (Freshdesk did not take it)" for one in ticket.files]
    )


def _lost(
    ticket: Prepared, refused: Mapping[str, str], settings: FreshdeskTicketingSettings
) -> Sequence[str]:
    """A line for people about each field that was refused and that a ticket can do without."""
    labels = {rule.field: label for label, rule in settings.fields.items()}
    values = {labels.get(name, name): value for name, value in ticket.fields.items() if name in refused}
    kind = settings.kind(ticket.kind)
    if "type" in refused and kind is not None:
        values["Type"] = kind
    return [f"{label}: {one_line(str(value), 300)} (Freshdesk refused it)" for label, value in values.items()]


def _tags(tags: Sequence[str]) -> list[str]:
    """Tags as Freshdesk has them: on one line, short, without commas and quotes, each once."""
    made = (
        one_line("".join(" " if one in ",\"'" else one for one in plain(tag)), _TAG_LIMIT) for tag in tags
    )
    return list(dict.fromkeys(tag for tag in made if tag))
