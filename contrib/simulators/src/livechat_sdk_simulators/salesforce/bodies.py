"""Reads the records that callers send: every field known, of its type, and allowed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, cast

from livechat_sdk_simulators.bodies import multipart_parts
from livechat_sdk_simulators.calls import Call, strict_json
from livechat_sdk_simulators.salesforce.errors import ApiError, no_column, usual, wrong
from livechat_sdk_simulators.salesforce.ids import canonical
from livechat_sdk_simulators.salesforce.rows import Rows, written
from livechat_sdk_simulators.salesforce.schema import Field, Kind

__all__ = ["Bodies", "read_json", "read_record"]

_EMAIL: Final = re.compile(r"[^@\s\"<>,;]+@[^@\s\"<>,;]+\.[^@\s\"<>,;]+")
_SHOWN: Final = 120
_BIG: Final = 10**18
_WORDS: Final = {
    str: "VALUE_STRING",
    bool: "VALUE_TRUE",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
}


def read_json(call: Call) -> dict[str, Any]:
    """The JSON object of a body. Raises ``ApiError``."""
    if call.media_type != "application/json":
        raise usual(415)
    if not call.body.strip():
        raise usual(400)
    return _object(call.body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = strict_json(body)
    except ValueError as error:
        raise ApiError(400, "JSON_PARSER_ERROR", f"The JSON cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ApiError(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of an object from START_ARRAY")
    return cast("dict[str, Any]", content)


def read_record(call: Call) -> tuple[dict[str, Any], bytes | None]:
    """The fields of a body, and the file of one in parts. Raises ``ApiError``."""
    if call.media_type != "multipart/form-data":
        return read_json(call), None
    try:
        parts = multipart_parts(call.body, call.header("content-type"))
    except ValueError as error:
        raise ApiError(400, "MULTIPART_CONTENT_NOT_READABLE", str(error)) from error
    fields = [one for one in parts if one.media_type == "application/json" and not one.filename]
    files = [one for one in parts if one.name == "VersionData" and one.filename]
    if len(parts) != 2 or len(fields) != 1 or len(files) != 1:  # noqa: PLR2004 - these two
        text = "A multipart request has a JSON part and the binary part VersionData with a file name."
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", text)
    return _object(fields[0].content), files[0].content


class Bodies:
    """Checks what is written into the records of one org."""

    def __init__(self, rows: Rows, *, restricted: bool) -> None:
        self._rows = rows
        self._restricted = restricted

    def values(self, kind: Kind, given: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        """The values of a body by the names of the fields. Raises ``ApiError``."""
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name == "attributes":
                continue
            field = kind.find(name)
            if field is None:
                if any(one.relationship == name for one in kind.fields.values()):
                    raise wrong("INVALID_FIELD", f"Cannot reference a foreign key field {name}.")
                raise no_column(name, kind.name)
            if field.name == "Id":
                raise ApiError(
                    400, "INVALID_FIELD", "The Id field should not be specified in the sobject data."
                )
            if not (field.createable if new else field.updateable):
                text = (
                    f"Unable to create/update fields: {field.name}. Please check the security settings of "
                    "this field and verify that it is read/write for your profile or permission set."
                )
                raise wrong("INVALID_FIELD_FOR_INSERT_UPDATE", text, field.name)
            values[field.name] = self._value(field, value)
        self._check_required(kind, values, new=new)
        return values

    @staticmethod
    def _check_required(kind: Kind, values: Mapping[str, Any], *, new: bool) -> None:
        missing = [
            one.name
            for one in kind.fields.values()
            if one.required and (values.get(one.name) is None if new else values.get(one.name, "") is None)
        ]
        if missing:
            names = ", ".join(missing)
            raise wrong("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{names}]", *missing)

    # ----------------------------------------------------------------------------------------- values
    def _value(self, field: Field, value: object) -> Any:
        if value is None or value == "":
            return False if field.type == "boolean" else None
        if field.type == "boolean":
            return self._typed(value, bool)
        if field.type in {"double", "int"}:
            return self._number(field, value)
        text = cast("str", self._typed(value, str))
        if field.type == "base64":
            return self._content(field, text)
        text = text.replace("\r\n", "\n").strip() if field.type == "textarea" else text.strip()
        if len(text.encode() if field.in_bytes else text) > field.length:
            shown = text[:_SHOWN]
            message = f"{field.label}: data value too large: {shown} (max length={field.length})"
            raise wrong("STRING_TOO_LONG", message, field.name)
        return self._text(field, text) or None

    def _text(self, field: Field, text: str) -> str:
        if field.type == "reference":
            return self._reference(field, text)
        if field.type == "email" and not _EMAIL.fullmatch(text):
            raise wrong("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", field.name)
        if field.type == "picklist" and self._restricted and text not in field.choices:
            message = f"{field.label}: bad value for restricted picklist field: {text}"
            raise wrong("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
        if field.type in {"date", "datetime"}:
            return _moment(field, text)
        return text

    def _reference(self, field: Field, text: str) -> str:
        known = canonical(text)
        kinds = [self._rows.kinds[one] for one in field.reference_to]
        if known is None or not any(known.startswith(one.prefix) for one in kinds):
            message = f"{field.label}: id value of incorrect type: {text}"
            raise wrong("MALFORMED_ID", message, field.name)
        if self._rows.is_gone(known):
            raise wrong("ENTITY_IS_DELETED", "entity is deleted")
        if self._rows.anywhere(known) is None:
            raise wrong("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return known

    @staticmethod
    def _typed(value: object, kind: type) -> object:
        if not isinstance(value, kind):
            found = next((word for one, word in _WORDS.items() if type(value) is one), "START_OBJECT")
            word = "boolean" if kind is bool else "string"
            message = f"Cannot deserialize instance of {word} from {found} value {json.dumps(value)[:_SHOWN]}"
            raise ApiError(400, "JSON_PARSER_ERROR", message)
        return value

    @staticmethod
    def _number(field: Field, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _BIG:
            message = f"Cannot deserialize instance of {field.type} from value {json.dumps(value)[:_SHOWN]}"
            raise ApiError(400, "JSON_PARSER_ERROR", message)
        return float(value)

    @staticmethod
    def _content(field: Field, text: str) -> bytes:
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ApiError(400, "INVALID_BASE64_DATA", f"{field.name} is no base64.") from error
        if len(content) > field.length:
            raise wrong("FILE_SIZE_LIMIT_EXCEEDED", f"{field.label}: the file is too large", field.name)
        return content


def _moment(field: Field, text: str) -> str:
    try:
        if field.type == "date":
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"Cannot deserialize instance of {field.type} from VALUE_STRING value {text[:_SHOWN]}"
        raise ApiError(400, "JSON_PARSER_ERROR", message) from error
    return written(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
