"""Our words in Zendesk's: the user, the pages that an agent reads first, the metadata that becomes a ticket.

The agent sees the last ten messages of a conversation unless told otherwise: so the transcript goes as pages
as long as a text may be, not as a message for each line. Everything that is known is on the pages; the fields
of the ticket are a selection, as much as 4 kB hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.telling import named_values, opening_facts, pages, transcript_lines
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.tickets import tag_of
from livechat_sdk_zendesk.wire import REF, TEXT_LIMIT

__all__ = ["METADATA_LIMIT", "page_key", "pages_of", "ticket_of", "user_of"]

METADATA_LIMIT: Final = 4000
"""Bytes of metadata as JSON; the vendor says 4 kB."""

_FIELD: Final = "dataCapture.ticketField."
_SYSTEM: Final = "dataCapture.systemField."


def user_of(opening: ChatOpening) -> dict[str, Any]:
    """The body of ``POST /users``. The e-mail is for people to see: it is not an identity."""
    user = opening.user
    profile = {"givenName": user.name, "email": user.email, "locale": user.language}
    known = {name: value[:128] for name, value in profile.items() if value}
    return {"externalId": user.id, **({"profile": known} if known else {})}


def page_key(ref: str, number: int) -> str:
    """The key of a page, the same on every repetition of the opening."""
    return f"{ref}:page.{number}"


def pages_of(opening: ChatOpening) -> list[str]:
    """Everything that an agent should know, whole, in as few texts as it takes, and at least one.

    A conversation without any message cannot be relied on to be handed over.
    """
    about = [*([opening.summary] if opening.summary else []), *_lines(opening_facts(opening))]
    said = list(transcript_lines(opening.transcript))
    lines = [*about, *([""] if about and said else []), *said]
    return pages(lines or [f"{opening.bot} hands this conversation over."], TEXT_LIMIT)


def ticket_of(opening: ChatOpening, settings: ZendeskSettings, first_message: str | None) -> dict[str, str]:
    """The metadata with which control is passed. What does not fit any more is left out, fields first."""
    user, route = opening.user, opening.route
    system = {
        "requester.name": user.name,
        "requester.email": user.email,
        "priority": route.priority,
        "group_id": route.group or route.queue or settings.group,
        "assignee_id": route.agent,
        "brand_id": settings.brand,
        "tags": ",".join(_tags(opening, settings)),
    }
    values = named_values(opening)
    fields = {
        _FIELD + number: source[1:] if source.startswith("=") else values.get(source)
        for number, source in settings.ticket_fields.items()
    }
    found = {REF: opening.ref} | ({"first_message_id": first_message} if first_message else {})
    offered = {_SYSTEM + name: value for name, value in system.items()} | fields
    for name, value in offered.items():
        if value and _size(found | {name: value}) <= METADATA_LIMIT:
            found[name] = value
    return found


def _size(metadata: Mapping[str, str]) -> int:
    return len(json.dumps(metadata).encode())


def _tags(opening: ChatOpening, settings: ZendeskSettings) -> Iterator[str]:
    if settings.ticket_webhook_key is not None:
        yield tag_of(opening.ref)
    for tag in dict.fromkeys([*settings.ticket_tags, *opening.tags, *opening.route.skills]):
        if clean := "_".join(tag.replace(",", " ").split()):
            yield clean


def _lines(facts: Mapping[str, str]) -> Iterator[str]:
    return (f"{label}: {value}" for label, value in facts.items())
