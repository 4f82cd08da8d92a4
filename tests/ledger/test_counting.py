"""Counts for whoever watches, on every store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.ledger import counting
from livechat_sdk.ledger.counting import given_up_actions, live_handoffs
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import ActionStatus, Store
from livechat_sdk.lifecycle.effects import SendMessage
from livechat_sdk.provider.embedded import Row, SqlValue
from tests.ledger.builders import Story, a_handoff, an_attempt, completion, from_user
from tests.ledger.conftest import Backend


async def test_live_handoffs_are_counted_by_state(store: Store) -> None:
    for number in range(3):
        story = Story(store, a_handoff(f"h{number}", conversation_id=f"c{number}"))
        await story.start()
        if number:
            await story.step(state=HandoffState.QUEUED)
        if number == 2:
            await story.end()
    counted = await live_handoffs(store, "default")
    assert counted == {
        "requested": 1,
        "starting": 0,
        "queued": 1,
        "active": 0,
        "transferring": 0,
        "ending": 0,
    }
    assert all(type(number) is int for number in counted.values())


async def test_actions_that_were_given_up_are_counted_by_kind_and_status(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(store, a_handoff(attempts=(an_attempt(),)))
    sends = [SendMessage(attempt=1, message_key=f"m{number}") for number in range(3)]
    created = await story.start(*(from_user(f"m{number}") for number in range(3)), actions=sends)
    statuses = (ActionStatus.FAILED, ActionStatus.DOUBTFUL, ActionStatus.DONE)
    for row, status in zip(created.actions, statuses, strict=True):
        await store.start_action(row)
        await story.note(completes=completion(row, status))
    assert await given_up_actions(store, "default") == {
        ("send_message", "failed"): 1,
        ("send_message", "doubtful"): 1,
    }
    monkeypatch.setattr(counting, "MOST_GIVEN_UP", 1)
    assert await given_up_actions(store, "default") == {("send_message", "doubtful"): 1}


async def test_other_workspaces_are_not_counted(backend: Backend) -> None:
    theirs = await backend.open("theirs")
    await Story(theirs, a_handoff(workspace="theirs")).start()
    assert (await live_handoffs(theirs, "theirs"))["requested"] == 1
    assert set((await live_handoffs(theirs, "default")).values()) == {0}


async def test_counting_reads_what_is_counted_and_nothing_else(
    sqlite: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, plans = sqlite.fetch, list[str]()

    async def explaining(sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        plans.extend(str(row["detail"]) for row in await fetch(f"EXPLAIN QUERY PLAN {sql}", params))
        return await fetch(sql, params)

    monkeypatch.setattr(sqlite, "fetch", explaining)
    await live_handoffs(sqlite, "default")
    await given_up_actions(sqlite, "default")
    tables = [step for step in plans if " handoffs" in step or " actions" in step]
    assert len(tables) == 2
    assert "INDEX handoffs_one_live" in tables[0], "live handoffs only"
    assert "INDEX actions_given_up" in tables[1]
