"""The JSON Schema for editors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from livechat_sdk.config.bare import as_settings
from livechat_sdk.config.codes import CODES
from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.models import LivechatFile, LivechatSettings
from livechat_sdk.config.reading import read_document
from livechat_sdk.config.schema import DIALECT, json_schema
from livechat_sdk.config.tree import plain
from tests.config.test_corpus import BROKEN, GOOD, expected
from tests.config.vendors import TYPES


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def test_schema_is_json_and_says_its_dialect() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == DIALECT
    assert schema["required"] == ["version"]
    assert schema["additionalProperties"] is False


def test_every_key_of_the_models_is_there() -> None:
    schema = json_schema()
    assert schema["properties"].keys() == LivechatFile.model_fields.keys()
    assert schema["$defs"]["LivechatSettings"]["properties"].keys() == LivechatSettings.model_fields.keys()


def test_every_reference_leads_somewhere() -> None:
    for schema in (json_schema(), json_schema(TYPES)):
        targets = {node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)}
        assert targets
        for target in targets:
            assert target.startswith("#/$defs/")
            assert target.removeprefix("#/$defs/") in schema["$defs"]


def test_durations_are_texts_or_numbers() -> None:
    import re

    schema = json_schema()
    (number, text) = schema["$defs"]["PluginSettings"]["properties"]["hook_timeout"]["anyOf"]
    assert number["type"] == "number"
    for written in ("90s", "1h30m", "500ms", "1.5h", "90", "${WAIT}"):
        assert re.search(text["pattern"], written)
    for written in ("15 min", "soon", ""):
        assert not re.search(text["pattern"], written)


def test_numbers_and_switches_may_be_references() -> None:
    gateway = json_schema()["$defs"]["GatewaySettings"]["properties"]
    assert {"type": "string", "pattern": r"\$\{([A-Za-z_][A-Za-z0-9_]*|file:[^{}]+)\}"} in gateway["port"][
        "anyOf"
    ]
    assert gateway["port"]["default"] == 8080


def test_secrets_are_one_value_or_two() -> None:
    tokens = json_schema()["$defs"]["GatewaySettings"]["properties"]["tokens"]["anyOf"][0]
    assert tokens["anyOf"][0] == {"type": "string", "minLength": 1}
    assert tokens["anyOf"][1]["maxItems"] == 2


def test_integrations_follow_their_type() -> None:
    schema = json_schema(TYPES)
    (document,) = schema["properties"]["integrations"]["patternProperties"].values()
    assert document["properties"]["type"]["enum"] == sorted(one.type for one in TYPES)
    branches = {one["if"]["properties"]["type"]["const"]: one["then"] for one in document["allOf"]}
    zendesk = branches["ZENDESK_LIVECHAT"]
    assert {"webhookKey", "webhook_key", "baseUrl", "base_url"} <= zendesk["properties"].keys()
    assert zendesk["additionalProperties"] is False
    assert {"anyOf": [{"required": ["webhookKey"]}, {"required": ["webhook_key"]}]} in zendesk["allOf"]
    assert not any("name" in json.dumps(one) for one in zendesk["allOf"]), "the name comes from the key"


def test_types_of_plugins_do_not_share_definitions() -> None:
    schema = json_schema(TYPES)
    assert "HELVIA_LIVECHAT.Account" in schema["$defs"]
    text = json.dumps(schema["properties"]["integrations"])
    assert '"$ref": "#/$defs/HELVIA_LIVECHAT.Account"' in text


# ------------------------------------------------------------------------- against a validator of JSON Schema
SEEN = frozenset(
    f"LC{number}"
    for number in (201, 202, 203, 205, 206, 207, 209, 210, 211, 213, 214, 215, 216, 217, 218, 219, 234, 236)
) | {"LC122", "LC237", "LC238", "LC401", "LC403", "LC404", "LC405", "LC410", "LC505", "LC506", "LC507"}
"""Kinds of mistakes that editors show while one writes."""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_schema(TYPES)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def content_of(file: Path) -> Any:
    """What a file says; documents of the platform by themselves as they stand in settings."""
    drafts: list[Draft] = []
    root = read_document(file.read_bytes().decode("utf-8", "replace"), file.name, drafts)
    settings = as_settings(root, drafts) if root is not None else None
    return None if settings is None or drafts else plain(settings.document)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_file_is_good_for_editors_too(file: Path, validator: Draft202012Validator) -> None:
    assert [error.message for error in validator.iter_errors(content_of(file))] == []


def test_what_a_schema_can_see_is_refused_and_warnings_are_not(validator: Draft202012Validator) -> None:
    refused: set[str] = set()
    for file in BROKEN:
        content = content_of(file)
        if content is None:
            continue
        codes = {entry.split()[0] for entry in expected(file) if ".yaml:" not in entry}
        valid = validator.is_valid(content)
        if codes & SEEN:
            assert not valid, file.name
            refused |= codes & SEEN
        elif codes and all(CODES[code].is_warning for code in codes):
            assert valid, file.name
    assert refused == SEEN
