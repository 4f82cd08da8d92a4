from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cli.tests.helpers import Done, assert_golden, invoke, livechat
from cli.tests.history import START, World, completed, live, stuck, waiting
from livechat_sdk_cli.showing.gather import find, gather, prefixes
from livechat_sdk_cli.showing.text import show_lines
from livechat_sdk_cli.stores import StoreAddress, open_reader
from livechat_sdk_cli.terminal import Screen


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "livechat.db"


def view(database: Path, handoff_id: str) -> str:
    """What ``livechat show`` is to print for a handoff without clocks."""

    async def read() -> list[str]:
        async with open_reader(StoreAddress(f"sqlite:///{database}", "default")) as store:
            one = await gather(store, await find(store, "default", handoff_id), START)
        return show_lines(one, Screen(100, colour=False))

    return "\n".join(asyncio.run(read())) + "\n"


def test_command_prints_the_view(database: Path) -> None:
    handoff_id = live(database, completed)
    done = livechat("show", handoff_id, "--store", f"sqlite:///{database}", cwd=database.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == view(database, handoff_id)
    assert "ended with completed at 2026-11-24 09:00:45 UTC" in done.stdout


def test_list_of_handoffs(database: Path) -> None:
    def after(seconds: float, story: Callable[[World], Awaitable[str]]) -> Callable[[World], Awaitable[str]]:
        async def wait(world: World) -> str:
            await world.settle(seconds)
            return await story(world)

        return wait

    ids = [live(database, after(60 * n, story)) for n, story in enumerate((completed, stuck, waiting))]
    done = invoke("show", "--store", database)
    assert (done.returncode, done.stderr) == (0, "")
    text = done.stdout
    for number, one in enumerate(ids):
        text = text.replace(one[:8], f"h-00000{number}")
    assert_golden("show-list.txt", text)


def test_unambiguous_beginning_of_an_id_is_enough(database: Path) -> None:
    handoff_id = live(database, completed)
    done = invoke("show", handoff_id[:8], "--store", database)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split() == ["handoff", handoff_id]


def test_ambiguous_beginning_lists_what_it_could_be(database: Path) -> None:
    ids = [live(database, story) for story in (completed, stuck)]
    done = invoke("show", "h-", "--store", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'h-' is the beginning of several handoffs" in done.stderr
    assert all(one in done.stderr for one in ids)
    assert done.stderr.splitlines()[-1] == "next: give more of the id"


def test_unknown_id_is_refused_with_the_newest_handoffs(database: Path) -> None:
    handoff_id = live(database, completed)
    done = invoke("show", "nobody", "--store", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: no handoff 'nobody' in workspace 'default'; the newest are: {handoff_id} (ended)\n"
        "next: `livechat show` lists handoffs; `--store` reads another store\n"
    )


def test_percent_sign_in_an_id_is_no_wildcard(database: Path) -> None:
    live(database, completed)
    assert invoke("show", "%", "--store", database).returncode == 2


def test_other_workspace_sees_nothing_of_this_one(database: Path) -> None:
    handoff_id = live(database, completed, workspace="acme")
    done = invoke("show", handoff_id, "--store", database)
    assert done.returncode == 2
    assert "this store has no handoffs yet" in done.stderr
    done = invoke("show", handoff_id, "--store", database, "--workspace", "acme")
    assert done.returncode == 0


def test_store_and_workspace_come_from_the_settings(database: Path, tmp_path: Path) -> None:
    handoff_id = live(database, completed, workspace="acme")
    # The rest of the file is broken, and the secret of the server is not in this environment.
    (tmp_path / "livechat.yaml").write_text(
        "version: 1\nstore: sqlite:///${FOLDER}/livechat.db\nworkspace: acme\n"
        "integrations: {gone: {type: NOT_INSTALLED, key: '${UNSET}'}}\n",
        "utf-8",
    )
    env = {"FOLDER": str(tmp_path)}
    assert invoke("show", handoff_id, env=env).returncode == 0
    assert handoff_id[:8] in invoke("show", env=env).stdout
    (tmp_path / "livechat.yaml").rename(tmp_path / "other.yaml")
    assert invoke("show", handoff_id, "other.yaml", env=env).returncode == 0
    assert handoff_id[:8] in invoke("show", "other.yaml", env=env).stdout  # the settings alone


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no livechat.yaml here"),
        ("store: [", "livechat.yaml cannot be read"),
        ("- a\n", "livechat.yaml cannot be read: it holds no settings"),
        ("store: 7\n", "`store` in livechat.yaml is not a text"),
        ("store: ${NOT_SET}\n", "the environment variable NOT_SET is not set"),
    ],
)
def test_settings_that_do_not_tell_the_store_say_why(content: str | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "livechat.yaml").write_text(content, "utf-8")
    done = invoke("show")
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert "--store FILE" in done.stderr


@pytest.mark.parametrize(
    ("store", "code", "said"),
    [
        ("missing.db", 6, "missing.db"),
        ("postgresql://admin:canary-password@127.0.0.1:1/db", 6, "127.0.0.1:1/db cannot be reached"),
        ("postgresql://admin:canary-password@host", 3, "postgresql://"),
        ("mysql://admin:canary-password@host/db", 3, "postgresql://"),
        ("sqlite://", 3, "sqlite:///livechat.db"),
        ("text.db", 6, "text.db"),
    ],
)
def test_store_that_cannot_be_read_is_a_clear_error(store: str, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database" * 100, "utf-8")
    done = invoke("show", "--store", store)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "canary-password" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "missing.db").exists()


def test_reading_changes_nothing_beside_a_running_server(database: Path) -> None:
    def look(handoff_id: str) -> Done:
        before = database.read_bytes()
        done = livechat("show", handoff_id, "--store", database, cwd=database.parent)
        assert database.read_bytes() == before
        return done

    async def story(world: World) -> str:
        handoff = await world.request()
        done = await asyncio.to_thread(look, handoff.id)
        assert (done.returncode, done.stderr) == (0, "")
        assert "queued since" in done.stdout
        await world.say(handoff, "still there", "m-9")
        return handoff.id

    assert live(database, story).startswith("h-")


def test_read_only_database_can_be_shown(database: Path) -> None:
    handoff_id = live(database, completed)
    for leftover in (f"{database}-wal", f"{database}-shm"):
        Path(leftover).unlink(missing_ok=True)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    database.chmod(0o400)
    assert invoke("show", handoff_id, "--store", database).returncode == 0


# ------------------------------------------------------------------------- JSON
def test_json_document_holds_every_message_with_its_fate(database: Path) -> None:
    handoff_id = live(database, completed)
    done = invoke("show", handoff_id, "--store", database, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert list(document) == ["schema_version", "handoff", "journal", "messages", "actions", "tickets"]
    assert document["handoff"]["outcome"] == "completed"
    assert document["handoff"]["owner"] == {"owner": "bot", "number": 2}
    spoken = [(one["key"], one["direction"], one["author"], one["fate"]) for one in document["messages"]]
    assert ("m-1", "to_provider", "user", "sent") in spoken
    assert ("v-1", "to_user", "agent", "sent") in spoken
    assert {one["kind"] for one in document["journal"]} >= {"requested", "event.agent_joined", "user_said"}
    assert all(one["status"] == "done" for one in document["actions"])


def test_json_of_an_open_action_tells_tries_error_and_next_try(database: Path) -> None:
    handoff_id = live(database, stuck)
    document = json.loads(invoke("show", handoff_id, "--store", database, "--json").stdout)
    [waits] = [one for one in document["actions"] if one["open"]]
    assert (waits["kind"], waits["about"], waits["status"]) == ("send_message", "message m-2", "pending")
    assert waits["tries"] >= 1
    assert "no answer in 10 s" in waits["error"]
    assert waits["not_before"] > "2026-11-24T09:00:00"
    assert document["handoff"]["timers"] == {}


def test_free_data_of_the_platform_is_not_shown(database: Path) -> None:
    handoff_id = live(database, completed)
    for words in (["--json"], []):
        assert "canary-attribute" not in invoke("show", handoff_id, "--store", database, *words).stdout


def test_json_list_is_newest_first_and_limited(database: Path) -> None:
    live(database, completed)

    async def later(world: World) -> str:
        await world.settle(60)
        return await waiting(world)

    newest = live(database, later)
    done = invoke("show", "--store", database, "--json", "--limit", "1")
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert [one["id"] for one in document["handoffs"]] == [newest]


def test_empty_store_is_no_error(database: Path) -> None:
    async def nothing(_: World) -> str:
        return ""

    live(database, nothing)
    done = invoke("show", "--store", database)
    assert (done.returncode, done.stdout) == (0, "no handoffs yet\n")
    done = invoke("show", "--store", database, "--json")
    assert json.loads(done.stdout)["handoffs"] == []


# ------------------------------------------------------------------------- colour
def test_colour_is_left_out_of_pipes_and_where_it_is_not_wanted(database: Path) -> None:
    handoff_id = live(database, completed)
    words = ("show", handoff_id, "--store", str(database))
    plain = invoke(*words).stdout
    forced = invoke(*words, env={"FORCE_COLOR": "1"}).stdout
    refused = invoke(*words, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "\x1b[" not in plain
    assert refused == plain
    assert "\x1b[1;36mTimeline" in forced
    assert re.sub(r"\x1b\[[\d;]*m", "", forced) == plain


# ------------------------------------------------------------------------- small parts
def test_prefixes_are_short_and_tell_ids_apart() -> None:
    assert prefixes(["h-aaaaaaaa1", "h-bbbbbbbb1"]) == {
        "h-aaaaaaaa1": "h-aaaaaa",
        "h-bbbbbbbb1": "h-bbbbbb",
    }
    assert prefixes(["h-aaaaaaaa1", "h-aaaaaaaa2", "h-aaaaaaaa"]) == {
        "h-aaaaaaaa1": "h-aaaaaaaa1",
        "h-aaaaaaaa2": "h-aaaaaaaa2",
        "h-aaaaaaaa": "h-aaaaaaaa",
    }
