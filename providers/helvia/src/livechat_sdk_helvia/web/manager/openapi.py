"""The OpenAPI document of the published manager's paths, made from the table of operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from livechat_sdk_helvia.web.manager.operations import Operation
from livechat_sdk_helvia.web.manager.schemas import SCHEMAS

__all__ = ["openapi_document"]

_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_NUMBERS: Final = {"id", "conversationId", "skip", "take", "conversation"}
_TOKENS: Final = {"agent": "member", "admin": "member", "service": "service"}


def openapi_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document, for OpenAPI 3.1. Its paths are below the place where the manager is mounted."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _described(operation)
    schemes = {
        "member": {"type": "http", "scheme": "bearer", "description": "The token of POST /login."},
        "service": {"type": "http", "scheme": "bearer", "description": "A token of serviceTokens."},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "LiveChat manager", "version": "1"},
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {"schemas": dict(SCHEMAS), "securitySchemes": schemes},
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            str(operation.status): _answer(operation),
            "default": {"description": "Refused.", "content": _json("Error")},
        },
        "security": [{_TOKENS[operation.who]: []}] if operation.who in _TOKENS else [],
    }
    if operation.body:
        described["requestBody"] = {"required": True, "content": _json(operation.body)}
    return described


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.handler is None:
        return {"description": operation.summary, "content": _json("Error")}
    if operation.answer is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": _json(operation.answer)}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    inside = [_parameter(name, "path") for name in _PARAMETER.findall(operation.path)]
    return inside + [_parameter(name, "query") for name in operation.query]


def _parameter(name: str, place: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer" if name in _NUMBERS else "string"}
    if name == "status":
        schema = {"type": "array", "items": {"type": "string"}}
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _json(name: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{name.removesuffix('[]')}"}
    schema = {"type": "array", "items": reference} if name.endswith("[]") else reference
    return {"application/json": {"schema": schema}}
