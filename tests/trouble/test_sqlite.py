"""The disk is full, the database is locked, or gone for a while: a clear error, nothing lost, and then on."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from livechat_sdk.ledger.opening import sqlite_path
from tests.crash.scenarios import FORGETS
from tests.processes.ledgers import sqlite_in
from tests.processes.nursery import Nursery
from tests.processes.stage import Stage, staged

End = Callable[[], Awaitable[None]]


def database_of(stage: Stage) -> Path:
    return sqlite_path(stage.ledger.url)


async def files_cannot_grow(stage: Stage) -> End:
    log = database_of(stage).with_name(f"{database_of(stage).name}-wal")
    await stage.world.ask("limit_files", size=log.stat().st_size)

    async def end() -> None:
        await stage.world.ask("limit_files", size=None)

    return end


async def full_disk(stage: Stage) -> End:
    filler = database_of(stage).with_name("filler")
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)

    async def end() -> None:
        filler.unlink()

    return end


async def locked(stage: Stage) -> End:
    other = sqlite3.connect(database_of(stage), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def end() -> None:
        other.execute("ROLLBACK")
        other.close()

    return end


async def gone(stage: Stage) -> End:
    aside = database_of(stage).with_name("aside.db")
    database_of(stage).rename(aside)

    async def end() -> None:
        aside.rename(database_of(stage))

    return end


TROUBLES = {
    "full disk": (full_disk, "no space left"),
    "files cannot grow": (files_cannot_grow, "look at the disk"),
    "locked": (locked, "locked by another program"),
    "gone": (gone, "is not there; put it back"),
}


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Where the ledger is: on a disk of its own where the trouble fills it."""
    if request.getfixturevalue("trouble") != "full disk":
        yield tmp_path
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False).returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_cannot_be_written_is_not_accepted_and_what_was_accepted_goes_on(
    trouble: str, nursery: Nursery, folder: Path
) -> None:
    start, words = TROUBLES[trouble]
    async with staged(nursery, sqlite_in(folder), folder, FORGETS, busy_timeout=0.2) as stage:
        talk, chat = await stage.engaged()
        # It begins while the vendor has a message in its hands: the result of that send cannot be written.
        begun = stage.during_the_send_of("m-1", lambda: start(stage))
        await talk.say("m-1")
        end = await begun
        await stage.assert_refused(words, "say", handoff=talk.handoff, key="m-2", text="hello?")
        await stage.assert_refused(words, "end", handoff=talk.handoff, by="user")
        await stage.assert_refused(words, "request", key="other", conversation="c-2", bot="shop-bot")
        await end()

        await talk.say("m-2")  # the client comes again
        await stage.vendor.say(chat, "a-1")
        await talk.settle()
        await stage.ended(talk, chat)
        await stage.assert_right({"c-1": ("completed",)}, doubts=0)
    assert chat.received == ["m-1", "m-2"]


async def test_a_worker_that_dies_in_trouble_goes_on_after_it(nursery: Nursery, tmp_path: Path) -> None:
    async with staged(nursery, sqlite_in(tmp_path), tmp_path, FORGETS, busy_timeout=0.2) as stage:
        talk, chat = await stage.engaged()
        begun = stage.during_the_send_of("m-1", lambda: gone(stage))
        await talk.say("m-1")
        end = await begun
        await stage.assert_refused("is not there", "say", handoff=talk.handoff, key="m-2", text="hello?")
        async with stage.lives.killed():
            await end()

        await talk.say("m-2")
        await talk.settle()
        await stage.ended(talk, chat)
        await stage.assert_right({"c-1": ("completed",)}, doubts=1)  # nobody wrote down what became of m-1
    assert chat.received == ["m-1", "m-2"]
