"""A plugin cannot hurt a handoff: whatever it does and wherever, the end user is served and it is named."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from livechat_sdk import Outcome, hookimpl
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import LivechatError, PluginError
from livechat_sdk.gateway.health import HealthRoutes
from livechat_sdk.gateway.refusals import Refusal
from livechat_sdk.hooks import Hooks
from livechat_sdk.hooks.checking import REGISTRATION_HOOKS, SPECS
from livechat_sdk.telemetry import watchdog
from tests.plugin_zoo.animals import (
    FAILING,
    JUNK,
    LATE,
    SECRET,
    Animal,
    Kind,
    Prickly,
    blocks,
    bring_up,
    interrupts_itself,
)
from tests.plugin_zoo.world import LIMIT, World, a_world

IN_A_HANDOFF = (
    "livechat_route",
    "livechat_business_hours",
    "livechat_system_message",
    "livechat_find_contact",
    "livechat_create_ticket",
    "livechat_handoff_changed",
)
ON_REQUEST = (
    "livechat_get_contact",
    "livechat_add_to_ticket",
    "livechat_list_tickets",
    "livechat_translate",
    "livechat_suggest_reply",
)
PATIENCE = 15.0
"""Seconds that a busy machine may take for a handoff; what hangs, hangs for a minute."""

Bring = Callable[[str, Kind], Animal]


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A try that is followed by another one is no warning yet."""
    caplog.set_level(logging.INFO, logger="livechat_sdk")


@pytest.fixture
def bring() -> Iterator[Bring]:
    """Brings animals up, and lets go of what hangs in them at the end."""
    animals: list[Animal] = []

    def make(hook: str, kind: Kind) -> Animal:
        animals.append(bring_up(hook, kind))
        return animals[-1]

    yield make
    for animal in animals:
        animal.release.set()


def assert_served(world: World, outcome: Outcome | None) -> None:
    """The end user and the agent noticed nothing."""
    assert outcome is Outcome.COMPLETED
    assert world.channel.texts == ["hi 1"]
    assert world.toy.vendor.texts() == ["hello 1"]
    assert [one.end.outcome for one in world.channel.ended] == [Outcome.COMPLETED]


def test_every_hook_is_in_the_zoo() -> None:
    assert {*IN_A_HANDOFF, *ON_REQUEST} == set(SPECS) - REGISTRATION_HOOKS


@pytest.mark.parametrize("hook", IN_A_HANDOFF)
@pytest.mark.parametrize("kind", LATE, ids=str)
async def test_plugin_that_hangs_delays_a_handoff_by_its_limit_and_is_named(
    hook: str, kind: Kind, bring: Bring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world(tmp_path, hook, bring(hook, kind)) as world:
        ended = await world.live()
        counted = await world.counted(hook)
        assert_served(world, ended.outcome)
        assert counted.timeouts > 0
        assert counted.failures == 0
        # Each call waits for the limit, and no longer; observers are waited for by nobody.
        assert counted.seconds <= counted.calls * LIMIT + PATIENCE
        assert world.seconds["all"] < (counted.calls + 1) * LIMIT + PATIENCE
        before_the_decision = {"livechat_route": 1, "livechat_business_hours": 1}.get(hook, 0)
        assert world.seconds["decision"] < before_the_decision * LIMIT + PATIENCE / 3
    assert world.plugin.lower() in caplog.text.lower()
    assert "no answer within 0.1 s" in caplog.text


@pytest.mark.parametrize("hook", IN_A_HANDOFF)
@pytest.mark.parametrize("kind", FAILING, ids=str)
async def test_plugin_that_raises_counts_as_silent_and_is_named(
    hook: str, kind: Kind, bring: Bring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world(tmp_path, hook, bring(hook, kind)) as world:
        world.dispatcher.hooks.hook_timeout = 60
        world.dispatcher.hooks.contact_timeout = world.dispatcher.hooks.ticket_timeout = 60
        ended = await world.live()
        assert_served(world, ended.outcome)
        counted = await world.counted(hook)
        assert counted.failures == counted.calls > 0
        assert await world.dispatcher.ready() == {}
    assert world.plugin in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("hook", [one for one in IN_A_HANDOFF if one != "livechat_handoff_changed"])
@pytest.mark.parametrize("kind", JUNK, ids=str)
async def test_answer_that_cannot_be_used_counts_as_none_and_is_named(
    hook: str, kind: Kind, bring: Bring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world(tmp_path, hook, bring(hook, kind)) as world:
        ended = await world.live()
        assert_served(world, ended.outcome)
        counted = await world.counted(hook)
        assert counted.failures == counted.calls > 0
    assert world.plugin in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("kind", JUNK, ids=str)
async def test_whatever_an_observer_answers_is_ignored(kind: Kind, bring: Bring, tmp_path: Path) -> None:
    hook = "livechat_handoff_changed"
    async with a_world(tmp_path, hook, bring(hook, kind)) as world:
        ended = await world.live()
        assert_served(world, ended.outcome)
        assert (await world.counted(hook)).failures == 0


@pytest.mark.parametrize("hook", ON_REQUEST)
@pytest.mark.parametrize("kind", [*LATE, *FAILING, *JUNK], ids=str)
async def test_whoever_asks_a_bad_plugin_gets_an_answer_or_our_error_in_time(
    hook: str, kind: Kind, bring: Bring, tmp_path: Path
) -> None:
    async with a_world(tmp_path, hook, bring(hook, kind)) as world:
        hooks, handoff = world.dispatcher.hooks, await world.live()
        ticket = Ticket(source="zoo", id="T-1", key="t")
        started = time.monotonic()
        if hook == "livechat_get_contact":
            assert await hooks.get_contact("crm", "42") is None
        elif hook == "livechat_translate":
            assert await hooks.translate("Καλημέρα", "el", "en") is None
        elif hook == "livechat_suggest_reply":
            assert await hooks.suggest_reply(handoff, (), "shop-bot", None) is None
        elif hook == "livechat_add_to_ticket":
            with pytest.raises(LivechatError, match="zoo"):
                await hooks.add_to_ticket(ticket, TicketNote(key="n", body="!"), plugin="zoo")
        else:
            with pytest.raises(LivechatError, match="zoo"):
                await hooks.list_tickets(handoff, plugin="zoo")
        assert time.monotonic() - started < LIMIT + PATIENCE
        counted = world.stat(hook)
        assert (counted.calls, getattr(counted, kind.counted_as)) == (1, 1)


@pytest.mark.parametrize("hook", IN_A_HANDOFF)
async def test_plugin_that_blocks_the_loop_is_named_with_the_place(
    hook: str, bring: Bring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world(tmp_path, hook, bring(hook, Kind(blocks, "timeouts"))) as world:
        ended = await world.live()
        assert_served(world, ended.outcome)
        assert (await world.counted(hook)).timeouts > 0
        kind = "integration" if world.plugin == "zoo" else "plugin"
        culprit = f"{kind} {world.plugin}"
        deadline = time.monotonic() + 5
        while culprit not in [one.culprit for one in world.dispatcher._watchdog.blamed()]:
            assert time.monotonic() < deadline, world.dispatcher._watchdog.blamed()
            await asyncio.sleep(0.001)
        families = {one.name: one for one in await world.dispatcher.metrics()}
        assert culprit in {s.labels[0] for s in families["livechat_loop_blocks"].samples}
    assert f"{culprit} blocks the event loop" in caplog.text
    assert "animals.py:" in caplog.text


async def test_loop_that_is_blocked_for_long_makes_the_process_not_ready(
    bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    animal = bring("livechat_route", Kind(blocks, "timeouts"))
    async with a_world(tmp_path, "livechat_route", animal) as world:
        monkeypatch.setattr(watchdog, "_SHARE", 0.3 / watchdog._REPEAT)  # a block of 0.3 s is trouble here
        await world.live()
        deadline = time.monotonic() + 30
        while "event loop" not in (problems := await world.dispatcher.ready()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.001)
        assert problems["event loop"].endswith("most of it by plugin Zoo.1")
        with pytest.raises(Refusal, match="not ready: event loop"):
            await HealthRoutes(world.dispatcher, asyncio.Event()).ready(cast("Any", None))


async def test_plugin_with_all_threads_stuck_is_skipped_and_makes_the_process_not_ready(
    bring: Bring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hangs_in_thread = next(kind for kind in LATE if str(kind) == "hangs_in_thread")
    animal = bring("livechat_route", hangs_in_thread)
    async with a_world(tmp_path, "livechat_route", animal) as world:
        for number in range(1, 8):
            assert (await world.live(number)).outcome is Outcome.COMPLETED
        counted = world.stat("livechat_route")
        assert (counted.calls, counted.timeouts, counted.skipped) == (4, 4, 3)
        assert animal.started == 4
        leaked = [one.name for one in threading.enumerate() if one.name == "livechat-plugin-Zoo.1"]
        assert len(leaked) == 4, "threads are bounded"
        assert await world.dispatcher.ready() == {
            "plugin Zoo.1": "all its threads are stuck; it is skipped",
        }
        animal.release.set()
        deadline = time.monotonic() + 5
        while await world.dispatcher.ready():
            assert time.monotonic() < deadline, "it is asked again when it has come back"
    assert caplog.text.count("plugin 'Zoo.1' is stuck in livechat_route") == 1


async def test_whole_zoo_at_once_serves_the_end_user(bring: Bring, tmp_path: Path) -> None:
    async with a_world(tmp_path, "livechat_route", bring("livechat_route", LATE[0])) as world:
        names: list[str] = []
        for hook in (one for one in IN_A_HANDOFF if one != "livechat_create_ticket"):
            for kind in [*LATE, *FAILING]:
                names.append(f"{kind}.{hook}")
                world.dispatcher.hooks.register(bring(hook, kind), name=names[-1])
        ended = await world.live()
        assert_served(world, ended.outcome)
        troubled = {s.plugin for s in world.dispatcher.hooks.stats() if s.failures or s.timeouts}
        assert troubled >= set(names)


async def test_good_plugin_behind_bad_ones_is_still_asked(bring: Bring, tmp_path: Path) -> None:
    class Good:
        asked = 0

        @hookimpl
        async def livechat_route(self) -> Route:
            Good.asked += 1
            return Route(integration="toy", bot="shop-bot", why="the good one")

    async with a_world(tmp_path, "livechat_route", bring("livechat_route", FAILING[0])) as world:
        world.dispatcher.hooks.register(Good(), name="good")
        for number, kind in enumerate([*LATE, *FAILING, *JUNK]):
            world.dispatcher.hooks.register(bring("livechat_route", kind), name=f"bad {number}")
        ended = await world.live()
        assert Good.asked == 1
        assert ended.attempts[0].candidate.route.why == "the good one"


PLAIN = [
    kind
    for kind in (*FAILING, *JUNK)
    if not asyncio.iscoroutinefunction(kind.behave)
    and kind.behave is not interrupts_itself  # Ctrl-C ends a start
]


@pytest.mark.parametrize("kind", PLAIN, ids=str)
def test_registration_that_goes_wrong_is_fatal_and_names_the_plugin(kind: Kind, bring: Bring) -> None:
    hooks = Hooks()
    hooks.register(bring("livechat_integration_types", kind), name="acme")
    with pytest.raises(PluginError, match="plugin 'acme': livechat_integration_types") as raised:
        hooks.integration_types()
    assert SECRET not in str(raised.value)


def test_type_that_cannot_be_looked_at_is_fatal_and_names_the_plugin() -> None:
    class Acme:
        @hookimpl
        def livechat_integration_types(self) -> list[object]:
            return [Prickly()]

    hooks = Hooks()
    hooks.register(Acme(), name="acme")
    with pytest.raises(PluginError, match=r"plugin 'acme': .* answered with a Prickly"):
        hooks.integration_types()
