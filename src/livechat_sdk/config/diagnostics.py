"""Problems with the settings: written down while reading, finished with place, quoted line and no secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from livechat_sdk.config.codes import CODES
from livechat_sdk.config.masking import Masks
from livechat_sdk.config.tree import Lines, Node, Path, Span, locate, show_path
from livechat_sdk.errors import Problem

__all__ = ["Draft", "did_you_mean", "finish"]

_MOST = 500
"""Problems that are shown at most; a file with more of them is another kind of file."""


@dataclass(slots=True)
class Draft:
    """A problem before its place is known in lines and columns.

    ``span`` is the place when it is known; otherwise ``path`` is followed, to the key when ``at_key``.
    ``final`` says that nothing else needs to be said about this path. ``other`` is a second place that
    belongs to the problem (the first of two equal keys).
    """

    code: str
    message: str
    path: Path = ()
    span: Span | None = None
    suggestion: str | None = None
    at_key: bool = False
    final: bool = False
    other: Span | None = None


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """``did you mean 'business_hours'?``, or ``None`` when nothing known is close enough."""
    names = {_folded(name): name for name in known}
    close = get_close_matches(_folded(wrong)[:100], names, n=1, cutoff=0.6)
    return f"did you mean {names[close[0]]!r}?" if close else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def finish(
    drafts: Sequence[Draft], *, root: Node | None, lines: Lines | None, file: str | None, masks: Masks
) -> tuple[Problem, ...]:
    """The problems in the order of the text, each once, with quoted lines in which no secret shows."""
    chosen: dict[tuple[object, ...], tuple[Draft, Span | None]] = {}
    for draft in _without_echoes(drafts):
        span = draft.span if draft.span is not None else _place(draft, root)
        # A value that several aliases share is one place with many paths.
        key = (draft.code, span.start if span is not None else draft.path, draft.message)
        chosen.setdefault(key, (draft, span))
    ordered = sorted(
        chosen.values(),
        key=lambda one: (one[1].start if one[1] is not None else -1, one[0].code, show_path(one[0].path)),
    )
    return tuple(_finish(draft, span, lines, file, masks) for draft, span in ordered[:_MOST])


def _without_echoes(drafts: Sequence[Draft]) -> list[Draft]:
    """Leave out what is said about a path that a final problem covers already."""
    final: dict[Path, str] = {}
    for draft in drafts:
        if draft.final:
            final.setdefault(draft.path, draft.code[:4])

    def is_echo(draft: Draft) -> bool:
        above = (draft.path[:length] for length in range(1, len(draft.path)))
        if any(path in final for path in above):
            return True
        # Of one kind (LC50x, say) several may be said about one value.
        return draft.path in final and not (draft.final and final[draft.path] == draft.code[:4])

    return [draft for draft in drafts if not is_echo(draft)]


def _place(draft: Draft, root: Node | None) -> Span | None:
    if root is None:
        return None
    found = locate(root, draft.path)
    return found.key_span if draft.at_key or found.rest else found.span


def _finish(draft: Draft, span: Span | None, lines: Lines | None, file: str | None, masks: Masks) -> Problem:
    message = masks.clean(draft.message)
    line = column = caret = source = None
    length = 1
    if lines is not None and span is not None:
        line, column = lines.place(span.start)
        source, caret, length = masks.quote(lines, line, span)
        if draft.other is not None:
            message = f"{message}; the first one is in line {lines.place(draft.other.start)[0]}"
    return Problem(
        code=draft.code,
        message=message,
        severity="warning" if CODES[draft.code].is_warning else "error",
        path=masks.clean(show_path(draft.path)),
        file=file,
        line=line,
        column=column,
        length=length,
        source=source,
        caret=caret,
        suggestion=masks.clean(draft.suggestion) if draft.suggestion else None,
    )
