"""One request as the handlers see it: a limited body, checked JSON, checked parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.requests import Request

from livechat_sdk.gateway.bodies import Body, Limits
from livechat_sdk.gateway.refusals import Refusal

__all__ = ["Incoming"]

M = TypeVar("M", bound=BaseModel)

_MAX_PROBLEMS = 20
_MAX_SHOWN = 200
_MAX_NUMBER = 2**63 - 1


class Incoming:
    """A request with its limits. Every method raises ``Refusal`` for what cannot be accepted."""

    def __init__(self, request: Request, limits: Limits) -> None:
        self.request = request
        self.limits = limits
        self.body = Body(request.scope, request.receive, limits)

    def path(self, name: str) -> str:
        """A parameter of the path."""
        value: str = self.request.path_params[name]
        return value

    def query(self, name: str) -> str | None:
        """A parameter of the query, or ``None``."""
        return self.request.query_params.get(name)

    def needed(self, name: str, hint: str) -> str:
        """A parameter of the query that must be there."""
        value = self.query(name)
        if value is None:
            raise Refusal(400, "invalid_parameter", f"?{name} is missing", hint=hint)
        return value

    def number(self, name: str, *, default: int, lowest: int = 0, highest: int = _MAX_NUMBER) -> int:
        """A whole number of the query."""
        return _whole(self.query(name), f"?{name}", default, lowest, highest)

    def number_header(self, name: str) -> int | None:
        """A whole number of a header, or ``None`` without it."""
        value = self.request.headers.get(name)
        return None if value is None else _whole(value, f"the header {name}", 0, 0, _MAX_NUMBER)

    async def fields(self, *, may_be_empty: bool = False) -> dict[str, Any]:
        """The body as a JSON object; an empty one is ``{}`` where that is allowed."""
        if not may_be_empty or "content-type" in self.request.headers:
            self._check_type()
        content = await self.body.read()
        if may_be_empty and not content.strip():
            return {}
        try:
            value = from_json(content, allow_inf_nan=False)
        except ValueError as error:
            raise Refusal(400, "malformed_json", f"the body is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise Refusal(400, "invalid_fields", "the body must be a JSON object")
        fields = cast("dict[str, Any]", value)
        if not _is_finite(fields):
            raise Refusal(400, "malformed_json", "the body has a number that is too large to keep")
        return fields

    async def model(self, model: type[M], *, may_be_empty: bool = False) -> M:
        """The body as a model."""
        return self.validate(model, await self.fields(may_be_empty=may_be_empty))

    def validate(self, model: type[M], fields: Mapping[str, Any]) -> M:
        """Fields that came in, as a model. What the caller sent is not repeated in the answer."""
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            listed = [
                {"path": _path(problem["loc"]), "problem": _words(problem, model)}
                for problem in problems[:_MAX_PROBLEMS]
            ]
            first = (
                f"{listed[0]['path']}: {listed[0]['problem']}" if listed[0]["path"] else listed[0]["problem"]
            )
            raise Refusal(
                400,
                "invalid_fields",
                f"the body has {len(problems)} invalid field(s); the first is {first}",
                hint="the fields of every route are in /openapi.json",
                fields=listed,
            ) from None

    def keyed(self, fields: dict[str, Any], *, needed: bool = False) -> dict[str, Any]:
        """The fields with ``key`` taken from the header ``Idempotency-Key`` when they have none.

        When both are there they must agree; ``needed``: one of them must be there.
        """
        values = self.request.headers.getlist("idempotency-key")
        if not values:
            if needed and "key" not in fields:
                raise Refusal(
                    400,
                    "invalid_fields",
                    "the request has no key",
                    hint="send a key that stays the same when you send the request again, "
                    "in the field `key` or in the header Idempotency-Key",
                    fields=[{"path": "key", "problem": "Field required"}],
                )
            return fields
        key = values[0]
        if len(values) > 1 or not key.strip() or not key.isascii():
            raise Refusal(
                400,
                "invalid_key",
                "the header Idempotency-Key must be given once, as visible ASCII characters",
            )
        inside = fields.get("key")
        if inside is None:
            return {**fields, "key": key}
        if inside != key:
            raise Refusal(
                400,
                "key_mismatch",
                "the header Idempotency-Key and the field `key` differ",
                hint="send one of them, or the same value in both",
            )
        return fields

    def _check_type(self) -> None:
        given = self.request.headers.get("content-type", "")
        kind, _, parameters = given.partition(";")
        charset = parameters.partition("charset=")[2].partition(";")[0].strip().strip('"').lower()
        if kind.strip().lower() != "application/json" or charset not in ("", "utf-8", "utf8"):
            shown = given[:_MAX_SHOWN] or "nothing"
            raise Refusal(
                415,
                "unsupported_media_type",
                f"the body must be JSON in UTF-8; its Content-Type says {shown!r}",
                hint="send `Content-Type: application/json`",
            )


def _whole(text: str | None, where: str, default: int, lowest: int, highest: int) -> int:
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) < 20 and lowest <= int(text) <= highest:  # noqa: PLR2004
        return int(text)
    raise Refusal(400, "invalid_parameter", f"{where} must be a whole number from {lowest} to {highest}")


def _words(problem: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with a field; of one that does not exist, which ones do."""
    if problem["type"] != "extra_forbidden":
        return problem["msg"]
    known = ", ".join(model.model_fields) if len(problem["loc"]) == 1 else ""
    return f"there is no such field; there are: {known}" if known else "there is no such field"


def _path(location: tuple[int | str, ...]) -> str:
    """``("transcript", 3, "author")`` as ``transcript[3].author``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text[:_MAX_SHOWN]


def _is_finite(value: Any) -> bool:
    """Whether all numbers can be written back as JSON: ``1e999`` is read as infinity."""
    match value:
        case float():
            return math.isfinite(value)
        case dict():
            return all(_is_finite(part) for part in cast("dict[str, Any]", value).values())
        case list():
            return all(_is_finite(part) for part in cast("Sequence[Any]", value))
        case _:
            return True
