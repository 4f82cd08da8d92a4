"""The Atlassian Document Format: what is a document, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from livechat_sdk_simulators.jira.state import Rich

__all__ = ["as_document", "as_text", "is_document"]

_BLOCKS: Final = frozenset(
    {
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "codeBlock",
        "blockquote",
        "panel",
        "rule",
        "expand",
        "table",
        "mediaSingle",
    }
)
_INLINE: Final = frozenset({"text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status"})
_INSIDE: Final[Mapping[str, frozenset[str]]] = {
    "doc": _BLOCKS,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "codeBlock": frozenset({"text"}),
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle"}),
    "blockquote": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"}),
    "panel": frozenset({"paragraph", "heading", "bulletList", "orderedList"}),
    "expand": _BLOCKS,
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableHeader", "tableCell"}),
    "tableHeader": _BLOCKS,
    "tableCell": _BLOCKS,
    "mediaSingle": frozenset({"media"}),
}
_MARKS: Final = frozenset(
    {"strong", "em", "code", "link", "strike", "underline", "subsup", "textColor", "backgroundColor"}
)
_LEAVES: Final = _INLINE | {"rule", "media"}
_NEEDED: Final = {"heading": ("level",), "mention": ("id",), "emoji": ("shortName",), "inlineCard": ("url",)}
_KEYS: Final = frozenset({"type", "version", "content", "text", "attrs", "marks"})
_DEEPEST: Final = 30


def is_document(value: object) -> bool:
    """Whether this is a document by the letter: known nodes in known places, no empty text."""
    node = _node(value)
    return node is not None and node.get("type") == "doc" and node.get("version") == 1 and _fits(node, 0)


def _node(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _fits(node: dict[str, Any], depth: int) -> bool:
    kind = node.get("type")
    if depth > _DEEPEST or not isinstance(kind, str) or not _KEYS.issuperset(node):
        return False
    attributes: object = node.get("attrs", {})
    if not isinstance(attributes, dict) or any(one not in attributes for one in _NEEDED.get(kind, ())):
        return False
    if kind == "text":
        return bool(node.get("text")) and isinstance(node["text"], str) and _marked(node.get("marks", []))
    if kind in _LEAVES:
        return "content" not in node
    allowed, content = _INSIDE.get(kind), node.get("content", [])
    if allowed is None or not isinstance(content, list):
        return False
    children = [_node(one) for one in cast("list[object]", content)]
    return all(one is not None and one.get("type") in allowed and _fits(one, depth + 1) for one in children)


def _marked(marks: object) -> bool:
    if not isinstance(marks, list):
        return False
    for one in cast("list[object]", marks):
        mark = _node(one)
        if mark is None or mark.get("type") not in _MARKS:
            return False
        if mark["type"] == "link" and not isinstance(mark.get("attrs", {}).get("href"), str):
            return False
    return True


def as_text(value: Rich | None) -> str:
    """What rich text says; wiki text as it is."""
    if value is None or isinstance(value, str):
        return value or ""
    return _said(value).strip("\n")


def _said(node: Mapping[str, Any]) -> str:
    kind = node.get("type")
    if kind == "text":
        return str(node["text"])
    if kind == "hardBreak":
        return "\n"
    if kind in {"mention", "emoji"}:
        attributes = node.get("attrs", {})
        return str(attributes.get("text") or attributes.get("id") or attributes.get("shortName"))
    inside = "".join(_said(one) for one in cast("Sequence[Mapping[str, Any]]", node.get("content", ())))
    return f"{inside}\n" if kind in {"paragraph", "heading", "codeBlock"} else inside


def as_document(value: Rich | None) -> dict[str, Any] | None:
    """Rich text as a document; wiki text in paragraphs, as it is."""
    if not value:
        return None
    if not isinstance(value, str):
        return dict(value)
    content = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in value.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": content}
