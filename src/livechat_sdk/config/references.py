"""``${NAME}`` and ``${file:PATH}`` in values, filled in from the environment and from files of secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Final

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.files import MAX_SECRET_BYTES, is_open_to_changes, read_small, why_not
from livechat_sdk.config.tree import Entry, MappingNode, Node, Path, ScalarNode, SequenceNode, Span

__all__ = ["Filler", "FolderOf", "fill_references", "here"]

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^{}\n]*)(\}?)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FILE: Final = "file:"
_LONGEST_VALUE: Final = 65_536
_LONGEST_PATH: Final = 4096
_SHOWN: Final = 60

FolderOf = Callable[[Span | None], FilePath]
"""The folder that relative paths start in, for a place in the settings."""


def here(_: Span | None) -> FilePath:
    """Where the program runs."""
    return FilePath.cwd()


def fill_references(
    node: Node, env: Mapping[str, str], problems: list[Draft], folder_of: FolderOf = here
) -> Node:
    """A copy of the document with every reference replaced by its value.

    ``${NAME}`` is a variable of the environment, ``${file:PATH}`` the content of a file without the line
    break at its end, ``$${`` stands for ``${``. A reference that cannot be filled in leaves an empty text
    and a problem whose ``path`` covers the value, so that nothing else is said about it.
    """
    return Filler(env, problems, folder_of).fill(node, ())


class Filler:
    """Fills in the references of one document and of what belongs to it."""

    def __init__(self, env: Mapping[str, str], problems: list[Draft], folder_of: FolderOf) -> None:
        self._env = env
        self._problems = problems
        self._folder_of = folder_of
        self._done: dict[int, Node] = {}

    def fill(self, node: Node, path: Path) -> Node:
        """A part that stands at ``path``."""
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
            if found[2] and name.startswith(_FILE) and name.removeprefix(_FILE).strip():
                names.append(name)
                content = self._from_file(name.removeprefix(_FILE).strip(), node, path)
                failed = failed or content is None
                return content or ""
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

    def _from_file(self, name: str, node: ScalarNode, path: Path) -> str | None:
        """The secret in a file; ``None`` with a problem when there is none."""
        file = self._folder_of(node.span) / name[:_LONGEST_PATH]
        shown = name if len(name) <= _SHOWN else f"…{name[-_SHOWN:]}"

        def say(code: str, message: str, suggestion: str, *, final: bool = True) -> None:
            self._problems.append(
                Draft(code, message, path=path, span=node.span, suggestion=suggestion, final=final)
            )

        try:
            content = read_small(file, MAX_SECRET_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            hint = "check the path, and that the secret is mounted here"
            if not FilePath(name).is_absolute():
                hint += "; a relative path starts in the folder of the settings"
            say("LC510", f"there is no file {shown}", hint)
            return None
        except (OSError, ValueError) as error:
            message = f"the file {shown} cannot be read: {why_not(error)}"
            say("LC511", message, "give the program's user the right to read it")
            return None
        if len(content) > MAX_SECRET_BYTES:
            say("LC513", f"the file {shown} has more than {MAX_SECRET_BYTES:,} bytes", "check the path")
            return None
        text = content.decode("utf-8", "replace").removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")
        if "\ufffd" in text or "\0" in text:
            say("LC514", f"the file {shown} is not a text", "write the secret into it as UTF-8")
            return None
        if not text.strip():
            say("LC512", f"the file {shown} is empty", "write the secret into it")
            return None
        if is_open_to_changes(file):
            message = f"anybody on this machine may change the file {shown}"
            say("LC616", message, f"chmod o-w {shown}", final=False)
        return text

    def _malformed(self, node: ScalarNode, path: Path, *, closed: bool, name: str) -> None:
        if not closed:
            message, suggestion = (
                "a reference is opened with ${ and never closed",
                "close it with }, or write $${ for a plain ${",
            )
        elif name.startswith(_FILE):
            message, suggestion = "a reference to a file needs its path", "write ${file:/path/of/the/secret}"
        elif ":" in name:
            message = "a reference names a variable or a file and nothing else; defaults are not known"
            suggestion = "write ${NAME} and set the variable, or ${file:/path/of/the/secret}"
        else:
            message = "a reference needs the name of an environment variable"
            suggestion = "write ${NAME} with letters, digits and _; write $${ for a plain ${"
        self._problems.append(
            Draft("LC503", message, path=path, span=node.span, suggestion=suggestion, final=True)
        )
