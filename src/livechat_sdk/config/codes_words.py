"""Codes for system messages: LC90x (errors), LC95x (warnings)."""

from __future__ import annotations

from typing import Final

__all__ = ["WORDS"]

WORDS: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "LC901",
        "A language without all its words",
        "The bot is to speak a language, and there are moments at which nothing could be said in it.",
        "Write the missing texts under `system_messages:`, with `null` where nothing is to be said.",
    ),
    (
        "LC902",
        "A text is longer than the vendor takes",
        "Words of the SDK stand in what the vendor's agents see; the vendor would refuse or cut them.",
        "Shorten the text.",
    ),
    (
        "LC951",
        "Nobody has reviewed the words of a language",
        "The built-in words of this language are translations that no speaker of it has confirmed.",
        "Have them read (`docs/reference/system-messages.md`), then name the language under `reviewed:`.",
    ),
    (
        "LC952",
        "A language is named twice",
        "Two spellings of one tag, or the bot's own language among the further ones, change nothing.",
        "Remove one of them.",
    ),
    (
        "LC953",
        "A reviewed language that the bot does not speak",
        "`reviewed:` names a language that is neither the bot's own nor one of its further ones.",
        "Name it under `languages:` too, or remove it.",
    ),
)
"""Code, title, what it means, what to do. Codes that begin with LC95 are warnings."""
