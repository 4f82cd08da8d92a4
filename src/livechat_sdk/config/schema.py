"""JSON Schema of ``livechat.yaml``, so that editors complete and check it while it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from pydantic import BaseModel

from livechat_sdk.config.integrations import types_by_name
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.provider.integration import IntegrationType

__all__ = ["DIALECT", "json_schema"]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
"""The dialect that the schema is written in."""

_REFERENCE: Final = {"type": "string", "pattern": r"\$\{([A-Za-z_][A-Za-z0-9_]*|file:[^{}]+)\}"}
_SECRET_TEXT: Final = {"type": "string", "minLength": 1}
_SECRET: Final[dict[str, Any]] = {
    "anyOf": [_SECRET_TEXT, {"type": "array", "items": _SECRET_TEXT, "minItems": 1, "maxItems": 2}],
    "description": "A secret, best as ${NAME} from the environment; [new, old] while it rotates.",
}


def json_schema(types: Mapping[str, IntegrationType] | Iterable[IntegrationType] = ()) -> dict[str, Any]:
    """The schema of the whole file; with ``types``, also of the integrations that they offer.

    Looser than the check in one way: ``${NAME}`` may stand for a number or a truth value.
    """
    schema = LivechatFile.model_json_schema(mode="validation")
    schema["$schema"] = DIALECT
    schema["title"] = "livechat.yaml"
    schema["required"] = ["version"]
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    installed = types_by_name(types)
    if installed:
        (document,) = schema["properties"]["integrations"]["patternProperties"].values()
        document["properties"]["type"]["enum"] = sorted(installed)
        document["allOf"] = [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": _of_type(name, installed[name].settings, definitions),
            }
            for name in sorted(installed)
        ]
    return dict(_tidy(schema))


def _of_type(name: str, model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one integration type, both spellings of its keys allowed."""
    schema = model.model_json_schema(mode="validation", by_alias=True)
    inner = schema.pop("$defs", {})
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    needed = set(schema.get("required", ())) - {"type", "name"}
    for field, info in model.model_fields.items():
        properties.setdefault(field, properties.get(info.alias or field, {}))
    wanted = [
        {"anyOf": [{"required": [info.alias or field]}, {"required": [field]}]}
        for field, info in model.model_fields.items()
        if (info.alias or field) in needed
    ]
    then: dict[str, Any] = {"properties": properties, "additionalProperties": False}
    if wanted:
        then["allOf"] = wanted
    for key, value in inner.items():
        definitions[f"{name}.{key}"] = _renamed(value, name, inner)
    return dict(_renamed(then, name, inner))


def _renamed(node: Any, name: str, inner: Mapping[str, Any]) -> Any:
    """A part in which references to the type's own definitions carry the type's name."""
    if isinstance(node, list):
        return [_renamed(value, name, inner) for value in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    part = {key: _renamed(value, name, inner) for key, value in cast("dict[str, Any]", node).items()}
    target = str(part.get("$ref", "")).removeprefix("#/$defs/")
    return {**part, "$ref": f"#/$defs/{name}.{target}"} if target in inner else part


def _tidy(node: Any) -> Any:
    """Secrets as one value or two, references where numbers and truth values stand."""
    if isinstance(node, list):
        return [_tidy(value) for value in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    part = cast("dict[str, Any]", node)
    if part.get("type") == "array" and part.get("items", {}).get("format") == "password":
        return dict(_SECRET)
    if part.get("type") in ("integer", "boolean"):
        outside = {key: part[key] for key in ("title", "description", "default") if key in part}
        number = {key: value for key, value in part.items() if key not in outside}
        return {**outside, "anyOf": [number, _REFERENCE]}
    return {key: _tidy(value) for key, value in part.items()}
