"""The page on upgrades shows what the commands say: its transcripts are played again and compared."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from livechat_sdk.ledger.opening import open_store
from tests.documents import commands, read_blocks
from tests.tree import ROOT

PAGE = ROOT / "docs" / "how-to" / "upgrade.md"
FOLDER = "/var/lib/livechat"
MARK = re.compile(r"<!-- transcript: ledger at schema (\d+) -->\n```console\n(.*?)```", re.DOTALL)
TRANSCRIPTS = [(int(schema), text) for schema, text in MARK.findall(PAGE.read_text("utf-8"))]
LIVECHAT = Path(sys.executable).parent / "livechat"


def say(words: list[str], folder: Path) -> str:
    """What a command prints, to either side, with the folder of the page instead of ours."""
    done = subprocess.run(
        [LIVECHAT, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=50,
        check=False,
    )
    return done.stdout.replace(str(folder), FOLDER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings and a ledger of today."""
    (tmp_path / "livechat.yaml").write_text("version: 1\nstore: sqlite:///livechat.db\n", "utf-8")

    async def make() -> None:
        store = open_store(f"sqlite:///{tmp_path / 'livechat.db'}")
        await store.open()
        await store.close()

    asyncio.run(make())
    return tmp_path.resolve()


@pytest.mark.parametrize(("schema", "text"), TRANSCRIPTS)
def test_transcript_says_what_the_commands_say(schema: int, text: str, folder: Path) -> None:
    if f"schema   {schema} " not in say(["ledger", "status"], folder):
        say(["ledger", "downgrade", "--to", str(schema)], folder)
    played = ""
    for line in (line for line in text.splitlines() if line.startswith("$ ")):
        played += f"{line}\n{say(shlex.split(line)[2:], folder)}"
    assert played == text


def test_page_has_transcripts_of_both_ways() -> None:
    assert [schema for schema, _ in TRANSCRIPTS] == [1, 2]


def test_every_command_that_is_asked_before_changes_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".db", ".yaml"}}
    shown = [
        line
        for block in read_blocks(PAGE.read_text("utf-8"), PAGE.name)
        if block.language == "console"
        for line in commands(block)
    ]
    asked = [line for line in shown if line.startswith("livechat-next/bin/livechat ")]
    assert len(asked) == 4
    for line in asked:
        assert say(shlex.split(line)[1:], folder)
    assert before == {name: (folder / name).read_bytes() for name in before}
