"""Our words in Cisco's: author, title and extension fields of a contact, and the words for an agent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.planning import split_text
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.xml import document, element, without_forbidden

__all__ = ["PAGE", "author_of", "contact_of", "pages_of"]

_QUEUE: Final = "ccxqueuetag"
_REF: Final = "h_livechat_ref"
"""Our reference, for whoever looks into the server's records. Names with ``h_`` are not shown to agents."""
_MOST_FIELDS: Final = 100
_MOST_BYTES: Final = 1_000_000
_LONGEST: Final = 4000
"""Characters of one value. The vendor states none; an agent's gadget shows a few lines."""
_LONGEST_NAME: Final = 100

PAGE: Final = 1500
"""Characters of one text, as much as an agent's own prepared answer may have: no other limit is stated."""
_MOST_PAGES: Final = 8

_SPEAKERS: Final = {"user": "User", "bot": "Bot", "agent": "Agent", "system": "System"}
_SPEAK_FOR_THEMSELVES: Final = frozenset({"name", "email", "phone", "link"})
_CUT: Final = " […]"
_EARLIER: Final = "[…]"


def author_of(opening: ChatOpening, settings: CiscoSettings) -> str:
    """The end user's name as agents see it; never empty, because the vendor wants one."""
    return _line(opening.user.name or "") or settings.author


def contact_of(opening: ChatOpening, settings: CiscoSettings) -> bytes:
    """The document that starts a chat."""
    fields = "".join(
        f"<extensionField>{element('name', name)}{element('value', value)}</extensionField>"
        for name, value in fields_of(opening, settings).items()
    )
    return document(
        "SocialContact",
        ("feedRefURL", settings.feed_url),
        ("author", author_of(opening, settings)),
        ("title", settings.title),
        f"<extensionFields>{fields}</extensionFields>",
    )


def fields_of(opening: ChatOpening, settings: CiscoSettings) -> dict[str, str]:
    """The extension fields by name: the queue first, then what an agent should know, within the limits."""
    found: dict[str, str] = {_QUEUE: opening.route.queue or settings.ccx_queue_tag}
    size = 0
    for name, value in _facts(opening, settings):
        label, words = _line(name)[:_LONGEST_NAME], _cut(without_forbidden(value).strip())
        if not label or not words or len(found) >= _MOST_FIELDS or label.lower() == _QUEUE:
            continue
        unique, number = label, 2
        while unique in found:
            unique, number = f"{label} {number}", number + 1
        size += len(unique.encode()) + len(words.encode())
        if size > _MOST_BYTES:
            break
        found[unique] = words
    return found


def _facts(opening: ChatOpening, settings: CiscoSettings) -> Iterator[tuple[str, str]]:
    user, name = opening.user, author_of(opening, settings)
    yield _REF, opening.ref
    yield "h_Name", name
    yield "Name", name
    yield "Email", user.email or ""
    yield "PhoneNumber", user.phone or ""
    yield "Details", opening.reason or ""
    yield "Summary", opening.summary or ""
    for answer in opening.survey:
        yield answer.question or answer.id, answer.answer
    yield "Language", opening.language or user.language or ""
    yield "Country", user.country or ""
    yield "Channel", user.channel or ""
    yield "Origin", user.origin or ""
    yield "Priority", opening.route.priority or ""
    yield "Skills", ", ".join(opening.route.skills)
    yield "Tags", ", ".join(opening.tags)
    for contact in opening.contacts:
        lines = [
            value if label in _SPEAK_FOR_THEMSELVES else f"{label}: {value}"
            for label, value in contact.facts()
        ]
        yield f"Contact in {contact.source}", "\n".join(lines)
    yield from _plain({**user.attributes, **opening.attributes, **opening.extras})


def _plain(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    return ((name, str(value)) for name, value in values.items() if isinstance(value, str | int | float))


def pages_of(opening: ChatOpening) -> list[str]:
    """What an agent who joins is told first: the summary, then what was said, the newest of it."""
    summary = without_forbidden(opening.summary or "").strip()
    pages = split_text(f"Summary: {summary}", PAGE) if summary else []
    said = split_text("\n".join(_lines(opening.transcript)), PAGE)
    room = max(_MOST_PAGES - len(pages), 1)
    if len(said) > room:
        said = [_EARLIER, *said[-(room - 1) :]] if room > 1 else [_EARLIER]
    return [page for page in (*pages[:_MOST_PAGES], *said) if page.strip()]


def _lines(transcript: Iterable[TranscriptEntry]) -> Iterator[str]:
    for entry in transcript:
        words = without_forbidden(entry.body).strip()
        if words:
            doubt = " (may not have been seen)" if entry.doubtful else ""
            yield f"{_SPEAKERS[entry.author]}{doubt}: {words}"


def _line(text: str) -> str:
    return " ".join(without_forbidden(text).split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT
