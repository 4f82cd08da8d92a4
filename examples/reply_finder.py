"""An assistant that looks answers up: the smallest plugin that a desk can suggest replies with.

The file is a table as CSV with the columns ``question`` and ``answer``::

    question,answer
    Where is my order?,You find the state of your order under My orders.

Run a dispatcher with it: ``Dispatcher(settings, channel=channel, plugins=[ReplyFinder("faq.csv")])``.
A real one asks a bot at the same place; ``bot`` and ``deployment`` say which the desk's settings chose.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from livechat_sdk import Handoff, TranscriptEntry, hookimpl

__all__ = ["ReplyFinder"]

ENOUGH = 0.5
"""The share of a question's words that the end user must have said."""


class ReplyFinder:
    """Suggests the answer to the question that shares most words with what the end user said last."""

    LIVECHAT_HOOK_API = ">=1.1,<2"

    def __init__(self, file: str | Path) -> None:
        with Path(file).open(encoding="utf-8", newline="") as lines:
            self._known = [(_words(row["question"]), row["answer"]) for row in csv.DictReader(lines)]

    @hookimpl
    async def livechat_suggest_reply(
        self, handoff: Handoff, messages: Sequence[TranscriptEntry]
    ) -> str | None:
        """An answer, or ``None`` when no question has half of its words in common with the end user's."""
        said = [one.body for one in (*handoff.request.transcript, *messages) if one.author == "user"]
        if not said:
            return None
        asked = _words(said[-1])
        share, answer = max(
            ((len(words & asked) / len(words), answer) for words, answer in self._known if words),
            default=(0.0, ""),
        )
        return answer if share >= ENOUGH else None


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
