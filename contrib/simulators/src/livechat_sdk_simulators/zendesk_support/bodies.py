"""Reads what callers send: the one object of a body, whose unknown keys are dropped with a warning."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request, usual

__all__ = ["Body", "number_of", "read_body", "tags_of", "warned", "whole"]

_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_SEPARATORS: Final = re.compile(r"[,\s]+")


class Body:
    """The fields of one object, ``ticket`` for example, and what was wrong with it without being refused."""

    def __init__(self, name: str, fields: Mapping[str, Any], known: Collection[str]) -> None:
        self.name = name
        self.fields = {key: value for key, value in fields.items() if key in known}
        self.unpermitted = [f"{name}.{key}" for key in fields if key not in known]
        self.invalid: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.fields

    def get(self, key: str) -> Any:
        """What was sent, whatever it is."""
        return self.fields.get(key)

    def text(self, key: str, most: int = 65_536) -> str | None:
        """A text; a number counts as one. Raises ``RecordInvalid``."""
        value = self.fields.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise RecordInvalid(key, f"{_title(key)}: is invalid", "InvalidValue")
        if len(str(value)) > most:
            text = f"{_title(key)}: is too long (maximum is {most} characters)"
            raise RecordInvalid(key, text, "ValueTooLong")
        return str(value)

    def number(self, key: str) -> int | None:
        """An id, also one in digits. Raises ``RecordInvalid``."""
        value = self.fields.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise RecordInvalid(key, f"{_title(key)}: is invalid", "InvalidValue")
        return value

    def among(self, key: str, values: Collection[str]) -> str | None:
        """One of a few words. Raises ``RecordInvalid``."""
        value = self.fields.get(key)
        if value is not None and (not isinstance(value, str) or value not in values):
            text = f"{_title(key)}: {value} is not a valid {key}"
            raise RecordInvalid(key, text, "InvalidValue")
        return value

    def flag(self, key: str, usual: bool) -> bool:
        """A truth value, also in words. Raises ``RecordInvalid``."""
        value = self.fields.get(key)
        if value is None:
            return usual
        if value in (True, "true", 1):
            return True
        if value in (False, "false", 0):
            return False
        raise RecordInvalid(key, f"{_title(key)}: is invalid", "InvalidValue")

    def warning(self, call: Call) -> str:
        """The warning that the answer carries; empty when all was well."""
        if not self.unpermitted and not self.invalid:
            return ""
        keys = ", ".join(f'"{one}"' for one in self.unpermitted)
        values = ", ".join(f'"{one}"' for one in self.invalid)
        return (
            f'{{:allowed_parameters=>{{:controller=>"{self.name}s", :action=>"{call.operation}", '
            f":unpermitted_keys=>[{keys}], :invalid_values=>[{values}]}}}}"
        )


def read_body(call: Call, name: str, known: Collection[str]) -> Body:
    """The object ``name`` of a JSON body. Raises ``VendorError``."""
    content = whole(call)
    fields = content.get(name)
    if not isinstance(fields, dict):
        raise bad_request(f"Parameter {name} is required")
    body = Body(name, cast("dict[str, Any]", fields), known)
    body.unpermitted += [key for key in content if key != name]
    return body


def whole(call: Call) -> dict[str, Any]:
    """The JSON object of a body. Raises ``VendorError``."""
    if call.media_type != "application/json":
        raise usual(415)
    try:
        content = call.json()
    except ValueError as error:
        raise bad_request("Unexpected token in the body", "InvalidJSON") from error
    if not isinstance(content, dict):
        raise bad_request("The body must be an object")
    return cast("dict[str, Any]", content)


def warned(response: Response, warning: str) -> Response:
    """The answer with a warning, where there is one."""
    if warning:
        response.headers["x-zendesk-api-warn"] = warning.encode("ascii", "backslashreplace").decode()
    return response


def number_of(text: str) -> int | None:
    """An id of a path, with or without ``.json``."""
    digits = text.removesuffix(".json")
    return int(digits) if _DIGITS.fullmatch(digits) or digits == str(2**63 - 1) else None


def tags_of(value: object) -> list[str]:
    """Tags of a list or of a text; each once, without blanks, in lower case. Raises ``RecordInvalid``."""
    if isinstance(value, str):
        words = _SEPARATORS.split(value)
    elif isinstance(value, list):
        words = [str(one) for one in cast("list[object]", value)]
    else:
        raise RecordInvalid("tags", "Tags: is invalid", "InvalidValue")
    parts = (part for one in words for part in _SEPARATORS.split(one))
    return sorted({part.lower() for part in parts if part})


def _title(key: str) -> str:
    return key.replace("_id", "").replace("_", " ").capitalize()
