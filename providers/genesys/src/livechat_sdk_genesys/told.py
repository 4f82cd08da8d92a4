"""Our words in Genesys': who asks, what an agent reads first, and the attributes that Architect routes by.

A conversation has no place for what was said before it: so that goes as messages, as few as the length of a
text allows. Everything that is known is on these pages; the attributes are a selection, as much as 2 kB hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.planning import split_text
from livechat_sdk_genesys.settings import GenesysSettings

__all__ = ["ATTRIBUTES_LIMIT", "attributes_of", "details_of", "first_words", "pages_of", "person"]

ATTRIBUTES_LIMIT: Final = 2000
"""Bytes of attributes as JSON: no limit is documented for Open Messaging, and 2048 is that of its sibling."""

_USUAL: Final = ("queue", "priority", "skills", "language", "bot", "reason")
_AUTHORS: Final = {"user": "User", "bot": "Bot", "agent": "Agent", "system": "System"}
_DOUBTFUL: Final = "(may not have arrived) "
_LONGEST_NAME: Final = 128
_LONGEST_FIRST: Final = 500


def person(ref: str, user: EndUser) -> dict[str, str]:
    """``channel.from``: an id of this attempt alone, so that each handoff is a conversation of its own."""
    found = {"id": ref, "idType": "Opaque"}
    name = (user.name or "").strip()[:_LONGEST_NAME]
    first, _, last = name.partition(" ")
    named = {"nickname": name, "firstName": first, "lastName": last.strip(), "email": user.email or ""}
    return found | {key: value for key, value in named.items() if value}


def first_words(opening: ChatOpening) -> str:
    """The first message: short, for a repeated opening says it again."""
    what = opening.summary or opening.reason or "hands this conversation over."
    text = f"{opening.bot}: {what}"
    return text if len(text) <= _LONGEST_FIRST else f"{text[: _LONGEST_FIRST - 1]}…"


def pages_of(opening: ChatOpening, limit: int) -> list[str]:
    """Everything that an agent should know, whole, in as few texts as it takes."""
    about, said = list(_about(opening)), list(_lines(opening.transcript))
    pages: list[str] = []
    for line in [*about, *([""] if about and said else []), *said]:
        for piece in split_text(line, limit) or [""]:
            if pages and len(pages[-1]) + len(piece) < limit:
                pages[-1] += f"\n{piece}"
            else:
                pages.append(piece)
    return [page for page in pages if page.strip()]


def attributes_of(opening: ChatOpening, settings: GenesysSettings) -> tuple[dict[str, str], list[str]]:
    """``customAttributes``: strings only, as many as there is room for; and the names of those left out."""
    values = _values(opening, settings)
    offered = {name: values.get(name) for name in _USUAL}
    offered |= _survey(opening.survey)
    offered |= {
        name: source[1:] if source.startswith("=") else values.get(source)
        for name, source in settings.attributes.items()
    }
    return _fitting(offered)


def details_of(survey: Iterable[SurveyAnswer], contacts: Iterable[Contact]) -> dict[str, str]:
    """What is learnt after the opening, as attributes."""
    found: dict[str, str | None] = dict(_survey(survey))
    for source, label, value in _of_contacts(contacts):
        found[f"contact_{source}_{label}"] = value
    return _fitting(found)[0]


def _fitting(offered: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    left_out: list[str] = []
    for name, value in offered.items():
        if not value:
            continue
        if len(json.dumps(found | {name: value}).encode()) <= ATTRIBUTES_LIMIT:
            found[name] = value
        else:
            left_out.append(name)
    return found, left_out


def _survey(answers: Iterable[SurveyAnswer]) -> dict[str, str]:
    return {f"survey_{answer.id}"[:100]: answer.answer for answer in answers}


def _of_contacts(contacts: Iterable[Contact]) -> Iterator[tuple[str, str, str]]:
    """Source, label and value of everything that CRMs know."""
    for contact in contacts:
        yield from ((contact.source, label, value) for label, value in contact.facts())


def _about(opening: ChatOpening) -> Iterator[str]:
    """What is known, a line each."""
    user = opening.user
    if opening.summary and first_words(opening).endswith("…"):
        yield opening.summary
    contacts = {f"{source}: {label}": value for source, label, value in _of_contacts(opening.contacts)}
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
        **contacts,
    }
    yield from (f"{label}: {value}" for label, value in known.items() if value)


def _lines(transcript: Iterable[TranscriptEntry]) -> Iterator[str]:
    """What was said before, a line or more each."""
    for entry in transcript:
        text = f"{_DOUBTFUL}{entry.body}" if entry.doubtful else entry.body
        yield f"{entry.name or _AUTHORS[entry.author]}: {text}"


def _values(opening: ChatOpening, settings: GenesysSettings) -> dict[str, str]:
    """What an attribute may be filled with, by the names that settings use."""
    user, route = opening.user, opening.route
    only_queue = settings.queue_ids[0] if len(settings.queue_ids) == 1 else None
    plain = {
        "queue": route.queue or only_queue,
        "group": route.group,
        "agent": route.agent,
        "priority": route.priority,
        "skills": ",".join(route.skills),
        "language": route.language or opening.language or user.language,
        "bot": opening.bot,
        "reason": opening.reason,
        "summary": opening.summary,
        "tags": ",".join(opening.tags),
        "name": user.name,
        "email": user.email,
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
