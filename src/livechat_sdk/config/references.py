"""``${NAME}`` in values: filled in from the environment, with a problem for each one that is not set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.tree import Entry, MappingNode, Node, Path, ScalarNode, SequenceNode

__all__ = ["fill_references"]

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^{}\n]*)(\}?)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST_VALUE: Final = 65_536


def fill_references(node: Node, env: Mapping[str, str], problems: list[Draft]) -> Node:
    """A copy of the document with every reference replaced by its value.

    ``$${`` stands for ``${``. A reference that cannot be filled in leaves an empty text and a problem
    whose ``path`` covers the value, so that nothing else is said about it.
    """
    return _Filler(env, problems).fill(node, ())


class _Filler:
    def __init__(self, env: Mapping[str, str], problems: list[Draft]) -> None:
        self._env = env
        self._problems = problems
        self._done: dict[int, Node] = {}

    def fill(self, node: Node, path: Path) -> Node:
        # A value that several aliases share is filled in once, and complained about once.
        known = self._done.get(id(node))
        if known is None:
            known = self._done[id(node)] = self._fill(node, path)
        return known

    def _fill(self, node: Node, path: Path) -> Node:
        match node:
            case MappingNode():
                entries = {
                    key: Entry(key, self.fill(entry.value, (*path, key)), entry.key_span)
                    for key, entry in node.entries.items()
                }
                self._complain_about_keys(node, path)
                return MappingNode(entries, node.span, node.flow, node.size, node.dropped)
            case SequenceNode():
                items = tuple(self.fill(item, (*path, index)) for index, item in enumerate(node.items))
                return SequenceNode(items, node.span, node.flow, node.size)
            case ScalarNode():
                if isinstance(node.value, str) and "${" in node.value:
                    return self._scalar(node, node.value, path)
                return node

    def _complain_about_keys(self, node: MappingNode, path: Path) -> None:
        for key, entry in node.entries.items():
            if "${" in key:
                self._problems.append(
                    Draft(
                        "LC504",
                        "a reference stands in a key; only values are filled in",
                        path=path,
                        span=entry.key_span,
                        suggestion="write the key out",
                    )
                )

    def _scalar(self, node: ScalarNode, text: str, path: Path) -> ScalarNode:
        names: list[str] = []
        failed = False

        def value(found: re.Match[str]) -> str:
            nonlocal failed
            if found.group() == "$${":
                return "${"
            name = found[1]
            if not found[2] or not _NAME.fullmatch(name):
                failed = True
                self._malformed(node, path, closed=bool(found[2]), name=name)
                return ""
            names.append(name)
            filled = self._env.get(name)
            if filled is None:
                failed = True
                self._problems.append(
                    Draft(
                        "LC501",
                        f"the environment variable {name} is not set",
                        path=path,
                        span=node.span,
                        suggestion=f"set it before the start: export {name}=…",
                        final=True,
                    )
                )
                return ""
            return filled[:_LONGEST_VALUE]

        filled = _REFERENCE.sub(value, text)
        return ScalarNode(
            "" if failed else filled, node.span, written=text, references=tuple(names), size=node.size
        )

    def _malformed(self, node: ScalarNode, path: Path, *, closed: bool, name: str) -> None:
        if not closed:
            message, suggestion = (
                "a reference is opened with ${ and never closed",
                "close it with }, or write $${ for a plain ${",
            )
        elif ":" in name:
            message = "a reference names an environment variable and nothing else; defaults are not known"
            suggestion = "write ${NAME}, and set the variable"
        else:
            message = "a reference needs the name of an environment variable"
            suggestion = "write ${NAME} with letters, digits and _; write $${ for a plain ${"
        self._problems.append(
            Draft("LC503", message, path=path, span=node.span, suggestion=suggestion, final=True)
        )
