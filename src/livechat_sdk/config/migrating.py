"""``livechat migrate``: settings of an older form in today's, step by step, with their comments.

Version 0 is what there was before files said their version: integration documents of the platform by
themselves, files without ``version``, and our own keys in the platform's spelling (``requestTimeout``).

A step goes from text to text. Where it can, it makes the smallest edits, so that order, comments and line
breaks stay; documents that get another shape go through the round trip of ruamel.yaml, which keeps comments.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from livechat_sdk.config.annotations import Kinds, inner, items, keys_of, kinds_of
from livechat_sdk.config.bare import as_settings, is_integration
from livechat_sdk.config.diagnostics import Draft, Mend, finish, rewritten
from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.config.masking import Masks
from livechat_sdk.config.mending import apply_fixes, find_fixes
from livechat_sdk.config.reading import looks_like_json, read_document
from livechat_sdk.config.tree import Lines, MappingNode, Node, Path, SequenceNode, plain, show_path
from livechat_sdk.config.versions import LATEST, is_latest, missing_version, misspelt, version_of
from livechat_sdk.config.yaml_reader import protected, restored
from livechat_sdk.errors import ConfigurationError

__all__ = ["Migration", "migrate_text"]

_HEAD: Final = re.compile(r"(?:[ \t]*(?:#.*)?(?:\r?\n|\Z))*")
_UNREADABLE: Final = "LC120"
"""Codes before this one say that a text, or a part of it, could not be read."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What became of one file; ``done`` says each change in a sentence, empty when it was of today."""

    before: str = field(repr=False)
    after: str = field(repr=False)
    done: tuple[str, ...] = ()


def migrate_text(text: str, name: str = "livechat.yaml") -> Migration:
    """The settings in ``text`` in today's form. Does no I/O.

    Raises ``ConfigurationError`` with every problem when the text is no settings document, or newer than
    this release.
    """
    now, done = text, list[str]()
    for since, step in enumerate(_STEPS):
        root = _read(now, name)
        if _version(root, now, name) <= since:
            now, changes = step(now, root, name)
            done += changes
    return Migration(text, now, tuple(done))


def _version(root: Node, text: str, name: str) -> int:
    """The version of a document, 0 where it says none."""
    entry = root.entries.get("version") if isinstance(root, MappingNode) else None
    if entry is None:
        return 0
    found = version_of(entry.value)
    if found is None or found > LATEST:
        _refuse([Draft("LC202", "this release cannot read this version", ("version",))], root, text, name)
    # Keys in the old spelling may stand in a file that says today's version.
    return 0 if not is_latest(entry.value) or list(_old_keys(root)) else found


def _read(text: str, name: str) -> Node:
    drafts: list[Draft] = []
    root = read_document(text, name, drafts)
    if root is None or any(draft.code < _UNREADABLE for draft in drafts):
        _refuse(drafts, root, text, name)
    return root


def _refuse(drafts: list[Draft], root: Node | None, text: str, name: str) -> NoReturn:
    problems = finish(drafts, root=root, lines=Lines(text, name), file=name, masks=Masks.of_text(text))
    raise ConfigurationError(problems)


# ----------------------------------------------------------------------------------------------------- 0 to 1
def _from_0(text: str, root: Node, name: str) -> tuple[str, list[str]]:
    if isinstance(root, SequenceNode) or (isinstance(root, MappingNode) and is_integration(root)):
        return _from_documents(text, root, name)
    if not isinstance(root, MappingNode):
        drafts: list[Draft] = []
        as_settings(root, drafts)
        _refuse(drafts, root, text, name)
    old = list(_old_keys(root))
    drafts = [Draft("LC203", "", path, mend=rewritten(today, at_key=True)) for path, today in old]
    done = [f"{show_path(path)} is called {today} now" for path, today in old]
    entry = root.entries.get("version")
    if entry is None and (slip := misspelt(root)) is not None:
        drafts.append(Draft("LC203", "", (slip,), mend=rewritten("version", at_key=True)))
        done.append(f"{slip} is called version now")
        entry = root.entries[slip]
    if entry is None:
        drafts.append(missing_version(root))
        done.append(f"version: {LATEST} is added")
    elif not is_latest(entry.value):
        drafts.append(Draft("LC202", "", (entry.key,), mend=Mend(lambda _: str(LATEST))))
        done.append(f"version is {LATEST} now")
    # Only keys of ours and the version are written, so nothing is out of bounds.
    fixes = find_fixes(drafts, root, Lines(text, name), keys_of_secrets=True)
    return apply_fixes(text, fixes), done


def _old_keys(root: Node) -> Iterator[tuple[Path, str]]:
    """Keys of ours in the platform's spelling: where they stand, and how they are written today."""
    from livechat_sdk.config.models import LivechatFile

    return _camel(root, kinds_of(LivechatFile), ())


def _camel(node: Node, kinds: Kinds, path: Path) -> Iterator[tuple[Path, str]]:
    from pydantic.alias_generators import to_camel

    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from _camel(item, items(kinds), (*path, index))
    elif isinstance(node, MappingNode) and IntegrationDocument not in kinds:
        known = {to_camel(one): one for one in keys_of(kinds) if "_" in one}
        for key, entry in node.entries.items():
            today = known.get(key)
            if today is not None and today not in node.entries:
                yield (*path, key), today
            yield from _camel(entry.value, inner(kinds, today or key), (*path, key))


# ------------------------------------------------------------------------------ documents of the platform
def _from_documents(text: str, root: Node, name: str) -> tuple[str, list[str]]:
    """A settings file around integration documents, each under its name."""
    drafts: list[Draft] = []
    found = as_settings(root, drafts)
    errors = [draft for draft in drafts if not draft.code.startswith("LC6")]
    if found is None or errors:
        _refuse(errors, None, text, name)
    wanted = {
        label: {key: value for key, value in document.items() if key != "name"}
        for label, document in plain(found.document)["integrations"].items()
    }
    head = (_HEAD.match(text) or [""])[0]
    is_json = looks_like_json(text)
    documents: Any = json.loads(text) if is_json else _round_trip(protected(text[len(head) :]))
    integrations: dict[str, Any] = {}
    listed: list[Any] = [documents] if isinstance(root, MappingNode) else list(documents)
    for document in listed:
        label = document.get("name")
        if label in wanted and label not in integrations:
            del document["name"]
            integrations[label] = document
    settings = {"version": LATEST, "integrations": integrations}
    after = head + restored(_dumped(settings))
    if plain(_read(after, name)) != {"version": LATEST, "integrations": wanted}:
        raise ConfigurationError(f"{name} cannot be written in today's form without changing a value")
    done = [f"integration {label!r} stands under its name" for label in integrations]
    if len(listed) > len(integrations):
        done.append(f"{len(listed) - len(integrations)} that live chat has no use for: left out")
    return after, [*done, f"version: {LATEST} is added"]


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # no line is broken that was not
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _round_trip(text: str) -> Any:
    """Documents with the comments that stand in them."""
    return _yaml().load(text)


def _dumped(document: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


_STEPS: Final[tuple[Callable[[str, Node, str], tuple[str, list[str]]], ...]] = (_from_0,)
"""What brings a text from each version to the next, in the order of the versions."""
