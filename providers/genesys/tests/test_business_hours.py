"""Business hours by Architect's schedules: read, kept, abstained from, and what a handoff is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.hooks import hookimpl
from livechat_sdk.http import override_transport
from livechat_sdk.http.sockets import override_sockets
from livechat_sdk_genesys import plugin
from livechat_sdk_genesys.provider import GenesysProvider
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.recordings import HastyClock
from providers.genesys.tests.bench import NOW, SETTINGS, Answers, an_error

GROUP = "5a0d0f0e-0f1c-4c39-8f3b-0b2b8f7d0001"
HERE = Route(integration="genesys", bot="shop-bot")
WARNINGS = "livechat_sdk_genesys"

A_GROUP: dict[str, Any] = {
    "id": GROUP,
    "name": "Support",
    "state": "active",
    "timeZone": "Europe/Athens",
    "openSchedules": [{"id": "always"}],
}
ALWAYS: dict[str, Any] = {
    "id": "always",
    "name": "Always",
    "state": "active",
    "start": "2026-01-01T00:00:00.000",
    "end": "2026-01-02T00:00:00.000",
    "rrule": "FREQ=DAILY",
}


class Time:
    """The clock of an integration, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Asked:
    """An integration whose calls come to ``answers``, on a clock moved by hand."""

    def __init__(self, answers: Answers, provider: GenesysProvider, time: Time) -> None:
        self.answers, self.provider, self.time = answers, provider, time

    async def hours(self, route: Route = HERE) -> OpeningHours | None:
        return await self.provider.livechat_business_hours(route, self.time.now)

    def has(self, group: dict[str, Any] | None = None, schedule: dict[str, Any] | None = None) -> None:
        """Script one reading of the group."""
        self.answers.script(f"GET {GROUP}", httpx.Response(200, json=A_GROUP | (group or {})))
        self.answers.script("GET always", httpx.Response(200, json=ALWAYS | (schedule or {})))

    def pass_by(self, minutes: float) -> None:
        self.time.now += timedelta(minutes=minutes)


@asynccontextmanager
async def asked(**settings: Any) -> AsyncIterator[Asked]:
    answers, time = Answers(), Time()
    document = {**SETTINGS, "scheduleGroup": GROUP, **settings}
    provider = Registry({"genesys": plugin}).build(document, now=time)
    assert isinstance(provider, GenesysProvider)
    with override_transport(httpx.MockTransport(answers.handle), clock=answers.clock):
        try:
            yield Asked(answers, provider, time)
        finally:
            await provider.stop()
    assert not answers.undocumented, answers.undocumented


async def test_hours_are_those_of_the_group_and_kept_for_a_while() -> None:
    async with asked() as one:
        one.has()
        first = await one.hours()
        assert first is not None
        assert (first.open, first.rule) == (True, "open: Always")
        one.pass_by(4.9)
        assert await one.hours() == first
        assert one.answers.names() == [f"GET {GROUP}", "GET always"]
        one.pass_by(0.2)
        one.has({"openSchedules": [], "closedSchedules": [{"id": "always"}]})
        later = await one.hours()
        assert later is not None
        assert (later.open, later.rule) == (False, "closed: Always")


async def test_many_who_ask_at_once_make_one_reading() -> None:
    async with asked() as one:
        one.has()
        found = await asyncio.gather(*(one.hours() for _ in range(10)))
        assert [hours is not None and hours.open for hours in found] == [True] * 10
        assert len(one.answers.calls) == 2


async def test_other_routes_and_integrations_without_a_group_are_abstained_from() -> None:
    async with asked() as one:
        assert await one.hours(Route(integration="elsewhere", bot="shop-bot")) is None
        assert one.answers.calls == []
    async with asked(scheduleGroup=None) as one:
        assert await one.hours() is None
        assert one.answers.calls == []


async def test_without_the_right_nothing_is_said_but_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with asked() as one:
        one.answers.script(f"GET {GROUP}", *[an_error(403, "missing.permissions") for _ in range(2)])
        with caplog.at_level(logging.WARNING, WARNINGS):
            assert await one.hours() is None
            assert await one.hours() is None
            assert len(one.answers.calls) == 1, "a refusal is not asked for again at once"
            one.pass_by(2)
            assert await one.hours() is None
        assert len(one.answers.calls) == 2
        (said,) = [record.getMessage() for record in caplog.records if record.name == WARNINGS]
        assert "routing:scheduleGroup:view" in said
        one.pass_by(2)
        one.has()
        assert await one.hours() is not None, "a right that was given is found out"


@pytest.mark.parametrize(
    ("group", "schedule"),
    [
        ({"timeZone": None}, {}),
        ({"timeZone": "Europe/Atlantis"}, {}),
        ({"state": "deleted"}, {}),
        ({"openSchedules": [{"id": "always"}] * 101}, {}),
        ({}, {"rrule": "FREQ=SECONDLY"}),
        ({}, {"start": "2026-01-01T00:00:00Z"}),
        ({}, {"end": "2025-01-01T00:00:00.000"}),
        ({}, {"start": "soon"}),
    ],
)
async def test_what_is_not_understood_is_not_guessed(
    group: dict[str, Any], schedule: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with asked() as one:
        one.has(group, schedule)
        with caplog.at_level(logging.WARNING, WARNINGS):
            assert await one.hours() is None
            assert await one.hours() is None
        one.answers.undocumented.clear()  # some of these are what the vendor says it never answers
    (said,) = [record.getMessage() for record in caplog.records if record.name == WARNINGS]
    assert said.startswith("genesys: whether the schedule group is open is not known: ")


async def test_schedule_that_is_not_in_force_does_not_count() -> None:
    async with asked() as one:
        one.has(schedule={"state": "inactive"})
        hours = await one.hours()
        assert hours is not None
        assert not hours.open


async def test_reading_goes_on_when_the_hook_has_no_more_time() -> None:
    async with asked() as one:
        one.has()
        go_on, handle = asyncio.Event(), one.answers.handle

        async def slowly(request: httpx.Request) -> httpx.Response:
            await go_on.wait()
            return await handle(request)

        with override_transport(httpx.MockTransport(slowly), clock=one.answers.clock):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await one.hours()
            go_on.set()
            hours = await one.hours()
        assert hours is not None
        assert hours.open
        assert len(one.answers.calls) == 2


def test_group_that_cannot_be_an_id_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Registry({"genesys": plugin}).build({**SETTINGS, "scheduleGroup": "../tokens/me"})


# ---- over the simulator, through a dispatcher


EVENING = datetime(2026, 12, 24, 20, 0, tzinfo=UTC)
"""In Athens ten in the evening before a holiday (a Friday, with a weekend behind it)."""


@asynccontextmanager
async def a_dispatcher(
    folder: Path, account: dict[str, Any], *plugins: object, start: datetime = EVENING, **livechat: Any
) -> AsyncIterator[Dispatcher]:
    clock = VirtualClock(start)
    (entry,) = entry_points(group="livechat_sdk_simulators", name="genesys")
    simulator = entry.load().make(account, clock)
    reader = httpx.AsyncClient(transport=simulator.transport(), base_url="https://api.genesys.example")
    async with reader:
        token = await reader.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(simulator.integration()["clientId"], simulator.integration()["clientSecret"]),
        )
        bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
        listed = await reader.get("/api/v2/architect/schedulegroups", headers=bearer)
    group = listed.json()["entities"][0]["id"] if listed.status_code == 200 else GROUP
    document = {
        "store": f"sqlite:///{folder}/ledger.db",
        "integrations": {"genesys": {**simulator.integration(), "name": "genesys", "scheduleGroup": group}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["genesys"], **livechat}}},
    }
    dispatcher = Dispatcher(
        LivechatFile.model_validate(document),
        channel=RecordingChannel(),
        registry=Registry({"genesys": plugin}),
        clock=clock,
        plugins=plugins,
    )
    with (
        override_transport(simulator.transport(), clock=HastyClock()),
        override_sockets(simulator.open_socket, clock=clock),
    ):
        async with dispatcher:
            yield dispatcher


def a_request() -> HandoffRequest:
    return HandoffRequest(
        key="k-1", conversation_id="c-1", bot="shop-bot", user=EndUser(id="u-1", name="Eleni")
    )


async def test_handoff_out_of_hours_is_told_the_next_opening_after_holiday_and_weekend(
    tmp_path: Path,
) -> None:
    async with a_dispatcher(tmp_path, {}) as dispatcher:
        handoff = await dispatcher.request(a_request())
        await dispatcher.wait_idle()
        ended = await dispatcher.handoff(handoff.id)
    assert ended.outcome == "out_of_hours"
    assert ended.end is not None
    assert ended.end.next_opening == datetime(2026, 12, 28, 9, 0, tzinfo=ZoneInfo("Europe/Athens"))


async def test_handoff_within_the_schedules_goes_to_the_agents(tmp_path: Path) -> None:
    never = {"timezone": "UTC", "weekly": {"sun": ["03:00-03:01"]}}
    start = datetime(2026, 12, 24, 8, 0, tzinfo=UTC)
    async with a_dispatcher(tmp_path, {}, start=start, business_hours=never) as dispatcher:
        handoff = await dispatcher.request(a_request())
        await dispatcher.wait_idle()
        found = await dispatcher.handoff(handoff.id)
    assert found.outcome is None
    assert found.state == "queued"


async def test_without_the_right_the_hours_of_the_bot_hold(tmp_path: Path) -> None:
    never = {"timezone": "UTC", "weekly": {"sun": ["03:00-03:01"]}}
    account = {"missing_rights": ["routing:scheduleGroup:view"]}
    start = datetime(2026, 12, 24, 8, 0, tzinfo=UTC)
    async with a_dispatcher(tmp_path, account, start=start, business_hours=never) as dispatcher:
        handoff = await dispatcher.request(a_request())
        await dispatcher.wait_idle()
        ended = await dispatcher.handoff(handoff.id)
    assert ended.outcome == "out_of_hours"
    assert ended.end is not None
    assert ended.end.next_opening == datetime(2026, 12, 27, 3, 0, tzinfo=UTC)


class AlwaysOpen:
    """A plugin of the platform's own."""

    @hookimpl
    def livechat_business_hours(self) -> OpeningHours:
        return OpeningHours(open=True, rule="the platform says so")


async def test_plugin_given_in_code_comes_before_the_schedules(tmp_path: Path) -> None:
    async with a_dispatcher(tmp_path, {}, AlwaysOpen()) as dispatcher:
        handoff = await dispatcher.request(a_request())
        await dispatcher.wait_idle()
        assert (await dispatcher.handoff(handoff.id)).outcome is None
