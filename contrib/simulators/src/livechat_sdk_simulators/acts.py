"""What agents can do, as the control API and the page take it: the fields of each act, read from JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from livechat_sdk_simulators.human import Choice, File, HumanSide

__all__ = ["ACTS", "Act", "acts_of", "as_file", "as_flag", "as_text", "perform"]

_TEXT: Final = 100_000
_CHOICES: Final = 100


@dataclass(frozen=True, slots=True)
class Act:
    """One act of the human side: a method of ``HumanSide``, and the fields that it takes."""

    name: str
    label: str
    needs: Mapping[str, Callable[[object], Any]]
    takes: Mapping[str, Callable[[object], Any]]


def as_text(value: object) -> str:
    """A field that is text. Raises ``ValueError``."""
    if not isinstance(value, str) or len(value) > _TEXT:
        raise ValueError(f"is text of at most {_TEXT} characters")
    return value


def as_flag(value: object) -> bool:
    """A field that is true or false. Raises ``ValueError``."""
    if not isinstance(value, bool):
        raise ValueError("is true or false")
    return value


def _choices(value: object) -> list[Choice]:
    if not isinstance(value, list) or len(cast("list[object]", value)) > _CHOICES:
        raise ValueError(f"is a list of at most {_CHOICES} choices")
    return [_choice(one) for one in cast("list[object]", value)]


def _choice(value: object) -> Choice:
    if isinstance(value, dict):
        pair = cast("dict[str, object]", value)
        return as_text(pair.get("label")), as_text(pair.get("value"))
    return as_text(value)


def as_file(value: object) -> File:
    """A field that is a file: name, type and content in base64. Raises ``ValueError``."""
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    try:
        content = base64.b64decode(cast("str", fields.get("data")), validate=True)
        return as_text(fields.get("name")), as_text(fields.get("type")), content
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError('is {"name", "type", "data" in base64}') from error


ACTS: Final[Mapping[str, Act]] = {
    act.name: act
    for act in (
        Act("accept", "Accept", {}, {"agent": as_text}),
        Act("join", "Join", {}, {"agent": as_text}),
        Act(
            "say",
            "Send",
            {"text": as_text},
            {"agent": as_text, "choices": _choices, "file": as_file},
        ),
        Act("typing", "Type", {"on": as_flag}, {}),
        Act("read", "Read everything", {}, {}),
        Act("transfer", "Transfer", {"to": as_text}, {}),
        Act("leave", "Leave", {}, {"agent": as_text}),
        Act("end", "End", {}, {"why": as_text}),
        Act("announce", "Write as the system", {"text": as_text}, {}),
        Act("fail_message", "Take a message back", {"key": as_text, "reason": as_text}, {}),
        Act("unknown_event", "Unknown event", {}, {}),
    )
}
"""The acts on a chat that ``HumanSide`` knows, in the order of the page."""


def acts_of(human: HumanSide) -> dict[str, Act]:
    """Everything that agents of this vendor can do in a chat, in the order of the page."""
    return {**{name: act for name, act in ACTS.items() if human.can(name)}, **human.own_acts}


async def perform(human: HumanSide, ref: str, act: Act, fields: Mapping[str, object]) -> str | None:
    """Let an agent do something; returns the id of a message that was written.

    Raises ``ValueError`` for fields that do not fit, and ``NotPossible``.
    """
    readers = {**act.needs, **act.takes}
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in readers:
            known = ", ".join(readers) or "none"
            raise ValueError(f"{act.name} has no field {name!r}; it has: {known}")
        try:
            values[name] = readers[name](value)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
    for name in act.needs:
        if name not in values:
            raise ValueError(f"{act.name} needs the field {name!r}")
    method: Any = getattr(human, act.name)
    result: object = await method(ref, **values)
    return result if isinstance(result, str) else None
