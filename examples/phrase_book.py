"""A translator that knows a list of phrases: the smallest plugin that a desk can translate with.

The file is a table as CSV with one column for each language, and one phrase in each row::

    en,el
    Good morning,Καλημέρα

Run a dispatcher with it: ``Dispatcher(settings, channel=channel, plugins=[PhraseBook("phrases.csv")])``.
A real one asks a translation service at the same place.
"""

from __future__ import annotations

import csv
from pathlib import Path

from livechat_sdk import hookimpl

__all__ = ["PhraseBook"]


class PhraseBook:
    """Translates whole messages that are in the file; of everything else it says that it does not know."""

    LIVECHAT_HOOK_API = ">=1.1,<2"

    def __init__(self, file: str | Path) -> None:
        with Path(file).open(encoding="utf-8", newline="") as lines:
            self._rows = list(csv.DictReader(lines))

    @hookimpl
    async def livechat_translate(self, text: str, source: str, target: str) -> str | None:
        """The phrase in the other language, or ``None``. ``en-GB`` is looked for under ``en``."""
        wanted, of, into = _plain(text), _language(source), _language(target)
        for row in self._rows:
            if _plain(row.get(of) or "") == wanted:
                return row.get(into) or None
        return None


def _plain(text: str) -> str:
    """``text`` without what makes no other phrase of it: case, blanks, a mark at its end."""
    return " ".join(text.casefold().split()).rstrip(".!?;")


def _language(tag: str) -> str:
    return tag.partition("-")[0].lower()
