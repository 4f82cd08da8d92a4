"""Writes the reference of all settings from their models: ``python -m tools.settings_reference``.

The page ``docs/reference/settings.md`` begins with text that people write. What stands between the two
marks is made here: each part of ``livechat.yaml`` with its keys, from the JSON Schema that editors use, the
defaults of the models, and the texts below their fields. Keys of integration types are explained in the
README of their package, rules of hours and routing on pages of their own: there the page has types and
defaults, and says where to read on. A test compares page and models.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any, Final, cast, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from livechat_sdk import Registry
from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.policies.hours.dates import DateHours
from livechat_sdk.policies.hours.settings import CalendarFields, ScopedHoursSettings
from livechat_sdk.policies.message_settings import SystemMessagesSettings
from livechat_sdk.policies.routing.settings import FallbackSettings, RoutingRuleSettings
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings
from tools.made_part import MadePart

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "settings.md"
PART = MadePart(PAGE, "tools/settings_reference.py")

ELSEWHERE: Final[Mapping[type[BaseModel], str]] = {
    CalendarFields: "[Business hours](business-hours.md)",
    ScopedHoursSettings: "[Business hours](business-hours.md)",
    FallbackSettings: "[Routing](routing.md)",
    RoutingRuleSettings: "[Routing](routing.md)",
    SystemMessagesSettings: "[System messages](system-messages.md)",
}
"""Models whose keys are explained on a page of their own, and that page."""

_WRITTEN_OTHERWISE: Final = frozenset({IntegrationDocument, DateHours})
"""Models that no file spells out: integrations have the keys of their type, dates are keys themselves."""
_NAMED: Final = (("A duration", "duration"), ("An age", "age"), ("A size", "size"), ("A secret", "secret"))
_UNITS: Final = {"duration": ((86400, "d"), (3600, "h"), (60, "m")), "age": ((86400, "d"), (3600, "h"))}
_SIZES: Final = ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB"))


@dataclass(frozen=True)
class Part:
    """One part of the file: where it stands, its model, and the parts within it."""

    path: str
    model: type[BaseModel]
    explained: str | None = None
    """Where its keys are explained, if not here."""
    inner: list[Part] = field(default_factory=list["Part"])


# ---------------------------------------------------------------------------------------------- what there is
def models_in(annotation: object) -> Iterator[tuple[type[BaseModel], str]]:
    """The models in a type, each with what stands behind its key: ``[]`` in lists, ``.NAME`` in mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
        return
    origin = getattr(annotation, "__origin__", None)
    mark = ".NAME" if origin is dict else "[]" if origin in {tuple, list, frozenset} else ""
    for one in get_args(annotation):
        for model, deeper in models_in(one):
            yield model, mark + deeper


def parts_of(model: type[BaseModel], path: str = "", explained: str | None = None) -> Part:
    """A model as a part, with all parts below it; ``Annotated`` types and lists are looked through."""
    explained = explained or next((page for one, page in ELSEWHERE.items() if issubclass(model, one)), None)
    part = Part(path, model, explained)
    for name, info in own_fields(model).items():
        for inner, mark in models_in(info.annotation):
            if inner in _WRITTEN_OTHERWISE:
                continue
            where = f"{path}.{key_of(name, info)}{mark}".lstrip(".")
            part.inner.append(parts_of(inner, where, explained))
    return part


def own_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model, for integrations without those that all of them have."""
    common = IntegrationSettings.model_fields if issubclass(model, IntegrationSettings) else {}
    if model is IntegrationSettings or "root" in model.model_fields:
        common = {}
    return {name: info for name, info in model.model_fields.items() if name not in common and name != "root"}


def key_of(name: str, info: FieldInfo) -> str:
    """The key as it is written in a file."""
    return info.alias or name


def all_parts(part: Part) -> Iterator[Part]:
    """A part and all below it that have keys."""
    if own_fields(part.model):
        yield part
    for one in part.inner:
        yield from all_parts(one)


# --------------------------------------------------------------------------------------------------- meanings
@cache
def meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """The texts below the fields in the source, those of base classes included."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if one is BaseModel or not issubclass(one, BaseModel) or "[" in one.__name__:
            continue
        try:
            [body] = ast.parse(dedent(inspect.getsource(one))).body
        except OSError:  # a parametrised generic has no source of its own
            continue
        statements = cast("ast.ClassDef", body).body
        for before, text in pairwise(statements):
            match before, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                    found[name] = " ".join(said.split()).replace("``None``", "``null``").replace("``", "`")
                case _:
                    continue
    return found


# ----------------------------------------------------------------------------------------- types and defaults
def words_of(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A type of the JSON Schema in words."""
    if "$ref" in node:
        return words_of(definitions[str(node["$ref"]).rpartition("/")[2]], definitions)
    for start, word in _NAMED:
        if str(node.get("description", "")).startswith(start):
            return word
    if "anyOf" in node:
        choices = [words_of(one, definitions) for one in node["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(choices))
    if "const" in node or "enum" in node:
        values = [node["const"]] if "const" in node else node["enum"]
        return ", ".join(f"`{value}`" for value in values)
    return _plain(node, definitions)


def _plain(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    match node.get("type"):
        case "boolean":
            words = "`true`, `false`"
        case "integer" | "number":
            words = _number(node)
        case "array" if node.get("items", {}).get("format") == "password":
            words = "secret, or `[new, old]`"
        case "array":
            words = f"list of: {words_of(node.get('items', {}), definitions)}"
        case "object":
            words = _mapping(node, definitions)
        case "string":
            words = "secret" if node.get("format") == "password" else "text"
        case _:
            words = "anything"
    return words


def _number(node: Mapping[str, Any]) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    if low is None and high is None:
        return "number"
    return f"number, {low} to {high}" if high is not None else f"number from {low} on"


def _mapping(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if node.get("properties"):
        return "settings"
    values: object = node.get("additionalProperties") or next(
        iter(node.get("patternProperties", {}).values()), {}
    )
    known = isinstance(values, Mapping) and values
    inner = words_of(cast("Mapping[str, Any]", values), definitions) if known else "anything"
    return f"mapping to: {inner}"


def default_of(info: FieldInfo, words: str) -> str:
    """The default as a file would say it."""
    if info.is_required():
        return "**needed**"
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, BaseModel | SecretStr) or value in ((), {}, "", frozenset()):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | frozenset):
        plain = [one.value if isinstance(one, Enum) else one for one in cast("tuple[object, ...]", value)]
        return ", ".join(f"`{one}`" for one in plain)
    return f"`{_in_units(value, words)}`"


def _in_units(value: object, words: str) -> object:
    if not isinstance(value, int | float):
        return value
    units: tuple[tuple[int, str], ...] = _SIZES if words == "size" else _UNITS.get(words, ())
    for seconds, unit in units:
        if value >= seconds and value % seconds == 0:
            return f"{value // seconds:g}{unit}"
    return f"{value:g}s" if words in _UNITS else value


# ------------------------------------------------------------------------------------------------------- page
def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def table(part: Part) -> Iterator[str]:
    """The keys of one part, with their meaning where it is not said elsewhere."""
    schema = part.model.model_json_schema(mode="validation", by_alias=True)
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    own = schema if "properties" in schema else definitions.get(part.model.__name__, {})
    properties: Mapping[str, Any] = own.get("properties") or _properties_within(schema)
    told = part.explained is None
    yield f"| key | type | default |{' meaning |' if told else ''}\n|---|---|---|{'---|' if told else ''}\n"
    for name, info in own_fields(part.model).items():
        key = key_of(name, info)
        words = words_of(properties[key], definitions)
        meaning = f" {_cell(meanings(part.model)[name])} |" if told else ""
        yield f"| `{key}` | {_cell(words)} | {_cell(default_of(info, words))} |{meaning}\n"


def _properties_within(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of a model that may also be written as a text."""
    return next(one["properties"] for one in schema["anyOf"] if "properties" in one)


def _section(part: Part, depth: int, likewise: Iterable[str] = ()) -> Iterator[str]:
    if part.path:
        yield f"\n{'#' * depth} `{part.path}`\n"
    yield "\n"
    if also := [f"`{path}`" for path in likewise if path != part.path]:
        yield f"The same keys stand in {', '.join(also)}.\n\n"
    if part.explained is not None:
        yield f"What the keys mean: {part.explained}.\n\n"
    yield from table(part)


def _file() -> Iterator[str]:
    yield "\n## The file\n"
    places: dict[type[BaseModel], list[Part]] = {}
    for part in all_parts(parts_of(LivechatFile)):
        places.setdefault(part.model, []).append(part)
    for first, *others in places.values():
        yield from _section(first, 3, dict.fromkeys(one.path for one in others))
    yield "\n### `integrations.NAME`\n\n"
    yield "These keys every integration has; those of its type are [below](#integration-types).\n\n"
    yield "| key | type | default |\n|---|---|---|\n"
    properties = IntegrationSettings.model_json_schema(by_alias=True)["properties"]
    for name, info in IntegrationSettings.model_fields.items():
        if name != "name":
            key = key_of(name, info)
            yield f"| `{key}` | {words_of(properties[key], {})} | {default_of(info, '')} |\n"


def readme_of(kind: IntegrationType) -> str | None:
    """The README that explains the keys of a type, as a link; ``None`` for what the SDK brings itself."""
    package = kind.settings.__module__.partition(".")[0].removeprefix("livechat_sdk").lstrip("_")
    return f"[README](../../providers/{package}/README.md)" if package else None


def types() -> Mapping[str, IntegrationType]:
    """The integration types of all distributions, by name."""
    return dict(sorted(Registry.discover().types.items()))


def _types() -> Iterator[str]:
    yield "\n## Integration types\n"
    for name, kind in types().items():
        yield f"\n### `{name}`\n"
        part = parts_of(kind.settings, "", readme_of(kind))
        if not own_fields(kind.settings):
            yield "\nIt has no keys of its own.\n"
        for one in all_parts(part):
            yield from _section(one, 4)


def generated() -> str:
    """Everything between the two marks."""
    return "".join((*_file(), *_types())) + "\n"


def updated(current: str) -> str:
    """The page with its generated part made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, generated())


if __name__ == "__main__":
    PART.write(generated())
