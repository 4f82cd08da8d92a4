"""Reads the JSON that a caller sent, strictly: nothing missing, nothing unknown, everything of its type.

A simulator that forgives hides the mistakes of an adapter, which the real vendor then finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

__all__ = ["Fields", "Misfit", "moment", "only"]

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|\+00:00)")
_MOST: Final = 100_000
_T = TypeVar("_T")


class Misfit(ValueError):
    """What was sent does not fit; the text says where and how."""


class Fields:
    """The fields of one JSON object. ``where`` is its place in the body: ``visitor.`` for example.

    Read each field once, then call ``end``, which refuses the fields that nobody asked for.
    """

    def __init__(self, value: object, where: str = "") -> None:
        if not isinstance(value, dict):
            raise Misfit(f"{where.rstrip('.') or 'the body'} must be an object")
        self._fields = dict(cast("dict[str, Any]", value))
        self._where = where

    def _take(self, name: str, kind: type | tuple[type, ...], meaning: str, *, optional: bool) -> Any:
        if name not in self._fields:
            if optional:
                return None
            raise Misfit(f"{self._where}{name} is missing")
        value = self._fields.pop(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Misfit(f"{self._where}{name} must be {meaning}")
        return value

    def text(self, name: str, *, least: int = 1, most: int = _MOST, among: Collection[str] = ()) -> str:
        """A text that must be there, of ``least`` to ``most`` characters."""
        return self._checked(name, self._take(name, str, "text", optional=False), least, most, among)

    def optional_text(self, name: str, *, most: int = _MOST) -> str | None:
        """A text that may be missing."""
        value = self._take(name, str, "text", optional=True)
        return None if value is None else self._checked(name, value, 0, most, ())

    def _checked(self, name: str, value: str, least: int, most: int, among: Collection[str]) -> str:
        if not least <= len(value) <= most:
            raise Misfit(f"{self._where}{name} must have {least} to {most} characters, not {len(value)}")
        if among and value not in among:
            raise Misfit(f"{self._where}{name} must be one of {', '.join(among)}")
        return value

    def flag(self, name: str) -> bool:
        """A truth value that must be there."""
        return bool(self._take(name, bool, "true or false", optional=False))

    def time(self, name: str) -> datetime | None:
        """A time that may be missing."""
        value = self._take(name, str, "a time", optional=True)
        return None if value is None else moment(value, f"{self._where}{name}")

    def fields(self, name: str) -> Fields:
        """An object that must be there."""
        return Fields(self._take(name, dict, "an object", optional=False), f"{self._where}{name}.")

    def texts(self, name: str) -> list[str]:
        """A list of texts that must be there."""
        values = self._take(name, list, "a list of texts", optional=False)
        if not all(isinstance(value, str) for value in values):
            raise Misfit(f"{self._where}{name} must be a list of texts")
        return cast("list[str]", values)

    def text_map(self, name: str) -> dict[str, str]:
        """An object that must be there, of texts."""
        values: dict[str, object] = self._take(name, dict, "an object", optional=False)
        if not all(isinstance(value, str) for value in values.values()):
            raise Misfit(f"{self._where}{name} must be an object of texts")
        return cast("dict[str, str]", values)

    def list_of(self, name: str, read: Callable[[Fields], _T]) -> list[_T]:
        """A list of objects that must be there, each read by ``read``."""
        values: list[object] = self._take(name, list, "a list", optional=False)
        entries: list[_T] = []
        for index, value in enumerate(values):
            entry = Fields(value, f"{self._where}{name}[{index}].")
            entries.append(read(entry))
            entry.end()
        return entries

    def end(self) -> None:
        """Refuse what is left."""
        if self._fields:
            raise Misfit(f"{self._where}{next(iter(self._fields))} is unknown")


def moment(value: str, where: str) -> datetime:
    """A time in UTC with milliseconds, as RFC 3339 writes it. Raises ``Misfit``."""
    if not _MOMENT.fullmatch(value):
        raise Misfit(f"{where} must be a time in UTC with milliseconds, as 2026-11-24T09:00:00.000Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError as error:
        raise Misfit(f"{where} is no time: {error}") from error


def only(query: Mapping[str, str], *names: str) -> None:
    """Refuse what is unknown in a query. Raises ``Misfit``."""
    if unknown := [name for name in query if name not in names]:
        known = f"known is {', '.join(names)}" if names else "there is none here"
        raise Misfit(f"the parameter {unknown[0]} is unknown; {known}")
