"""Our words in Zendesk's: the user, the pages that an agent reads first, the metadata that becomes a ticket.

The agent sees the last ten messages of a conversation unless told otherwise: so the transcript goes as pages
as long as a text may be, not as a message for each line. Everything that is known is on the pages; the fields
of the ticket are a selection, as much as 4 kB hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.planning import split_text
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.tickets import tag_of
from livechat_sdk_zendesk.wire import REF, TEXT_LIMIT

__all__ = ["METADATA_LIMIT", "page_key", "pages_of", "ticket_of", "user_of"]

METADATA_LIMIT: Final = 4000
"""Bytes of metadata as JSON; the vendor says 4 kB."""

_FIELD: Final = "dataCapture.ticketField."
_SYSTEM: Final = "dataCapture.systemField."
_AUTHORS: Final = {"user": "User", "bot": "Bot", "agent": "Agent", "system": "System"}
_DOUBTFUL: Final = "(may not have arrived) "


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
    about, said = list(_about(opening)), list(_lines(opening.transcript))
    lines = [*about, *([""] if about and said else []), *said]
    pages: list[str] = []
    for line in lines or [f"{opening.bot} hands this conversation over."]:
        for piece in split_text(line, TEXT_LIMIT) or [""]:
            if pages and len(pages[-1]) + len(piece) < TEXT_LIMIT:
                pages[-1] += f"\n{piece}"
            else:
                pages.append(piece)
    return [page for page in pages if page.strip()]


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
    values = _values(opening)
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


def _about(opening: ChatOpening) -> Iterator[str]:
    """What is known, a line each."""
    user = opening.user
    if opening.summary:
        yield opening.summary
    known = {
        "Reason": opening.reason,
        "Name": user.name,
        "E-mail": user.email,
        "Phone": user.phone,
        "Language": opening.language or user.language,
        "Country": user.country,
        "Channel": user.channel,
        "Origin": user.origin,
        "Tags": ", ".join(opening.tags),
        **_texts(opening.attributes),
        **_texts(user.attributes),
        **_texts(opening.extras),
        **{answer.question or answer.id: answer.answer for answer in opening.survey},
    }
    for contact in opening.contacts:
        known |= {f"{contact.source}: {label}": value for label, value in contact.facts()}
    yield from (f"{label}: {value}" for label, value in known.items() if value)


def _lines(transcript: Iterable[TranscriptEntry]) -> Iterator[str]:
    """What was said before, a line or more each."""
    for entry in transcript:
        text = f"{_DOUBTFUL}{entry.body}" if entry.doubtful else entry.body
        yield f"{entry.name or _AUTHORS[entry.author]}: {text}"


def _values(opening: ChatOpening) -> dict[str, str]:
    """What a ticket field may be filled with, by the names that settings use."""
    user = opening.user
    plain = {
        "bot": opening.bot,
        "language": opening.language or user.language,
        "reason": opening.reason,
        "summary": opening.summary,
        "phone": user.phone,
        "country": user.country,
        "channel": user.channel,
        "origin": user.origin,
        "conversation_id": opening.conversation_id,
    }
    free: Sequence[tuple[str, Mapping[str, Any]]] = (
        ("attributes", opening.attributes),
        ("user", user.attributes),
        ("extras", opening.extras),
        ("survey", {answer.id: answer.answer for answer in opening.survey}),
    )
    named = {f"{kind}.{name}": text for kind, values in free for name, text in _texts(values).items()}
    return {name: value for name, value in plain.items() if value} | named


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Free data as text: what is no text is written as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
    }
