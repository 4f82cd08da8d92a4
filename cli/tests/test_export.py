from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cli.tests.helpers import invoke, livechat
from cli.tests.history import World, completed, live


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "livechat.db"


def test_a_person_is_exported_to_a_file_of_their_own(database: Path, tmp_path: Path) -> None:
    handoff_id = live(database, completed)
    target = tmp_path / "maria.json"
    done = invoke("export", "--user", "u-1", "-o", target, "--store", database)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"written to {target}\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    document = json.loads(target.read_text("utf-8"))
    assert document["subject"] == {"by": "user", "id": "u-1"}
    assert [one["id"] for one in document["handoffs"]] == [handoff_id]
    assert sorted(path.name for path in tmp_path.iterdir() if "maria" in path.name) == ["maria.json"]


def test_a_file_that_is_there_is_never_overwritten(database: Path, tmp_path: Path) -> None:
    live(database, completed)
    target = tmp_path / "maria.json"
    target.write_text("mine", "utf-8")
    done = invoke("export", "--user", "u-1", "-o", target, "--store", database)
    assert done.returncode == 2
    assert f"{target} exists already and is not overwritten" in done.stderr
    assert target.read_text("utf-8") == "mine"


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livechat_sdk.owning import exporting

    live(database, completed)
    target = tmp_path / "maria.json"
    whole = exporting.export

    async def racing(*args: Any) -> AsyncIterator[str]:
        target.write_text("mine", "utf-8")
        async for piece in whole(*args):
            yield piece

    monkeypatch.setattr(exporting, "export", racing)
    done = invoke("export", "--user", "u-1", "-o", target, "--store", database)
    assert done.returncode == 2
    assert target.read_text("utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir() if "maria" in path.name] == ["maria.json"]


def test_a_store_that_cannot_be_read_leaves_no_file(tmp_path: Path) -> None:
    target = tmp_path / "maria.json"
    done = invoke("export", "--user", "u-1", "-o", target, "--store", "missing.db")
    assert done.returncode == 6
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_the_document_goes_to_standard_output_beside_a_server(database: Path) -> None:
    async def story(world: World) -> str:
        handoff_id = await completed(world)
        done = await asyncio.to_thread(
            lambda: livechat("export", "--handoff", handoff_id, "--store", database, cwd=database.parent)
        )
        assert (done.returncode, done.stderr) == (0, "")
        (exported,) = json.loads(done.stdout)["handoffs"]
        assert exported["id"] == handoff_id
        assert "my parcel is late" in {entry["message"]["body"] for entry in exported["entries"]}
        return handoff_id

    live(database, story)


@pytest.mark.parametrize("words", [(), ("--user", "a", "--conversation", "b")])
def test_exactly_one_subject_is_named(database: Path, words: tuple[str, ...]) -> None:
    live(database, completed)
    done = invoke("export", *words, "--store", database)
    assert done.returncode == 2
    assert "name one of --user, --conversation and --handoff" in done.stderr
