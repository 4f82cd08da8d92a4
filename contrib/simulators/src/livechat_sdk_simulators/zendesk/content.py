"""The content of messages: text, images, files, carousels, lists, forms, locations, and their actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from livechat_sdk_simulators.reading import Misfit
from livechat_sdk_simulators.zendesk.bodies import Body

__all__ = ["TEXT", "media_urls", "read_content"]

TEXT: Final = 4096
"""Characters of a text."""
_ALT: Final = 128
_ITEMS: Final = 10
_ITEM_ACTIONS: Final = 3
_FORM_FIELDS: Final = 20
_OPTIONS: Final = 200
_ACTIONS: Final = 100
_FORMATS: Final = ("integer", "decimal")
_FIELD_KINDS: Final = ("text", "email", "select")
_SIZES: Final = ("compact", "large")
_WEBVIEW_SIZES: Final = ("compact", "tall", "full")
_ITEM_KINDS: Final = frozenset({"buy", "link", "postback", "webview"})
_MESSAGE_KINDS: Final = _ITEM_KINDS | {"reply", "locationRequest"}

Content = dict[str, Any]


def read_content(content: Body) -> Content:
    """The content of a message as it is kept, with what the vendor adds. Raises ``Misfit``."""
    kind = content.text("type", among=sorted(_KINDS))
    kept: Content = {"type": kind, **_KINDS[kind](content)}
    if (block := content.maybe_flag("blockChatInput")) is not None:
        kept["blockChatInput"] = block
    content.end()
    return kept


def media_urls(content: Mapping[str, Any]) -> list[str]:
    """The addresses of images and files in a content."""
    items: list[Mapping[str, Any]] = content.get("items", [])
    return [str(one["mediaUrl"]) for one in (content, *items) if "mediaUrl" in one]


def _given(**values: object) -> Content:
    return {name: value for name, value in values.items() if value is not None}


def _rich(content: Body) -> Content:
    """The text in its three forms."""
    rich = _given(
        text=content.maybe("text", most=TEXT),
        htmlText=content.maybe("htmlText", most=TEXT),
        markdownText=content.maybe("markdownText", most=TEXT),
    )
    if "htmlText" in rich and "markdownText" in rich:
        raise Misfit("content.htmlText and content.markdownText exclude each other")
    return rich


def _actions(content: Body, kinds: frozenset[str], most: int) -> list[Content] | None:
    if not content.has("actions"):
        return None
    return content.parts("actions", lambda one: _action(one, kinds), least=1, most=most)


def _action(action: Body, kinds: frozenset[str]) -> Content:
    kind = action.text("type", among=sorted(kinds))
    kept: Content = {"type": kind, "text": action.text("text")}
    if kind in {"reply", "postback"}:
        kept["payload"] = action.text("payload")
    if kind in {"link", "webview"}:
        kept |= {"uri": action.url("uri"), **_given(default=action.maybe_flag("default"))}
    if kind == "webview":
        kept |= {
            "fallback": action.url("fallback"),
            **_given(
                size=action.text("size", among=_WEBVIEW_SIZES) if action.has("size") else None,
                openOnReceive=action.maybe_flag("openOnReceive"),
            ),
        }
    if kind == "buy":
        kept |= {"amount": int(action.number("amount")), **_given(currency=action.maybe("currency"))}
    if kind == "reply":
        kept |= _given(iconUrl=action.url("iconUrl") if action.has("iconUrl") else None)
    if metadata := action.metadata():
        kept["metadata"] = metadata
    return kept


def _text(content: Body) -> Content:
    kept = _rich(content) | _given(
        actions=_actions(content, _MESSAGE_KINDS, _ACTIONS), payload=content.maybe("payload")
    )
    if not kept.keys() & {"text", "htmlText", "markdownText", "actions"}:
        raise Misfit("content should have required property 'text'")
    return kept


def _file(content: Body) -> Content:
    return {
        "mediaUrl": content.url("mediaUrl"),
        **_given(
            altText=content.maybe("altText", least=0, most=_ALT), attachmentId=content.maybe("attachmentId")
        ),
        **_rich(content),
    }


def _image(content: Body) -> Content:
    return _file(content) | _given(actions=_actions(content, _MESSAGE_KINDS, _ACTIONS))


def _item(item: Body) -> Content:
    kept: Content = {"title": item.text("title", most=_ALT)}
    kept |= _given(
        description=item.maybe("description", least=0, most=_ALT),
        mediaUrl=item.url("mediaUrl") if item.has("mediaUrl") else None,
        mediaType=item.maybe("mediaType", most=_ALT),
        altText=item.maybe("altText", least=0, most=_ALT),
        size=item.text("size", among=_SIZES) if item.has("size") else None,
    )
    kept["actions"] = item.parts(
        "actions", lambda one: _action(one, _ITEM_KINDS), least=1, most=_ITEM_ACTIONS
    )
    if metadata := item.metadata():
        kept["metadata"] = metadata
    return kept


def _items(content: Body) -> Content:
    items = content.parts("items", _item, least=1, most=_ITEMS)
    return {"items": items, "text": "\n\n".join(_as_text(n, one) for n, one in enumerate(items, start=1))}


def _as_text(number: int, item: Mapping[str, Any]) -> str:
    links = [f"{one['text']}: {one['uri']}" for one in item["actions"] if one.get("uri")]
    return "\n".join([f"{number}. {item['title']}", *filter(None, [item.get("description")]), *links])


def _carousel(content: Body) -> Content:
    kept = _items(content)
    if content.has("displaySettings"):
        display = content.part("displaySettings")
        kept["displaySettings"] = {
            "imageAspectRatio": display.text("imageAspectRatio", among=("horizontal", "square"))
        }
        display.end()
    return kept


def _list(content: Body) -> Content:
    return _items(content) | _given(actions=_actions(content, _ITEM_KINDS, _ITEMS))


def _form(content: Body) -> Content:
    fields = content.parts("fields", _form_field, least=1, most=_FORM_FIELDS)
    names = [one["name"] for one in fields]
    if len(set(names)) != len(names):
        raise Misfit("content.fields must have names that differ")
    return {"submitted": False, "fields": fields, **_given(text=content.maybe("text", most=TEXT))}


def _form_field(field: Body) -> Content:
    kind = field.text("type", among=_FIELD_KINDS)
    kept: Content = {
        "type": kind,
        "name": field.text("name", most=_ALT),
        "label": field.text("label", most=_ALT),
    }
    kept |= _given(placeholder=field.maybe("placeholder", most=_ALT))
    if kind == "text":
        sizes = {one: int(field.number(one)) for one in ("minSize", "maxSize") if field.has(one)}
        if any(not 1 <= size <= 256 for size in sizes.values()):  # noqa: PLR2004 - as documented
            raise Misfit("minSize and maxSize of a field are from 1 to 256")
        kept |= sizes
        kept |= _given(format=field.text("format", among=_FORMATS) if field.has("format") else None)
    if kind == "select":
        kept["options"] = field.parts("options", _option, least=1, most=_OPTIONS)
    return kept


def _option(option: Body) -> Content:
    return {"name": option.text("name", most=_ALT), "label": option.text("label", most=_ALT)}


def _location(content: Body) -> Content:
    at = content.part("coordinates")
    lat, long = at.number("lat"), at.number("long")
    at.end()
    kept: Content = {
        "coordinates": {"lat": lat, "long": long},
        "text": f"Location shared:\nhttps://maps.google.com/maps?q={lat:g},{long:g}",
    }
    if content.has("location"):
        place = content.part("location")
        kept["location"] = _given(address=place.maybe("address"), name=place.maybe("name"))
        place.end()
    return kept


_KINDS: Final[Mapping[str, Callable[[Body], Content]]] = {
    "text": _text,
    "image": _image,
    "file": _file,
    "carousel": _carousel,
    "list": _list,
    "form": _form,
    "location": _location,
}
