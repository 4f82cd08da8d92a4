"""Reading request bodies: with a size limit and a deadline, and only of the kinds that are expected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from livechat_sdk_helvia.faults import DeskFault, InvalidField

__all__ = [
    "MAX_BODY",
    "BodyRefused",
    "Fields",
    "read_form",
    "read_json",
    "read_object",
    "read_value",
    "whole_number",
]

MAX_BODY: Final = 128 * 1024
"""Largest body in bytes; the longest message that the desk takes fits in any encoding."""

_DEADLINE: Final = 10.0
_MAX_FIELDS: Final = 50
_MAX_DIGITS: Final = 16


class BodyRefused(DeskFault):
    """A body that is too large, too slow, or of another kind."""

    code = "bad_body"

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Fields:
    """The fields of a form or of a JSON object, checked when they are asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """A text field. Raises ``InvalidField`` when it is missing without a default, or no text."""
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise InvalidField(f"The field {name!r} is missing or is no text.")
        if not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise InvalidField(f"The field {name!r} holds half a character, which no text can have.")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text field, or ``None``."""
        return self.text(name) if self._values.get(name) is not None else None

    def has(self, name: str) -> bool:
        """Whether there is a value."""
        return self._values.get(name) is not None

    def part(self, name: str) -> Fields:
        """The fields of an object inside; none when it is missing. Raises ``InvalidField``."""
        value = self._values.get(name)
        if value is None:
            return Fields({})
        if not isinstance(value, dict):
            raise InvalidField(f"The field {name!r} is no object.")
        return Fields(cast("dict[str, Any]", value))

    def known(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The values that are there, under the names that ``names`` gives them. They are not checked yet."""
        return {ours: self._values[name] for name, ours in names.items() if name in self._values}

    def ticked(self, prefix: str) -> list[str]:
        """What follows ``prefix`` in the names of the fields that are ``1``: the ticked boxes of a list."""
        names = (name for name, value in self._values.items() if value == "1")
        return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]

    def named(self, prefix: str) -> list[str]:
        """What follows ``prefix`` in the names of the fields that begin with it."""
        return [name.removeprefix(prefix) for name in self._values if name.startswith(prefix)]

    def number(self, name: str) -> int:
        """A whole number, also as digits in a form."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise InvalidField(f"The field {name!r} is missing or is no whole number.")
        return whole_number(value, name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none when it is missing. In a form: one text with a line for each."""
        value = self._values.get(name)
        if value is None:
            return ()
        if isinstance(value, str):
            return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())
        if not isinstance(value, list):
            raise InvalidField(f"The field {name!r} is no list of texts.")
        given = cast("Sequence[Any]", value)
        items = Fields({f"{name}[{number}]": item for number, item in enumerate(given)})
        return tuple(items.text(f"{name}[{number}]") for number in range(len(given)))

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; none when it is missing."""
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise InvalidField(f"The field {name!r} is no list of whole numbers.")
        given = cast("Sequence[Any]", value)
        items = Fields({f"{name}[{number}]": item for number, item in enumerate(given)})
        return tuple(items.number(f"{name}[{number}]") for number in range(len(given)))

    def flag(self, name: str) -> bool:
        """True or false, also as ``1``, ``0`` in a form."""
        value = self._values.get(name)
        if value in (True, "1", "true"):
            return True
        if value in (False, "0", "false"):
            return False
        raise InvalidField(f"The field {name!r} is missing or is neither true nor false.")


def whole_number(value: int | str, name: str) -> int:
    """``value`` as a number from 0 to 2^53. Raises ``InvalidField``."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise InvalidField(f"{name!r} is no whole number.")
    return int(text)


async def read_form(request: Request, *, most: int = _MAX_FIELDS) -> Fields:
    """The fields of a plain HTML form, ``most`` of them."""
    body = await _read(request, "application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=most)
    except ValueError as error:
        raise BodyRefused("The form cannot be read.", 400) from error
    return Fields(dict(pairs))


async def read_json(request: Request) -> Fields:
    """The fields of a JSON object."""
    return Fields(await read_object(request))


async def read_object(request: Request, *, limit: int = MAX_BODY) -> Mapping[str, Any]:
    """A JSON object of at most ``limit`` bytes as it was sent."""
    value = await read_value(request, limit=limit)
    if not isinstance(value, dict):
        raise BodyRefused("The body must be a JSON object.", 400)
    return cast("dict[str, Any]", value)


async def read_value(request: Request, *, limit: int = MAX_BODY) -> Any:
    """Whatever JSON was sent."""
    body = await _read(request, "application/json", limit)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyRefused("The body is no valid JSON.", 400) from error


async def _read(request: Request, kind: str, limit: int = MAX_BODY) -> bytes:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != kind:
        raise BodyRefused(f"The content type must be {kind}.", 415)
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > limit:
        raise BodyRefused(f"The body may have {limit:,} bytes at most.", 413)
    body = bytearray()
    try:
        async with asyncio.timeout(_DEADLINE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyRefused(f"The body may have {limit:,} bytes at most.", 413)
    except TimeoutError as error:
        raise BodyRefused("The body came too slowly.", 408) from error
    except ClientDisconnect as error:
        raise BodyRefused("The connection was closed.", 400) from error
    return bytes(body)
