"""Checks answers against an OpenAPI document: what the desk's tests need of JSON Schema, and no more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def operation_of(document: Mapping[str, Any], method: str, path: str) -> Mapping[str, Any]:
    """The operation that ``path`` belongs to: the one with the fewest parameters."""
    found: list[tuple[int, Mapping[str, Any]]] = []
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            found.append((template.count("{"), operations[method.lower()]))
    assert found, (method, path)
    return min(found, key=lambda one: one[0])[1]


def check_answer(document: Mapping[str, Any], operation: Mapping[str, Any], status: int, body: Any) -> None:
    """Fail unless the operation declares this answer."""
    declared = operation["responses"].get(str(status))
    if declared is None:
        assert status >= 400, f"status {status} is not declared"
        declared = operation["responses"]["default"]
    if "content" not in declared:
        assert body is None
        return
    check(document, declared["content"]["application/json"]["schema"], body, "answer")


def check(document: Mapping[str, Any], schema: Mapping[str, Any], value: Any, place: str) -> None:
    """Fail unless ``value`` fits ``schema``, and has no property that is not declared."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        check(document, document["components"]["schemas"][name], value, place)
        return
    if "enum" in schema:
        assert value in schema["enum"], (place, value)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = [kind for kind in kinds if isinstance(value, _TYPES[kind])]
    assert fits, (place, value, kinds)
    if isinstance(value, bool):
        assert "boolean" in fits, (place, value)
    if schema.get("format") == "date-time":
        assert datetime.fromisoformat(str(value)).tzinfo is not None, (place, value)
    if isinstance(value, list):
        for number, one in enumerate(value):
            check(document, schema["items"], one, f"{place}[{number}]")
    if isinstance(value, dict) and "properties" in schema:
        missing = set(schema["required"]) - set(value)
        assert not missing, (place, missing)
        unknown = set(value) - set(schema["properties"])
        assert not unknown, (place, unknown)
        for name, one in value.items():
            check(document, schema["properties"][name], one, f"{place}.{name}")
