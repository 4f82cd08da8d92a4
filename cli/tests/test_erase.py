from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.tests.helpers import Done, assert_golden, invoke, livechat
from cli.tests.history import START, World, completed, live, stuck, waiting
from livechat_sdk import Outcome
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.sqlite.scrubbing import scrub
from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not
from tests.ledger.builders import Story, from_user


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "livechat.db"


def traces(database: Path, *needles: str) -> list[str]:
    """Files of the database in which one of these texts is still to be found."""
    files = [path for path in database.parent.iterdir() if path.name.startswith(database.name)]
    return [path.name for path in files if any(needle.encode() in path.read_bytes() for needle in needles)]


def without_ids(text: str, *ids: str) -> str:
    for number, one in enumerate(ids):
        text = text.replace(one, f"h-{number:020}")
    return text


async def undelivered(world: World) -> str:
    """A handoff whose end the platform does not take."""
    handoff = await world.request("run-9", "c-9")
    world.channel.down = True
    await world.dispatcher.end(handoff.id)
    await world.settle()
    return handoff.id


def test_everything_about_a_person_is_erased_and_shown_before(database: Path) -> None:
    handoff_id = live(database, completed)
    done = invoke("erase", "--user", "u-1", "--yes", "--store", database)
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("erase-user.txt", without_ids(done.stdout, handoff_id))
    assert traces(database, "my parcel is late", "u-1", "Maria", handoff_id, "run-1") == []
    again = invoke("erase", "--user", "u-1", "--yes", "--store", database)
    assert again.stdout == "no handoffs of user u-1\n\nerased 0 handoffs with 0 messages\n"


def test_json_tells_the_same_to_scripts(database: Path) -> None:
    handoff_id = live(database, completed)
    done = invoke("erase", "--conversation", "c-1", "--yes", "--json", "--store", database)
    document = json.loads(done.stdout)
    assert document == {
        "schema_version": 1,
        "dry_run": False,
        "subject": {"by": "conversation", "id": "c-1"},
        "handoffs": [
            {
                "id": handoff_id,
                "bot": "shop-bot",
                "state": "ended",
                "messages": document["handoffs"][0]["messages"],
                "open": [],
                "erased": True,
            }
        ],
        "kept": 0,
        "remains": [
            {
                "handoff": handoff_id,
                "what": "chat",
                "integration": "toy",
                "ref": f"{handoff_id}.1",
                "vendor_ref": f"toy-{handoff_id}.1",
                "url": None,
                "open": False,
                "confirmed": True,
            }
        ],
        "files_clean": True,
        "older_copies": [],
    }
    assert document["handoffs"][0]["messages"] >= 2


def test_a_dry_run_changes_nothing(database: Path) -> None:
    handoff_id = live(database, completed)
    before = database.read_bytes()
    done = invoke("erase", "--handoff", handoff_id, "--dry-run", "--store", database)
    assert done.returncode == 0
    assert handoff_id in done.stdout
    assert "erased" not in done.stdout
    document = json.loads(
        invoke("erase", "--handoff", handoff_id, "--dry-run", "--json", "--store", database).stdout
    )
    assert (document["dry_run"], document["files_clean"]) == (True, None)
    assert database.read_bytes() == before


def test_live_handoffs_are_refused(database: Path) -> None:
    handoff_id = live(database, waiting)
    done = invoke("erase", "--user", "u-1", "--yes", "--store", database)
    assert done.returncode == 2
    assert f"handoff {handoff_id} is live (queued); nothing was erased" in done.stderr
    assert "next: --end-live ends live handoffs first" in done.stderr
    assert traces(database, handoff_id)


def test_what_is_left_to_do_is_refused_and_listed(database: Path) -> None:
    live(database, undelivered)
    done = invoke("erase", "--user", "u-1", "--yes", "--store", database)
    assert done.returncode == 2
    assert "is still to be done: say (1 tries" in done.stderr
    assert "STILL TO DO" in done.stdout
    done = invoke("erase", "--user", "u-1", "--yes", "--drop-open", "--store", database)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_live_handoff_is_ended_by_the_running_server_and_erased(database: Path) -> None:
    def erase() -> Done:
        return livechat(
            "erase", "--user", "u-1", "--yes", "--end-live", "--store", database, cwd=database.parent
        )

    async def story(world: World) -> str:
        handoff = await world.request()
        done = await asyncio.to_thread(erase)
        assert (done.returncode, done.stderr) == (0, "")
        assert [ref for ref, _ in world.toy.vendor.closed] == [f"{handoff.id}.1"]
        assert [ended.end.outcome for ended in world.channel.ended] == [Outcome.CANCELLED]
        # The server goes on, and what its vendor says late recreates nothing.
        await world.event("message", ref=f"{handoff.id}.1", text="canary-late")
        await world.request("run-2", "c-2")
        return handoff.id

    handoff_id = live(database, story)
    assert traces(database, handoff_id, "canary-late") == []


def test_an_end_that_nobody_carries_out_says_so(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livechat_sdk.owning.erasing import Erasing

    live(database, waiting)
    whole = Erasing.erase

    async def impatient(self: Erasing, *args: Any, **options: Any) -> Any:
        return await whole(self, *args, **{**options, "wait": 0.1})

    monkeypatch.setattr(Erasing, "erase", impatient)
    done = invoke("erase", "--user", "u-1", "--yes", "--end-live", "--store", database)
    assert done.returncode == 2
    assert "asked to end and have not come to it yet" in done.stderr
    assert "next: see that `livechat serve` runs" in done.stderr


def test_what_is_old_and_settled_is_erased(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, unsettled, running = live(database, completed), live(database, undelivered), live(database, stuck)
    later = START + timedelta(days=91)
    monkeypatch.setattr("livechat_sdk.domain.clock.SystemClock.now", lambda _: later)

    early = invoke("erase", "--older-than", "92d", "--yes", "--store", database)
    other = invoke("erase", "--older-than", "90d", "--bot", "night-bot", "--yes", "--store", database)
    done = invoke("erase", "--older-than", "90d", "--bot", "shop-bot", "--yes", "--store", database)

    assert early.stdout == "no handoffs of all bots, ended more than 92d ago\n"
    assert other.stdout == "no handoffs of bot night-bot, ended more than 90d ago\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert "kept because something is still open: 1 older handoff\n" in done.stdout
    assert done.stdout.endswith("erased 1 handoff with 5 messages\n")
    assert traces(database, old) == []
    assert traces(database, unsettled)
    assert traces(database, running)


def test_a_copy_of_an_older_schema_is_named(database: Path) -> None:
    live(database, completed)
    copy = database.with_name(f"{database.name}.before-schema-2")
    copy.write_bytes(b"old")
    done = invoke("erase", "--user", "u-1", "--yes", "--store", database)
    assert f"older copies still hold it: {copy}" in done.stdout


def test_compacting_alone_writes_the_file_anew(database: Path) -> None:
    live(database, completed)
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DELETE FROM entries")
        db.commit()
    assert traces(database, "my parcel is late"), "a row that another program deleted leaves its bytes"
    done = invoke("erase", "--compact", "--store", database)
    assert (done.returncode, done.stdout) == (0, "the files of the store are written anew\n")
    assert traces(database, "my parcel is late") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one of --user, --conversation, --handoff and --older-than"),
        (("--user", "a", "--handoff", "b"), "name one of --user"),
        (("--no-compact",), "name one of --user"),
        (("--user", "a", "--bot", "b"), "--bot goes with --older-than only"),
        (("--older-than", "90d", "--end-live"), "do not go with --older-than"),
        (("--older-than", "90", "--yes"), "an age is at least an hour"),
        (("--older-than", "old", "--yes"), "this is not a duration"),
        (("--user", "a", "--json"), "--json cannot ask: add --yes or --dry-run"),
        (("--user", "a"), "nobody can be asked here: add --yes, or --dry-run"),
        (("--user", "", "--yes"), "name exactly one"),
    ],
)
def test_wrong_usage_is_explained(database: Path, words: tuple[str, ...], said: str) -> None:
    live(database, completed)
    done = invoke("erase", *words, "--store", database)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_log_that_somebody_reads_is_not_clean(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live(database, completed)
    monkeypatch.setattr(
        "livechat_sdk.ledger.sqlite.store.scrub",
        lambda file, *, compact, patience: scrub(file, compact=compact, patience=patience / 100),
    )
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM handoffs").fetchone()
        done = invoke("erase", "--user", "u-1", "--yes", "--store", database)
    assert done.returncode == 8
    assert "another program is reading an older state" in done.stderr
    assert invoke("erase", "--compact", "--store", database).returncode == 0
    assert traces(database, "my parcel is late") == []


def test_sentences_about_numbers_are_english(database: Path) -> None:
    live(database, completed)
    text = invoke("erase", "--user", "u-1", "--dry-run", "--store", database).stdout
    assert re.match(r"1 handoff with \d+ messages of user u-1\n", text)


def test_on_postgresql_the_same_commands_work(tmp_path: Path) -> None:
    if reason := why_not():
        pytest.skip(reason)

    async def prepare(server: PostgresServer) -> str:
        url = await server.new_database()
        store = open_store(url)
        await store.open()
        story = Story(store)
        await story.start(from_user("m1", "canary-message"))
        await story.end()
        await store.close()
        return url

    with running_server() as server:
        url = asyncio.run(prepare(server))
        exported = invoke("export", "--user", "u1", "-o", tmp_path / "u1.json", "--store", url)
        erased = invoke("erase", "--user", "u1", "--yes", "--json", "--store", url)
        again = invoke("erase", "--user", "u1", "--yes", "--store", url)
        compacted = invoke("erase", "--compact", "--store", url)

    assert (exported.returncode, exported.stderr) == (0, f"written to {tmp_path / 'u1.json'}\n")
    assert "canary-message" in (tmp_path / "u1.json").read_text("utf-8")
    assert (erased.returncode, erased.stderr) == (0, "")
    document = json.loads(erased.stdout)
    assert [one["erased"] for one in document["handoffs"]] == [True]
    assert document["files_clean"] is None
    assert "the database reuses the space when it vacuums" in again.stdout
    assert (compacted.returncode, compacted.stdout) == (0, "the tables are written anew\n")
