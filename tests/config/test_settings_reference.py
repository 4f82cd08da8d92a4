"""The page of settings has every key with its type, default and meaning, or says where to read that."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from livechat_sdk.config.models import LivechatFile
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings
from tools.settings_reference import (
    PAGE,
    Part,
    all_parts,
    default_of,
    key_of,
    meanings,
    own_fields,
    parts_of,
    readme_of,
    table,
    types,
    updated,
    words_of,
)

TEXT = PAGE.read_text("utf-8")


def parts() -> Iterator[Part]:
    yield from all_parts(parts_of(LivechatFile))
    for kind in types().values():
        yield from all_parts(parts_of(kind.settings, "", readme_of(kind)))


def test_page_is_what_the_models_say() -> None:
    assert updated(TEXT) == TEXT, "run: python -m tools.settings_reference"


def test_every_key_is_explained_on_the_page_or_on_the_one_that_it_names() -> None:
    missing: list[str] = []
    for part in parts():
        elsewhere = ""
        if part.explained is not None:
            target = re.search(r"\(([^)]+)\)", part.explained)
            assert target is not None
            elsewhere = (PAGE.parent / target[1]).read_text("utf-8")
        for name, info in own_fields(part.model).items():
            key = key_of(name, info)
            if part.explained is None:
                said = name in meanings(part.model)
            else:
                said = re.search(rf"\b{re.escape(key)}\b", elsewhere) is not None
            if not said:
                missing.append(f"{part.path or part.model.__name__}: {key}")
    assert not missing


@pytest.mark.parametrize(("name", "kind"), types().items(), ids=list(types()))
def test_every_integration_type_has_all_of_its_keys(name: str, kind: IntegrationType) -> None:
    section = TEXT.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    for field, info in own_fields(kind.settings).items():
        assert field not in IntegrationSettings.model_fields
        assert f"| `{key_of(field, info)}` |" in section


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, "number, 1 to 9"),
        ({"type": "number", "minimum": 1}, "number from 1 on"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"$ref": "#/$defs/A"}, "`a`, `b`"),
        ({"type": "array", "items": {"$ref": "#/$defs/A"}}, "list of: `a`, `b`"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "mapping to: `true`, `false`"),
        ({"type": "array", "items": {"type": "string", "format": "password"}}, "secret, or `[new, old]`"),
        ({"description": "A duration such as 2m.", "anyOf": []}, "duration"),
        ({}, "anything"),
    ],
)
def test_types_are_said_in_words(node: dict[str, object], words: str) -> None:
    assert words_of(node, {"A": {"enum": ["a", "b"]}}) == words


def test_defaults_have_the_unit_that_a_file_would_have() -> None:
    rows = dict(
        re.findall(
            r"\| `(\w+)` \| (?:duration|age|size) \| `?([^`|]*?)`? \|", "".join(table(Part("", LivechatFile)))
        )
    )
    assert rows == {"reconcile_every": "1m"}
    assert "| `max_size` | size | `20MB` |" in TEXT
    assert "| `event_ids_after` | age | `30d` |" in TEXT
    assert default_of(LivechatFile.model_fields["version"], "") == "`1`"
