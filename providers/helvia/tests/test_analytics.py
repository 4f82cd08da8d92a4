"""Analytics through its page and its API: live chats as they really happen at the desk."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, date, timedelta

import httpx
import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk_helvia.analytics.figures import Share, Times
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.web.analytics import long_time, percent_words
from livechat_sdk_helvia.web.charts import chart_of
from providers.helvia.tests.browsing import sign_in, tags, token_of
from providers.helvia.tests.world import World, planned

MARCH = {"startDate": "2026-03-01", "endDate": "2026-04-01", "timeZone": "Europe/Athens"}
DAYS = {"from": "2026-03-01", "to": "2026-03-31", "zone": "Europe/Athens"}
MISSED = EndReason(by="clock", why="timeout")


async def user_says(world: World, ref: str, key: str) -> None:
    conversation = await world.desk.conversations.by_ref(ref)
    assert conversation is not None
    await world.desk.messages.take_in(conversation, planned(world.clock, key, "words"))


async def a_day(world: World) -> int:
    """A live chat with three answers, one that was missed, one that was withdrawn, and one that waits."""
    chat = await world.chat("one")
    world.clock.advance(seconds=5)
    await user_says(world, "one", "early")
    world.clock.advance(seconds=15)
    talk = await world.desk.accept(world.ada, int(chat.state["request_id"]))
    for pause, who in ((30, "ada"), (10, "ada"), (100, "user"), (5, "user"), (40.9, "ada"), (7, "user")):
        world.clock.advance(seconds=pause)
        if who == "user":
            await user_says(world, "one", f"at {world.clock.now()}")
        else:
            await world.desk.messages.send(world.ada, talk, "words")
    world.clock.advance(minutes=5)
    await world.desk.conversations.end(world.ada, talk.id)
    for ref, reason in (("two", MISSED), ("three", EndReason(by="user", why="abandoned"))):
        gone = await world.chat(ref, bot="night-bot")
        world.clock.advance(minutes=1)
        await world.provider.close(gone, reason)
    await world.chat("four")
    return talk.id


@pytest.mark.feature("AN-01", "AN-02", "AN-03", "AN-04", "AN-05", "AN-06", "AN-07", "AN-08", "AN-10")
async def test_programs_read_the_figures_under_their_published_names(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await a_day(quick_world)
    quick_world.host.reported = {"shop-bot": {date(2026, 3, 2): 40}, "night-bot": {date(2026, 3, 2): 10}}
    headers = await token_of(browser, "ines")
    for path in ("analytics", "analytics/live-chat"):
        answer = await browser.get(f"/desk/api/{path}", params=MARCH, headers=headers)
        assert answer.json() == {
            "usage": {
                "liveChats": 1,
                "liveChatPercentage": 2.0,
                "agentMessages": 3,
                "endUserMessages": 4,
                "liveChatsPerDay": [{"string_date": "2026-03-02", "count": 1}],
                "containmentRate": 92.0,
                "sessions": 50,
                "leftOutSessions": 0,
            },
            "missedChats": {
                "liveChatRequests": 4,
                "liveChats": 1,
                "missedLiveChats": 1,
                "missedChatsPercentage": 25.0,
                "withdrawnRequests": 1,
                "waitingRequests": 1,
            },
            "responseTimes": {
                "avgFirstResponse": 30.0,
                "longestFirstResponse": 30,
                "shortestFirstResponse": 30,
                "avgResponse": 37.5,
                "longestResponse": 45,
                "shortestResponse": 30,
                "avgFirstResponsePerDay": [{"string_date": "2026-03-02", "count": 30}],
                "avgResponsePerDay": [{"string_date": "2026-03-02", "count": 38}],
            },
            "duration": {
                "avgDuration": 492.0,
                "longestDuration": 492,
                "shortestDuration": 492,
                "avgDurationPerDay": [{"string_date": "2026-03-02", "count": 492}],
            },
        }
    one = await browser.get("/desk/api/analytics", params=MARCH | {"tenants": "night-bot"}, headers=headers)
    assert one.json()["missedChats"]["liveChatRequests"] == 2
    both = MARCH | {"tenants": ["night-bot", "shop-bot,other-bot"]}
    two = await browser.get("/desk/api/analytics", params=both, headers=headers)
    assert two.json()["missedChats"]["liveChatRequests"] == 4


@pytest.mark.feature("AN-01", "AN-03")
@pytest.mark.parametrize(
    "reported", [{}, {"shop-bot": {}}, {"shop-bot": {date(2026, 3, 2): 1}}, {"other": {date(2026, 3, 2): 9}}]
)
async def test_without_sessions_that_can_be_whole_the_shares_are_not_known(
    quick_world: World, browser: httpx.AsyncClient, reported: dict[str, dict[date, int]]
) -> None:
    await a_day(quick_world)
    quick_world.host.reported = reported
    answer = await browser.get("/desk/api/analytics", params=MARCH, headers=await token_of(browser, "ines"))
    usage = answer.json()["usage"]
    for name in ("liveChatPercentage", "containmentRate", "sessions", "leftOutSessions"):
        assert usage[name] is None
    await sign_in(browser, "ines")
    page = await browser.get("/desk/analytics", params=DAYS)
    assert page.text.count("No data") == 3
    assert "100.0 %" not in page.text


@pytest.mark.feature("AN-01", "AN-03")
async def test_a_share_of_some_days_says_who_asked_on_the_others(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await a_day(quick_world)
    quick_world.host.reported = {"shop-bot": {date(2026, 3, 3): 40}}
    answer = await browser.get("/desk/api/analytics", params=MARCH, headers=await token_of(browser, "ines"))
    usage = answer.json()["usage"]
    assert (usage["containmentRate"], usage["sessions"], usage["leftOutSessions"]) == (100.0, 40, 4)
    await sign_in(browser, "ines")
    page = await browser.get("/desk/analytics", params=DAYS)
    words = "of 40 sessions; 4 more asked for a human on days that are left out"
    assert page.text.count(words) == 2, "nobody takes these shares for those of the whole period"
    mine = await browser.get("/desk/analytics", params=DAYS | {"bot": "night-bot"})
    assert mine.text.count("No data") == 3


@pytest.mark.feature("AN-01", "AN-03")
async def test_a_day_of_which_conversations_were_deleted_is_left_out(world: World) -> None:
    await a_day(world)
    world.clock.advance(days=1)
    await world.accepted("next-day", by="ada")
    days = {date(2026, 3, 2): 40, date(2026, 3, 3): 10}
    world.host.reported = {"shop-bot": days, "night-bot": days}
    period = Period.of_days("2026-03-01", "2026-03-31", "Europe/Athens")

    async def share() -> Share | None:
        return (await world.desk.analytics.report(world.ines, period)).share

    assert await share() == Share(100, 5, 2)
    await world.desk.purge.run(world.ines, bot="shop-bot")  # one of the two of the first day is over
    assert await share() == Share(60, 3, 1, left_out=1)
    erased = world.desk.context.statement(  # as the dispatcher erases a person
        "DELETE FROM desk_conversations WHERE workspace = :workspace AND handoff_id = 'handoff-next-day'"
    )
    await world.database.commit([erased])
    assert await share() == Share(50, 2, 0, left_out=1)
    await world.desk.purge.run(world.ines)
    assert await share() == Share(10, 0, 0, left_out=1)
    world.host.reported = {"night-bot": {date(2026, 3, 2): 40}}
    assert await share() is None, "not 100 %: nothing is left of those who asked"


def test_nearly_all_is_not_said_to_be_all() -> None:
    assert [percent_words(one) for one in (0.0, 0.04, 0.1, 50.0, 99.9, 99.96, 100.0)] == [
        "0.0 %",
        "< 0.1 %",
        "0.1 %",
        "50.0 %",
        "99.9 %",
        "> 99.9 %",
        "100.0 %",
    ]


@pytest.mark.feature("AN-13")
async def test_programs_read_the_record_of_each_live_chat(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    number = await a_day(quick_world)
    headers = await token_of(browser, "ines")
    ask = MARCH | {"take": "3"}
    page = (await browser.get("/desk/api/analytics/conversations", params=ask, headers=headers)).json()
    first = page["items"][0]
    assert first.pop("updatedAt") == "2026-03-02T09:08:32.900000Z"
    assert first == {
        "conversationId": str(number),
        "tenantId": "shop-bot",
        "requestedDate": "2026-03-02T09:00:00.000000Z",
        "liveChatEventType": "LIVECHAT_TERMINATED",
        "waitingTime": 20,
        "duration": 492,
        "responseTime": [30, 45],
        "lastEndUserMessageAt": "2026-03-02T09:03:32.900000Z",
        "lastSender": "END_USER",
        "agents": ["ada@example.org"],
        "tags": ["vip"],
    }
    assert [one["liveChatEventType"] for one in page["items"][1:]] == [
        "LIVECHAT_REQUEST_MISSED",
        "LIVECHAT_REQUEST_CLOSED",
    ]
    assert [one["waitingTime"] for one in page["items"][1:]] == [60, 60]
    more = await browser.get(
        "/desk/api/analytics/conversations", params=ask | {"after": page["after"]}, headers=headers
    )
    (last,) = more.json()["items"]
    assert (last["liveChatEventType"], last["waitingTime"], last["lastSender"]) == (
        "LIVECHAT_REQUESTED",
        None,
        None,
    )
    assert more.json()["after"] is None


@pytest.mark.feature("AN-12")
async def test_the_platform_tells_what_the_end_user_thought(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await a_day(quick_world)
    headers = await token_of(browser, "ines")
    for positive in (False, True):  # the last word counts
        body = {"handoffId": "handoff-one", "positive": positive}
        answer = await browser.post("/desk/api/feedback", json=body, headers=headers)
        assert answer.status_code == 204
    for handoff, status in (("handoff-two", 404), ("handoff-none", 404)):
        body = {"handoffId": handoff, "positive": True}
        answer = await browser.post("/desk/api/feedback", json=body, headers=headers)
        assert answer.status_code == status
    found = await browser.get("/desk/api/analytics/user-feedback", params=MARCH, headers=headers)
    share = {"positive": 1, "negative": 0, "total": 1, "positivePercentage": 100.0}
    assert found.json() == {
        "liveChatFeedback": share,
        "liveChatAgentsFeedback": [
            {"agent": "ada@example.org", "fullName": "Ada Marsh", "feedback": share},
        ],
    }


@pytest.mark.feature("AN-12")
async def test_nobody_rates_themselves(quick_world: World, browser: httpx.AsyncClient) -> None:
    await a_day(quick_world)
    answer = await browser.post(
        "/desk/api/feedback",
        json={"handoffId": "handoff-one", "positive": True},
        headers=await token_of(browser, "ada"),
    )
    assert answer.status_code == 403
    with pytest.raises(Forbidden):
        await quick_world.desk.analytics.keep_feedback(quick_world.ada, "handoff-one", positive=True)
    with pytest.raises(NotFound):
        await quick_world.desk.analytics.keep_feedback(quick_world.ines, "", positive=True)


@pytest.mark.feature("AN-11")
async def test_a_desk_where_nothing_happened_shows_zeros(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    headers = await token_of(browser, "ines")
    figures = (await browser.get("/desk/api/analytics", params=MARCH, headers=headers)).json()
    for block in figures.values():
        for name, value in block.items():
            assert value == ([] if name.endswith("PerDay") else 0) or value is None, name
    feedback = (await browser.get("/desk/api/analytics/user-feedback", params=MARCH, headers=headers)).json()
    assert feedback["liveChatFeedback"]["positivePercentage"] == 0.0
    await sign_in(browser, "ines")
    page = await browser.get("/desk/analytics")
    assert page.status_code == 200
    assert page.text.count("Nothing in this period") == 4


@pytest.mark.feature("AN-09")
@pytest.mark.parametrize(
    "wrong",
    [
        {"startDate": ""},
        {"endDate": ""},
        {"timeZone": ""},
        {"timeZone": "Mars/Base"},
        {"startDate": "yesterday"},
        {"startDate": "2026-04-01"},
        {"startDate": "2020-01-01"},
        {"startDate": "0001-01-01", "endDate": "0001-01-02"},
        {"tenants": "x" * 201},
        {"tenants": ",".join(map(str, range(51)))},
    ],
)
async def test_start_end_and_zone_are_required_and_checked(
    quick_world: World, browser: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    headers = await token_of(browser, "ines")
    answer = await browser.get("/desk/api/analytics", params=MARCH | wrong, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "invalid"


@pytest.mark.feature("AN-09")
def test_days_are_those_of_the_zone_and_may_have_23_or_25_hours() -> None:
    short = Period.of_days("2026-03-29", "2026-03-29", "Europe/Athens")
    long = Period.of_days("2026-10-25", "2026-10-25", "Europe/Athens")
    assert (short.until - short.since, long.until - long.since) == (timedelta(hours=23), timedelta(hours=25))
    assert short.days() == [date(2026, 3, 29)]
    moments = Period.between("2026-03-28T22:00:00Z", "2026-03-29T21:00:00+00:00", "Europe/Athens")
    assert (moments.since, moments.until) == (short.since, short.until)
    assert Period.between("2026-03-29", "2026-03-30", "Europe/Athens").since == short.since.astimezone(UTC)
    with pytest.raises(InvalidField, match="400 days"):
        Period.of_days("2026-01-01", "2027-03-01", "UTC")
    assert len(Period.of_days("2026-01-01", "2027-02-04", "America/New_York").days()) == 400


@pytest.mark.feature("AN-09")
@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Asia/Beirut", {23.0: 1, 25.0: 1}),  # the clocks change at midnight: there is none on one day
        ("America/Havana", {23.0: 1, 25.0: 1}),  # and two on another
        ("Australia/Lord_Howe", {23.5: 1, 24.5: 1}),
        ("Pacific/Chatham", {23.0: 1, 25.0: 1}),
        ("Asia/Kathmandu", {}),
    ],
)
def test_days_of_any_zone_follow_one_another_without_gap(zone: str, hours: dict[float, int]) -> None:
    until, odd = None, Counter[float]()
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(number)
        period = Period.of_days(day.isoformat(), day.isoformat(), zone)
        assert until is None or period.since == until
        until = period.until
        assert period.days() == [day]
        quarters = int((period.until - period.since) / timedelta(minutes=15))
        assert {period.day_of(period.since + n * timedelta(minutes=15)) for n in range(quarters)} == {day}
        if quarters != 96:
            odd[quarters / 4] += 1
    assert odd == hours


@pytest.mark.feature("AN-02", "AN-05", "AN-10")
async def test_the_page_draws_every_series_without_script_or_inline_style(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await a_day(quick_world)
    await sign_in(browser, "ines")
    page = await browser.get("/desk/analytics", params=DAYS | {"bot": "shop-bot"})
    assert page.status_code == 200
    found = tags(page.text)
    assert [name for name, _ in found].count("svg") == 4
    assert [name for name, _ in found].count("rect") == 4
    assert not any("style" in attributes for _, attributes in found)
    assert "1 still waiting" in page.text
    assert "8 min 12 s" in page.text
    links = [str(a["href"]) for name, a in found if name == "a" and ".csv" in str(a.get("href"))]
    assert len(links) == 7
    for link in links:
        answer = await browser.get(link)
        assert answer.status_code == 200, link
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO((await browser.get(links[0])).text.removeprefix("\ufeff"))))
    figures = {row[0]: row[1] for row in rows[1:]}
    assert (figures["liveChatRequests"], figures["avgResponse"]) == ("2", "37.5")
    assert figures["containmentRate"] == ""
    every = csv.DictReader(io.StringIO((await browser.get(links[-1])).text.removeprefix("\ufeff")))
    assert [row["response_seconds"] for row in every] == ["30 45", ""]
    assert (await browser.get("/desk/analytics/other.csv", params=DAYS)).status_code == 404


async def test_what_cannot_be_read_is_said_on_the_page(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await sign_in(browser, "ines")
    page = await browser.get("/desk/analytics", params=DAYS | {"zone": "<script>"})
    assert page.status_code == 422
    assert "Unknown time zone" in page.text
    assert "<script>" not in page.text.replace('<script type="module"', "")
    assert 'value="2026-03-01"' in page.text


async def test_a_name_that_looks_like_a_formula_is_harmless_in_a_download(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await quick_world.accepted("one", by="ada", tags=("=1+1",), bot="@bot")
    await sign_in(browser, "ines")
    answer = await browser.get("/desk/analytics/conversations.csv", params=DAYS)
    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (row["bot"], row["tags"]) == ("'@bot", "'=1+1")


async def test_feedback_goes_when_its_conversation_is_purged(quick_world: World) -> None:
    await a_day(quick_world)
    await quick_world.desk.analytics.keep_feedback(quick_world.ines, "handoff-one", positive=True)
    await quick_world.desk.purge.run(quick_world.ines)
    left = await quick_world.desk.context.fetch("SELECT COUNT(*) AS rows FROM desk_feedback")
    assert left[0]["rows"] == 0


def test_times_are_rounded_half_up_and_said_to_people() -> None:
    times = Times()
    assert (times.average, times.rounded) == (0.0, 0)
    for seconds in (1, 2):
        times.add(1, seconds, seconds, seconds)
    times.add(0, 0, 0, 0)
    assert (times.average, times.rounded, times.shortest, times.longest) == (1.5, 2, 1, 2)
    assert [long_time(one) for one in (0, 59.4, 59.5, 3599, 3720)] == [
        "0 s",
        "59 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 02 min",
    ]


def test_bars_keep_inside_their_chart() -> None:
    days = [date(2026, 1, 1) + timedelta(n) for n in range(400)]
    values = {day: number % 7 for number, day in enumerate(days)}
    chart = chart_of("x", "X", "X", days=days, values=values, shown=str)
    assert chart.highest == "6"
    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width for bar in chart.bars)
    assert all(bar.y > 0 and bar.y + bar.height == pytest.approx(chart.base, abs=0.02) for bar in chart.bars)
    assert "400 days" in chart.summary
