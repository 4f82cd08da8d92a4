"""The kinds of a message's content, as text, files and choices.

Whatever an agent can send becomes something that every channel can show: what has no word of its own here
becomes a line of text, and nothing is dropped without one.
"""

from __future__ import annotations

import html
import math
import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from livechat_sdk.domain.messages import Attachment, Choice

__all__ = ["Content", "content_of"]

_MOST: Final = 1000
"""Characters of a label."""

_LONGEST_LINK: Final = 4096
_ANSWERS: Final = frozenset({"reply", "postback"})
_TAG: Final = re.compile(r"<[^<>]*>")
_BREAK: Final = re.compile(r"<(?:br\s*/?|/p|/div|/li)>", re.IGNORECASE)


@dataclass(slots=True)
class Content:
    """What a message says, put together line by line."""

    lines: list[str] = field(default_factory=list[str])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    choices: list[Choice] = field(default_factory=list[Choice])

    @property
    def body(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def content_of(content: Mapping[str, Any]) -> Content:
    """Read ``content`` of a message, whichever ``type`` it has."""
    found = Content()
    kind = _text(content.get("type"))
    found.lines += [line for line in [_words(content)] if line]
    if kind in {"image", "file"}:
        _media(found, content)
    for item in _objects(content.get("items")):
        title, description = _text(item.get("title")), _text(item.get("description"))
        found.lines += [line for line in (title, description) if line]
        _media(found, item)
        _actions(found, item.get("actions"))
    if kind == "location":
        found.lines += _location(content)
    if kind == "form":
        found.lines += [
            label for one in _objects(content.get("fields")) if (label := _text(one.get("label")))
        ]
    _actions(found, content.get("actions"))
    if not (found.lines or found.attachments or found.choices):
        found.lines.append(f"[{kind or 'message'}]")
    return found


def _words(content: Mapping[str, Any]) -> str:
    plain = _text(content.get("text")) or _text(content.get("markdownText"))
    if plain:
        return plain
    marked = _text(content.get("htmlText"))
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", marked))).strip()


def _media(found: Content, content: Mapping[str, Any]) -> None:
    url = _text(content.get("mediaUrl"))
    if not url:
        return
    if len(url) > _LONGEST_LINK:
        found.lines.append(url)
        return
    name = _name_in(url) or _text(content.get("altText")) or "file"
    size = content.get("mediaSize")
    kind = _text(content.get("mediaType")) or mimetypes.guess_type(name)[0]
    found.attachments.append(
        Attachment(
            url=url,
            name=name[:_MOST],
            media_type=(kind or "application/octet-stream")[:_MOST],
            size=int(size) if isinstance(size, int | float) and 0 <= size < math.inf else None,
        )
    )


def _name_in(url: str) -> str:
    """The name of a file as its link has it; empty where the link cannot be read."""
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:
        return ""


def _actions(found: Content, actions: object) -> None:
    for action in _objects(actions):
        label, kind = _text(action.get("text")), _text(action.get("type"))
        if kind in _ANSWERS and label:
            value = _text(action.get("payload")) or label
            found.choices.append(Choice(label=label[:_MOST], value=value[:_MOST]))
            continue
        uri = _text(action.get("uri"))
        line = ": ".join(part for part in (label, uri) if part)
        found.lines += [line] if line else []


def _location(content: Mapping[str, Any]) -> list[str]:
    place, at = _object(content.get("location")), _object(content.get("coordinates"))
    named = [text for key in ("name", "address") if (text := _text(place.get(key)))]
    known = [at[key] for key in ("lat", "long") if isinstance(at.get(key), int | float)]
    return [*named, *([", ".join(str(one) for one in known)] if len(known) == 2 else [])]  # noqa: PLR2004


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _objects(value: object) -> Iterable[Mapping[str, Any]]:
    listed = cast("Sequence[object]", value) if isinstance(value, list) else ()
    return (cast("Mapping[str, Any]", one) for one in listed if isinstance(one, dict))
