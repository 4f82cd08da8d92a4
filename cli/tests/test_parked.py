from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.tests.helpers import Done, assert_golden, invoke, livechat
from cli.tests.history import World, completed, live
from livechat_sdk import AuthError, RetryableError
from livechat_sdk_testing.toy import ToyPlugin


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "livechat.db"


def tidy(done: Done, *ids: str) -> str:
    """The output without what differs from run to run."""
    text = done.stdout
    for number, one in enumerate(ids):
        text = text.replace(one, f"h-{number:020}").replace(one[:8], f"h-00000{number}")
    return text


async def in_trouble(world: World) -> str:
    """An agent is in the chat; the vendor refuses our credentials and takes no message."""
    handoff = await world.request("run-1", "c-1")
    await world.event("joined", id="evt-1", agent="a-7", name="Ann")
    world.toy.vendor.fail["send"] = [AuthError("the token has expired")] * 2
    await world.say(handoff, "hello?", "m-1")
    await world.say(handoff, "are you there?", "m-2")
    return handoff.id


async def not_closed(world: World) -> str:
    """An ended handoff whose chat could not be closed, and whose message was refused."""
    handoff = await world.request("run-2", "c-2")
    await world.event("joined", id="evt-2", agent="a-7", name="Ann")
    world.toy.vendor.fail["send"] = [AuthError("the token has expired")]
    world.toy.vendor.fail["close"] = [AuthError("the token has expired")]
    await world.say(handoff, "hello?", "m-3")
    await world.dispatcher.end(handoff.id, by="user")
    await world.settle()
    return handoff.id


def test_list_is_a_table_with_what_can_be_done(database: Path) -> None:
    ids = [live(database, in_trouble), live(database, not_closed)]
    done = invoke("parked", "--store", database, env={"COLUMNS": "180"})
    assert done.returncode == 0
    assert re.match("next: `livechat retry h-[0-9a-f]{6,} [0-9]+` tries the first again, ", done.stderr)
    assert_golden("parked.txt", tidy(done, *ids))


def test_list_of_one_handoff_for_programs(database: Path) -> None:
    ids = [live(database, in_trouble), live(database, not_closed)]
    done = invoke("parked", ids[1][:10], "--store", database, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("parked.json", tidy(done, ids[1]))
    assert [one["kind"] for one in json.loads(done.stdout)["parked"]] == ["send_message", "close_chat"]


async def vendor_down(world: World) -> str:
    """An agent is in the chat, and the vendor cannot be reached for a while."""
    handoff = await world.request("run-3", "c-3")
    await world.event("joined", id="evt-3", agent="a-7", name="Ann")
    trouble = RetryableError(f"send: no connection: {'a long reason ' * 10}and the end of it")
    world.toy.vendor.fail["send"] = [trouble] * 50
    await world.say(handoff, "hello?", "m-1")
    return handoff.id


def test_what_fails_and_is_tried_again_is_found_without_knowing_the_handoff(database: Path) -> None:
    live(database, completed)
    handoff_id = live(database, vendor_down)
    done = invoke("parked", "--store", database)
    assert (done.returncode, done.stdout) == (0, "nothing waits for a person\n")
    assert f"failing, and tried again by itself: {handoff_id[:8]} (1)\n" in done.stderr
    assert f"next: `livechat show {handoff_id[:8]}` says why" in done.stderr

    listed = invoke("show", "--store", database).stdout.splitlines()
    assert ["failing" in line for line in listed if handoff_id[:8] in line] == [True]
    assert sum("failing" in line for line in listed) == 1
    found = json.loads(invoke("show", "--store", database, "--json").stdout)["handoffs"]
    assert {(one["id"] == handoff_id, one["tried_again"], one["given_up"]) for one in found} == {
        (True, 1, 0),
        (False, 0, 0),
    }

    shown = invoke("show", handoff_id, "--store", database).stdout
    assert "and the end of it" in shown  # though the table has no room for it
    assert shown.count("send: no connection:") == 2


def test_a_refused_retry_says_what_is_left(database: Path) -> None:
    handoff_id = live(database, not_closed)
    done = invoke("retry", handoff_id, "--all", "--store", database)
    assert "refused, the chat is over" in done.stdout
    assert done.stderr == f"next: `livechat drop {handoff_id} ACTION` takes it off the list\n"


def test_nothing_waits(database: Path) -> None:
    handoff_id = live(database, completed)
    assert invoke("parked", "--store", database).stdout == "nothing waits for a person\n"
    done = invoke("retry", handoff_id, "--all", "--store", database)
    assert (done.returncode, done.stdout) == (0, "nothing of this handoff waits for a person\n")


def test_all_of_a_handoff_is_tried_again_by_the_next_server(database: Path) -> None:
    toy = ToyPlugin()
    handoff_id = live(database, in_trouble, toy=toy)
    done = livechat("retry", handoff_id, "--all", "--store", database, cwd=database.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        r"action \d+ send_message m-1: will be tried again\n"
        r"action \d+ send_message m-2: will be tried again\n",
        done.stdout,
    )
    received: list[str] = []

    async def serve(world: World) -> str:
        await world.settle()
        received.extend(world.toy.vendor.texts())
        return ""

    live(database, serve, toy=toy)
    assert received == ["hello?", "are you there?"]
    assert invoke("parked", "--store", database).stdout == "nothing waits for a person\n"


def test_one_action_is_dropped_and_the_other_stays(database: Path) -> None:
    handoff_id = live(database, in_trouble)
    listed = json.loads(invoke("parked", "--store", database, "--json").stdout)["parked"]
    first = str(listed[0]["action"])
    done = invoke("drop", handoff_id, first, "--store", database)
    assert (done.returncode, done.stdout) == (0, f"action {first} send_message m-1: dropped\n")
    left = json.loads(invoke("parked", "--store", database, "--json").stdout)["parked"]
    assert [one["message"] for one in left] == ["m-2"]
    again = invoke("drop", handoff_id, first, "--store", database)
    assert again.returncode == 2
    assert f"action {first} of handoff {handoff_id} is not parked" in again.stderr


def test_what_makes_no_sense_is_refused_and_the_rest_done(database: Path) -> None:
    handoff_id = live(database, not_closed)
    done = invoke("retry", handoff_id, "--all", "--store", database, "--json")
    assert done.returncode == 8
    refused = {one["kind"]: one["refused"] for one in json.loads(done.stdout)["actions"]}
    assert refused == {"send_message": "the chat is over", "close_chat": None}
    left = json.loads(invoke("parked", "--store", database, "--json").stdout)["parked"]
    assert [one["kind"] for one in left] == ["send_message"]


@pytest.mark.parametrize("words", [(), ("7", "--all")])
@pytest.mark.parametrize("command", ["retry", "drop"])
def test_either_one_action_or_all(database: Path, command: str, words: tuple[str, ...]) -> None:
    handoff_id = live(database, in_trouble)
    done = invoke(command, handoff_id, *words, "--store", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "name one action, or give --all" in done.stderr


@pytest.mark.parametrize("command", ["parked", "retry", "drop"])
def test_unknown_handoff_and_missing_store_are_explained(database: Path, command: str) -> None:
    words = () if command == "parked" else ("--all",)
    missing = invoke(command, "nobody", *words, "--store", database)
    assert missing.returncode == 6
    live(database, completed)
    unknown = invoke(command, "nobody", *words, "--store", database)
    assert unknown.returncode == 2
    assert "no handoff 'nobody'" in unknown.stderr
