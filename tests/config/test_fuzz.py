"""Whatever is in a file: an answer, never a crash; settings or errors, never both and never neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat_sdk.config import Loaded, load_bytes, load_mapping, load_text
from livechat_sdk.config.render import render
from tests.config.vendors import ENV, TYPES

GOOD = sorted((Path(__file__).parent / "good").glob("*.*"))
KEYS = st.sampled_from(
    [
        "version",
        "store",
        "store_key",
        "workspace",
        "integrations",
        "bots",
        "gateway",
        "plugins",
        "livechat",
        "crm",
        "ticketing",
        "tokens",
        "port",
        "type",
        "name",
        "enabled",
        "category",
        "secret",
        "accounts",
        "password",
        "request_timeout",
        "inactivity",
        "remind_after",
        "close_after",
        "max_duration",
        "survey",
        "id",
        "text",
        "business_hours",
        "timezone",
        "weekly",
        "system_messages",
        "en",
        "waiting",
        "mon-fri",
        "tickets_on",
        "desk",
        "shop-bot",
        "public_url",
        "block",
        "hook_timeout",
    ]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "desk",
            "HELVIA_LIVECHAT",
            "ZENDESK_TICKETING",
            "2m",
            "Europe/Athens",
            "09:00-13:00",
            "${LONG}",
            "${X}",
            1,
        ]
    )
)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=40,
)


def assert_answered(loaded: Loaded) -> None:
    assert (loaded.settings is None) == bool(loaded.errors)
    for form in ("text", "json", "github"):
        render(loaded.problems, form)
    if loaded.settings is not None:
        assert len(loaded.settings.revision) == 12
        for bot in loaded.settings.bots.values():
            bot.livechat.policy()


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(content: bytes) -> None:
    assert_answered(load_bytes(content, types=TYPES, env=ENV))


@given(st.text(max_size=200))
def test_any_text_is_answered(content: str) -> None:
    assert_answered(load_text(content, types=TYPES, env=ENV))


@settings(max_examples=300)
@given(DOCUMENTS)
def test_any_document_is_answered(content: Any) -> None:
    if isinstance(content, dict):
        assert_answered(load_mapping(content, types=TYPES, env=ENV))
    import json

    assert_answered(load_text(json.dumps({"version": 1, "bots": content}), types=TYPES, env=ENV))


@settings(max_examples=300)
@given(st.sampled_from(GOOD), st.data())
def test_damaged_files_are_answered(file: Path, data: st.DataObject) -> None:
    text = file.read_text("utf-8")
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 8)))
        text = (
            text[:start]
            + data.draw(st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#, \n\t<~1.$", max_size=4))
            + text[end:]
        )
    assert_answered(load_text(text, types=TYPES, env=ENV, name=file.name))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_file_cut_anywhere_is_answered(file: Path) -> None:
    text = file.read_text("utf-8")
    for end in range(0, len(text), 7):
        assert_answered(load_text(text[:end], types=TYPES, env=ENV, name=file.name))


def test_places_do_not_depend_on_how_often_or_in_which_order_files_are_loaded() -> None:
    text = "version: 1\nstor: x\nbots: {a: {livechat: {integrations: [b]}}}\n"
    first = load_text(text, types=TYPES, env=ENV)
    load_text("other: 1", types=TYPES, env=ENV)
    assert load_text(text, types=list(reversed(TYPES)), env=ENV) == first
