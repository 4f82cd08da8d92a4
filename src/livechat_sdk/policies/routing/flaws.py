"""What is wrong with a rule: a code, a place, words and a suggestion; no value of the settings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

__all__ = ["Flaw", "Place", "near", "refuse"]

Place = tuple[str | int, ...]
"""Keys and list positions below the value that is being read."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong. ``at_key``: the key itself is wrong, not what stands under it."""

    code: str
    at: Place
    message: str
    suggestion: str | None = None
    at_key: bool = False


def refuse(title: str, flaws: Sequence[Flaw]) -> None:
    """Raise one ``pydantic.ValidationError`` with all ``flaws``, each at its own place; none: do nothing."""
    if not flaws:
        return
    lines = [
        InitErrorDetails(
            type=PydanticCustomError(
                cast("Any", flaw.code),
                cast("Any", flaw.message),
                {"suggestion": flaw.suggestion, "at_key": flaw.at_key},
            ),
            loc=flaw.at,
            input=None,
        )
        for flaw in flaws
    ]
    raise ValidationError.from_exception_data(title, lines, hide_input=True)


def near(word: str, known: Collection[str], otherwise: str) -> str:
    """A suggestion: the known word that ``word`` looks like, else ``otherwise``."""
    from difflib import get_close_matches

    close = get_close_matches(word[:60], sorted(known), n=1, cutoff=0.7)
    return f"did you mean {close[0]!r}?" if close else otherwise
