"""Problems with the settings: written down while reading, finished with place, quoted line and no secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from livechat_sdk.config.masking import Masks
from livechat_sdk.config.severity import is_warning
from livechat_sdk.config.tree import Lines, Node, Path, Span, locate, show_path
from livechat_sdk.errors import Problem

__all__ = ["Draft", "Mend", "certainly_means", "chosen", "did_you_mean", "finish", "place_of", "rewritten"]

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")
_SHORTEST = 4
_CERTAIN = 0.84
"""Words that are this much alike (of 1), and not short, are one word and a slip of the finger."""

_MOST = 500
"""Problems that are shown at most; a file with more of them is another kind of file."""


@dataclass(frozen=True, slots=True)
class Mend:
    """How a problem can be mended without a doubt about what was meant.

    ``write`` makes the new text from what is written there: in the place of the value, or of the key when
    ``at_key``. Without it the entry, or the item of a list, is taken out.
    """

    write: Callable[[str], str] | None
    at_key: bool = False


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text.lower() not in ("true", "false", "null")


def rewritten(text: str, *, at_key: bool = False) -> Mend:
    """Write ``text`` instead, in quotes of the kind that are there, or where it needs them."""

    def write(raw: str) -> str:
        if raw[:1] == "'" and "'" not in text:
            return f"'{text}'"
        import json

        return text if raw[:1] != '"' and _is_plain(text) else json.dumps(text, ensure_ascii=False)

    return Mend(write, at_key)


@dataclass(slots=True)
class Draft:
    """A problem before its place is known in lines and columns.

    ``span`` is the place when it is known; otherwise ``path`` is followed, to the key when ``at_key``.
    ``final`` says that nothing else needs to be said about this path. ``other`` is a second place that
    belongs to the problem (the first of two equal keys). ``file`` is the file of a problem that has no
    place in it. ``mend`` is what `livechat validate --fix` may do about it.
    """

    code: str
    message: str
    path: Path = ()
    span: Span | None = None
    suggestion: str | None = None
    at_key: bool = False
    final: bool = False
    other: Span | None = None
    file: str | None = None
    mend: Mend | None = None


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """``did you mean 'business_hours'?``, or ``None`` when nothing known is close enough."""
    from difflib import get_close_matches

    names = {_folded(name): name for name in known}
    close = get_close_matches(_folded(wrong)[:100], names, n=1, cutoff=0.6)
    return f"did you mean {names[close[0]]!r}?" if close else None


def certainly_means(wrong: str, known: Iterable[str]) -> str | None:
    """The known name that can only be meant: the same but for case and strokes, or a slip in a long word."""
    from difflib import get_close_matches

    names = list(known)
    same = [name for name in names if _folded(name) == _folded(wrong)]
    if len(same) == 1:
        return same[0]
    close = get_close_matches(_folded(wrong)[:100], [_folded(name) for name in names], n=2, cutoff=_CERTAIN)
    alike = [name for name in names if _folded(name) in close]
    return alike[0] if len(alike) == 1 and len(wrong) >= _SHORTEST else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def finish(
    drafts: Sequence[Draft], *, root: Node | None, lines: Lines | None, file: str | None, masks: Masks
) -> tuple[Problem, ...]:
    """The problems in the order of the text, each once, with quoted lines in which no secret shows."""
    return tuple(_finish(draft, span, lines, file, masks) for draft, span in chosen(drafts, root)[:_MOST])


def chosen(drafts: Sequence[Draft], root: Node | None) -> list[tuple[Draft, Span | None]]:
    """The drafts with their places in the order of the text, each once, without echoes of others."""
    kept: dict[tuple[object, ...], tuple[Draft, Span | None]] = {}
    for draft in _without_echoes(drafts):
        span = draft.span
        if span is None and draft.file is None:
            span = place_of(draft, root)
        # A value that several aliases share is one place with many paths.
        key = (draft.code, span.start if span is not None else draft.path, draft.message, draft.file)
        kept.setdefault(key, (draft, span))
    return sorted(
        kept.values(),
        key=lambda one: (one[1].start if one[1] is not None else -1, one[0].code, show_path(one[0].path)),
    )


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


def place_of(draft: Draft, root: Node | None) -> Span | None:
    """Where the value, or the key, of a draft stands."""
    if root is None:
        return None
    found = locate(root, draft.path)
    return found.key_span if draft.at_key or found.rest else found.span


def _finish(draft: Draft, span: Span | None, lines: Lines | None, file: str | None, masks: Masks) -> Problem:
    message = masks.clean(draft.message)
    line = column = caret = source = None
    length = 1
    if lines is not None and span is not None:
        among_all, column = lines.place(span.start)
        source, caret, length = masks.quote(lines, among_all, span)
        line, file = lines.line_in_file(span.start), lines.part(span.start).name or file
        if draft.other is not None:
            message = f"{message}; the first one is in {_other(draft.other, span, lines)}"
    return Problem(
        code=draft.code,
        message=message,
        severity="warning" if is_warning(draft.code) else "error",
        path=masks.clean(show_path(draft.path)),
        file=draft.file or file,
        line=line,
        column=column,
        length=length,
        source=source,
        caret=caret,
        suggestion=masks.clean(draft.suggestion) if draft.suggestion else None,
    )


def _other(other: Span, span: Span, lines: Lines) -> str:
    part, line = lines.part(other.start), lines.line_in_file(other.start)
    return f"line {line}" if part == lines.part(span.start) else f"{part.name}, line {line}"
