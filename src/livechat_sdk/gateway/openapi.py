"""The API document (OpenAPI 3.1), made from the table of operations and the pydantic models."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.responses import Response

from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import Operation, Parameter
from livechat_sdk.gateway.payloads import WEBHOOKS
from livechat_sdk.gateway.refusals import SAFE_HEADERS

__all__ = ["OpenApiRoute", "api_document"]

_REF = "#/components/schemas/{model}"
_ERROR: dict[str, Any] = {
    "description": "Every answer that is not a success. More fields may stand beside code and message.",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "stable, for programs"},
                "message": {"type": "string", "description": "what is wrong, for people"},
                "hint": {"type": "string", "description": "what to do next"},
            },
            "additionalProperties": True,
        }
    },
}
_ALWAYS = {
    500: "`internal_error`, with a `reference` for the log",
    503: "`store_unavailable`, `busy`: nothing was accepted, send it again after Retry-After seconds",
}
_WITH_TOKEN = {401: "`unauthorised`", 502: "`provider_failed`"}
_WITH_BODY = {408: "`too_slow`", 413: "`body_too_large`, `message_too_large`"}
_WITH_JSON = {
    400: "`malformed_json`, `invalid_fields`, `invalid_key`, `key_mismatch`",
    415: "`unsupported_media_type`",
}


_PROOF = {
    "webhook-id": "the same for every repetition of this delivery",
    "webhook-timestamp": "Unix seconds of this attempt",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; two with a blank "
    "between them while the secret rotates",
}


class OpenApiRoute:
    """``GET /openapi.json``: made once, when it is first asked for."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._others = tuple(operations)

    def operations(self) -> Sequence[Operation]:
        """The operation of this room, for the table."""
        return (
            Operation(
                "GET",
                "/openapi.json",
                "getApiDocument",
                "This document.",
                self.show,
                answers={200: (None, "OpenAPI 3.1")},
                public=True,
            ),
        )

    async def show(self, incoming: Incoming) -> Response:
        """The document as JSON."""
        return Response(self._content, headers=dict(SAFE_HEADERS), media_type="application/json")

    @cached_property
    def _content(self) -> bytes:
        return json.dumps(api_document([*self._others, *self.operations()])).encode()


def api_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document: what the gateway answers, and what it posts to the platform."""
    refs, schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.plain_path, {})[operation.method.lower()] = _operation(operation, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "livechat-sdk gateway",
            "version": version("livechat-sdk"),
            "description": "Hand a bot's conversation to a human, and get it back.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "webhooks": {name: {"post": _webhook(name, model, refs)} for name, model in WEBHOOKS.items()},
        "components": {
            "schemas": {**schemas, "Error": _ERROR},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "a token of `gateway.tokens` in the settings",
                }
            },
        },
        "security": [{"bearer": []}],
    }


Refs = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]
"""Where the schema of a model stands, for what comes in (validation) and what goes out."""


def _schemas(operations: Sequence[Operation]) -> tuple[Refs, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for operation in operations:
        if operation.body is not None and operation.body != "raw":
            wanted[operation.body, "validation"] = None
        for model, _ in operation.answers.values():
            if model is not None:
                wanted[model, "serialization"] = None
    for payload in WEBHOOKS.values():
        wanted[payload, "serialization"] = None
    found, document = models_json_schema(list(wanted), ref_template=_REF)
    refs: Refs = {wish: found[wish] for wish in wanted}
    schemas: dict[str, Any] = document.get("$defs", {})
    return refs, schemas


def _operation(operation: Operation, refs: Refs) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "responses": _responses(operation, refs),
    }
    parameters = [*_path_parameters(operation), *(_parameter(one) for one in operation.parameters)]
    if parameters:
        described["parameters"] = parameters
    if operation.body == "raw":
        anything = {"schema": {"description": "the bytes as they are"}}
        described["requestBody"] = {"required": True, "content": {"*/*": anything}}
    elif operation.body is not None:
        content = {"application/json": {"schema": refs[operation.body, "validation"]}}
        described["requestBody"] = {"required": not operation.body_optional, "content": content}
    if operation.public:
        described["security"] = []
    return described


def _webhook(name: str, model: type[BaseModel], refs: Refs) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "operationId": f"deliver.{name}",
        "summary": " ".join((model.__doc__ or "").split()),
        "description": "Posted to `gateway.platform.url`, signed as Standard Webhooks 1.0 says. A delivery "
        "may come more than once, with the same `webhook-id`; those of one handoff come in order.",
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": about, "schema": text}
            for header, about in _PROOF.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": refs[model, "serialization"]}},
        },
        "responses": {
            "2XX": {"description": "taken, now or by an earlier delivery with the same id"},
            "410": {"description": "not wanted: it is not sent again"},
            "413": {"description": "too large: it is not sent again"},
            "422": {"description": "understood and refused: it is not sent again"},
            "default": {"description": "sent again with growing pauses; `Retry-After` is kept up to an hour"},
        },
        "security": [],
    }


def _responses(operation: Operation, refs: Refs) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, (model, about) in operation.answers.items():
        responses[str(status)] = {"description": about}
        if status == 204:  # noqa: PLR2004
            continue
        plain = "object" if operation.media_type == "application/json" else "string"
        schema = {"type": plain} if model is None else refs[model, "serialization"]
        content: dict[str, Any] = {operation.media_type: {"schema": schema}}
        if operation.stream:
            # The document format has no words for the data of events yet.
            content = {"text/event-stream": {"schema": {"type": "string"}, "x-event-data": schema}}
        responses[str(status)]["content"] = content
    for status, about in sorted(_refusals(operation).items()):
        responses[str(status)] = {
            "description": about,
            "content": {"application/json": {"schema": {"$ref": _REF.format(model="Error")}}},
        }
    return responses


def _refusals(operation: Operation) -> dict[int, str]:
    kinds: list[Mapping[int, str]] = [operation.refusals, _ALWAYS]
    if not operation.public:
        kinds.append(_WITH_TOKEN)
    if operation.body is not None:
        kinds.append(_WITH_BODY)
        kinds.append({400: "`cut_short`"} if operation.body == "raw" else _WITH_JSON)
    if operation.parameters and operation.body is None:
        kinds.append({400: "`invalid_parameter`"})
    merged: dict[int, str] = {}
    for kind in kinds:
        for status, about in kind.items():
            merged[status] = f"{merged[status]}; {about}" if status in merged else about
    return merged


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", operation.plain_path)
    ]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": parameter.kind}
    if parameter.kind == "integer":
        schema["minimum"] = 0
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "description": parameter.about,
        "schema": schema,
    }
