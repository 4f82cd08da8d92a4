"""``livechat diff``: which stored requests would go elsewhere under other settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.tests.helpers import assert_golden, invoke
from cli.tests.history import World, completed, live


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three requests of one user: the first one was completed by agent a-7 at the toy vendor."""

    async def story(world: World) -> str:
        await completed(world)
        await world.settle(3600)
        await world.request("run-2", "c-2")
        return (await world.request("run-3", "c-3")).id

    live(tmp_path / "a.db", story)
    return tmp_path / "a.db"


def settings(store: Path, name: str, **more: Any) -> Path:
    live_chat = {"integrations": ["toy", "desk"], **more.pop("livechat", {})}
    content = {
        "version": 1,
        "store": f"sqlite:///{store}",
        "integrations": {"toy": {"type": "HELVIA_LIVECHAT"}, "desk": {"type": "HELVIA_LIVECHAT"}},
        "bots": {"shop-bot": {"livechat": live_chat}},
        **more,
    }
    file = store.parent / name
    file.write_text(json.dumps(content), "utf-8")
    return file


def compare(old: Path, new: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = invoke("diff", old, new, "--json", *words)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_same_settings_change_nothing(store: Path) -> None:
    old = settings(store, "old.yaml")
    code, document = compare(old, old)
    assert (code, document) == (0, {"schema_version": 1, "requests": 3, "different": 0, "differences": []})
    done = invoke("diff", old, old)
    assert (done.returncode, done.stdout) == (0, "nothing changes for 3 stored requests\n")


def test_rule_that_sends_some_elsewhere_is_told_with_its_reason(store: Path) -> None:
    old = settings(store, "old.yaml")
    new = settings(
        store, "new.yaml", routing=[{"name": "second", "when": {"conversation_id": "c-2"}, "to": "desk"}]
    )
    code, document = compare(old, new)
    assert code == 8
    (one,) = document["differences"]
    assert [target["integration"] for target in one["old"]["chain"]] == ["toy", "desk"]
    assert [target["integration"] for target in one["new"]["chain"]] == ["desk", "toy"]
    assert one["new"]["by"] == "rule 1 (second)"
    done = invoke("diff", old, new)
    assert done.returncode == 8
    assert_golden("diff.txt", done.stdout.replace(one["handoff"][:8], "HANDOFF1"))


def test_hours_that_would_have_been_closed_are_a_difference(store: Path) -> None:
    old = settings(store, "old.yaml")
    hours = {"timezone": "UTC", "weekly": {"daily": ["09:30-17:00"]}}
    new = settings(store, "new.yaml", livechat={"business_hours": hours})
    code, document = compare(old, new)
    assert code == 8
    (one,) = document["differences"]  # the first was made at 9:00, the others after 10
    assert (one["old"]["result"], one["new"]["result"]) == ("routed", "out_of_hours")


def test_last_agent_is_the_one_whom_the_ledger_knew_then(store: Path) -> None:
    old = settings(store, "old.yaml")
    new = settings(store, "new.yaml", routing=[{"to": {"last_agent": True}}])
    _, document = compare(old, new)
    agents = [one["new"]["chain"][0]["agent"] for one in document["differences"]]
    assert agents == ["a-7", "a-7"]


def test_so_many_and_no_more_are_replayed(store: Path) -> None:
    old = settings(store, "old.yaml")
    assert compare(old, old, "--limit", "2")[1]["requests"] == 2


def test_invalid_settings_are_told_as_such(store: Path) -> None:
    old = settings(store, "old.yaml")
    new = settings(store, "new.yaml", routing=[{"to": "nowhere"}])
    assert invoke("diff", old, new).returncode == 3
