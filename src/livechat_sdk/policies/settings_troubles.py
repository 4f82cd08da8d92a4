"""Everything that is wrong with a part of the settings, reported at once and each at its own place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

__all__ = ["Trouble", "refuse"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``at`` is the path below the value that is being validated."""

    at: tuple[str | int, ...]
    message: str


def refuse(title: str, troubles: Sequence[Trouble], value: Any = None) -> None:
    """Raise one ``pydantic.ValidationError`` (a ``ValueError``) with all ``troubles``; none: do nothing.

    Raised inside a validator, each trouble keeps its own path: pydantic puts the outer path before it.
    """
    if not troubles:
        return
    # The message is no template: without a context pydantic leaves its braces alone.
    lines = [
        InitErrorDetails(
            type=PydanticCustomError("livechat_settings", _literal(trouble.message)),
            loc=trouble.at,
            input=value,
        )
        for trouble in troubles
    ]
    raise ValidationError.from_exception_data(title, lines, hide_input=True)


def _literal(message: str) -> Any:
    """``message`` for a parameter that pydantic types as a literal string."""
    return message
