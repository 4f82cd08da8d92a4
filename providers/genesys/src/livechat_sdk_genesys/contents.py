"""The kinds of a message's content, as text, files and choices.

Whatever an agent or a flow can send becomes something that every channel can show: what has no word of its
own here becomes a line of text, and nothing is dropped without one.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from livechat_sdk.domain.messages import Attachment, Choice

__all__ = ["Content", "content_of", "object_of", "objects_of", "text_of"]

_MOST: Final = 1000
"""Characters of a label."""

_LONGEST_LINK: Final = 4096
_ANSWERS: Final = frozenset({"Postback", "Message", ""})


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

    def line(self, *parts: object) -> None:
        """One more line of these parts, unless they are empty or said already."""
        text = ": ".join(part for one in parts if (part := text_of(one).strip()))
        if text and text not in self.lines:
            self.lines.append(text)

    def choice(self, label: object, value: object) -> None:
        """One more choice, if it has a label."""
        shown = text_of(label)[:_MOST]
        if shown.strip():
            self.choices.append(Choice(label=shown, value=(text_of(value) or shown)[:_MOST]))


def content_of(message: Mapping[str, Any]) -> Content:
    """Read ``text`` and ``content`` of a message."""
    found = Content()
    body = text_of(message.get("text"))
    if body:
        found.lines.append(body)
    unread: list[str] = []
    for item in objects_of(message.get("content")):
        kind = text_of(item.get("contentType")) or next((key for key in _KINDS_BY_FIELD if key in item), "")
        name = _KINDS_BY_FIELD.get(kind, kind)
        read = _READERS.get(name)
        if read is None:
            unread.append(name or "content")
        else:
            read(found, item)
    for name in unread:
        if not (found.lines or found.attachments or found.choices):
            found.lines.append(f"[{name}]")
    return found


def _attachment(found: Content, item: Mapping[str, Any]) -> None:
    file = object_of(item.get("attachment"))
    url = text_of(file.get("url"))
    words = text_of(file.get("text"))
    if words and words != text_of(file.get("filename")):
        found.line(words)
    if not url:
        found.line("[file]", file.get("filename"))
        return
    if len(url) > _LONGEST_LINK or text_of(file.get("mediaType")) == "Link":
        found.line(url)
        return
    name = text_of(file.get("filename")) or _name_in(url) or "file"
    size = file.get("contentSizeBytes")
    kind = text_of(file.get("mime")) or mimetypes.guess_type(name)[0]
    found.attachments.append(
        Attachment(
            url=url,
            name=name[:_MOST],
            media_type=(kind or "application/octet-stream")[:_MOST],
            size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        )
    )


def _name_in(url: str) -> str:
    """The name of a file as its link has it; empty where the link cannot be read."""
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:
        return ""


def _quick_reply(found: Content, item: Mapping[str, Any]) -> None:
    reply = object_of(item.get("quickReply"))
    found.choice(reply.get("text"), reply.get("payload"))


def _quick_replies(found: Content, item: Mapping[str, Any]) -> None:
    offered = object_of(item.get("quickReplyV2"))
    found.line(offered.get("title"))
    for action in objects_of(offered.get("actions")):
        found.choice(action.get("text"), action.get("payload"))


def _card(found: Content, item: Mapping[str, Any]) -> None:
    _one_card(found, object_of(item.get("card")))


def _carousel(found: Content, item: Mapping[str, Any]) -> None:
    for card in objects_of(object_of(item.get("carousel")).get("cards")):
        _one_card(found, card)


def _one_card(found: Content, card: Mapping[str, Any]) -> None:
    found.line(card.get("title"))
    found.line(card.get("description"))
    found.line(card.get("image"))
    found.line(card.get("video"))
    for action in objects_of(card.get("actions")):
        if text_of(action.get("type")) in _ANSWERS:
            found.choice(action.get("text"), action.get("payload"))
        else:
            found.line(action.get("text"), action.get("url"))


def _date_picker(found: Content, item: Mapping[str, Any]) -> None:
    picker = object_of(item.get("datePicker"))
    found.line(picker.get("title"))
    found.line(picker.get("subtitle"))
    for time in objects_of(picker.get("availableTimes")):
        found.choice(time.get("dateTime"), time.get("dateTime"))


def _list_picker(found: Content, item: Mapping[str, Any]) -> None:
    for section in objects_of(object_of(item.get("listPicker")).get("sections")):
        found.line(section.get("title"))
        for one in objects_of(section.get("items")):
            found.choice(one.get("title"), one.get("id"))


def _notification(found: Content, item: Mapping[str, Any]) -> None:
    """A canned response: header, words, footer. The words are the text of the message again."""
    template = object_of(item.get("template"))
    header, body, footer = (text_of(object_of(template.get(part)).get("text")) for part in _PARTS)
    own = Content()
    for part in (header, body, footer):
        own.line(part)
    if body in found.lines:
        where = found.lines.index(body)
        found.lines[where : where + 1] = own.lines
    else:
        found.lines += own.lines


def _text(found: Content, item: Mapping[str, Any]) -> None:
    found.line(object_of(item.get("text")).get("body"))


def _location(found: Content, item: Mapping[str, Any]) -> None:
    place = object_of(item.get("location"))
    found.line(place.get("text"))
    found.line(place.get("address"))
    found.line(place.get("url"))


_PARTS: Final = ("header", "body", "footer")
_READERS: Final[Mapping[str, Callable[[Content, Mapping[str, Any]], None]]] = {
    "Attachment": _attachment,
    "QuickReply": _quick_reply,
    "QuickReplyV2": _quick_replies,
    "Card": _card,
    "Carousel": _carousel,
    "DatePicker": _date_picker,
    "ListPicker": _list_picker,
    "Notification": _notification,
    "Text": _text,
    "Location": _location,
}
_KINDS_BY_FIELD: Final = {"attachment": "Attachment", "quickReply": "QuickReply", "card": "Card"}
"""Content of older deliveries names no kind."""


def text_of(value: object) -> str:
    """``value`` where it is text."""
    return value if isinstance(value, str) else ""


def object_of(value: object) -> Mapping[str, Any]:
    """``value`` where it is a JSON object."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def objects_of(value: object) -> Iterable[Mapping[str, Any]]:
    """The JSON objects in ``value`` where it is a list."""
    listed = cast("Sequence[object]", value) if isinstance(value, list) else ()
    return (cast("Mapping[str, Any]", one) for one in listed if isinstance(one, dict))
