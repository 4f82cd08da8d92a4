"""Reads what callers of Genesys send, strictly, and refuses it with the vendor's own codes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from livechat_sdk_simulators.calls import Call
from livechat_sdk_simulators.genesys.errors import refusal

__all__ = ["Body", "json_body", "json_list", "no_body", "only", "page_of", "truth"]

_TEXT: Final = 100_000
_PAGE: Final = 25
_LARGEST_PAGE: Final = 100
_T = TypeVar("_T")


class Body:
    """One object of a request. ``kind`` is the vendor's name of it, for the errors.

    Read each field once, then call ``end``, which refuses what nobody asked for. A null counts as missing.
    """

    def __init__(self, value: object, kind: str) -> None:
        if not isinstance(value, dict):
            raise refusal("bad.request")
        named = cast("dict[str, Any]", value)
        self._fields = {name: one for name, one in named.items() if one is not None}
        self.kind = kind

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._fields

    def _take(self, name: str, kind: type | tuple[type, ...]) -> Any:
        if name not in self._fields:
            raise refusal("constraint.validation", f"{name} may not be null")
        value = self._fields.pop(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise refusal("bad.request")
        return value

    def text(self, name: str, *, least: int = 1, most: int = _TEXT, among: Collection[str] = ()) -> str:
        """A text that must be there, of ``least`` to ``most`` characters."""
        value: str = self._take(name, str)
        if among and value not in among:
            raise refusal("invalid.value", value, name, ", ".join(among))
        if not least <= len(value) <= most:
            raise refusal("constraint.validation", f"{name} size must be between {least} and {most}")
        return value

    def maybe(
        self, name: str, *, least: int = 0, most: int = _TEXT, among: Collection[str] = ()
    ) -> str | None:
        """A text that may be missing."""
        return self.text(name, least=least, most=most, among=among) if self.has(name) else None

    def flag(self, name: str) -> bool | None:
        """A truth value that may be missing."""
        return bool(self._take(name, bool)) if self.has(name) else None

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number that may be missing."""
        if not self.has(name):
            return None
        value: int = self._take(name, int)
        if not least <= value <= most:
            raise refusal("constraint.validation", f"{name} must be between {least} and {most}")
        return value

    def part(self, name: str, kind: str) -> Body:
        """An object that must be there."""
        return Body(self._take(name, dict), kind)

    def maybe_part(self, name: str, kind: str) -> Body | None:
        """An object that may be missing."""
        return self.part(name, kind) if self.has(name) else None

    def parts(self, name: str, kind: str, read: Callable[[Body], _T]) -> list[_T]:
        """A list of objects; empty when it is missing. Each is read by ``read``, and ended."""
        values: list[object] = self._take(name, list) if self.has(name) else []
        entries: list[_T] = []
        for value in values:
            entry = Body(value, kind)
            entries.append(read(entry))
            entry.end()
        return entries

    def texts(self, name: str) -> list[str] | None:
        """A list of texts that may be missing."""
        if not self.has(name):
            return None
        values: list[object] = self._take(name, list)
        if not all(isinstance(value, str) for value in values):
            raise refusal("bad.request")
        return cast("list[str]", values)

    def text_map(self, name: str) -> dict[str, str]:
        """An object of texts; empty when it is missing. One that holds anything else is refused barely."""
        values: dict[str, object] = self._take(name, dict) if self.has(name) else {}
        if not all(isinstance(value, str) for value in values.values()):
            raise refusal("bad.request")
        return cast("dict[str, str]", values)

    def moment(self, name: str) -> datetime:
        """A time that must be there, in ISO 8601 with its offset."""
        if not self.has(name):
            raise refusal("missing.open.channel.date")
        value = self._fields.pop(name)
        if not isinstance(value, str):
            raise refusal("invalid.date")
        try:
            read = datetime.fromisoformat(value)
        except ValueError as error:
            raise refusal("invalid.date") from error
        if read.tzinfo is None or "T" not in value:
            raise refusal("invalid.date")
        return read.astimezone(UTC)

    def drop(self, *names: str) -> None:
        """Overlook fields that the vendor tolerates."""
        for name in names:
            self._fields.pop(name, None)

    def end(self) -> None:
        """Refuse what is left."""
        if self._fields:
            raise refusal("invalid.property", next(iter(self._fields)), self.kind)


def _json(call: Call) -> object:
    if call.media_type != "application/json":
        raise refusal("unsupported.media.type")
    try:
        return call.json()
    except ValueError as error:
        raise refusal("bad.request") from error


def json_body(call: Call, kind: str) -> Body:
    """The body as the JSON object that it has to be."""
    return Body(_json(call), kind)


def json_list(call: Call) -> list[object]:
    """The body as the JSON list that it has to be."""
    value = _json(call)
    if not isinstance(value, list):
        raise refusal("bad.request")
    return cast("list[object]", value)


def no_body(call: Call) -> None:
    """Refuse a body. The vendor's own client sends ``null`` where there is none."""
    if call.body not in {b"", b"null"}:
        raise refusal("bad.request")


def only(query: Mapping[str, str], *names: str) -> None:
    """Refuse a parameter that the call does not have."""
    for name in query:
        if name not in names:
            raise refusal("invalid.query.param.value", query[name], name, "none: there is no such parameter")


def truth(query: Mapping[str, str], name: str) -> bool:
    """A parameter that is ``true`` or ``false``; missing is ``false``."""
    value = query.get(name, "false")
    if value.lower() not in {"true", "false"}:
        raise refusal("invalid.query.param.value", value, name, "true, false")
    return value.lower() == "true"


def page_of(query: Mapping[str, str], entries: list[dict[str, Any]], uri: str) -> dict[str, Any]:
    """The page that a query asks for (``pageSize``, ``pageNumber``)."""
    size, number = _number(query, "pageSize", _PAGE), _number(query, "pageNumber", 1)
    size = min(size, _LARGEST_PAGE)
    first = (number - 1) * size
    pages = -(-len(entries) // size)
    return {
        "entities": entries[first : first + size],
        "pageSize": size,
        "pageNumber": number,
        "total": len(entries),
        "pageCount": pages,
        "selfUri": f"{uri}?pageSize={size}&pageNumber={number}",
        **({"nextUri": f"{uri}?pageSize={size}&pageNumber={number + 1}"} if number < pages else {}),
    }


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    value = query.get(name, str(usual))
    if not (value.isascii() and value.isdigit() and int(value[:9]) >= 1):
        raise refusal("invalid.query.param.value", value, name, "whole numbers from 1")
    return int(value[:9])
