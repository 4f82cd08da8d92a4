"""Several workers on one PostgreSQL database: lanes, leases, shards, news, races."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from livechat_sdk.domain.clock import steady_seconds
from livechat_sdk.ledger.postgres import PostgresStore, claims
from livechat_sdk.ledger.shards import ALL_SHARDS, shard_of
from livechat_sdk.ledger.store import (
    ActionRow,
    ActionStatus,
    Change,
    LaneLost,
    LeaseLost,
    News,
    TimerGone,
    TimerRow,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import CancelActions, Decide, FindContact, OpenChat, SendMessage, SetTimer
from livechat_sdk_testing.postgres import PostgresServer
from tests.ledger.builders import (
    NOW,
    Story,
    a_handoff,
    an_attempt,
    an_event,
    completion,
    first_step,
    from_user,
    later,
)

SEND = SendMessage(attempt=1, message_key="m1")


class Workers:
    """Opens workers on one database."""

    def __init__(self, server: PostgresServer, url: str) -> None:
        self.server = server
        self.url = url
        self.opened: list[PostgresStore] = []

    async def start(self, *, lease: float = 60.0) -> PostgresStore:
        return await self.open(PostgresStore(self.url, lease=lease, now=lambda: NOW))

    async def open(self, store: PostgresStore) -> PostgresStore:
        await store.open()
        self.opened.append(store)
        return store

    async def share(self, *stores: PostgresStore) -> list[frozenset[int]]:
        """Let the workers settle who holds which shards: who has too many gives up, then the others take."""
        for _ in range(2):
            held = [(await store.keep_alive()).shards for store in stores]
            assert sum(map(len, held)) == len(frozenset[int]().union(*held)), "no shard is held twice"
        return [(await store.keep_alive()).shards for store in stores]

    async def end_lease(self, store: PostgresStore) -> None:
        """Let the lease of a worker run out on the database's clock, without waiting for it."""
        await self.server.execute(
            "UPDATE workers SET lease_until = clock_timestamp() WHERE id = $1", store.worker, url=self.url
        )


@pytest.fixture
async def workers(postgres_server: PostgresServer) -> AsyncIterator[Workers]:
    made = Workers(postgres_server, await postgres_server.new_database())
    yield made
    for store in made.opened:
        await store.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that others bring about."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # the other side knows nothing of events
            await asyncio.sleep(0.01)


async def sending(store: PostgresStore) -> Story:
    """A handoff with an attempt, whose conversation a worker has taken over."""
    story = Story(store, a_handoff(attempts=(an_attempt(),)))
    await story.start(from_user("m1"))
    return story


# ------------------------------------------------------------------------------------------------------ lanes
async def test_actions_belong_to_the_worker_that_decided_them(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()

    created = await Story(one).start(actions=[Decide()])

    assert [row.action for row in created.actions] == [Decide()]
    assert created.actions[0].fence > 0
    assert list(await two.claim()) == []
    assert list(await one.claim()) == []


async def test_an_action_in_the_lane_of_another_living_worker_is_left_to_it(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    story = await sending(one)
    opening = (await story.step(actions=[OpenChat(attempt=1)])).actions[0]
    elsewhere = Story(two, story.handoff)

    left = await elsewhere.step(actions=[SEND, FindContact()])

    assert [row.action for row in left.actions] == [FindContact()], "that lane was free"
    assert list(await two.claim()) == []
    (claimed,) = await one.claim()
    assert (claimed.action, claimed.fence) == (SEND, opening.fence)
    assert list(await one.claim()) == []


async def test_what_is_decided_while_a_claim_is_on_its_way_runs_after_what_was_claimed(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await workers.start(), await workers.start()
    story = await sending(one)
    await story.step(actions=[OpenChat(attempt=1), SEND])
    await workers.end_lease(one)
    later_send = SEND.model_copy(update={"message_key": "m2"})
    at_once: list[object] = []
    claim_own = claims.claim_own

    async def meanwhile(*args: Any) -> Sequence[ActionRow]:
        # The lanes are taken, and whoever asked has not heard of it: a step comes in between.
        at_once.extend((await Story(two, story.handoff).step(actions=[later_send])).actions)
        return await claim_own(*args)

    monkeypatch.setattr(claims, "claim_own", meanwhile)
    claimed = await two.claim()
    monkeypatch.undo()

    assert at_once == []
    assert [row.action for row in (*claimed, *await two.claim())] == [OpenChat(attempt=1), SEND, later_send]


async def test_a_worker_that_froze_while_it_extended_its_lease_holds_up_nobody(workers: Workers) -> None:
    frozen, living = await workers.start(), await workers.start()
    await workers.end_lease(frozen)
    extending = await asyncpg.connect(workers.url)
    try:
        await extending.execute("BEGIN")
        await extending.execute("SELECT 1 FROM workers WHERE id = $1 FOR UPDATE", frozen.worker)
        async with asyncio.timeout(5):
            await living.keep_alive()
            await living.claim()
    finally:
        await extending.close()
    await living.claim()
    with pytest.raises(LeaseLost):
        await frozen.keep_alive()


async def test_what_others_have_put_into_a_lane_runs_before_what_comes_later(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    story = await sending(one)
    await story.step(actions=[OpenChat(attempt=1)])
    elsewhere = Story(two, story.handoff)
    await elsewhere.step(actions=[SEND])
    heard: list[News] = []
    one.on_news(heard.append)

    later_send = SEND.model_copy(update={"message_key": "m2"})
    at_once = await Story(one, elsewhere.handoff).step(actions=[later_send])

    assert list(at_once.actions) == [], "m1 of the other worker was not claimed yet"
    assert [row.action for row in await one.claim()] == [SEND, later_send]
    await until(lambda: any(news.actions for news in heard))


async def test_a_lane_is_free_again_when_its_last_action_is_over(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    story = await sending(one)
    opening = (await story.step(actions=[OpenChat(attempt=1)])).actions[0]
    await story.note(completes=completion(opening, ActionStatus.DONE))

    applied = await Story(two, story.handoff).step(actions=[SEND])

    (row,) = applied.actions
    assert row.action == SEND
    assert row.fence > opening.fence


async def test_a_lane_whose_actions_were_withdrawn_is_free_once_its_worker_has_seen_that(
    workers: Workers,
) -> None:
    one, two = await workers.start(), await workers.start()
    story = await sending(one)
    opening = (await story.step(actions=[OpenChat(attempt=1)])).actions[0]
    await Story(two, story.handoff).step(CancelActions(attempt=1))

    assert not await one.start_action(opening)

    loaded = await two.load("h1")
    assert loaded is not None
    assert [row.action for row in (await Story(two, loaded).step(actions=[SEND])).actions] == [SEND]


async def test_lanes_of_a_worker_whose_lease_has_run_out_are_taken_over(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    story = await sending(one)
    opening, sent = (await story.step(actions=[OpenChat(attempt=1), SEND])).actions
    await one.start_action(opening)

    await workers.end_lease(one)
    claimed = await two.claim()

    assert [(row.id, row.status) for row in claimed] == [
        (opening.id, ActionStatus.STARTED),
        (sent.id, ActionStatus.PENDING),
    ]
    assert all(row.fence > opening.fence for row in claimed)


async def test_only_one_of_many_takes_a_lane_over(workers: Workers) -> None:
    dead = await workers.start()
    for number in range(10):
        story = Story(dead, a_handoff(f"h{number}", conversation_id=f"c{number}"))
        await story.start(actions=[Decide(), FindContact()])
    heirs = [await workers.start() for _ in range(3)]

    await workers.end_lease(dead)
    claimed = await asyncio.gather(*(heir.claim() for heir in heirs))
    more = await asyncio.gather(*(heir.claim() for heir in heirs))

    ids = [row.id for rows in (*claimed, *more) for row in rows]
    assert sorted(ids) == [row.id for row in await dead.open_actions()]
    assert len(ids) == 20


@pytest.mark.parametrize("what", ["start", "postpone", "result"])
async def test_what_a_worker_reports_of_a_lane_that_was_taken_over_is_refused(
    workers: Workers, what: str
) -> None:
    one, two = await workers.start(), await workers.start()
    story = Story(one)
    row = (await story.start(actions=[Decide()])).actions[0]
    await workers.end_lease(one)
    (taken,) = await two.claim()
    journal = await two.journal("h1")

    reports: dict[str, Callable[[], Awaitable[object]]] = {
        "start": lambda: one.start_action(row),
        "postpone": lambda: one.postpone_action(row, not_before=later(5), error="503"),
        "result": lambda: story.note(from_user("m1"), completes=completion(row, ActionStatus.DONE)),
    }
    with pytest.raises(LaneLost):
        await reports[what]()

    assert await two.actions("h1") == [taken]
    assert await two.journal("h1") == journal
    assert await two.entries("h1") == []
    await Story(two, story.handoff).note(completes=completion(taken, ActionStatus.DONE))
    with pytest.raises(LaneLost):
        await story.note(completes=completion(row, ActionStatus.DONE))


async def test_a_result_that_is_reported_again_changes_nothing(workers: Workers) -> None:
    """A commit whose answer was lost is tried again by its caller."""
    store = await workers.start()
    story = Story(store)
    row = (await story.start(actions=[Decide()])).actions[0]
    done = completion(row, ActionStatus.DONE)
    await story.step(from_user("m1"), actions=[FindContact()])
    await story.note(completes=done)
    journal = await store.journal("h1")

    again = await Story(store, story.handoff).note(from_user("m2"), actions=[Decide()], completes=done)

    assert list(again.actions) == []
    assert await store.journal("h1") == journal
    assert [entry.message.key for entry in await store.entries("h1")] == ["m1"]


# --------------------------------------------------------------------------------------------- leases, shards
async def test_a_lease_that_has_run_out_is_lost_and_the_worker_begins_anew(workers: Workers) -> None:
    store = await workers.start()
    story = Story(store)
    (row,) = (await story.start(actions=[Decide()])).actions
    first = store.worker
    await store.keep_alive()
    await workers.end_lease(store)

    with pytest.raises(LeaseLost):
        await store.keep_alive()
    assert list((await story.step(actions=[FindContact()])).actions) == [], "it holds nothing now"
    lease = await store.rejoin()

    assert store.worker != first
    assert (lease.seconds, lease.shards) == (60.0, ALL_SHARDS)
    claimed = await store.claim()
    assert [each.action for each in claimed] == [Decide(), FindContact()]
    with pytest.raises(LaneLost):
        await store.start_action(row)


@pytest.mark.parametrize("what", ["start", "postpone", "result"])
async def test_a_lease_that_is_extended_late_costs_no_action(workers: Workers, what: str) -> None:
    """By its own clock it is over, by the database's not yet: a busy machine is as slow as that."""
    store = await workers.start()
    story = Story(store)
    (row,) = (await story.start(actions=[Decide()])).actions
    store._until = steady_seconds() - 0.001
    reports: dict[str, Callable[[], Awaitable[object]]] = {
        "start": lambda: store.start_action(row),
        "postpone": lambda: store.postpone_action(row, not_before=later(5), error="503"),
        "result": lambda: story.note(completes=completion(row, ActionStatus.DONE)),
    }

    with pytest.raises(LeaseLost):
        await reports[what]()
    await store.keep_alive()

    await reports[what]()
    (now,) = await store.actions("h1")
    assert now.status is not ActionStatus.PENDING or now.tries == 1


async def test_a_lease_runs_out_by_itself_on_the_databases_clock(workers: Workers) -> None:
    one, two = await workers.start(lease=0.5), await workers.start()
    await Story(one).start(actions=[Decide()])
    claimed: list[object] = []

    async with asyncio.timeout(20):
        while not claimed:
            await asyncio.sleep(0.05)
            claimed += await two.claim()

    with pytest.raises(LeaseLost):
        await one.keep_alive()


async def test_shards_are_divided_fairly_and_never_held_twice(workers: Workers) -> None:
    one = await workers.start()
    assert (await one.keep_alive()).shards == ALL_SHARDS
    two, three = await workers.start(), await workers.start()

    held = await workers.share(one, two, three)

    assert frozenset[int]().union(*held) == ALL_SHARDS
    assert sorted(map(len, held)) == [20, 22, 22]


async def test_shards_of_a_worker_that_is_gone_are_taken_by_the_others(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    await one.keep_alive()
    await two.keep_alive()

    await workers.end_lease(one)

    assert (await two.keep_alive()).shards == ALL_SHARDS


async def test_others_hear_when_a_worker_comes_and_when_it_gives_up_shards(workers: Workers) -> None:
    one = await workers.start()
    heard: list[News] = []
    one.on_news(heard.append)

    two = await workers.start()

    await until(lambda: any(news.workers for news in heard))
    two.on_news(heard.append)
    heard.clear()
    assert len((await one.keep_alive()).shards) == len(ALL_SHARDS) // 2
    await until(lambda: any(news.workers for news in heard))
    assert len((await two.keep_alive()).shards) == len(ALL_SHARDS) // 2


async def test_nobody_is_told_of_a_renewal_that_frees_nothing(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    await workers.share(one, two)
    await asyncio.gather(*(store._opened.notifier.flush() for store in (one, two)))
    heard: list[News] = []
    two.on_news(heard.append)

    await one.keep_alive()
    await one.commit([], [an_event("e1", refs=("nobody's",))])

    await until(lambda: any(news.inbox for news in heard))
    assert not [news for news in heard if news.workers]


async def test_whoever_finds_a_dead_worker_takes_its_shards_at_once_and_tells_the_others(
    workers: Workers,
) -> None:
    dead, finder, other = [await workers.start() for _ in range(3)]
    await workers.share(dead, finder, other)
    heard: dict[str, list[News]] = {"finder": [], "other": []}
    finder.on_news(heard["finder"].append)
    other.on_news(heard["other"].append)
    await workers.end_lease(dead)

    await finder.claim()

    await until(lambda: all(any(news.workers for news in told) for told in heard.values()))


async def test_a_worker_sees_timers_chats_and_events_of_its_own_shards_only(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    first, second = await workers.share(one, two)
    for number in range(20):
        story = Story(one, a_handoff(f"h{number}", conversation_id=f"c{number}"))
        await story.start(SetTimer(name="t", due_at=later(number)))
    await one.commit([], [an_event(f"e{number}", refs=(f"h{number}.1",)) for number in range(20)])

    for store, shards in ((one, first), (two, second)):
        due = [timer.handoff_id for timer in await store.due_timers(later(100))]
        assert due == [f"h{number}" for number in range(20) if shard_of(f"h{number}") in shards]
        assert await store.next_timer() == later(int(due[0][1:]))
        waiting = [waiting.event.id for waiting in await store.inbox()]
        assert waiting == [f"e{number}" for number in range(20) if shard_of(f"h{number}.1") in shards]


async def test_letting_go_gives_everything_to_the_others_at_once(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    await one.keep_alive()
    await Story(one).start(actions=[Decide()])
    heard: list[News] = []
    two.on_news(heard.append)

    await one.release()

    await until(lambda: any(news.actions and news.timers and news.inbox for news in heard))
    assert [row.action for row in await two.claim()] == [Decide()]
    assert (await two.keep_alive()).shards == ALL_SHARDS
    assert list(await one.claim()) == [], "it has let go"
    with pytest.raises(LeaseLost):
        await one.keep_alive()


# ------------------------------------------------------------------------------------------------------ races
async def test_raced_requests_of_several_workers_make_one_handoff(workers: Workers) -> None:
    stores = [await workers.start() for _ in range(3)]

    created = await asyncio.gather(
        *(
            store.create(first_step(a_handoff(f"h{number}-{place}", key=f"k{number}-{place}")))
            for number in range(5)
            for place, store in enumerate(stores)
        )
    )

    assert [each.status for each in created].count("created") == 1
    assert [each.status for each in created].count("conversation_live") == 14
    assert len({each.handoff.id for each in created}) == 1


async def test_one_key_raced_in_different_conversations_makes_one_handoff(workers: Workers) -> None:
    stores = [await workers.start() for _ in range(3)]

    created = await asyncio.gather(
        *(
            store.create(first_step(a_handoff(f"h{place}", key="same", conversation_id=f"c{place}")))
            for place, store in enumerate(stores)
        )
    )

    assert sorted(each.status for each in created) == ["created", "same_key", "same_key"]
    assert len({each.handoff.id for each in created}) == 1


async def test_of_raced_steps_of_several_workers_one_wins(workers: Workers) -> None:
    stores = [await workers.start() for _ in range(3)]
    story = Story(stores[0])
    await story.start()

    async def race(number: int) -> bool:
        try:
            await Story(stores[number % 3], story.handoff).step(from_user(f"m{number}"))
        except VersionConflict:
            return False
        return True

    won = await asyncio.gather(*(race(number) for number in range(12)))

    assert won.count(True) == 1
    assert await story.fates() == {f"m{won.index(True)}": ("held", None)}


async def test_two_workers_fire_one_timer_once(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    story = Story(one)
    await story.start(SetTimer(name="t", due_at=later(1)))
    timer = TimerRow("h1", "t", later(1))

    async def fire(store: PostgresStore) -> bool:
        try:
            await store.apply(Change(story.handoff, 1, "timer", NOW, fired=timer))
        except TimerGone:
            return False
        return True

    assert sorted(await asyncio.gather(fire(one), fire(two))) == [False, True]
    assert len(await one.journal("h1")) == 2


async def test_steps_of_many_handoffs_by_many_workers_all_get_in(workers: Workers) -> None:
    """Groups of several processes lock the same handoffs in one order: nobody is a victim."""
    stores = [await workers.start() for _ in range(3)]
    stories = [Story(stores[0], a_handoff(f"h{n}", conversation_id=f"c{n}")) for n in range(12)]
    await asyncio.gather(*(story.start() for story in stories))

    async def talk(story: Story, number: int) -> None:
        other = Story(stores[number % 3], story.handoff)
        await other.note(from_user(f"m{number}"), actions=[FindContact()])

    await asyncio.gather(*(talk(story, number) for number in range(9) for story in stories))

    for story in stories:
        entries = await stores[1].entries(story.handoff.id)
        assert [entry.seq for entry in entries] == list(range(1, 10))
        assert {entry.message.key for entry in entries} == {f"m{number}" for number in range(9)}


# ------------------------------------------------------------------------------------------------------- news
async def test_others_hear_what_a_worker_has_changed_and_it_does_not_hear_itself(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    by_one: list[News] = []
    by_two: list[News] = []
    one.on_news(by_one.append)
    two.on_news(by_two.append)

    await Story(one).start()
    await one.commit([], [an_event()])

    await until(lambda: any("h1" in news.handoffs for news in by_two) and any(n.inbox for n in by_two))
    assert [news for news in by_one if news != News(workers=True)] == [], "it hears that two came, at most"


async def test_a_clerks_action_is_claimed_by_a_worker_that_heard_of_it(workers: Workers) -> None:
    worker = await workers.start()
    heard: list[News] = []
    worker.on_news(heard.append)
    clerk = await workers.open(PostgresStore.clerk(workers.url, now=lambda: NOW))

    created = await Story(clerk).start(actions=[Decide()])

    assert list(created.actions) == []
    await until(lambda: any(news.actions for news in heard))
    assert [row.action for row in await worker.claim()] == [Decide()]


async def test_a_worker_hears_of_a_timer_that_is_due_soon_in_its_shards(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    _, held = await workers.share(one, two)
    handoff = next(f"h{number}" for number in range(100) if shard_of(f"h{number}") in held)
    heard: list[News] = []
    two.on_news(heard.append)

    await Story(one, a_handoff(handoff)).start(SetTimer(name="t", due_at=later(1)))

    await until(lambda: any(news.timers for news in heard))


async def test_very_many_changes_at_once_are_told_in_notices_that_fit(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    heard: set[str] = set()
    two.on_news(lambda news: heard.update(news.handoffs))
    ids = [f"{'h' * 150}{number}" for number in range(300)]

    await asyncio.gather(*(Story(one, a_handoff(i, conversation_id=i)).start() for i in ids))

    await until(lambda: heard == set(ids))


async def test_somebody_who_fails_on_news_does_not_keep_others_from_them(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    heard: list[News] = []

    def fail(_: News) -> None:
        raise ValueError("a bug")

    two.on_news(fail)
    two.on_news(heard.append)

    await Story(one).start()

    await until(lambda: bool(heard))
