"""Settings of older forms become today's, with their comments and without a changed value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.config import load_text
from livechat_sdk.config.migrating import migrate_text
from livechat_sdk.config.reading import read_document
from livechat_sdk.config.render import render
from livechat_sdk.config.tree import plain
from livechat_sdk.errors import ConfigurationError
from tests.config.vendors import ENV, TYPES

GOOD = sorted(one for one in (Path(__file__).parent / "good").glob("*.yaml"))

OLD = """\
# The settings of the shop.
workspace: shop   # as on the platform
storeKey: ${LONG}
gateway: {publicUrl: https://chat.example.com, tokens: "${LONGER}"}
integrations:
  acme:
    type: ZENDESK_LIVECHAT
    baseUrl: https://acme.zendesk.com
    appId: app
    keyId: key
    secret: ${LONG}   # rotates in May
    webhookKey: ${LONG}
bots:
  shop-bot:
    livechat:
      integrations: [acme]
      # people wait
      requestTimeout: 3m
      agentSilence: {remindAfter: 1m, releaseAfter: 5m}
      systemMessages: {en: {waiting: "One moment…"}}
"""
NEW = """\
# The settings of the shop.
version: 1
workspace: shop   # as on the platform
store_key: ${LONG}
gateway: {public_url: https://chat.example.com, tokens: "${LONGER}"}
integrations:
  acme:
    type: ZENDESK_LIVECHAT
    baseUrl: https://acme.zendesk.com
    appId: app
    keyId: key
    secret: ${LONG}   # rotates in May
    webhookKey: ${LONG}
bots:
  shop-bot:
    livechat:
      integrations: [acme]
      # people wait
      request_timeout: 3m
      agent_silence: {remind_after: 1m, release_after: 5m}
      system_messages: {en: {waiting: "One moment…"}}
"""


def content(text: str, name: str = "a.yaml") -> Any:
    root = read_document(text, name, [])
    assert root is not None
    return plain(root)


def test_file_without_a_version_and_in_the_platforms_spelling_becomes_todays() -> None:
    migration = migrate_text(OLD)
    assert migration.after == NEW
    assert migration.before == OLD
    assert migration.done == (
        "storeKey is called store_key now",
        "gateway.publicUrl is called public_url now",
        "bots.shop-bot.livechat.requestTimeout is called request_timeout now",
        "bots.shop-bot.livechat.agentSilence is called agent_silence now",
        "bots.shop-bot.livechat.agentSilence.remindAfter is called remind_after now",
        "bots.shop-bot.livechat.agentSilence.releaseAfter is called release_after now",
        "bots.shop-bot.livechat.systemMessages is called system_messages now",
        "version: 1 is added",
    )
    loaded = load_text(migration.after, types=TYPES, env=ENV)
    assert not loaded.problems, render(loaded.problems)


def test_settings_of_an_integration_keep_their_spelling() -> None:
    assert "baseUrl" in migrate_text(OLD).after


def test_twice_is_as_once() -> None:
    once = migrate_text(OLD).after
    again = migrate_text(once)
    assert (again.after, again.done) == (once, ())


@pytest.mark.parametrize("version", ["0", '"0"', '"1"', "1.0", "v1"])
def test_version_that_is_written_otherwise_becomes_a_number(version: str) -> None:
    assert migrate_text(f"version: {version} # form\nbots: {{}}\n").after == "version: 1 # form\nbots: {}\n"


def test_old_keys_are_found_in_a_file_that_says_its_version() -> None:
    assert migrate_text("version: 1\nreconcileEvery: 5m\n").after == "version: 1\nreconcile_every: 5m\n"


def test_key_that_stands_there_in_both_spellings_is_left_to_a_person() -> None:
    text = "version: 1\nreconcileEvery: 5m\nreconcile_every: 6m\n"
    assert migrate_text(text).after == text


def test_json_settings_stay_json() -> None:
    after = migrate_text('{"bots": {"b": {"livechat": {"requestTimeout": 5}}}}', "a.json").after
    assert json.loads(after) == {"version": 1, "bots": {"b": {"livechat": {"request_timeout": 5}}}}


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_file_is_left_as_it_is(file: Path) -> None:
    text = file.read_text("utf-8")
    if "version" in text:
        assert migrate_text(text, file.name).done == ()


# ------------------------------------------------------------------------------- documents of the platform
DOCUMENTS = """\
# exported in May
- name: Acme Zendesk   # the shop
  type: ZENDESK_LIVECHAT
  category: LIVECHAT
  baseUrl: https://acme.zendesk.com
  appId: "5001"
  keyId: key
  secret: ${LONG}  # rotates
  # their hook
  webhookKey: '${LONG}'
- {name: Model, type: OPENAI, category: LLM}
- {name: Desk, type: HELVIA_LIVECHAT, tags: [eu, "no"], enabled: true}
"""


def test_documents_keep_their_comments_their_quotes_and_their_references() -> None:
    migration = migrate_text(DOCUMENTS)
    assert migration.after == (
        "# exported in May\n"
        "version: 1\n"
        "integrations:\n"
        "  Acme Zendesk:\n"
        "    type: ZENDESK_LIVECHAT\n"
        "    category: LIVECHAT\n"
        "    baseUrl: https://acme.zendesk.com\n"
        '    appId: "5001"\n'
        "    keyId: key\n"
        "    secret: ${LONG} # rotates\n"
        "  # their hook\n"
        "    webhookKey: '${LONG}'\n"
        '  Desk: {type: HELVIA_LIVECHAT, tags: [eu, "no"], enabled: true}\n'
    )
    assert migration.done[-2:] == ("1 that live chat has no use for: left out", "version: 1 is added")
    assert not load_text(migration.after, types=TYPES, env=ENV).errors


def test_one_document_in_json_becomes_a_file_in_yaml() -> None:
    document = {"name": "Desk", "type": "HELVIA_LIVECHAT", "tags": ["a: b", "#c"], "description": "on\noff"}
    after = migrate_text(json.dumps(document, indent=2), "desk.json").after
    assert content(after) == {
        "version": 1,
        "integrations": {"Desk": {key: value for key, value in document.items() if key != "name"}},
    }


WORDS = ["no", "9:30", "0x1f", "1e3", "~", "2026-12-24", "012", "${A}", "a: b", "- c", "#d", "1_000"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-999, 999)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
    | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcdefG_", min_size=1, max_size=8), VALUES, max_size=6))
def test_no_value_changes_whatever_it_is(document: dict[str, Any]) -> None:
    document.pop("name", None)
    whole = {"type": "X", "name": "Desk: 1", **document}
    after = migrate_text(json.dumps([whole]), "a.json").after
    assert content(after) == {"version": 1, "integrations": {"Desk: 1": {"type": "X", **document}}}


# ------------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("version: 2\n", "LC202"),
        ("version: one\n", "LC202"),
        ("a: [\n", "LC105"),
        ("", "LC110"),
        ("just a text\n", "LC111"),
        ("- {type: HELVIA_LIVECHAT}\n", "LC408"),
        ("- {type: X, name: a}\n- {type: X, name: a}\n", "LC409"),
        ("- 5\n", "LC410"),
        ("a: 1\na: 2\n", "LC112"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_problem(text: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        migrate_text(text)
    assert code in {one.code for one in caught.value.problems}


def test_a_slip_in_the_version_is_no_second_version() -> None:
    text = "verison: one\nintegrations: {desk: {type: HELVIA_LIVECHAT}}\n"
    assert migrate_text(text).after == text.replace("verison: one", "version: 1")
