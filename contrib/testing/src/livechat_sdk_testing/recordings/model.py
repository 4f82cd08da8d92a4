"""One recorded exchange with a vendor: where it comes from, what was asked, what was answered."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal, Self, cast
from urllib.parse import parse_qsl, urlencode

from pydantic import Field, field_validator, model_validator

from livechat_sdk.domain.base import Model, ShortText

__all__ = ["ANY", "Body", "Provenance", "RecordedRequest", "RecordedResponse", "Recording"]

ANY: Final = "*"
"""In a recorded request: whatever stands here, it matches."""


class Provenance(Model):
    """Where an exchange comes from.

    ``recorded`` was captured from a real account, ``vendor-docs`` is an example of the vendor's documents,
    ``synthesised`` was put together from facts; ``source`` names the page, the file or the product.
    """

    kind: Literal["recorded", "vendor-docs", "synthesised"]
    source: ShortText = Field(min_length=1)
    date: date


class Body(Model):
    """At most one of the four ways to write a body down.

    ``json`` for JSON, ``form`` for a submitted form (values by name, a list where a name comes again),
    ``text`` for other text, ``base64`` for the rest.
    """

    json_: Any = Field(default=None, alias="json")
    form: dict[str, str | tuple[str, ...]] | None = None
    text: str | None = None
    base64: str | None = None

    @field_validator("form", mode="before")
    @classmethod
    def _grouped(cls, value: object) -> object:
        """Name and value, one by one, are good too."""
        if not isinstance(value, list | tuple):
            return value
        found: dict[str, tuple[str, ...]] = {}
        for name, one in cast("Sequence[tuple[str, str]]", value):
            found[name] = (*found.get(name, ()), one)
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}

    @field_validator("base64")
    @classmethod
    def _decodable(cls, value: str | None) -> str | None:
        if value is not None and value != ANY:
            try:
                base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise ValueError(f"this is no base64: {error}") from error
        return value

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if len(self.ways) > 1:
            raise ValueError(f"a body is written down in one way, not as {' and '.join(self.ways)}")
        return self

    @property
    def ways(self) -> list[str]:
        """Which of the four was given; JSON's ``null`` is given too."""
        names = {"json_": "json", "form": "form", "text": "text", "base64": "base64"}
        return [name for field, name in names.items() if field in self.model_fields_set]

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        match self.ways:
            case ["json"]:
                return json.dumps(self.json_, ensure_ascii=False, separators=(",", ":")).encode()
            case ["form"]:
                return urlencode(self.form or {}, doseq=True).encode()
            case ["text"]:
                return (self.text or "").encode()
            case ["base64"]:
                return base64.b64decode(self.base64 or "")
            case _:
                return b""


class RecordedRequest(Body):
    """What was sent. Only headers that matter are written down, and those are compared in a replay."""

    method: str = Field(pattern=r"^[A-Z]+$")
    url: str = Field(pattern=r"^https?://")
    headers: dict[str, str] = Field(default_factory=dict)

    @field_validator("headers")
    @classmethod
    def _lower(cls, value: dict[str, str]) -> dict[str, str]:
        return {name.lower(): one for name, one in value.items()}


class RecordedResponse(Body):
    """What was answered."""

    status: int = Field(ge=100, le=599)
    headers: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    """A header that came more than once has a list (``set-cookie``)."""

    @field_validator("headers")
    @classmethod
    def _lower(cls, value: dict[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
        return {name.lower(): one for name, one in value.items()}

    @property
    def header_items(self) -> list[tuple[str, str]]:
        """Name and value of every header, the repeated ones one by one."""
        pairs = [
            (name, (value,) if isinstance(value, str) else value) for name, value in self.headers.items()
        ]
        return [(name, one) for name, values in pairs for one in values]


class Recording(Model):
    """One exchange, as a file ``<operation>/<case>.yaml`` holds it.

    ``calls`` is how often it is answered in a replay: a number, or ``many`` for once or more often. Of
    several recordings that fit a request, the first that is not used up answers: so a second look can see
    something else.
    """

    name: str = ""
    """``<operation>/<case>``; from the place of the file, not in it."""
    note: str | None = None
    """What is to be seen here, for people."""
    provenance: Provenance
    calls: int | Literal["many"] = Field(default=1)
    request: RecordedRequest
    response: RecordedResponse

    @field_validator("calls")
    @classmethod
    def _at_least_one(cls, value: int | Literal["many"]) -> int | Literal["many"]:
        if value != "many" and value < 1:
            raise ValueError("a recording is used at least once")
        return value

    @property
    def operation(self) -> str:
        """The folder of the file."""
        return self.name.rpartition("/")[0]


def body_of(content: bytes, content_type: str) -> dict[str, Any]:
    """The most readable way to write a body down, as fields of ``Body``; no field for an empty one."""
    if not content:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}
    if kind == "application/x-www-form-urlencoded":
        return {"form": parse_qsl(text, keep_blank_values=True)}
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return {"json": json.loads(text)}
        except ValueError:
            return {"text": text}
    return {"text": text}
