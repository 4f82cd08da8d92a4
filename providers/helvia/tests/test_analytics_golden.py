"""Analytics of a made-up month of 10,000 live chats, against the same figures by plain Python."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from livechat_sdk_helvia.analytics.figures import TimesByDay
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.analytics_month import (
    BOTS,
    Talk,
    by_day,
    chosen,
    made_up,
    responses,
    store,
    times,
    whole_seconds,
)
from providers.helvia.tests.stored_database import open_stored
from providers.helvia.tests.world import Clock, World, make_world

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

COUNT = 11_800
"""In some days more than a month, so that the month itself has 10,000."""

Month = tuple[World, list[Talk]]

PERIODS = [
    Period.of_days("2026-03-01", "2026-03-31", "Europe/Athens"),  # the 29th has 23 hours
    Period.of_days("2026-03-07", "2026-03-09", "America/New_York"),  # the 8th has 23 hours
    Period.of_days("2026-03-29", "2026-03-29", "Europe/Athens", ["night-bot", "bank-bot"]),
    Period.between("2026-03-10T12:34:56.789+05:45", "2026-03-20T01:02:03", "Asia/Kathmandu", ["shop-bot"]),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def month(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Month]:
    """The month, once for all tests, on each database."""
    place: Path | str = tmp_path_factory.mktemp("month")
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = await server.new_database()
    async with open_stored(place) as database:
        world = await make_world(Clock(), database)
        talks = made_up(20260301, COUNT, [world.ada.id, world.ben.id, world.ines.id])
        await store(world.desk, talks)
        if request.param == "postgres":
            await database.fetch("ANALYZE")  # as every server does by itself, a minute later
        yield world, talks


def event_of(talk: Talk) -> str:
    """Where it has come to, in the published names."""
    if talk.status in {"pending", "started"}:
        return "LIVECHAT_REQUEST_ACCEPTED" if talk.started else "LIVECHAT_REQUESTED"
    if not talk.started:
        missed = (talk.by, talk.why) == ("clock", "timeout")
        return "LIVECHAT_REQUEST_MISSED" if missed else "LIVECHAT_REQUEST_CLOSED"
    left = talk.by == "user" or talk.why == "inactivity"
    return "LIVECHAT_ABANDONED" if left else "LIVECHAT_TERMINATED"


def check(found: TimesByDay, wanted: Sequence[tuple[datetime, int]], period: Period) -> None:
    whole = found.whole
    figures = (whole.count, whole.average, whole.longest, whole.shortest)
    assert figures == pytest.approx(times([value for _, value in wanted]), rel=1e-12)
    days = by_day(wanted, period.zone)
    assert found.averages() == {day: int(sum(v) / len(v) + 0.5) for day, v in days.items()}
    assert {day: one.count for day, one in found.days.items()} == {day: len(v) for day, v in days.items()}


@pytest.mark.feature("AN-02", "AN-04", "AN-05", "AN-06", "AN-07", "AN-08", "AN-09", "AN-10")
@pytest.mark.parametrize("period", PERIODS, ids=["athens", "new-york", "short-day", "kathmandu"])
async def test_every_figure_is_that_of_plain_python(month: Month, period: Period) -> None:
    world, talks = month
    mine = chosen(talks, period.since, period.until, period.bots)
    assert len(mine) >= (10_000 if period is PERIODS[0] else 1)
    report = await world.desk.analytics.report(world.ines, period)
    accepted = [talk for talk in mine if talk.started is not None]
    ends = [(talk.status, talk.by, talk.why) for talk in mine]
    assert report.requests == len(mine)
    assert report.live_chats == len(accepted)
    assert report.missed == ends.count(("unserved", "clock", "timeout"))
    assert report.waiting == sum(status == "pending" for status, _, _ in ends)
    assert report.requests == report.live_chats + report.missed + report.withdrawn + report.waiting
    assert report.missed_share == pytest.approx(100 * report.missed / len(mine))
    said = [author for talk in mine for author, _ in talk.said]
    assert (report.agent_messages, report.user_messages) == (said.count("agent"), said.count("end-user"))
    days = by_day([(talk.created, 1) for talk in accepted], period.zone)
    assert report.live_chats_by_day == {day: len(ones) for day, ones in days.items()}
    firsts = [(talk.created, responses(talk)[0]) for talk in accepted if responses(talk)]
    check(report.first_response, firsts, period)
    check(report.response, [(talk.created, one) for talk in accepted for one in responses(talk)], period)
    lasted = [
        (talk.created, whole_seconds(talk.started, talk.ended))
        for talk in mine
        if talk.started and talk.ended
    ]
    check(report.duration, lasted, period)


@pytest.mark.feature("AN-01", "AN-03")
async def test_shares_are_of_the_sessions_that_were_reported(month: Month) -> None:
    world, talks = month
    period = PERIODS[0]
    reported = {bot: {date(2026, 3, 1) + timedelta(n): 700 + n for n in range(31)} for bot in BOTS[:2]}
    del reported["shop-bot"][date(2026, 3, 12)]  # nobody told: the day does not count at all
    world.host.reported = reported
    share = (await world.desk.analytics.report(world.ines, period)).share
    asked: set[tuple[str, date, str]] = set()
    served: set[tuple[str, date, str]] = set()
    elsewhere: set[tuple[str, date, str]] = set()
    for talk in talks:
        session = (talk.bot, talk.created.astimezone(UTC).date(), talk.session)
        if session[1] in reported.get(talk.bot, {}):
            asked.add(session)
            served |= {session} if talk.started else set()
        elif session[1].month == 3:
            elsewhere.add(session)
    assert share is not None
    assert share.left_out == len(elsewhere)
    total = sum(sum(days.values()) for days in reported.values())
    assert (share.sessions, share.with_request, share.with_live_chat) == (total, len(asked), len(served))
    assert share.containment == pytest.approx(100 * (total - len(asked)) / total)
    assert share.live_chats == pytest.approx(100 * len(served) / total)


@pytest.mark.feature("AN-12")
async def test_feedback_adds_up_in_all_and_for_each_member(month: Month) -> None:
    world, talks = month
    period = PERIODS[0]
    whole, members = await world.desk.analytics.feedback(world.ines, period)
    rated = [talk for talk in chosen(talks, period.since, period.until) if talk.positive is not None]
    assert (whole.positive, whole.total) == (sum(bool(talk.positive) for talk in rated), len(rated))
    assert whole.share == pytest.approx(100 * whole.positive / len(rated))
    assert [member.name for member in members] == ["Ada Marsh", "Ben Okoro", "Ines Vidal"]
    for member in members:
        mine = [talk.positive for talk in rated if talk.owner == member.member_id]
        assert (member.feedback.positive, member.feedback.negative) == (mine.count(True), mine.count(False))
        assert member.feedback.share == pytest.approx(100 * mine.count(True) / len(mine))


@pytest.mark.feature("AN-13")
async def test_the_record_of_each_live_chat_agrees_with_what_happened(month: Month) -> None:
    world, talks = month
    period = PERIODS[1]
    mine = {talk.id: talk for talk in chosen(talks, period.since, period.until)}
    names = {user.id: (user.email, user.name) for user in world.people.values()}
    found = [record async for record in world.desk.analytics.all_records(world.ines, period)]
    assert [record.conversation_id for record in found] == sorted(mine, key=lambda one: mine[one].created)
    for record in found:
        talk = mine[record.conversation_id]
        spoken = [(author, at) for author, at in talk.said if author != "system"]
        assert list(record.response_times) == responses(talk)
        until = talk.started or talk.ended
        assert record.waiting_time == (whole_seconds(talk.created, until) if until else None)
        lasted = whole_seconds(talk.started, talk.ended) if talk.started and talk.ended else None
        assert record.duration == lasted
        words = {"end-user": "END_USER", "agent": "AGENT"}
        assert record.last_sender == (words[spoken[-1][0]] if spoken else None)
        assert record.last_user_message_at == max((at for a, at in spoken if a == "end-user"), default=None)
        members = {member for member in (talk.owner, talk.helper) if member is not None}
        assert record.agents == dict(names[member] for member in members)
        assert record.tags == talk.tags
        assert record.event_type == event_of(talk)


@pytest.mark.feature("AN-11")
async def test_a_period_without_anything_gives_zeros(month: Month) -> None:
    world, _ = month
    world.host.reported = {}
    report = await world.desk.analytics.report(
        world.ines, Period.of_days("2020-01-01", "2020-01-31", "Europe/Athens")
    )
    assert (report.requests, report.live_chats, report.missed, report.missed_share) == (0, 0, 0, 0.0)
    assert (report.live_chats_by_day, report.response.averages()) == ({}, {})
    assert report.duration.whole.average == 0.0
    assert report.share is None
