"""JSON Schemas of a vendor's document: what a value violates, and which of its fields nobody documented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from livechat_sdk_testing.recordings.matching import is_placeholder

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Document", "undocumented", "violations"]

_URI: Final = "urn:api-document"
_DEEPEST: Final = 50

Schema = Mapping[str, Any]


class Document:
    """A document in which schemas refer to each other as ``#/components/schemas/chat``."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        from jsonschema import FormatChecker
        from referencing import Registry
        from referencing.jsonschema import DRAFT202012

        resource: Any = DRAFT202012.create_resource(dict(content))
        registry: Registry[Any] = Registry()
        self._content = content
        self.registry: Any = registry.with_resource(_URI, resource)
        self.formats = FormatChecker()
        self.formats.checks("date-time", raises=ValueError)(_is_a_time)

    def follow(self, node: Schema) -> Schema:
        """What a ``$ref`` points to. Raises ``KeyError`` for one that points nowhere."""
        for _ in range(_DEEPEST):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            found: Any = self._content
            for part in reference.removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = cast("Schema", found)
        raise KeyError(f"{node.get('$ref')} refers to itself")


def _is_a_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def violations(document: Document, schema: Schema, value: Any) -> Iterator[str]:
    """What is wrong with ``value``, a line each. Placeholders of recordings fit everywhere."""
    from jsonschema import Draft202012Validator

    validator: Any = Draft202012Validator(
        _absolute(schema), registry=document.registry, format_checker=document.formats
    )
    for error in validator.iter_errors(value):
        yield from _lines(error)


def _absolute(schema: Schema) -> Any:
    """A schema outside of its document: references get the document's name."""

    def changed(node: Any) -> Any:
        if isinstance(node, Mapping):
            pairs = cast("Mapping[str, Any]", node).items()
            return {
                key: f"{_URI}{one}" if key == "$ref" and str(one).startswith("#") else changed(one)
                for key, one in pairs
            }
        if isinstance(node, list):
            return [changed(one) for one in cast("Sequence[Any]", node)]
        return node

    return changed(schema)


def _lines(error: ValidationError) -> Iterator[str]:
    if is_placeholder(error.instance):
        return
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    yield f"{place.lstrip('.') or 'the body'}: {error.message[:300]}"


def undocumented(document: Document, schema: Schema, value: Any, place: str = "") -> Iterator[str]:
    """Places of fields that no schema names. An object without named properties may hold anything."""
    yield from _unnamed(document, [schema], value, place, 0)


def _unnamed(
    document: Document, schemas: Sequence[Schema], value: Any, place: str, depth: int
) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    parts = [part for schema in schemas for part in _parts(document, schema, 0)]
    if isinstance(value, Mapping):
        yield from _unnamed_fields(document, parts, cast("Mapping[str, Any]", value), place, depth)
    elif isinstance(value, list):
        items = [one["items"] for one in parts if isinstance(one.get("items"), Mapping)]
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from _unnamed(document, items, item, f"{place}[{index}]", depth + 1)


def _unnamed_fields(
    document: Document, parts: Sequence[Schema], value: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    named: dict[str, list[Schema]] = {}
    others: list[Schema] = []
    free = True
    for part in parts:
        for name, schema in part.get("properties", {}).items():
            free = False
            named.setdefault(name, []).append(schema)
        rest = part.get("additionalProperties")
        if rest is True or isinstance(rest, Mapping):
            others.append({} if rest is True else cast("Schema", rest))
    for name, one in value.items():
        where = f"{place}.{name}".lstrip(".")
        if name in named:
            yield from _unnamed(document, named[name], one, where, depth + 1)
        elif others:
            yield from _unnamed(document, others, one, where, depth + 1)
        elif not free:
            yield where


def _parts(document: Document, schema: Schema, depth: int) -> Iterator[Schema]:
    """A schema and all that it is put together from."""
    if depth > _DEEPEST:
        return
    schema = document.follow(schema)
    yield schema
    for word in ("allOf", "anyOf", "oneOf"):
        for one in cast("Sequence[Schema]", schema.get(word, ())):
            yield from _parts(document, one, depth + 1)
