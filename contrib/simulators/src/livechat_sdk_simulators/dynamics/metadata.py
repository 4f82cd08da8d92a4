"""Metadata of tables and columns: ``EntityDefinitions`` with attributes, choices and alternate keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from livechat_sdk_simulators.dynamics.addresses import Segment
from livechat_sdk_simulators.dynamics.errors import bad_query, no_row, no_segment
from livechat_sdk_simulators.dynamics.evaluate import check, test
from livechat_sdk_simulators.dynamics.filters import Path
from livechat_sdk_simulators.dynamics.options import Options
from livechat_sdk_simulators.dynamics.tables import Choice, Column, Table

__all__ = ["Metadata"]

_CAST: Final = "Microsoft.Dynamics.CRM."
_EXPANDED: Final = frozenset({"Attributes", "Keys", "OptionSet", "GlobalOptionSet"})
_KINDS: Final[Mapping[type, str]] = {bool: "flag", int: "number", str: "text"}


class _Definition:
    """A definition for filters."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def value(self, path: Path) -> object:
        value: Any = self._values
        for name in path.names:
            value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
        return value

    def kind(self, path: Path) -> str:
        value = self.value(path)
        if value is None and path.names[0] not in self._values:
            raise bad_query(f"Could not find a property named '{path.names[0]}' on this metadata type.")
        return _KINDS.get(type(value), "text")


class Metadata:
    """The definitions of the tables of one environment."""

    def __init__(self, tables: Mapping[str, Table], address: str, language: int) -> None:
        self._tables = tables
        self._address = address
        self._language = language

    def answer(self, segments: Sequence[Segment], options: Options) -> dict[str, Any]:
        """What an address below ``EntityDefinitions`` holds. Raises ``VendorError``."""
        first, *rest = segments
        if first.key is None:
            if rest:
                raise no_segment(rest[0].name)
            definitions = [self._table(one) for one in self._tables.values()]
            return self._list(definitions, options, "EntityDefinitions")
        table = self._found(first)
        if not rest:
            return self._one(self._table(table), options, "EntityDefinitions")
        if rest[0].name == "Keys" and len(rest) == 1:
            return self._list(self._keys(table), options, "Keys")
        if rest[0].name == "Attributes":
            return self._attributes(table, rest, options)
        raise no_segment(rest[0].name)

    def _found(self, segment: Segment) -> Table:
        for table in self._tables.values():
            key = segment.key
            if key == table.metadata_id or (
                isinstance(key, Mapping) and key.get("LogicalName") == table.name
            ):
                return table
        raise no_row("EntityMetadata", segment.key_text)

    def _attributes(self, table: Table, segments: Sequence[Segment], options: Options) -> dict[str, Any]:
        first, *rest = segments
        kind = rest[0].name.removeprefix(_CAST).removesuffix("AttributeMetadata") if rest else None
        if kind is not None and (not rest[0].name.startswith(_CAST) or len(rest) > 1):
            raise no_segment(rest[-1].name)
        definitions = [
            self._column(table, one)
            for one in table.columns.values()
            if kind is None or one.type_name == kind or (kind == "Lookup" and one.kind == "lookup")
        ]
        if first.key is None:
            return self._list(definitions, options, "Attributes")
        for one in definitions:
            key = first.key
            if key == one["MetadataId"] or (
                isinstance(key, Mapping) and key.get("LogicalName") == one["LogicalName"]
            ):
                return self._one(one, options, "Attributes")
        raise no_row("AttributeMetadata", first.key_text)

    # --------------------------------------------------------------------------------------- answers
    def _list(self, definitions: Sequence[dict[str, Any]], options: Options, name: str) -> dict[str, Any]:
        found = list(definitions)
        if options.filter is not None:
            if found:
                check(options.filter, _Definition(found[0]))
            found = [one for one in found if test(options.filter, _Definition(one))]
        shown = [_chosen(one, options) for one in found[: options.top]]
        return {"@odata.context": f"{self._address}/$metadata#{name}", "value": shown}

    def _one(self, definition: dict[str, Any], options: Options, name: str) -> dict[str, Any]:
        return {"@odata.context": f"{self._address}/$metadata#{name}/$entity", **_chosen(definition, options)}

    # ----------------------------------------------------------------------------------- definitions
    def _table(self, table: Table) -> dict[str, Any]:
        return {
            "LogicalName": table.name,
            "SchemaName": table.schema_name,
            "EntitySetName": table.entity_set,
            "PrimaryIdAttribute": table.key,
            "PrimaryNameAttribute": table.title,
            "LogicalCollectionName": table.entity_set,
            "DisplayName": self._label(table.schema_name),
            "IsPrivate": False,
            "IsCustomEntity": False,
            "IsActivity": table.key == "activityid",
            "MetadataId": table.metadata_id,
            "Attributes": [self._column(table, one) for one in table.columns.values()],
            "Keys": self._keys(table),
        }

    def _column(self, table: Table, column: Column) -> dict[str, Any]:
        kind = "Lookup" if column.kind == "lookup" else column.type_name
        shown: dict[str, Any] = {
            "@odata.type": f"#{_CAST}{kind}AttributeMetadata",
            "LogicalName": column.name,
            "SchemaName": column.name[:1].upper() + column.name[1:],
            "AttributeType": column.type_name,
            "AttributeTypeName": {"Value": f"{column.type_name}Type"},
            "EntityLogicalName": table.name,
            "DisplayName": self._label(column.title or column.name),
            "RequiredLevel": {"Value": column.required},
            "IsPrimaryId": column.kind == "key",
            "IsPrimaryName": column.name == table.title,
            "IsValidForCreate": column.writable,
            "IsValidForUpdate": column.writable and column.kind != "key",
            "IsValidForRead": True,
            "IsCustomAttribute": column.name.startswith("new_"),
            "MetadataId": table.id_of(column.name),
        }
        if column.kind in {"text", "memo"}:
            shown["MaxLength"] = column.length
        if column.kind == "lookup":
            shown["Targets"] = sorted(set(column.targets.values()))
        if column.choices:
            shown["OptionSet"] = {
                "MetadataId": table.id_of(f"{column.name}.options"),
                "Name": f"{table.name}_{column.name}",
                "IsGlobal": False,
                "OptionSetType": column.type_name,
                "Options": [self._option(one) for one in column.choices],
            }
        return shown

    def _option(self, choice: Choice) -> dict[str, Any]:
        shown = {"Value": choice.value, "Label": self._label(choice.label, choice.greek), "Color": None}
        return shown if choice.state is None else {**shown, "State": choice.state}

    def _label(self, english: str, greek: str = "") -> dict[str, Any]:
        labels = [{"Label": english, "LanguageCode": 1033, "IsManaged": True}]
        if greek:
            labels.append({"Label": greek, "LanguageCode": 1032, "IsManaged": True})
        mine = next((one for one in labels if one["LanguageCode"] == self._language), labels[0])
        return {"LocalizedLabels": labels, "UserLocalizedLabel": mine}

    def _keys(self, table: Table) -> list[dict[str, Any]]:
        return [
            {
                "LogicalName": "_".join(names),
                "SchemaName": "_".join(names),
                "EntityLogicalName": table.name,
                "KeyAttributes": list(names),
                "EntityKeyIndexStatus": "Active",
                "MetadataId": table.id_of("key." + ".".join(names)),
            }
            for names in table.keys
        ]


def _chosen(definition: dict[str, Any], options: Options) -> dict[str, Any]:
    """The properties that were asked for; what has parts is there only when it is expanded."""
    expanded = {one.name: one.options for one in options.expand}
    for name in [*expanded, *(options.select or ())]:
        if name not in definition and name not in _EXPANDED and name not in {"MaxLength", "Targets"}:
            raise bad_query(f"Could not find a property named '{name}' on this metadata type.")
    result: dict[str, Any] = {}
    for name, value in definition.items():
        always = name in {"@odata.type", "MetadataId"}
        if name in _EXPANDED:
            if name in expanded:
                result[name] = _inner(value, expanded[name])
        elif options.select is None or name in options.select or always:
            result[name] = value
    return result


def _inner(value: Any, options: Options) -> Any:
    if isinstance(value, list):
        return [_inner(one, options) for one in cast("list[object]", value)]
    parts = cast("dict[str, Any]", value)
    if options.select is None:
        return {name: part for name, part in parts.items() if name not in _EXPANDED}
    return {name: part for name, part in parts.items() if name in options.select or name == "MetadataId"}
