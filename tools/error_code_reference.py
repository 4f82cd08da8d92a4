"""Writes the reference of the codes of ``livechat validate``: ``python -m tools.error_code_reference``.

The page ``docs/reference/error-codes.md`` begins with text that people write. What stands between the two
marks is made here: what ``livechat explain code`` knows, and of each code an example, which is what is said
of a small broken file that the tests have for it. A test compares the two.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Final

from livechat_sdk.config import load_file
from livechat_sdk.config.codes import CODES, Code
from livechat_sdk.config.render import in_order, render
from livechat_sdk.errors import Problem
from tests.config.test_corpus import BROKEN, expected
from tests.config.vendors import ENV, TYPES
from tools.made_part import MadePart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "error-codes.md"
PART = MadePart(PAGE, "tools/error_code_reference.py")
FILE: Final = "livechat.yaml"

GROUPS: Final = (
    ("LC1", "The file and its syntax"),
    ("LC2", "Keys and values"),
    ("LC3", "References between parts"),
    ("LC4", "Integrations"),
    ("LC5", "Secrets and the environment"),
    ("LC6", "Warnings"),
    ("LC7", "Routing"),
    ("LC8", "Business hours"),
    ("LC9", "Words for the end user"),
)
"""The beginning of the codes of each section, and its title."""

WITHOUT_EXAMPLE: Final[Mapping[str, str]] = {
    "LC100": "programs that raise `ConfigurationError` with a text of their own",
    "LC208": "integrations of others, whose refusals fit no other code",
    "LC220": "integrations and plugins of others, which refuse a value in words of their own",
    "LC317": "a reload of a running server, which goes on with the old settings",
    "LC318": "a reload of a running server, which goes on with the old settings",
    "LC319": "a reload of a running server, which goes on with the old settings",
    "LC715": "an environment without the package",
    "LC815": "an environment without the package",
    "LC902": "an integration whose vendor takes shorter texts",
}
"""Where codes come from that no file alone can show."""


def _too_large(folder: Path) -> None:
    (folder / FILE).write_text("# " + "x" * 1024**2 + "\n", "utf-8")


def _too_many(folder: Path) -> None:
    (folder / FILE).write_text("version: 1\ninclude: bots/*.yaml\n", "utf-8")
    (folder / "bots").mkdir()
    for number in range(51):
        (folder / "bots" / f"{number:02}.yaml").write_text("# nothing\n", "utf-8")


def _written_by_all(folder: Path) -> None:
    (folder / FILE).write_text("version: 1\nstore_key: ${file:key}\n", "utf-8")
    key = folder / "key"
    key.write_text("b59e0c1b7a5e48d2936fbe07c4a1852d", "utf-8")
    key.chmod(0o666)


def _calendar(lines: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "company.ics").write_text(
            f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\n{lines}END:VEVENT\nEND:VCALENDAR\n",
            "utf-8",
        )
        (folder / FILE).write_text(
            "version: 1\ncalendars:\n  team:\n    timezone: Europe/Athens\n"
            '    weekly: {mon-fri: ["09:00-17:00"]}\n    events: [{file: company.ics}]\n',
            "utf-8",
        )

    return make


MADE: Final[Mapping[str, Callable[[Path], None]]] = {
    "LC101": lambda _: None,
    "LC102": lambda folder: (folder / FILE).mkdir(),
    "LC104": _too_large,
    "LC123": _too_many,
    "LC616": _written_by_all,
    "LC817": _calendar("DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY\n"),
    "LC818": _calendar("SUMMARY:no start\n"),
}
"""What makes a folder with the example of a code that the corpus of the tests cannot hold."""


def example(code: str) -> str | None:
    """What is said of a file with this problem; ``None`` where no file alone has it."""
    if code in WITHOUT_EXAMPLE:
        return None
    if code in MADE:
        with tempfile.TemporaryDirectory() as name, chdir(name):
            MADE[code](Path(name))
            return _said(code, Path(FILE))
    fitting = [one for one in BROKEN if code in {entry.split()[0] for entry in expected(one)}]
    said = [(len(expected(one)), _said(code, one), one.stat().st_size, one.name) for one in fitting]
    return min(said, key=lambda one: (one[0], "did you mean" not in one[1], *one[2:]))[1]


def _said(code: str, file: Path) -> str:
    found = load_file(file, types=TYPES, env=ENV).problems
    first = next((one for one in in_order(found) if one.code == code), None)
    if first is None:
        raise LookupError(f"the example of {code} shows {sorted({one.code for one in found})}")
    return _named(first, file)


def _named(problem: Problem, file: Path) -> str:
    """A problem in text, with the name that settings have, and no folder of this machine."""
    text = render([problem]).replace(str(file), FILE if file.suffix == ".yaml" else "livechat.json")
    return text.replace(f"{file.parent}/", "").replace(str(file.parent.resolve()), "/etc/livechat")


def _section(code: Code) -> Iterator[str]:
    kind = "warning" if code.is_warning else "error"
    yield f"\n### {code.code}: {code.title}\n\n"
    yield f"A{'n' if kind == 'error' else ''} {kind}. {code.explanation}\n\n"
    said = example(code.code)
    if said is None:
        yield f"It comes from {WITHOUT_EXAMPLE[code.code]}.\n\n"
    else:
        yield f"```text\n{said}\n```\n\n"
    yield f"**What to do:** {code.fix}\n"


def generated() -> str:
    """Everything between the two marks."""
    parts: list[str] = []
    for start, title in GROUPS:
        parts.append(f"\n## {title}\n")
        for code in CODES.values():
            if code.code.startswith(start):
                parts.extend(_section(code))
    return "".join(parts) + "\n"


def updated(current: str) -> str:
    """The page with its generated part made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, generated())


if __name__ == "__main__":
    PART.write(generated())
