"""The clock is set back or forward by an hour while conversations are under way: nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.crash.scenarios import DEDUPES
from tests.processes.ledgers import sqlite_in
from tests.processes.nursery import Nursery
from tests.processes.stage import staged

HOUR = 3600.0


async def test_conversations_go_on_when_the_clock_is_set_back(nursery: Nursery, tmp_path: Path) -> None:
    async with staged(nursery, sqlite_in(tmp_path), tmp_path, DEDUPES) as stage:
        talk, chat = await stage.engaged()
        await talk.say("m-1")
        await stage.world.ask("move_clock", seconds=-HOUR)
        await talk.say("m-2")
        await stage.vendor.say(chat, "a-1")
        await talk.settle()
        other, _ = await stage.engaged("c-2")
        await stage.world.ask("move_clock", seconds=-HOUR)
        await other.say("n-1")
        await other.settle()
        for ending in (talk, other):
            await ending.end()
            await ending.handed_back()
            await ending.settle()
        await stage.assert_right({"c-1": ("completed",), "c-2": ("completed",)})


async def test_a_pause_before_another_try_may_grow_but_the_try_comes(
    nursery: Nursery, tmp_path: Path
) -> None:
    async with staged(nursery, sqlite_in(tmp_path), tmp_path, DEDUPES) as stage:
        talk, chat = await stage.engaged()

        stage.vendor.hides_answer_of.add("m-1")
        await talk.say("m-1", "m-2")
        await stage.world.until(lambda: "m-1" in stage.vendor.hidden, "the answer to m-1 was lost")
        await stage.world.ask("move_clock", seconds=-HOUR)
        await stage.vendor.say(chat, "a-1")  # the other way is not held up
        await stage.world.until(lambda: stage.world.delivered(talk.handoff, "message"), "a-1 is shown")
        await stage.world.ask("move_clock", seconds=HOUR)
        await talk.settle()
        assert chat.received == ["m-1", "m-2"]
        await talk.end()
        await talk.handed_back()
        await talk.settle()
        await stage.assert_right({"c-1": ("completed",)})


async def test_a_clock_that_is_set_back_ends_nothing_early_and_one_set_forward_fires_what_is_due(
    nursery: Nursery, tmp_path: Path
) -> None:
    async with staged(nursery, sqlite_in(tmp_path), tmp_path, DEDUPES) as stage:
        waiting = stage.world.talk("c-1")
        await waiting.request()
        await waiting.say("m-1")
        await waiting.settle()
        await stage.world.ask("move_clock", seconds=-HOUR)
        await waiting.say("m-2")
        await waiting.settle()
        assert not stage.world.delivered(waiting.handoff, "handoff_ended")
        await stage.world.ask("move_clock", seconds=2 * HOUR)  # its 30 minutes are over
        end = await waiting.handed_back()
        assert end["end"]["outcome"] == "missed"
        await waiting.settle()
        await stage.assert_right({"c-1": ("missed",)})


async def test_a_restart_in_the_past_takes_up_everything(nursery: Nursery, tmp_path: Path) -> None:
    async with staged(nursery, sqlite_in(tmp_path), tmp_path, DEDUPES) as stage:
        await stage.world.ask("move_clock", seconds=HOUR)
        talk, chat = await stage.engaged()
        await talk.say("m-1")
        async with stage.lives.killed():  # a new process has the right time again: an hour earlier
            pass
        await talk.say("m-2")
        await stage.vendor.say(chat, "a-1")
        await talk.settle()
        await stage.ended(talk, chat)
        await stage.assert_right({"c-1": ("completed",)})
