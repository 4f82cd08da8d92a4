"""Our words in Parley's: what an agent is told about a conversation when a chat is opened, and later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.planning import split_text
from livechat_sdk_testing.parley.wire import TEXT_LIMIT, time_text

__all__ = ["chat_of", "details_of", "why_of"]

_LONGEST_ID: Final = 64
_AUTHORS: Final = {"user": "visitor", "bot": "bot", "agent": "agent", "system": "bot"}
_DOUBTFUL: Final = "(may not have arrived) "


def chat_of(opening: ChatOpening, default_queue: str | None) -> dict[str, Any]:
    """The body of ``POST /v1/chats``. What is not known is left out."""
    summary = split_text(opening.summary or "", TEXT_LIMIT)
    optional = {
        "queue": opening.route.queue or default_queue,
        "priority": opening.route.priority,
        "language": opening.language,
        "summary": summary[0] if summary else None,
    }
    return {
        "ref": opening.ref,
        "visitor": _visitor(opening.user),
        **{name: value for name, value in optional.items() if value is not None},
        "transcript": [
            *({"from": "bot", "text": rest} for rest in summary[1:]),
            *_lines(opening.transcript),
        ],
        "fields": _fields(opening),
    }


def details_of(survey: Iterable[SurveyAnswer], contacts: Iterable[Contact]) -> dict[str, str]:
    """Survey answers and contacts as fields.

    The same answer has the same name each time, so it replaces itself.
    """
    found = {answer.question or answer.id: answer.answer for answer in survey}
    for contact in contacts:
        found |= {f"{contact.source}: {label}": value for label, value in contact.facts()}
    return found


def why_of(reason: EndReason) -> str:
    """Why a chat ends, in the three words that Parley has."""
    if reason.why == "resolved":
        return "resolved"
    return "inactive" if reason.why in {"inactivity", "timeout"} else "left"


def _visitor(user: EndUser) -> dict[str, str]:
    known = {"id": _id(user.id), "name": user.name, "email": user.email}
    return {name: value for name, value in known.items() if value}


def _id(own: str) -> str:
    """Parley's ids have 64 characters at most: a longer one of ours is told by its hash, always the same."""
    return own if len(own) <= _LONGEST_ID else hashlib.sha256(own.encode()).hexdigest()


def _lines(transcript: Sequence[TranscriptEntry]) -> Iterator[dict[str, str]]:
    """What was said before. A long line becomes several."""
    for entry in transcript:
        text = f"{_DOUBTFUL}{entry.body}" if entry.doubtful else entry.body
        for piece in split_text(text, TEXT_LIMIT):
            line = {"from": _AUTHORS[entry.author], "text": piece}
            yield line if entry.at is None else {**line, "at": time_text(entry.at)}


def _fields(opening: ChatOpening) -> dict[str, str]:
    user = opening.user
    known = {
        "bot": opening.bot,
        "reason": opening.reason,
        "phone": user.phone,
        "country": user.country,
        "channel": user.channel,
        "origin": user.origin,
        "skills": ", ".join(opening.route.skills),
        "tags": ", ".join(opening.tags),
    }
    return {
        **_texts(opening.attributes),
        **_texts(user.attributes),
        **{name: value for name, value in known.items() if value},
        **_texts(opening.extras),
        **details_of(opening.survey, opening.contacts),
    }


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Free data as text: what is no text is written as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
    }
