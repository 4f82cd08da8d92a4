"""What can be mended in a text without a doubt about what was meant, as the smallest edits.

Nothing else of the text is touched: comments, order and spelling stay as they are. Secrets, and keys that
hold them, are never part of an edit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from livechat_sdk.config.diagnostics import Draft, Mend, chosen
from livechat_sdk.config.documents import looks_secret
from livechat_sdk.config.tree import (
    Found,
    Lines,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Span,
    locate,
)

__all__ = ["Fix", "apply_fixes", "find_fixes"]

_OTHER_FORMS = "&*!|>"
"""Marks at the beginning of values that are more than one plain text."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One edit: ``text`` in the place of the characters from ``start`` to ``end`` of the file.

    ``code`` is the problem that it mends.
    """

    code: str
    file: str | None
    start: int
    end: int
    text: str = field(repr=False)


def find_fixes(
    drafts: Sequence[Draft],
    root: Node | None,
    lines: Lines,
    hidden: Iterable[Span] = (),
    *,
    keys_of_secrets: bool = False,
) -> tuple[Fix, ...]:
    """The edits for those problems that can be mended; ``hidden`` are places that nobody touches.

    ``keys_of_secrets`` may be written only by who knows both spellings; the secrets themselves never.
    """
    closed = list(hidden)
    edits: list[tuple[Span, str, str]] = []
    for draft, _ in chosen(drafts, root):
        if draft.mend is None:
            continue
        edit = _edit(draft, draft.mend, root, lines)
        if edit is None:
            continue
        span, text = edit
        raw = lines.text[span.start : span.end]
        if not _is_space(raw) and (
            (not keys_of_secrets and (looks_secret(raw) or looks_secret(text)))
            or any(_meet(span, one) for one in closed)
        ):
            continue
        closed.append(span)
        edits.append((span, text, draft.code))
    fixes: dict[tuple[str | None, int, int], Fix] = {}  # a file that is included by two stands there twice
    for span, text, code in sorted(edits, key=lambda one: one[0].start):
        part = lines.part(span.start)
        start, end = span.start - part.start, span.end - part.start
        fixes.setdefault((part.name, start, end), Fix(code, part.name, start, end, text))
    return tuple(fixes.values())


def apply_fixes(text: str, fixes: Iterable[Fix]) -> str:
    """The text after the edits, which may not overlap."""
    for fix in sorted(fixes, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: fix.start] + fix.text + text[fix.end :]
    return text


def _is_space(raw: str) -> bool:
    return all(unicodedata.category(one) in ("Zs", "Cf") for one in raw)


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _edit(draft: Draft, mend: Mend, root: Node | None, lines: Lines) -> tuple[Span, str] | None:
    if draft.span is not None and mend.write is not None:
        return _written(draft.span, mend, lines)
    if root is None:
        return None
    found = locate(root, draft.path)
    if found.rest:
        return None
    if mend.write is None:
        span = _cut(found, lines)
        return None if span is None else (span, "")
    span = None
    if mend.at_key and found.entry is not None:
        span = found.entry.key_span
    elif isinstance(found.node, ScalarNode) and not found.node.references:
        span = found.node.span  # what comes from the environment is mended there
    return None if span is None else _written(span, mend, lines)


def _written(span: Span, mend: Mend, lines: Lines) -> tuple[Span, str] | None:
    raw = lines.text[span.start : span.end]
    if mend.write is None or "\n" in raw or raw[:1] in _OTHER_FORMS:
        return None
    text = mend.write(raw)
    if text == raw:
        return None
    if text.endswith(raw):  # something is put before it: what stands there may be mended too
        return Span(span.start, span.start), text[: len(text) - len(raw)]
    return span, text


def _cut(found: Found, lines: Lines) -> Span | None:
    """The place of a later item of a list with what separates it; ``None`` where that is not simple."""
    index, parent = (found.path[-1] if found.path else None), found.parent
    if not isinstance(parent, SequenceNode) or not isinstance(index, int) or index == 0:
        return None
    span, before = found.node.span, parent.items[index - 1].span
    if span is None or before is None or isinstance(found.node, MappingNode | SequenceNode):
        return None
    if parent.flow:
        cut = Span(before.end, span.end)
        between = lines.text[before.end : span.start]
        return cut if cut.start < cut.end and between.strip() == "," and "\n" not in between else None
    start = lines.text.rfind("\n", 0, span.start) + 1
    end = lines.text.find("\n", span.end)
    if end < 0 or lines.text[start : span.start].strip() != "-" or lines.text[span.end : end].strip():
        return None
    return Span(start, end + 1)
