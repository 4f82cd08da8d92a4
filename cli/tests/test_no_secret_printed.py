"""No command prints a secret of the settings, whatever it does with them, and not even with ``--debug``."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.tests.helpers import Done, invoke

CANARY = "c4n4ry0f4s3cr3t7h4tn0b0dyprints01"

SETTINGS = f"""\
version: 1
store: sqlite:///ledger.db
integrations:
  acme:
    type: ZENDESK_LIVECHAT
    description: The desk of the shop
    tags: [shop]
    baseUrl: http://127.0.0.1:9
    appId: 5fe1c0ffee
    keyId: app_key
    secret: {CANARY}a
    webhookKey: {CANARY}b
  tickets:
    type: ZENDESK_TICKETING
    baseUrl: http://127.0.0.1:9
    userName: ann@acme.example
    token: {CANARY}c
  desk: {{type: HELVIA_LIVECHAT, accounts: [{{email: ann@acme.example, name: Ann, password: {CANARY}d}}]}}
bots:
  shop-bot: {{livechat: {{integrations: [acme, desk]}}}}
"""

REQUEST = """{"key": "k", "conversation_id": "c", "bot": "shop-bot", "user": {"id": "u"}}"""

COMMANDS = [
    ("validate",),
    ("validate", "--strict"),
    ("validate", "--format", "json"),
    ("validate", "--format", "github"),
    ("validate", "--fix", "--dry-run"),
    ("migrate", "--dry-run"),
    ("schema",),
    ("plugins",),
    ("doctor",),
    ("doctor", "--json"),
    ("explain", "route", "--request", "request.json"),
    ("explain", "hours", "shop-bot"),
    ("diff", "livechat.yaml", "other.yaml"),
    ("ledger", "status"),
    ("parked",),
    ("export", "--user", "u"),
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("livechat.yaml").write_text(SETTINGS, "utf-8")
    Path("other.yaml").write_text(SETTINGS.replace("[acme, desk]", "[desk]"), "utf-8")
    Path("request.json").write_text(REQUEST, "utf-8")


def assert_silent(done: Done) -> None:
    assert CANARY not in done.stdout + done.stderr
    assert done.stdout or done.stderr, "a command that says nothing proves nothing"


@pytest.mark.feature("PV-06")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_prints_no_secret(words: tuple[str, ...]) -> None:
    done = invoke(*words)
    assert_silent(done)
    assert done.returncode not in {1, 2}, f"it did nothing: {done.stderr}"


@pytest.mark.feature("PV-06")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nor_does_it_where_the_settings_are_wrong_and_everything_is_told(words: tuple[str, ...]) -> None:
    for wrong in (
        SETTINGS.replace("appId:", "apId:"),
        SETTINGS.replace("secret: ", "secret: [").replace("a\n    web", "a]\n    web"),
    ):
        Path("livechat.yaml").write_text(wrong, "utf-8")
        assert_silent(invoke("--debug", *words))
