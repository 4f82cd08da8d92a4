"""Finds what is secret in a document, by the models where they know the place, else by the key's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from livechat_sdk.config.annotations import (
    Kinds,
    inner,
    is_secret,
    items,
    kinds_of,
    secrets_of,
    takes_values,
)
from livechat_sdk.config.documents import MASK, IntegrationDocument, glued_from, looks_secret
from livechat_sdk.config.tree import Entry, MappingNode, Node, Path, ScalarNode, SequenceNode, Span
from livechat_sdk.errors import PluginError
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["SecretValue", "Sensitive", "find_sensitive", "is_suspicious", "model_of", "text_of"]

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)
_ONLY_REFERENCES: Final = re.compile(r"(?:\$\{(?:\w+|file:[^{}\n]+)\})+", re.ASCII)


@dataclass(frozen=True, slots=True)
class SecretValue:
    """One secret of a document; ``declared`` when a model says so, not only the name of its key."""

    path: Path
    node: ScalarNode
    declared: bool


@dataclass(slots=True)
class Sensitive:
    """What must not be shown: ``hidden`` places, ``secrets``, and values ``filled`` by the environment.

    ``glued`` are keys with a secret behind a name, and how each may be shown: ``password***``.
    """

    hidden: list[Span] = field(default_factory=list[Span])
    secrets: list[SecretValue] = field(default_factory=list[SecretValue])
    filled: list[ScalarNode] = field(default_factory=list[ScalarNode])
    glued: dict[str, str] = field(default_factory=dict[str, str])


def text_of(value: Any) -> str:
    """A value of a document as text; empty for nothing and for truth values."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None or isinstance(value, bool) else str(value)


def find_sensitive(
    root: Node,
    model: type[BaseModel],
    types: Mapping[str, IntegrationType],
    left_out: Iterable[Node] = (),
) -> Sensitive:
    """Go through a document beside its model; ``types`` are the installed ones by name.

    ``left_out`` are integrations that stand in the text and are not part of the document.

    Values under keys that no model knows are hidden too: a misspelt ``secert`` is a secret.
    """
    finder = _Finder(types)
    finder.visit(root, kinds_of(model), ())
    for node in left_out:
        finder.visit(node, (IntegrationDocument,), ())
    return finder.result


def model_of(types: Mapping[str, IntegrationType], name: object) -> type[IntegrationSettings]:
    """The settings of a type; the base of all where it is not installed, or its plugin cannot give them."""
    try:
        return types[name].settings if isinstance(name, str) else IntegrationSettings
    except (KeyError, PluginError):
        return IntegrationSettings


def is_suspicious(entry: Entry) -> bool:
    """Whether an unknown key may be, or hold, a value: it has spaces or colons, or nothing behind it."""
    value = entry.value
    bare = isinstance(value, ScalarNode) and value.value is None and not value.written
    return bare or _PLAIN_KEY.fullmatch(entry.key) is None


class _Finder:
    def __init__(self, types: Mapping[str, IntegrationType]) -> None:
        self._types = types
        self.result = Sensitive()

    def visit(
        self, node: Node, kinds: Kinds, path: Path, *, declared: bool = False, named: bool = False
    ) -> None:
        """Take in a part of the document; ``kinds`` is what the models say about its place."""
        declared = declared or is_secret(kinds)
        match node:
            case ScalarNode():
                # A text where a mapping belongs comes from a slip of the indentation: it could be anything.
                unknown = not any(takes_values(kind) for kind in kinds)
                self._scalar(node, path, unknown=unknown, declared=declared, named=named)
            case SequenceNode():
                of_items = items(kinds)
                for index, item in enumerate(node.items):
                    self.visit(item, of_items, (*path, index), declared=declared, named=named)
            case MappingNode():
                kinds = self._chosen(node, kinds)
                for key, entry in node.entries.items():
                    of_value = inner(kinds, key)
                    looks = named or looks_secret(key)
                    self.visit(entry.value, of_value, (*path, key), declared=declared, named=looks)
                    self._key(entry, path, known=bool(of_value), secret=declared or named)
                    if all(kind is Any for kind in of_value):
                        self._glued(entry, secrets_of(kinds))
                for value in node.dropped:
                    self.visit(value, (), path)

    def _chosen(self, node: MappingNode, kinds: Kinds) -> Kinds:
        """The model of an integration follows from its type."""
        if IntegrationDocument not in kinds:
            return kinds
        entry = node.entries.get("type")
        name = entry.value.value if entry is not None and isinstance(entry.value, ScalarNode) else None
        return (model_of(self._types, name),)

    def _key(self, entry: Entry, path: Path, *, known: bool, secret: bool) -> None:
        """Hide a key that is no key: ``{secret:abc}`` without a space, ``secret: {abc}`` with braces."""
        if entry.key_span is None or not (secret or (not known and is_suspicious(entry))):
            return
        self.result.hidden.append(entry.key_span)
        if secret:
            node = ScalarNode(entry.key, entry.key_span)
            self.result.secrets.append(SecretValue(path, node, declared=False))

    def _glued(self, entry: Entry, names: Iterable[str]) -> None:
        """Hide the part of an unknown key behind the name of a secret: ``{passwordabc: def}``."""
        at = glued_from(entry.key, names)
        if at is None:
            return
        self.result.glued[entry.key] = entry.key[:at] + MASK
        span = entry.key_span
        if span is not None and span.end - span.start != len(entry.key):  # quoted, perhaps with escapes
            self.result.hidden.append(span)

    def _scalar(self, node: ScalarNode, path: Path, *, unknown: bool, declared: bool, named: bool) -> None:
        secret = declared or named
        as_written = bool(node.references) and _ONLY_REFERENCES.fullmatch(node.written or "") is not None
        if (secret or unknown) and node.span is not None and not as_written:
            self.result.hidden.append(node.span)
        if secret:
            self.result.secrets.append(SecretValue(path, node, declared))
        if node.references:
            self.result.filled.append(node)
