"""Problems as people, programs and GitHub want to read them; the same problems always give the same text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Literal

from livechat_sdk.errors import Problem

__all__ = ["SCHEMA_VERSION", "Format", "explain", "in_order", "render", "summary"]

Format = Literal["text", "json", "github"]
"""``text`` for people, ``json`` for programs, ``github`` for annotations in a pull request."""

SCHEMA_VERSION: Final = 1
"""Version of the JSON document: raised when a key is removed or changes its meaning."""

_BOLD, _RED, _YELLOW, _DIM, _OFF = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Problems by file, line, column and code."""
    return sorted(
        problems,
        key=lambda one: (one.file or "", one.line or 0, one.column or 0, one.code, one.path, one.message),
    )


def render(problems: Sequence[Problem], form: Format = "text", *, color: bool = False) -> str:
    """All problems in one form, without a line break at the end; ``color`` is for ``text`` only.

    ``text`` and ``github`` are empty when there is no problem; ``json`` is always one document.
    """
    ordered = in_order(problems)
    match form:
        case "text":
            return "\n".join(_text(problem, color=color) for problem in ordered)
        case "json":
            import json

            return json.dumps(_document(ordered), ensure_ascii=False, indent=2)
        case "github":
            return "\n".join(_annotation(problem) for problem in ordered)


def summary(problems: Sequence[Problem]) -> str:
    """``2 errors, 1 warning``, or ``no problems``."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return ", ".join(parts) or "no problems"


def explain(code: str) -> str | None:
    """What a code means and what to do; ``None`` for a code that does not exist."""
    from livechat_sdk.config.codes import CODES

    found = CODES.get(code.strip().upper())
    if found is None:
        return None
    kind = "warning" if found.is_warning else "error"
    return f"{found.code} ({kind}): {found.title}\n\n{found.explanation}\n\nWhat to do: {found.fix}"


def _text(problem: Problem, *, color: bool) -> str:
    bold, dim, off = (_BOLD, _DIM, _OFF) if color else ("", "", "")
    tone = (_RED if problem.severity == "error" else _YELLOW) if color else ""
    where = problem.file or "settings"
    if problem.line is not None:
        where += f":{problem.line}:{problem.column or 1}"
    elif problem.path:
        where += f": {problem.path}"
    said = [f"{bold}{where}:{off} {tone}{problem.severity} {problem.code}{off} {bold}{problem.message}{off}"]
    indent = "      "
    if problem.source is not None and problem.line is not None:
        number = f"{problem.line:>5}"
        before = _blank(problem.source[: (problem.caret or 1) - 1])
        pointed = problem.source[(problem.caret or 1) - 1 :][: problem.length]
        said.append(f"{dim}{number} |{off} {problem.source}".rstrip())
        said.append(f"{dim}{indent}|{off} {before}{tone}{'^' * max(1, _width(pointed))}{off}")
    if problem.suggestion:
        said.append(f"{indent}  {problem.suggestion}")
    return "\n".join(said)


def _width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def _blank(text: str) -> str:
    return " " * _width(text)


def _document(problems: Sequence[Problem]) -> dict[str, Any]:
    errors = sum(problem.severity == "error" for problem in problems)
    return {
        "schema_version": SCHEMA_VERSION,
        "summary": {
            "ok": errors == 0,
            "errors": errors,
            "warnings": len(problems) - errors,
            "files": sorted({problem.file for problem in problems if problem.file}),
        },
        "problems": [
            {
                "code": problem.code,
                "severity": problem.severity,
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "path": problem.path,
                "message": problem.message,
                "suggestion": problem.suggestion,
                "docs": f"livechat explain code {problem.code}",
            }
            for problem in problems
        ],
    }


def _annotation(problem: Problem) -> str:
    """A workflow command of GitHub Actions (docs.github.com: workflow commands, setting an error message)."""
    places = [
        ("file", problem.file),
        ("line", problem.line),
        ("col", problem.column),
        ("title", problem.code),
    ]
    values = ",".join(
        f"{key}={_escaped(str(value), all_of_it=True)}" for key, value in places if value is not None
    )
    text = problem.message if not problem.suggestion else f"{problem.message}; {problem.suggestion}"
    return f"::{problem.severity} {values}::{_escaped(text)}"


def _escaped(text: str, *, all_of_it: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if all_of_it else text
