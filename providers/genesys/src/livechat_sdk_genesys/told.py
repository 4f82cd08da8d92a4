"""Our words in Genesys': who asks, what an agent reads first, and the attributes that Architect routes by.

A conversation has no place for what was said before it: so that goes as messages, as few as the length of a
text allows. Everything that is known is on these pages; the attributes are a selection, as much as 2 kB hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.telling import named_values, opening_facts, pages, transcript_lines
from livechat_sdk_genesys.settings import GenesysSettings

__all__ = ["ATTRIBUTES_LIMIT", "attributes_of", "details_of", "first_words", "pages_of", "person"]

ATTRIBUTES_LIMIT: Final = 2000
"""Bytes of attributes as JSON: no limit is documented for Open Messaging, and 2048 is that of its sibling."""

_USUAL: Final = ("queue", "priority", "skills", "language", "bot", "reason")
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
    summary = opening.summary if first_words(opening).endswith("…") else None
    facts = (f"{label}: {value}" for label, value in opening_facts(opening).items())
    about = [*([summary] if summary else []), *facts]
    said = list(transcript_lines(opening.transcript))
    return pages([*about, *([""] if about and said else []), *said], limit)


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


def _values(opening: ChatOpening, settings: GenesysSettings) -> dict[str, str]:
    """What an attribute may be filled with, by the names that settings use."""
    user, route = opening.user, opening.route
    only_queue = settings.queue_ids[0] if len(settings.queue_ids) == 1 else None
    own = {
        "queue": route.queue or only_queue,
        "group": route.group,
        "agent": route.agent,
        "priority": route.priority,
        "skills": ",".join(route.skills),
        "language": route.language,
        "tags": ",".join(opening.tags),
        "name": user.name,
        "email": user.email,
    }
    return named_values(opening) | {name: value for name, value in own.items() if value}
