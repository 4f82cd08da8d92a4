"""Reads a CSV file of contacts into a table that finds them by id, e-mail address or phone number."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn

from pydantic import ValidationError

from livechat_sdk.domain.people import Contact, ContactField, EndUser
from livechat_sdk.errors import ConfigurationError, Problem

__all__ = ["MAX_BYTES", "ContactTable", "FileState", "phone_digits", "read_contacts", "state_of"]

MAX_BYTES = 20 * 1024 * 1024
"""Largest file that is read, in bytes."""

FileState = tuple[int, int, int, int]
"""What tells two versions of a file apart: device, inode, size, time of the last change."""

_KNOWN = ("id", "name", "email", "phone", "link")
_MAX_COLUMNS = 100
_SHORTEST_PHONE = 6


class ContactTable:
    """Contacts by id, e-mail address and phone number. Immutable; safe to share between threads."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._by_id: dict[str, Contact] = {}
        self._by_email: dict[str, Contact | None] = {}
        self._by_phone: dict[str, Contact | None] = {}
        for contact in contacts:
            self._by_id[contact.id] = contact
            _add(self._by_email, _email_key(contact.email), contact)
            _add(self._by_phone, phone_digits(contact.phone), contact)

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, contact_id: str) -> Contact | None:
        """The contact with exactly this id."""
        return self._by_id.get(contact_id)

    def find(self, user: EndUser) -> Contact | None:
        """By id, else by e-mail address (whatever the case), else by the digits of the phone number."""
        return (
            self._by_id.get(user.id)
            or self._by_email.get(_email_key(user.email))
            or self._by_phone.get(phone_digits(user.phone))
        )


def phone_digits(phone: str | None) -> str:
    """The digits of a phone number with its country code: ``+30 210 1`` and ``0030 (210) 1`` are the same.

    Empty for anything too short to tell people apart.
    """
    digits = "".join(sign for sign in phone or "" if sign in "0123456789").removeprefix("00")
    return digits if len(digits) >= _SHORTEST_PHONE else ""


def state_of(path: str, source: str) -> FileState:
    """What the file is like now. Raises ``ConfigurationError`` when it is not there."""
    try:
        return _state(os.stat(path))  # noqa: PTH116 - the settings hold text, and this is the hot path
    except (OSError, ValueError) as error:
        _refuse(
            source, path, f"cannot be read: {_reason(error)}; mend `path` or put the file there", error=error
        )


def read_contacts(path: str, *, source: str) -> tuple[FileState, ContactTable]:
    """Read a whole file. Raises ``ConfigurationError`` that names the line; never quotes what is in it."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the settings hold text
            state = _state(os.fstat(file.fileno()))
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        _refuse(
            source, path, f"cannot be read: {_reason(error)}; mend `path` or put the file there", error=error
        )
    if len(content) > MAX_BYTES:
        _refuse(
            source, path, f"is larger than {MAX_BYTES:,} bytes; leave out what is not needed, or use a CRM"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(source, path, "is not in UTF-8; save it as “CSV UTF-8”", line, error)
    return state, ContactTable(_contacts(text, source, path))


def _contacts(text: str, source: str, path: str) -> Iterator[Contact]:
    first_line = text.split("\n", 1)[0]
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=";" if first_line.count(";") > first_line.count(",") else ",",
        strict=True,
    )
    first_seen: dict[str, int] = {}
    try:
        columns = _columns(next(rows, list[str]()), source, path)
        for row in rows:
            line = rows.line_num
            if not any(cell.strip() for cell in row):
                continue
            if any(cell.strip() for cell in row[len(columns) :]):
                _refuse(source, path, f"has {len(row)} cells, the first line has {len(columns)}", line)
            contact = _contact(columns, row, source, path, line)
            other = first_seen.setdefault(contact.id, line)
            if other != line:
                _refuse(source, path, f"has the id of line {other}; give each contact one line", line)
            yield contact
    except csv.Error as error:
        _refuse(source, path, f"is no CSV: {error}", rows.line_num, error)


def _columns(header: Sequence[str], source: str, path: str) -> list[str]:
    """The names of the columns; known ones in lower case. Quotes nothing: the titles may be missing."""
    if len(header) > _MAX_COLUMNS:
        _refuse(source, path, f"has {len(header)} columns; at most {_MAX_COLUMNS}", 1)
    columns: list[str] = []
    for number, cell in enumerate(header, start=1):
        title = cell.strip()
        name = title.lower() if title.lower() in _KNOWN else title
        if name and name in columns:
            other = columns.index(name) + 1
            _refuse(source, path, f"names columns {other} and {number} alike; rename one of them", 1)
        columns.append(name)
    if "id" not in columns:
        _refuse(source, path, f"names {len(header)} columns and none of them 'id'; add the titles", 1)
    return columns


def _contact(columns: Sequence[str], row: Sequence[str], source: str, path: str, line: int) -> Contact:
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
    link = cells.get("link") or None
    if not cells.get("id"):
        _refuse(source, path, "has no id", line)
    if link is not None and not link.lower().startswith(("https://", "http://")):
        _refuse(source, path, "has a link that does not begin with https:// or http://", line)
    try:
        return Contact(
            source=source,
            id=cells["id"],
            name=cells.get("name") or None,
            email=cells.get("email") or None,
            phone=cells.get("phone") or None,
            link=link,
            fields=tuple(
                ContactField(label=name, value=value)
                for name, value in cells.items()
                if name and value and name not in _KNOWN
            ),
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        _refuse(source, path, f"has a value that cannot be used ({where}: {first['msg']})", line, error)


def _add(index: dict[str, Contact | None], key: str, contact: Contact) -> None:
    """Remember who has this key; nobody does when two have it."""
    if key:
        index[key] = None if key in index else contact


def _email_key(email: str | None) -> str:
    return (email or "").strip().casefold()


def _state(stat: os.stat_result) -> FileState:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else str(error)


def _refuse(
    source: str, path: str, message: str, line: int | None = None, error: Exception | None = None
) -> NoReturn:
    """Raise what is wrong with the file; causes that could quote what is in it are cut off."""
    place = f"line {line} of " if line is not None else ""
    problem = Problem(
        code="LC100",
        message=f"integration {source!r}: {place}the contacts file {message}",
        file=path,
        line=line,
        column=1 if line is not None else None,
    )
    raise ConfigurationError([problem]) from (error if isinstance(error, OSError) else None)
