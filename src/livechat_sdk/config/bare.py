"""Integration documents of the platform as settings: one JSON document, or a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.tree import Entry, MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["Settings", "as_settings", "is_integration"]

_PARTS: Final = frozenset(
    {"version", "include", "integrations", "bots", "gateway", "plugins", "store", "workspace"}
)
_OTHER_CATEGORIES: Final = frozenset({"AUTHENTICATION", "KB", "LLM", "TRANSLATION"})
"""Categories of integrations that live chat has no use for (Helvia ``hbf-core.openapi.json``)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A document as settings; ``left_out`` are the integrations of the text that are not part of them."""

    document: MappingNode
    is_bare: bool = False
    left_out: tuple[Node, ...] = ()


def as_settings(root: Node, drafts: list[Draft]) -> Settings | None:
    """The document as settings, wrapped when it is made of bare integrations; ``None`` when it is neither."""
    match root:
        case MappingNode() if is_integration(root):
            return _wrapped((root,), drafts)
        case MappingNode():
            return Settings(root)
        case SequenceNode() if root.items:
            return _wrapped(root.items, drafts)
        case ScalarNode(value=None):
            drafts.append(
                Draft(
                    "LC110",
                    "the file is empty",
                    suggestion="start with `version: 1`, `integrations:` and `bots:`",
                )
            )
        case _:
            drafts.append(
                Draft(
                    "LC111",
                    "this is neither a settings file nor a list of integration documents",
                    span=root.span,
                    suggestion="start with `version: 1`, `integrations:` and `bots:`",
                )
            )
    return None


def is_integration(node: MappingNode) -> bool:
    """Whether a document is one integration by itself, and no settings file."""
    return "type" in node.entries and not _PARTS & node.entries.keys()


def _wrapped(documents: tuple[Node, ...], drafts: list[Draft]) -> Settings:
    """Settings with the documents under their names; places stay those of the text."""
    entries: dict[str, Entry] = {}
    left_out: list[Node] = []
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, MappingNode):
            left_out.append(document)
            drafts.append(Draft("LC410", "an integration is a mapping with its `type`", span=document.span))
            continue
        if _value(document, "category") in _OTHER_CATEGORIES:
            left_out.append(document)
            drafts.append(
                Draft(
                    "LC611",
                    f"integration {_value(document, 'name') or number!r} is not for live chat and left out",
                    span=document.entries["category"].value.span,
                )
            )
            continue
        name = _value(document, "name")
        if name is None:
            if "name" not in document.entries:
                drafts.append(
                    Draft(
                        "LC408", "this integration has no `name`", span=document.span, suggestion="add `name`"
                    )
                )
            name = f"integration {number}"
        if name in entries:
            left_out.append(document)
            drafts.append(
                Draft(
                    "LC409",
                    f"two integrations are called {name[:60]!r}",
                    span=document.entries["name"].value.span,
                    suggestion="rename one of them",
                    other=entries[name].key_span,
                )
            )
            continue
        key_span = document.entries["name"].value.span if "name" in document.entries else document.span
        entries[name] = Entry(name, document, key_span)
    document = MappingNode(
        {
            "version": Entry("version", ScalarNode(1)),
            "integrations": Entry("integrations", MappingNode(entries, flow=True)),
        }
    )
    return Settings(document, is_bare=True, left_out=tuple(left_out))


def _value(document: MappingNode, key: str) -> str | None:
    entry = document.entries.get(key)
    value = entry.value.value if entry is not None and isinstance(entry.value, ScalarNode) else None
    return value if isinstance(value, str) and value else None
