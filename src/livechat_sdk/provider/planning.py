"""How a message is made to fit a provider, before anything is sent: keep, split, link, flatten, refuse.

Nothing degrades unseen: every change is named in ``PlannedMessage.notes`` and recorded with the
message's fate.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.messages import Attachment, Message
from livechat_sdk.provider.interface import PlannedMessage

__all__ = ["Plan", "part_number", "plan_message", "split_text"]

_LONGEST_KEY = 200  # characters of an ``Identifier``
_ROOM_FOR_NUMBER = 8
_JOINER = "\u200d"
_REGIONS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be sent, in order; or nothing, and why the message is refused."""

    parts: Sequence[PlannedMessage]
    notes: Sequence[str] = ()
    refusal: str | None = None


def plan_message(message: Message, capabilities: Capabilities, *, sent_at: datetime) -> Plan:
    """Plan one message of the end user for a provider with these capabilities.

    Attachments that the provider cannot take become links in the text (a file that is kept here and has no
    link refuses the message), choices become numbered lines (whose number comes back as the choice: see
    ``lifecycle.talking``), text over the limit becomes several parts with keys
    ``<key>``, ``<key>.2``, ``<key>.3``, …
    """
    notes: list[str] = []
    kept: list[Attachment] = []
    lines: list[str] = [message.body] if message.body else []
    for attachment in message.attachments:
        if _takes(capabilities, attachment):
            kept.append(attachment)
        elif attachment.file_id is not None:
            return Plan(
                (),
                refusal=f"{attachment.name[:100]} can only travel by a link, and there are none without"
                " `gateway.public_url`",
            )
        else:
            lines.append(f"{attachment.name}: {attachment.url}")
            notes.append(f"linked {attachment.name}")
    if message.choices and not capabilities.choices:
        lines.extend(f"{number}. {choice.label}" for number, choice in enumerate(message.choices, 1))
        notes.append("numbered choices")
    choices = message.choices if capabilities.choices else ()
    body = "\n".join(lines)
    if not body and not kept and not choices:
        return Plan((), refusal="the message has no content")
    texts = split_text(body, capabilities.text_limit) or [""]
    if len(texts) > 1:
        notes.append(f"split into {len(texts)} parts")
    last = len(texts) - 1
    parts = [
        PlannedMessage(
            key=message.key if index == last else _part_key(message.key, index + 1),
            body=text,
            attachments=tuple(kept) if index == last else (),
            choices=choices if index == last else (),
            sent_at=message.sent_at or sent_at,
            notes=tuple(notes) if index == 0 else (),
        )
        for index, text in enumerate(texts)
    ]
    return Plan(parts, tuple(notes))


def _part_key(key: str, number: int) -> str:
    """The key of an earlier part.

    The last part has the message's own key: what confirms that one, or says that it was read, speaks of the
    whole message.
    """
    if len(key) > _LONGEST_KEY - _ROOM_FOR_NUMBER:
        key = f"{key[: _LONGEST_KEY - _ROOM_FOR_NUMBER - 17]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return f"{key}.{number}"


def part_number(part_key: str, key: str) -> int | None:
    """Which part of the message ``key`` has this key; ``None`` when none of its earlier parts has."""
    number = part_key.rpartition(".")[2]
    if not number.isdecimal() or len(number) >= _ROOM_FOR_NUMBER:
        return None
    return int(number) if _part_key(key, int(number)) == part_key else None


def split_text(text: str, limit: int | None) -> list[str]:
    """Cut ``text`` into pieces of at most ``limit`` characters, at a line or word if one is near.

    The pieces joined with the white space that was cut at give the text again; no other character
    is lost. What is shown as one character, an emoji of several or a letter with its accents, stays whole,
    and no piece is blank.
    """
    if limit is None or len(text) <= limit:
        return [text] if text else []
    pieces: list[str] = []
    rest = text
    while len(rest) > limit:
        window = rest[: limit + 1]
        cut = max(window.rfind("\n"), window.rfind(" "))
        if cut <= limit // 2:
            cut = _between_characters(rest, limit)
            pieces.append(rest[:cut])
            rest = rest[cut:]
        else:
            pieces.append(rest[:cut])
            rest = rest[cut + 1 :]
    if rest:
        pieces.append(rest)
    # Vendors refuse blank texts.
    return [piece for piece in pieces if piece.strip()] or pieces[:1]


def _between_characters(text: str, limit: int) -> int:
    """The last place, up to ``limit``, that is between two characters as people see them."""
    for cut in range(limit, limit // 2, -1):
        if not _belongs_together(text, cut):
            return cut
    return limit


def _belongs_together(text: str, cut: int) -> bool:
    """Whether what is before and behind ``cut`` is shown as one. The usual cases of Unicode's annex 29."""
    before, behind = text[cut - 1], text[cut]
    if behind in _REGIONS:  # two of them are a flag
        start = cut
        while start > 0 and text[start - 1] in _REGIONS:
            start -= 1
        return (cut - start) % 2 == 1
    joined = _JOINER in (before, behind) or behind in _TONES or behind in _TAGS
    return joined or unicodedata.category(behind).startswith("M")


def _takes(capabilities: Capabilities, attachment: Attachment) -> bool:
    if capabilities.attachment_limit is not None and (attachment.size or 0) > capabilities.attachment_limit:
        return False
    return any(fnmatchcase(attachment.media_type, pattern) for pattern in capabilities.attachment_types)
