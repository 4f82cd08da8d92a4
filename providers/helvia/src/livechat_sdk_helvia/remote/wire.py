"""What a manager sends, read with care: only what is needed, and nothing taken for granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

__all__ = ["REF", "Listed", "id_of", "label_of", "listed", "mapping", "mappings", "moment", "text_of"]

REF: Final = "livechatRef"
"""The key in ``extras`` of a request under which our reference travels, and comes back."""

_LONGEST_ID: Final = 200
_LONGEST_LABEL: Final = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """A request in a list of the manager's."""

    id: str
    status: str
    conversation: str | None
    ref: str | None
    accepted_by: str | None


def listed(one: Mapping[str, Any]) -> Listed | None:
    """A request; ``None`` when it has no id to speak of."""
    number = id_of(one.get("id"))
    if number is None:
        return None
    return Listed(
        id=number,
        status=str(one.get("status", "")),
        conversation=id_of(one.get("livechatConversation")),
        ref=id_of(mapping(one.get("extras")).get(REF)),
        accepted_by=id_of(one.get("acceptedBy")),
    )


def id_of(value: object) -> str | None:
    """An id as a text: of a number, a text, or an object that has it as ``id``. ``None``: there is none."""
    if isinstance(value, dict):
        value = cast("Mapping[str, object]", value).get("id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    found = str(value)
    return found if 0 < len(found) <= _LONGEST_ID and found.isprintable() else None


def text_of(body: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that is a text with something in it."""
    return next((found for name in names if isinstance(found := body.get(name), str) and found), "")


def label_of(body: Mapping[str, Any], *names: str) -> str | None:
    """The same for a name: cut to what a label may have."""
    return text_of(body, *names)[:_LONGEST_LABEL] or None


def mapping(value: object) -> Mapping[str, Any]:
    """An object; an empty one for everything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def mappings(value: object) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; none for everything else."""
    given = cast("Sequence[object]", value) if isinstance(value, list) else ()
    return [cast("Mapping[str, Any]", one) for one in given if isinstance(one, dict)]


def moment(value: object) -> datetime | None:
    """A time with a zone."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
