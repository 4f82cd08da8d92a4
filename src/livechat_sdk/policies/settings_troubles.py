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
    """One thing that is wrong. ``at`` is the path below the value that is being validated.

    What stands behind the first ``; `` of ``message`` is what to do about it. ``code`` is the code of the
    problem, where it does not follow from the place; ``at_key`` says that the key is wrong, not its value.
    """

    at: tuple[str | int, ...]
    message: str
    code: str | None = None
    at_key: bool = False


def refuse(title: str, troubles: Sequence[Trouble], value: Any = None) -> None:
    """Raise one ``pydantic.ValidationError`` (a ``ValueError``) with all ``troubles``; none: do nothing.

    Raised inside a validator, each trouble keeps its own path: pydantic puts the outer path before it.
    """
    if not troubles:
        return
    # The message is no template: without a context pydantic leaves its braces alone.
    lines = [
        InitErrorDetails(
            type=_error(trouble),
            loc=trouble.at,
            input=value,
        )
        for trouble in troubles
    ]
    raise ValidationError.from_exception_data(title, lines, hide_input=True)


def _error(trouble: Trouble) -> PydanticCustomError:
    if trouble.code is None:
        return PydanticCustomError("livechat_settings", _literal(trouble.message))
    message, _, advice = trouble.message.partition("; ")
    context = {"suggestion": advice or None, "at_key": trouble.at_key}
    return PydanticCustomError(_literal(trouble.code), _literal(message), context)


def _literal(message: str) -> Any:
    """``message`` for a parameter that pydantic types as a literal string."""
    return message
