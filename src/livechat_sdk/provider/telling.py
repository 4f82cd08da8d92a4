"""What an agent should know about a conversation, in lines and pages, for vendors that have no place for it.

Most vendors let an adapter say more than their fields hold only as texts. These functions say the same things
in the same words for all of them; which of them an adapter says, and where, is its own decision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from livechat_sdk.domain.messages import Author, TranscriptEntry
from livechat_sdk.domain.people import Contact
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.planning import split_text

__all__ = ["contact_facts", "named_values", "opening_facts", "pages", "plain_texts", "transcript_lines"]

_SPEAKERS: Final[dict[Author, str]] = {"user": "User", "bot": "Bot", "agent": "Agent", "system": "System"}
_DOUBTFUL: Final = "(may not have arrived) "


def opening_facts(opening: ChatOpening) -> dict[str, str]:
    """Everything that is known when a chat is opened, but for the summary and what was said: label and value.

    What is not known is left out. Labels are for people, and in English.
    """
    user = opening.user
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
        **plain_texts(opening.attributes),
        **plain_texts(user.attributes),
        **plain_texts(opening.extras),
        **{answer.question or answer.id: answer.answer for answer in opening.survey},
        **contact_facts(opening.contacts),
    }
    return {label: value for label, value in known.items() if value}


def contact_facts(contacts: Iterable[Contact]) -> dict[str, str]:
    """What CRMs know, each label with the name of its source in front."""
    return {f"{one.source}: {label}": value for one in contacts for label, value in one.facts()}


def transcript_lines(transcript: Iterable[TranscriptEntry]) -> Iterator[str]:
    """What was said before, each with who said it; what may not have arrived says so."""
    for entry in transcript:
        doubt = _DOUBTFUL if entry.doubtful else ""
        yield f"{entry.name or _SPEAKERS[entry.author]}: {doubt}{entry.body}"


def pages(lines: Iterable[str], limit: int) -> list[str]:
    """Lines in as few texts of at most ``limit`` characters as it takes. Nothing is lost but empty pages."""
    found: list[str] = []
    for line in lines:
        for piece in split_text(line, limit) or [""]:
            if found and len(found[-1]) + len(piece) < limit:
                found[-1] += f"\n{piece}"
            else:
                found.append(piece)
    return [page for page in found if page.strip()]


def named_values(opening: ChatOpening) -> dict[str, str]:
    """What a vendor's field may be filled with, by the names that settings of integrations use.

    ``bot``, ``language``, ``reason``, ``summary``, ``phone``, ``country``, ``channel``, ``origin`` and
    ``conversation_id``; ``survey.<id>``, ``attributes.<name>``, ``user.<name>`` and ``extras.<name>``. What
    is not known is left out.
    """
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
    free: dict[str, Mapping[str, Any]] = {
        "attributes": opening.attributes,
        "user": user.attributes,
        "extras": opening.extras,
        "survey": {answer.id: answer.answer for answer in opening.survey},
    }
    named = {f"{kind}.{name}": text for kind, one in free.items() for name, text in plain_texts(one).items()}
    return {name: value for name, value in plain.items() if value} | named


def plain_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Free data as text: what is no text is written as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
    }
