"""What ``livechat doctor`` found: a table for people, JSON for programs, annotations for GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from livechat_sdk_cli.doctor.rows import Row
from livechat_sdk_cli.exits import ExitCode
from livechat_sdk_cli.tables import Column, fields, table
from livechat_sdk_cli.terminal import Screen, Style, visible

__all__ = ["document", "github_lines", "text_lines"]

SCHEMA_VERSION: Final = 1
"""Version of the JSON document: raised when a key goes or changes its meaning."""

_COLUMNS: Final = (
    Column("ABOUT", shrinks_to=12),
    Column("CHECK", shrinks_to=8),
    Column("STATUS"),
    Column("FOUND", shrinks_to=24),
)
_TONES: Final[dict[str, Style]] = {"ok": "green", "warning": "yellow", "error": "red"}


def text_lines(rows: Sequence[Row], screen: Screen) -> list[str]:
    """One table, then what is wrong in full with its next step, then the sum."""
    cells = [(one.about, one.finding.check, one.finding.status, one.finding.message) for one in rows]
    lines = table(_COLUMNS, cells, screen) if rows else []
    troubles = sorted(
        (one for one in rows if one.finding.status != "ok"), key=lambda one: one.finding.status != "error"
    )
    for one in troubles:
        found = one.finding
        status = screen.style(f"{found.status}:", "bold", _TONES[found.status])
        lines += ["", f"{status} {visible(one.about)}, {visible(found.check)}"]
        pairs = [("found", found.message), *([("next", found.next_step)] if found.next_step else [])]
        lines += [f"  {line}" for line in fields(pairs, Screen(screen.width - 2, screen.colour))]
    return [*lines, "", _sum(rows, screen)]


def _sum(rows: Sequence[Row], screen: Screen) -> str:
    counts = {status: sum(one.finding.status == status for one in rows) for status in _TONES}
    worst: Style = "red" if counts["error"] else "yellow" if counts["warning"] else "green"
    words = [
        f"{counts['ok']} in order",
        f"{counts['warning']} warning{'' if counts['warning'] == 1 else 's'}",
        f"{counts['error']} error{'' if counts['error'] == 1 else 's'}",
    ]
    return screen.style(", ".join(words), "bold", worst)


def document(rows: Sequence[Row], code: ExitCode) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": code is ExitCode.FINE,
        "exit_code": int(code),
        "findings": [
            {
                "about": one.about,
                "type": one.type or None,
                "check": one.finding.check,
                "status": one.finding.status,
                "message": one.finding.message,
                "next_step": one.finding.next_step or None,
            }
            for one in rows
        ],
    }


def github_lines(rows: Sequence[Row], file: str, places: Mapping[str, tuple[str, int]]) -> list[str]:
    """A workflow command of GitHub Actions for everything that is not in order.

    ``places`` are file and line of the integrations; everything else is about the ``file`` as a whole.
    """
    lines: list[str] = []
    for one in rows:
        found = one.finding
        if found.status == "ok":
            continue
        title = f"{one.about}: {found.check}"
        text = f"{found.message}; {found.next_step}" if found.next_step else found.message
        where, line = places.get(one.about, (file, None))
        place = f"file={_value(where)}" + ("" if line is None else f",line={line}")
        lines.append(f"::{found.status} {place},title={_value(title)}::{_text(text)}")
    return lines


def _text(text: str) -> str:
    return visible(text, lines=True).replace("%", "%25").replace("\n", "%0A")


def _value(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
