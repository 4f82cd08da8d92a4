"""Writes the tables of system messages: ``python -m tools.system_message_reference``.

The page ``docs/reference/system-messages.md`` begins with text that people write. What stands between the two
marks is made here, from the moments, the placeholders and the catalogues. A test compares the two.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from babel import Locale

from livechat_sdk.domain import moments
from livechat_sdk.domain.moments import KNOWN_AT, Moment
from livechat_sdk.policies.catalogue import LANGUAGES, Catalogue, catalogue
from livechat_sdk.policies.texts_en import TEXTS
from tools.made_part import MadePart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "system-messages.md"
PART = MadePart(PAGE, "tools/system_message_reference.py")


def meanings() -> dict[str, str]:
    """What each moment means: the text under it in the source."""
    (enum,) = (
        node
        for node in ast.parse(inspect.getsource(moments)).body
        if isinstance(node, ast.ClassDef) and node.name == "Moment"
    )
    found: dict[str, str] = {}
    for member, text in zip(enum.body, enum.body[1:], strict=False):
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr):
            value, said = ast.literal_eval(member.value), ast.literal_eval(text.value)
            found[str(value)] = " ".join(str(said).split())
    return found


def _words(moment: Moment) -> str:
    text = TEXTS[moment]
    return f"`{text}`".replace("|", "\\|") if isinstance(text, str) else "*silent*"


def moment_table() -> Iterator[str]:
    """Moments with their meaning, their placeholders, the English words and the languages that have some."""
    meaning = meanings()
    yield "| moment | when | placeholders | languages | English |"
    yield "|---|---|---|---|---|"
    for moment in Moment:
        names = " ".join(f"`{{{name}}}`" for name in sorted(KNOWN_AT[moment]))
        having = [tag for tag in LANGUAGES if moment in _of(tag).texts]
        languages = "all" if len(having) == len(LANGUAGES) else ", ".join(having)
        yield f"| `{moment}` | {meaning[moment]} | {names} | {languages} | {_words(moment)} |"


def language_table() -> Iterator[str]:
    """Languages, whether somebody reviewed their words, and what one, two and five minutes are there."""
    yield "| tag | language | reviewed | moments without words | a wait of 1, 2 and 5 minutes |"
    yield "|---|---|---|---|---|"
    for tag in LANGUAGES:
        words = _of(tag)
        language, _, region = tag.partition("-")
        name = Locale(language, region.upper() or None).get_display_name("en")
        missing = ", ".join(f"`{moment}`" for moment in Moment if moment not in words.texts)
        waits = ", ".join(
            words.counted("wait_minutes", number).replace("{number}", str(number)) for number in (1, 2, 5)
        )
        yield f"| `{tag}` | {name} | {'yes' if words.reviewed else 'no'} | {missing or 'none'} | {waits} |"


def _of(tag: str) -> Catalogue:
    found = catalogue(tag)
    if found is None:
        raise AssertionError(f"{tag} is a language and has no catalogue")
    return found


def generated() -> str:
    """Both tables."""
    parts = ["## Moments", "", *moment_table(), "", "## Languages", "", *language_table()]
    return "\n".join(parts)


def updated(current: str) -> str:
    """The page with its tables made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, f"\n{generated()}\n\n")


if __name__ == "__main__":
    PART.write(f"\n{generated()}\n\n")
