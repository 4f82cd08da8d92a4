"""``include``: settings in several files. A file wins over what it includes, the later over the earlier.

Mappings are put together key by key; of everything else, lists too, the one that wins is taken as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Final

from livechat_sdk.config.bare import as_settings
from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.files import MAX_BYTES, read_small, why_not
from livechat_sdk.config.reading import Unreadable, decoded, read_document
from livechat_sdk.config.tree import (
    Entry,
    Lines,
    MappingNode,
    Node,
    Path,
    ScalarNode,
    SequenceNode,
    Span,
    moved,
    moved_span,
    show_path,
)

__all__ = ["INCLUDE", "MAX_FILES", "Including"]

INCLUDE: Final = "include"
"""The key under which a file names others."""

MAX_FILES: Final = 50
"""So many files may be included, directly or not."""

_WILD: Final = frozenset("*?[")


@dataclass(slots=True)
class Including:
    """Reads what a document includes, and puts it together with it.

    ``lines`` gets the text of each file, so that every place stays one of the right file. ``left_out`` are
    integrations that stand in the files and are not for live chat.
    """

    lines: Lines
    drafts: list[Draft]
    name: str | None
    folder: FilePath
    changed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other texts in the place of files, by the names of the files."""
    left_out: list[Node] = field(default_factory=list[Node])
    unread: list[tuple[str, Span]] = field(default_factory=list[tuple[str, Span]])
    """The text and place of each file that is no settings document."""
    folders: dict[int, FilePath] = field(default_factory=dict[int, FilePath])
    """The folder of each included file, by the offset of its first character."""
    _open: list[FilePath] = field(default_factory=list[FilePath])
    _count: int = 0

    def folder_of(self, span: Span | None) -> FilePath:
        """Where relative paths start that are written at a place."""
        start = 0 if span is None else self.lines.part(span.start).start
        return self.folders.get(start, self.folder)

    def resolve(self, root: MappingNode) -> MappingNode:
        """The document with all that it includes."""
        if INCLUDE not in root.entries:
            return root
        if self.name is not None:
            self._open.append((self.folder / FilePath(self.name).name).resolve())
        return self._resolve(root, self.folder)

    def _resolve(self, root: MappingNode, folder: FilePath) -> MappingNode:
        entry = root.entries.get(INCLUDE)
        if entry is None:
            return root
        below: MappingNode | None = None
        seen: set[FilePath] = set()
        for node in self._named(entry):
            for file in self._files(node, folder):
                if file in seen:
                    self._say("LC615", "this file is included twice", node, "remove one of the two")
                    continue
                seen.add(file)
                read = self._read(file, node)
                if read is not None:
                    below = read if below is None else self._merged(below, read, ())
        return root if below is None else self._merged(below, root, ())

    def _named(self, entry: Entry) -> list[ScalarNode]:
        """The paths that are written, each in its node."""
        value = entry.value
        nodes = value.items if isinstance(value, SequenceNode) else (value,)
        named: list[ScalarNode] = []
        for node in nodes:
            if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.value.strip():
                span = (
                    node.span if isinstance(node, ScalarNode) and node.value is not None else entry.key_span
                )
                self.drafts.append(
                    Draft(
                        "LC122",
                        "`include` takes the paths of files",
                        (INCLUDE,),
                        span=span,
                        suggestion="write include: [integrations.yaml, bots/*.yaml]",
                        final=True,
                    )
                )
            elif "${" in node.value:
                self._say("LC126", "a path of `include` has no references", node, "write the path out")
            else:
                named.append(node)
        return named

    def _files(self, node: ScalarNode, folder: FilePath) -> list[FilePath]:
        """The files that a path or pattern names."""
        text = str(node.value).strip()
        if not _WILD & set(text):
            return [folder / text]
        anchor = FilePath(text).anchor
        start, pattern = (FilePath(anchor), text[len(anchor) :]) if anchor else (folder, text)
        try:
            found = sorted(one for one in start.glob(pattern) if one.is_file())[: MAX_FILES + 1]
        except (OSError, ValueError, NotImplementedError):
            # NotImplementedError is `Path.glob` on an absolute pattern: the anchor is cut off above, but of
            # `///etc/*` (three slashes) what is left is absolute again. It fits nothing, as a wrong one.
            found = []
        if not found:
            self._say("LC614", "no file fits this pattern", node, f"looked in {start}")
        return found

    def _read(self, file: FilePath, node: ScalarNode) -> MappingNode | None:
        """The settings in one file, with all that it includes itself."""
        try:
            whole = file.resolve()
        except (OSError, ValueError) as error:
            self._say("LC124", f"this file cannot be read: {why_not(error)}", node, None)
            return None
        if whole in self._open:
            self._say("LC121", "this file includes itself, perhaps through others", node, "remove it here")
            return None
        self._count += 1
        if self._count > MAX_FILES:
            if self._count == MAX_FILES + 1:
                self._say(
                    "LC123", f"more than {MAX_FILES} files are included", node, "put some of them together"
                )
            return None
        text = self._text(file, node)
        if text is None:
            return None
        document = self._parsed(text, file)
        if document is None:
            return None
        self._open.append(whole)
        resolved = self._resolve(document, file.parent)
        self._open.pop()
        return resolved

    def _parsed(self, text: str, file: FilePath) -> MappingNode | None:
        """The settings that stand in ``text`` itself, at their places among the lines of all files."""
        drafts: list[Draft] = []
        root = read_document(text, str(file), drafts)
        by = self.lines.add(text, str(file))
        self.folders[by] = file.parent
        document: MappingNode | None = None
        # An empty file, such as one that holds comments alone, adds nothing.
        drafts = [draft for draft in drafts if draft.code != "LC110"]
        if root is not None and not _is_empty(root):
            found = as_settings(root, drafts)
            if found is not None:
                document = found.document if not found.is_bare else _without_version(found.document)
                self.left_out += [moved(one, by) for one in found.left_out]
        for draft in drafts:
            self.drafts.append(
                replace(
                    draft,
                    span=moved_span(draft.span, by),
                    other=moved_span(draft.other, by),
                    file=str(file),
                )
            )
        if document is None:
            self.unread.append((text, Span(by, by + len(text))))
            return None
        shifted = moved(document, by)
        assert isinstance(shifted, MappingNode)  # noqa: S101 - moving keeps the kind
        return shifted

    def _text(self, file: FilePath, node: ScalarNode) -> str | None:
        if str(file) in self.changed:
            return self.changed[str(file)]
        try:
            content = read_small(file, MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            self._say("LC120", "this file does not exist", node, f"looked for {file}")
            return None
        except (OSError, ValueError) as error:
            self._say("LC124", f"this file cannot be read: {why_not(error)}", node, None)
            return None
        try:
            text = decoded(content)
        except Unreadable as trouble:
            self.drafts.append(replace(trouble.draft, file=str(file)))
            return None
        if len(self.lines.text) + len(text) > MAX_BYTES:
            self._say("LC104", f"all files together have more than {MAX_BYTES:,} bytes", node, None)
            return None
        return text

    def _merged(self, under: MappingNode, over: MappingNode, path: Path) -> MappingNode:
        """Two mappings as one, in which ``over`` wins."""
        entries = dict(under.entries)
        lost: list[Node] = [*under.dropped, *over.dropped]
        if not path:
            entries.pop(INCLUDE, None)  # done; what is left under this key is the first file's own
        for key, entry in over.entries.items():
            before = entries.get(key)
            if before is None:
                entries[key] = entry
            elif isinstance(before.value, MappingNode) and isinstance(entry.value, MappingNode):
                whole = self._merged(before.value, entry.value, (*path, key))
                entries[key] = Entry(key, whole, entry.key_span)
            else:
                self._compare(before, entry, (*path, key))
                lost.append(before.value)
                entries[key] = entry
        return MappingNode(entries, over.span, over.flow, under.size + over.size, tuple(lost))

    def _compare(self, before: Entry, entry: Entry, path: Path) -> None:
        kinds = [_kind(one.value) for one in (before, entry)]
        if kinds[0] != kinds[1] and "nothing" not in kinds:
            self.drafts.append(
                Draft(
                    "LC127",
                    f"{show_path(path)!r} is {kinds[1]} here and {kinds[0]} in an included file",
                    path,
                    span=entry.key_span,
                    other=before.key_span,
                    final=True,
                    suggestion="write both in the same form",
                )
            )

    def _say(self, code: str, message: str, node: ScalarNode, suggestion: str | None) -> None:
        self.drafts.append(Draft(code, message, (INCLUDE,), span=node.span, suggestion=suggestion))


def _kind(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return "nothing" if node.value is None else "a value"
    return "a mapping" if isinstance(node, MappingNode) else "a list"


def _is_empty(root: Node) -> bool:
    return isinstance(root, ScalarNode) and root.value is None


def _without_version(document: MappingNode) -> MappingNode:
    """Bare integrations without the version that was made up for them."""
    entries = {key: entry for key, entry in document.entries.items() if key != "version"}
    return replace(document, entries=entries)
