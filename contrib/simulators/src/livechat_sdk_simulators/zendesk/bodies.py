"""Reads what callers of Sunshine Conversations send, strictly; what does not fit is ``bad_request``."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from livechat_sdk_simulators.calls import Call, VendorError
from livechat_sdk_simulators.reading import Fields, Misfit

__all__ = ["Body", "json_body", "meta_of", "missing", "page_of", "refusing"]

_METADATA: Final = 4096
_PAGE: Final = 25
_LARGEST_PAGE: Final = 100
_T = TypeVar("_T")


@contextmanager
def refusing() -> Generator[None]:
    """What does not fit is answered 400 ``bad_request``."""
    try:
        yield
    except Misfit as misfit:
        raise VendorError(400, "bad_request", str(misfit)) from misfit


def missing(what: str) -> VendorError:
    """The error for a thing that is not there: ``conversation``, ``user``."""
    title = {"": "Resource"}.get(what, what.capitalize())
    code = f"{what}_not_found" if what else "not_found"
    return VendorError(404, code, f"{title.replace('_', ' ')} not found")


class Body(Fields):
    """An object of a request, with what may be missing."""

    def has(self, name: str) -> bool:
        """Whether the field is there, and not null."""
        return self._fields.get(name) is not None

    def drop_null(self, name: str) -> None:
        """Take a null for a field that is not there; for those that the vendor calls nullable."""
        if name in self._fields and self._fields[name] is None:
            del self._fields[name]

    def maybe(self, name: str, *, least: int = 1, most: int = 100_000) -> str | None:
        """A text that may be missing, of ``least`` to ``most`` characters."""
        return self.text(name, least=least, most=most) if name in self._fields else None

    def maybe_flag(self, name: str) -> bool | None:
        """A truth value that may be missing."""
        return self.flag(name) if name in self._fields else None

    def number(self, name: str) -> float:
        """A number that must be there."""
        return float(self._take(name, (int, float), "a number", optional=False))

    def part(self, name: str) -> Body:
        """An object that must be there."""
        return Body(self._take(name, dict, "an object", optional=False), f"{self._where}{name}.")

    def maybe_part(self, name: str) -> Body | None:
        """An object that may be missing."""
        return self.part(name) if name in self._fields else None

    def parts(self, name: str, read: Callable[[Body], _T], *, least: int, most: int) -> list[_T]:
        """A list of ``least`` to ``most`` objects that must be there, each read by ``read``."""
        values: list[object] = self._take(name, list, "a list", optional=False)
        if not least <= len(values) <= most:
            raise Misfit(f"{self._where}{name} must have {least} to {most} entries, not {len(values)}")
        entries: list[_T] = []
        for index, value in enumerate(values):
            entry = Body(value, f"{self._where}{name}[{index}].")
            entries.append(read(entry))
            entry.end()
        return entries

    def url(self, name: str, *, most: int = 2048) -> str:
        """An address on the web that must be there."""
        value = self.text(name, most=most)
        try:
            parts = urlsplit(value)
            fits = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            fits = False
        if not fits:
            raise Misfit(f"{self._where}{name} must be a URI")
        return value

    def metadata(self) -> dict[str, Any]:
        """Own values of the caller: flat, 4 kB in all."""
        self.drop_null("metadata")
        if "metadata" not in self._fields:
            return {}
        values: dict[str, Any] = self._take("metadata", dict, "an object", optional=False)
        for name, value in values.items():
            if not isinstance(value, str | int | float | bool):
                raise Misfit(f"{self._where}metadata.{name} must be a string, a number or a boolean")
        if len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()) > _METADATA:
            raise Misfit(f"{self._where}metadata is limited to {_METADATA} bytes in size.")
        return values


def json_body(call: Call) -> Body:
    """The body as the JSON object that it has to be."""
    if call.media_type != "application/json":
        raise Misfit("the body must be application/json")
    try:
        value = call.json()
    except ValueError as error:
        raise Misfit(f"the body is no JSON: {error}") from error
    return Body(value)


def page_of(
    query: Mapping[str, str], entries: list[_T], id_of: Callable[[_T], str]
) -> tuple[list[_T], dict[str, Any]]:
    """The page that a query asks for, oldest first, and what the answer says of it (``meta``)."""
    size = query.get("page[size]", str(_PAGE))
    if not (size.isascii() and size.isdigit() and 1 <= int(size[:4]) <= _LARGEST_PAGE):
        raise Misfit("Invalid page query parameters")
    after, before = query.get("page[after]"), query.get("page[before]")
    if after is not None and before is not None:
        raise Misfit("Invalid page query parameters")
    ids = [id_of(one) for one in entries]
    if (cursor := after or before) is not None and cursor not in ids:
        raise Misfit("Invalid page query parameters")
    first, last = 0, len(entries)
    if after is not None:
        first = ids.index(after) + 1
    if before is not None:
        last = ids.index(before)
        first = max(0, last - int(size))
    last = min(last, first + int(size))
    return entries[first:last], meta_of(ids, first, last, backwards=before is not None)


def meta_of(ids: list[str], first: int, last: int, *, backwards: bool) -> dict[str, Any]:
    """What is before and behind the entries from ``first`` to ``last``; ``hasMore`` looks as one walks."""
    more_before, more_after = first > 0, last < len(ids)
    meta: dict[str, Any] = {"hasMore": more_before if backwards else more_after}
    if more_after and last > first:
        meta["afterCursor"] = ids[last - 1]
    if more_before and last > first:
        meta["beforeCursor"] = ids[first]
    return meta
