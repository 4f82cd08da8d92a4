"""No secret shows in anything that is said about the files of the corpus: every code, every renderer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat_sdk.config import Loaded, load_file, require
from livechat_sdk.config.codes import CODES
from livechat_sdk.config.fixing import fix_file
from livechat_sdk.config.migrating import migrate_text
from livechat_sdk.config.render import render
from livechat_sdk.errors import ConfigurationError
from tests.config.test_corpus import BROKEN, GOOD, expected
from tests.config.vendors import ENV, TYPES

CANARY = "7qZx9kWv3mTb5nRd8pSf2hUg6jYc4fLe1wQa0s"
PIECE = 6
SECRET_KEY = re.compile(
    r"(?P<key>\b(?:secret|webhookKey|webhook_key|clientSecret|store_key|storeKey|token|tokens|apiKey|password)\b[\"']?:\s*)"
    r"(?P<value>\$\{[^}\n]*\}|[\w.-]+)"
)
CANARIES = {
    name: f"{CANARY}{name}" if name.startswith(("LONG", "SIGNING")) else value for name, value in ENV.items()
}


def said(loaded: Loaded) -> Iterator[str]:
    """Everything that people and programs get to see of a load."""
    yield render(loaded.problems)
    yield render(loaded.problems, color=True)
    yield render(loaded.problems, "json")
    yield render(loaded.problems, "github")
    yield repr(loaded)
    yield repr(loaded.problems)
    yield "\n".join(map(str, loaded.problems))
    try:
        settings = require(loaded)
    except ConfigurationError as error:
        yield f"{error} {error!r}"
    else:
        yield f"{settings} {settings!r}"
        yield settings.model_dump_json()
        yield repr(settings.integrations)


def assert_silent(text: str) -> None:
    pieces = [CANARY[at : at + PIECE] for at in range(len(CANARY) - PIECE + 1)]
    for piece in pieces:
        assert piece not in text, text


def everything_said(file: Path) -> Iterator[str]:
    yield from said(load_file(file, types=TYPES, env=CANARIES))
    fixed = fix_file(file, types=TYPES, env=CANARIES)
    yield repr(fixed)
    for change in fixed.changes:
        yield "\n".join(change.diff)
    try:
        yield repr(migrate_text(file.read_bytes().decode("utf-8", "replace"), file.name))
    except ConfigurationError as error:
        yield f"{error} {render(error.problems)}"


@pytest.mark.parametrize("file", [*BROKEN, *GOOD], ids=lambda file: f"{file.parent.name}-{file.name}")
def test_secret_from_the_environment_shows_nowhere(file: Path) -> None:
    for text in everything_said(file):
        assert_silent(text)


@pytest.mark.feature("PV-06")
@pytest.mark.parametrize("file", [*BROKEN, *GOOD], ids=lambda file: f"{file.parent.name}-{file.name}")
def test_secret_in_the_file_shows_nowhere(file: Path, tmp_path: Path) -> None:
    text = file.read_bytes().decode("utf-8", "replace")
    changed = SECRET_KEY.sub(rf"\g<key>{CANARY}", text)
    (tmp_path / file.name).write_text(changed, "utf-8")
    for one in everything_said(tmp_path / file.name):
        assert_silent(one)


def test_secrets_stand_under_many_codes() -> None:
    """The canaries are where mistakes are: else the tests above would prove little."""
    codes: set[str] = set()
    for file in BROKEN:
        text = file.read_bytes().decode("utf-8", "replace")
        if SECRET_KEY.search(text) or "${LONG" in text:
            codes |= {entry.split()[0] for entry in expected(file)}
    assert len(codes) >= 20
    assert codes <= CODES.keys()


def test_secret_from_a_file_shows_nowhere(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(CANARY)
    (tmp_path / "key").chmod(0o666)
    text = 'version: 1\nstore_key: ${file:key}\nworkspace: ["${file:key}"]\nbots: ${file:key}\n'
    text += "integrations: {a: {type: ZENDESK_LIVECHAT, baseUrl: '${file:key}', secret: '${file:key}x'}}\n"
    file = tmp_path / "livechat.yaml"
    file.write_text(text)
    loaded = load_file(file, types=TYPES, env={})
    assert {"LC205", "LC406", "LC616"} <= {one.code for one in loaded.problems}
    for one in everything_said(file):
        assert_silent(one)
