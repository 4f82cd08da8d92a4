from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from livechat_sdk import HandoffState, Outcome
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.tombstones import PSEUDONYM
from livechat_sdk.owning import retention
from tests.owning.conftest import Start
from tests.owning.world import Person, World

DAY = 86_400.0


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PORTION", 4)


async def after(world: World, days: int) -> None:
    """That many days and two hours later, day by day, as rounds of retention come."""
    for _ in range(days):
        await world.clock.advance(DAY)
        await world.settle()
    for _ in range(2):
        await world.clock.advance(3600)
        await world.settle()


@pytest.mark.feature("TR-07")
async def test_a_handoff_is_erased_that_long_after_its_end_and_not_before(
    start: Start, maria: Person
) -> None:
    world = await start(retention={"after": "9d"})
    await world.talked(maria)
    await world.visited(maria)
    await after(world, 8)
    assert await world.rows_about(maria.handoffs)
    await after(world, 1)
    assert await world.rows_about(maria.needles) == []
    assert world.dispatcher._retention.erased == 2


async def test_without_the_setting_everything_is_kept(world: World, maria: Person) -> None:
    handoff = await world.talked(maria)
    await after(world, 12)
    assert (await world.dispatcher.handoff(handoff.id)).outcome is Outcome.COMPLETED


async def test_a_live_handoff_is_never_erased(start: Start, maria: Person) -> None:
    world = await start(retention={"after": "1h"})
    handoff = await world.request(maria)
    await world.event(handoff.id, "joined")
    await after(world, 12)
    assert (await world.dispatcher.handoff(handoff.id)).state is HandoffState.ACTIVE


async def test_each_bot_may_have_a_time_of_its_own(start: Start, maria: Person, nikos: Person) -> None:
    bots = {
        "shop-bot": {"livechat": {"integrations": ["toy"]}},
        "desk-bot": {"livechat": {"integrations": ["desk"]}, "retention": {"after": None}},
    }
    world = await start(retention={"after": "9d"}, bots=bots)
    await world.talked(maria)
    kept = await world.visited(nikos)
    await after(world, 12)
    assert await world.rows_about(maria.needles) == []
    assert (await world.dispatcher.handoff(kept.id)).outcome is Outcome.COMPLETED


@pytest.mark.feature("TR-07")
async def test_a_bot_may_be_the_only_one_whose_handoffs_are_erased(
    start: Start, maria: Person, nikos: Person
) -> None:
    bots = {
        "shop-bot": {"livechat": {"integrations": ["toy"]}, "retention": {"after": "2d"}},
        "desk-bot": {"livechat": {"integrations": ["desk"]}},
    }
    world = await start(bots=bots)
    await world.talked(maria)
    kept = await world.visited(nikos)
    await after(world, 3)
    assert await world.rows_about(maria.needles) == []
    assert await world.dispatcher.handoff(kept.id)


async def test_what_is_not_settled_is_kept_for_at_most_twice_its_time(start: Start, maria: Person) -> None:
    world = await start(retention={"after": "5d"})
    handoff = await world.request(maria)
    world.channel.down = True
    await world.dispatcher.end(handoff.id)
    await world.settle()

    await after(world, 6)
    assert await world.dispatcher.handoff(handoff.id)
    assert world.dispatcher._retention.overdue == 1
    await after(world, 3)
    assert await world.dispatcher.handoff(handoff.id)
    await after(world, 2)

    assert await world.rows_about(maria.needles) == []
    counted_by = world.dispatcher._retention
    assert (counted_by.erased, counted_by.forced, counted_by.overdue) == (1, 1, 0)
    families = {family.name: family for family in await world.dispatcher.metrics()}
    counted = {sample.labels: sample.value for sample in families["livechat_retention_erased"].samples}
    assert counted == {("no",): 0, ("yes",): 1}


async def test_many_are_erased_in_portions_with_pauses(start: Start) -> None:
    world = await start(retention={"after": "30d"})
    people = [Person(f"canary-{number}") for number in range(9)]
    for person in people:
        await world.talked(person)
    await world.clock.advance(31 * DAY)
    await world.settle()
    await world.clock.advance(3600)
    erased: list[int] = []
    for _ in range(4):
        await world.settle()
        erased.append(world.dispatcher._retention.erased)
        await world.clock.advance(1)
    assert erased == [4, 8, 9, 9]
    assert await world.rows_about(["canary-"]) == []


async def test_only_the_worker_of_the_first_shard_erases(
    start: Start, maria: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await start(retention={"after": "1d"})
    await world.talked(maria)
    with monkeypatch.context() as patched:
        patched.setattr(world.dispatcher._retention, "_shards", lambda: frozenset(range(1, 64)))
        await after(world, 3)
        assert await world.rows_about(maria.handoffs)
    await after(world, 1)
    assert await world.rows_about(maria.handoffs) == []


async def test_a_store_that_fails_is_tried_again_in_the_next_round(
    start: Start, maria: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await start(retention={"after": "1d"})
    await world.talked(maria)

    async def failing(*_: object) -> None:
        raise StoreError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(world.dispatcher.store, "commit", failing)
        await after(world, 2)
    assert world.dispatcher._retention.failures > 0
    await after(world, 1)
    assert await world.rows_about(maria.handoffs) == []


async def test_messages_go_on_while_a_round_erases(start: Start, nikos: Person) -> None:
    world = await start(retention={"after": "30d"})
    for number in range(6):
        await world.talked(Person(f"canary-{number}"))
    handoff = await world.request(nikos)
    await world.event(handoff.id, "joined")
    await world.clock.advance(31 * DAY)
    await world.settle()
    await world.clock.advance(3600)
    await world.say(handoff.id, "in the middle of a round")
    assert "in the middle of a round" in world.toy.vendor.texts()


# ------------------------------------------------------------------------- what else has an age
async def test_ids_of_events_are_forgotten_after_their_time(start: Start, maria: Person) -> None:
    world = await start(retention={"event_ids_after": "7d"})
    await world.talked(maria)
    live = await world.request(maria)
    await world.event(live.id, "joined")
    counted = Counter(table for table, _ in await world.every_row())
    assert counted["seen"] == 4
    await after(world, 9)
    left = [row for row in await world.every_row() if row[0] == "seen"]
    assert len(left) == 1, "those of a live handoff are kept"
    await after(world, 2)
    assert [row for row in await world.every_row() if row[0] == "seen"] == left


async def test_tombstones_are_forgotten_after_their_time(start: Start, maria: Person) -> None:
    world = await start(retention={"tombstones_after": "30d"})
    await world.talked(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    tables = {"tombstones", "conversations"}

    async def left() -> set[str]:
        return {table for table, _ in await world.every_row() if table in tables}

    await after(world, 29)
    assert await left() == tables
    rows = [cells for table, cells in await world.every_row() if table == "conversations"]
    assert [str(cells[1]).startswith(PSEUDONYM) for cells in rows] == [True]
    await after(world, 3)
    assert await left() == set()


async def test_conversations_that_go_on_do_not_lose_their_row(start: Start, maria: Person) -> None:
    world = await start(retention={"tombstones_after": "30d"})
    await world.talked(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    await world.talked(maria)
    await after(world, 40)
    assert (await world.dispatcher.store.ownership(maria.conversation)).number == 4


async def test_a_restart_in_the_middle_goes_on(start: Start, maria: Person) -> None:
    one = await start(retention={"after": "30d"})
    people = [Person(f"canary-{number}") for number in range(6)]
    for person in people:
        await one.talked(person)
    await one.clock.advance(31 * DAY)
    await one.settle()
    await one.clock.advance(3600)
    await one.settle()
    assert one.dispatcher._retention.erased == 4
    await one.dispatcher.__aexit__(None, None, None)
    two = await start(retention={"after": "30d"}, clock=one.clock, toy=one.toy)
    await two.pass_time(timedelta(hours=1).total_seconds())
    assert two.dispatcher._retention.erased == 2
    assert await two.rows_about(["canary-"]) == []
