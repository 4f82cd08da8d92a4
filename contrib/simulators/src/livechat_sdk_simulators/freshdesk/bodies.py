"""Reads what callers send, in JSON or as multipart, and collects what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from livechat_sdk_simulators.bodies import Part, multipart_parts
from livechat_sdk_simulators.calls import Call
from livechat_sdk_simulators.freshdesk.errors import Problem, ValidationFailed, among, usual

__all__ = ["Body", "empty_body", "is_email", "only", "page_of", "read_body"]

_NAME: Final = re.compile(r"(\w+)(?:\[(\w*)\])?")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_EMAIL: Final = re.compile(r"[^@\s\"<>,;]+@[^@\s\"<>,;]+\.[^@\s\"<>,;]+")
_KINDS: Final[Sequence[tuple[type, str]]] = (
    (str, "String"),
    (bool, "Boolean"),
    (int, "Integer"),
    (float, "Float"),
    (list, "Array"),
    (dict, "key/value pair"),
)
_FLAGS: Final = {"true": True, "false": False}
_MOST_TEXT: Final = 1_000_000
_PAGE: Final = 30
_LARGEST_PAGE: Final = 100
_Room = TypeVar("_Room", list[str], dict[str, str])


class Body:
    """The fields of one request. Reading one that is wrong notes it; ``check`` raises what was noted."""

    def __init__(
        self, fields: Mapping[str, Any], *, files: Sequence[Part] = (), of_form: bool = False
    ) -> None:
        self.fields = fields
        self.files = files
        self.of_form = of_form
        """Whether all values are texts, as in a form."""
        self._problems: list[Problem] = []

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def known(self, names: Collection[str]) -> None:
        """Refuse what is not known, before anything else is looked at. Raises ``ValidationFailed``."""
        unknown = [name for name in self.fields if name not in names]
        if unknown:
            raise ValidationFailed(
                [Problem(name, "Unexpected/invalid field in request", "invalid_field") for name in unknown]
            )

    def wrong(self, field: str, message: str, code: str = "invalid_value") -> None:
        """Note what is wrong. Of each field only the first problem is told."""
        if all(one.field != field for one in self._problems):
            self._problems.append(Problem(field, message, code))

    def check(self) -> None:
        """Raise what was noted: ``ValidationFailed``."""
        if self._problems:
            raise ValidationFailed(self._problems)

    # ------------------------------------------------------------------------------------ one value
    def mistyped(self, name: str, meaning: str) -> None:
        """Note that a field is not of its type, or is missing."""
        value = self.fields.get(name)
        if value is None:
            self.wrong(name, f"It should be a/an {meaning}", "missing_field")
            return
        kind = next(word for one, word in _KINDS if isinstance(value, one))
        self.wrong(name, f"Value set is of type {kind}.It should be a/an {meaning}", "datatype_mismatch")

    def text(self, name: str, *, most: int = _MOST_TEXT, needed: bool = False) -> str | None:
        """A text."""
        value = self.fields.get(name)
        if value is None and not needed:
            return None
        if not isinstance(value, str):
            self.mistyped(name, "String")
            return None
        if needed and not value.strip():
            self.wrong(name, "It should not be blank as this is a mandatory field")
        if len(value) > most:
            self.wrong(name, f"Has {len(value)} characters, it can have maximum of {most} characters")
        return value

    def email(self, name: str) -> str | None:
        """An address of e-mail."""
        value = self.text(name)
        if value is not None and not is_email(value):
            self.wrong(name, "It should be in the 'valid email address' format")
        return value

    def number(self, name: str, *, needed: bool = False) -> int | None:
        """A whole number above nought; in a form its digits."""
        value = self.fields.get(name)
        if value is None and not needed:
            return None
        if self.of_form and isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.mistyped(name, "Positive Integer")
            return None
        if value <= 0:
            self.wrong(name, "It should be a Positive Integer", "datatype_mismatch")
        return value

    def choice(self, name: str, values: Collection[int], *, needed: bool = False) -> int | None:
        """One of a few numbers."""
        if needed and self.fields.get(name) is None:
            self.wrong(name, among(values), "missing_field")
            return None
        value = self.number(name)
        if value is not None and value not in values:
            self.wrong(name, among(values))
        return value

    def flag(self, name: str, usual_value: bool) -> bool:
        """A truth value."""
        value = self.fields.get(name)
        if value is None:
            return usual_value
        if self.of_form and isinstance(value, str):
            value = _FLAGS.get(value, value)
        if not isinstance(value, bool):
            self.mistyped(name, "Boolean")
            return usual_value
        return value

    def texts(self, name: str, *, emails: bool = False) -> list[str] | None:
        """A list of texts."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.mistyped(name, "Array")
            return None
        values = cast("list[object]", value)
        if not all(isinstance(one, str) for one in values):
            self.wrong(name, "It should contain elements of type String only", "datatype_mismatch")
            return None
        texts = cast("list[str]", values)
        if emails and not all(is_email(one) for one in texts):
            self.wrong(name, "It should contain elements that are in the 'valid email address' format")
        return texts

    def pairs(self, name: str) -> dict[str, Any] | None:
        """An object."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.mistyped(name, "key/value pair")
            return None
        return cast("dict[str, Any]", value)

    def moment(self, name: str) -> datetime | None:
        """A time."""
        value = self.text(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.wrong(name, "It should be in the 'combined date and time ISO8601' format")
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

    def inner(self, name: str, fields: Mapping[str, Any]) -> Body:
        """The fields of an object inside, whose problems are this body's."""
        made = Body(fields, of_form=self.of_form)
        made._problems = self._problems
        return made


def read_body(call: Call) -> Body:
    """The body of a call. Raises ``VendorError`` for one that cannot be read."""
    if call.media_type == "application/json":
        try:
            content = call.json()
        except ValueError as error:
            raise usual(400) from error
        if not isinstance(content, dict):
            raise usual(400)
        return Body(cast("dict[str, Any]", content))
    if call.media_type == "multipart/form-data":
        try:
            return _of_parts(multipart_parts(call.body, call.header("content-type")))
        except ValueError as error:
            raise usual(400) from error
    raise usual(415)


def _of_parts(parts: Sequence[Part]) -> Body:
    fields: dict[str, Any] = {}
    files: list[Part] = []
    for part in parts:
        f"{part.name}{part.filename}".encode()  # half a character is none
        name = _NAME.fullmatch(part.name)
        outer, inner = (name.group(1), name.group(2)) if name else (part.name, None)
        if part.filename:
            if part.name != "attachments[]":
                fields[part.name] = part.filename
            files.append(part)
            continue
        value = part.content.decode("utf-8")
        if inner is None:
            fields[outer] = value
        elif inner == "":
            _room(fields, outer, list[str]()).append(value)
        else:
            _room(fields, outer, dict[str, str]())[inner] = value
    return Body(fields, files=files, of_form=True)


def _room(fields: dict[str, Any], name: str, empty: _Room) -> _Room:
    """The list or the object of this name, which begins empty. Raises ``ValueError`` where it is another."""
    room = fields.setdefault(name, empty)
    if not isinstance(room, type(empty)):
        raise ValueError(f"{name} is sent in two ways")
    return room


def empty_body(call: Call) -> None:
    """Refuse a body where there is none. Raises ``ValidationFailed``."""
    if call.body.strip():
        read_body(call).known(())


def only(call: Call, *names: str) -> None:
    """Refuse what is unknown in a query. Raises ``ValidationFailed``."""
    Body(call.query).known(names)


def page_of(call: Call, largest: int = _LARGEST_PAGE) -> tuple[int, int]:
    """Number and size of the page that is asked for. Raises ``ValidationFailed``."""
    query = Body(call.query, of_form=True)
    number, size = query.number("page"), query.number("per_page")
    if size is not None and size > largest:
        query.wrong("per_page", f"It should be a Positive Integer less than or equal to {largest}")
    query.check()
    return number or 1, size or _PAGE


def is_email(text: str) -> bool:
    """Whether a text looks like an address of e-mail."""
    return _EMAIL.fullmatch(text) is not None
