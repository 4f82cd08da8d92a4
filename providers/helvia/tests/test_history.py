"""The History: what is over, found again by filters, a page at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from livechat_sdk.domain.ends import WHO, WHY, EndReason
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.days import span_of_days
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.past import Outcome, PastFilter, Place
from livechat_sdk_helvia.records import Conversation, RequestStatus
from providers.helvia.tests.browsing import sign_in, token_of
from providers.helvia.tests.stored_database import StoredDatabase
from providers.helvia.tests.world import World, conversation_id, request_id

MISSED = EndReason(by="clock", why="timeout")
GONE = EndReason(by="user", why="abandoned")


async def ended(
    world: World, ref: str, by: str = "ada", reason: EndReason | None = None, **values: object
) -> Conversation:
    """A conversation that is over: its owner ended it, or ``reason`` did."""
    conversation = await world.accepted(ref, by, **values)
    if reason is None:
        return await world.desk.conversations.end(world.people[by], conversation.id)
    await world.desk.conversations.close(conversation.id, reason)
    return await world.reload(conversation)


async def gone(world: World, ref: str, reason: EndReason, **values: object) -> int:
    """A request that ended before anybody accepted it: the id of its conversation."""
    chat = await world.chat(ref, **values)
    await world.provider.close(chat, reason)
    return conversation_id(chat)


async def found(world: World, **wanted: object) -> list[int]:
    page = await world.desk.history.page(world.ada, PastFilter.model_validate(wanted))
    return [item.conversation.id for item in page.items]


@pytest.mark.feature("HI-01", "HI-02", "HI-05", "HI-06")
async def test_completed_and_missed_requests_are_listed_with_handler_and_outcome(world: World) -> None:
    await world.chat("waiting")
    await world.accepted("open")
    over = await ended(world, "done", by="ben")
    world.clock.advance(minutes=1)
    missed = await gone(world, "missed", MISSED)
    page = await world.desk.history.page(world.ada, PastFilter())
    assert [(item.conversation.id, item.outcome, item.handlers) for item in page.items] == [
        (missed, Outcome.MISSED, ()),
        (over.id, Outcome.RESOLVED, ("Ben Okoro",)),
    ]
    assert (page.newer, page.older) == (None, None)
    assert page.items[1].conversation.owner_name == "Ben Okoro"


@pytest.mark.feature("HI-02")
@pytest.mark.parametrize("accepted", [True, False])
async def test_every_end_has_an_outcome_and_missed_is_what_the_request_says(
    quick_world: World, accepted: bool
) -> None:
    desk, expected = quick_world.desk, {}
    for number, (by, why) in enumerate((by, why) for by in WHO for why in WHY):
        reason = EndReason.model_validate({"by": by, "why": why})
        if accepted:
            one = (await ended(quick_world, f"r{number}", reason=reason)).id
            outcome = {"agent": "resolved", "user": "left"}.get(by, "closed")
            expected[one] = "inactive" if (by, why) == ("clock", "inactivity") else outcome
        else:
            one = await gone(quick_world, f"r{number}", reason)
            expected[one] = "missed" if (by, why) == ("clock", "timeout") else "withdrawn"
    page = await desk.history.page(quick_world.ada, PastFilter(), take=200)
    assert {item.conversation.id: item.outcome.value for item in page.items} == expected
    missed = await desk.inbox.requests(RequestStatus.MISSED)
    assert {one.conversation_id for one in missed} == {k for k, v in expected.items() if v == "missed"}
    for outcome in Outcome:
        wanted = {one for one, value in expected.items() if value == outcome.value}
        assert set(await found(quick_world, outcome=outcome)) == wanted


async def test_filters_narrow_the_list(world: World) -> None:
    maria = await ended(world, "a", tags=("vip", 'say "hi"'))
    nikos = await ended(
        world,
        "b",
        by="ben",
        bot="night-bot",
        tags=("vipers",),
        user=EndUser(id="u_2", name="Νίκος Ψ", email="100%@example.org", phone="+30 99"),
    )
    for wanted, expected in (
        ({"text": "maria"}, maria),
        ({"text": "PAPPA"}, maria),
        ({"text": "νίκος"}, nikos),
        ({"text": "ΝΊΚΟΣ Ψ"}, nikos),
        ({"text": "0%@"}, nikos),
        ({"text": "u_2"}, nikos),
        ({"text": "+30 99"}, nikos),
        ({"text": f"#{maria.id}"}, maria),
        ({"handler": world.ben.id}, nikos),
        ({"bot": "night-bot"}, nikos),
        ({"tag": "vip"}, maria),
        ({"tag": 'say "hi"'}, maria),
        ({"tag": "vipers", "bot": "night-bot", "outcome": "resolved"}, nikos),
    ):
        assert await found(world, **wanted) == [expected.id], wanted
    for nothing in ({"text": "u%2"}, {"text": "mariá"}, {"tag": "VIP"}, {"tag": "ip"}, {"bot": "night"}):
        assert await found(world, **nothing) == [], nothing


async def test_days_are_those_of_the_reader_also_when_clocks_change(world: World) -> None:
    athens = ZoneInfo("Europe/Athens")  # on 29 March 2026 the clocks go forward: a day of 23 hours
    at = [datetime(2026, 3, 28, 22, 0, tzinfo=UTC), datetime(2026, 3, 29, 20, 59, 59, tzinfo=UTC)]
    inside = [(await ended(world, f"in{n}", requested_at=moment)).id for n, moment in enumerate(at)]
    for number, moment in enumerate((at[0] - timedelta(seconds=1), at[1] + timedelta(seconds=1))):
        await ended(world, f"out{number}", requested_at=moment)
    since, until = span_of_days(date(2026, 3, 29), date(2026, 3, 29), athens)
    assert (since, until) == (at[0], at[1] + timedelta(seconds=1))
    assert await found(world, since=since, until=until) == inside[::-1]


async def test_a_long_list_is_walked_both_ways_without_gaps_and_without_doubles(world: World) -> None:
    for number in range(7):
        await ended(world, f"r{number}")
        if number % 2:
            world.clock.advance(seconds=1)  # several requests share a moment
    everything = await found(world)
    page, seen = await world.desk.history.page(world.ada, PastFilter(), take=3), []
    pages = [page]
    while page.older:
        page = await world.desk.history.page(world.ada, PastFilter(), take=3, before=page.older)
        pages.append(page)
    seen = [[item.conversation.id for item in one.items] for one in pages]
    assert seen == [everything[:3], everything[3:6], everything[6:]]
    assert pages[0].newer is None
    newer = await world.desk.history.page(world.ada, PastFilter(), take=3, after=pages[2].newer)
    assert [item.conversation.id for item in newer.items] == seen[1]
    assert newer.older
    first = await world.desk.history.page(world.ada, PastFilter(), take=3, after=newer.newer)
    assert ([item.conversation.id for item in first.items], first.newer) == (seen[0], None)


async def test_a_new_end_does_not_move_the_next_page(quick_world: World) -> None:
    for number in range(4):
        await ended(quick_world, f"r{number}")
    page = await quick_world.desk.history.page(quick_world.ada, PastFilter(), take=2)
    everything = await found(quick_world)
    quick_world.clock.advance(seconds=5)
    await ended(quick_world, "late")
    older = await quick_world.desk.history.page(quick_world.ada, PastFilter(), take=2, before=page.older)
    assert [item.conversation.id for item in older.items] == everything[2:]


async def test_ten_thousand_rows_are_read_through_an_index(world: World) -> None:
    database = world.database
    if not isinstance(database, StoredDatabase) or "postgres" in type(database.store).__module__:
        pytest.skip("plans are those of the stored SQLite: PostgreSQL chooses its own by statistics")
    await ended(world, "one")
    where, params = PastFilter().where()
    plan = await world.database.fetch(
        f"EXPLAIN QUERY PLAN SELECT c.id FROM desk_conversations c WHERE {where} "  # noqa: S608
        "AND (c.created_at, c.id) < (:at, :id) ORDER BY c.created_at DESC, c.id DESC LIMIT 50",
        world.desk.context.params(at="2026-03-02T09:00:00.000000Z", id=5, **params),
    )
    text = "\n".join(str(row["detail"]) for row in plan)
    assert "desk_conversations_by_time" in text
    assert "TEMP B-TREE" not in text


@pytest.mark.feature("HI-02", "HI-06", "DP-03")
async def test_programs_read_the_history_under_the_same_ids(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    over = await ended(quick_world, "done")
    quick_world.clock.advance(seconds=1)
    missed = await gone(quick_world, "missed", MISSED)
    headers = await token_of(browser, "ada")
    answer = (await browser.get("/desk/api/history?take=1", headers=headers)).json()
    assert [(one["id"], one["outcome"], one["handlers"], one["owner"]) for one in answer["items"]] == [
        (missed, "missed", [], None)
    ]
    older = await browser.get("/desk/api/history", params={"before": answer["older"]}, headers=headers)
    assert [(one["id"], one["outcome"]) for one in older.json()["items"]] == [(over.id, "resolved")]
    one = (await browser.get(f"/desk/api/history/{over.id}", headers=headers)).json()
    assert one["metadata"]["preLiveChatSurvey"] == [{"question": "What is it about?", "answer": "My order"}]
    assert one["handlers"] == ["Ada Marsh"]
    assert (await browser.get(f"/desk/api/conversations/{one['id']}", headers=headers)).json()[
        "id"
    ] == over.id


@pytest.mark.parametrize(
    "query",
    [
        *("outcome=won", "handler=ada", "from=yesterday", "to=2026-02-30", "zone=Mars/Olympus", "take=0"),
        *("before=x", "after=2026-03-02T09:00:00.000000Z~99999999999999999", "from=2026-02-02&to=2026-02-01"),
        *("text=" + "x" * 201, "tag=%00", "from=0001-01-01&zone=Asia/Tokyo", "to=9999-12-31", "take=201"),
        *("before=2026-99-02T09:00:00.000000Z~1", "zone=../../etc/passwd", "zone=Europe"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_refused(
    quick_world: World, browser: httpx.AsyncClient, query: str
) -> None:
    headers = await token_of(browser, "ada")
    answer = await browser.get(f"/desk/api/history?{query}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), answer.text
    if "take" not in query:
        await sign_in(browser, "ada")
        page = await browser.get(f"/desk/history?{query}")
        assert page.status_code == 422
        assert "notice-bad" in page.text


@pytest.mark.feature("HI-03", "HI-04")
async def test_a_past_request_shows_everything_and_leads_to_the_inbox(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    over = await ended(quick_world, "done")
    await quick_world.desk.notes.add(quick_world.ada, over.id, "call her back")
    missed = await gone(quick_world, "missed", MISSED, user=EndUser(id="u-2", name="Nikos"))
    await sign_in(browser, "ada")
    page = (await browser.get("/desk/history")).text
    for text in ("Maria Pappa", "Resolved", "Ada Marsh", "Nikos", "Missed", f"/desk/conversations/{missed}"):
        assert text in page
    one = (await browser.get(f"/desk/history/{over.id}")).text
    for text in (
        *("maria@example.org", "+30 210 1", "What is it about?", "My order", "/orders", "call her back"),
        *("No customer record.", "Resolved", "Ada Marsh (owner)", f"/desk/conversations/{over.id}"),
    ):
        assert text in one, text
    for number in (over.id, missed):
        window = await browser.get(f"/desk/conversations/{number}")
        assert window.status_code == 200
        assert "My order" in window.text
    assert "Missed" in (await browser.get(f"/desk/history/{missed}")).text


async def test_the_links_to_other_pages_keep_the_filter(
    quick_world: World, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk_helvia.web.history._LISTED", 1)
    for number in range(3):
        await ended(quick_world, f"r{number}", tags=("a&b",))
    await sign_in(browser, "ada")
    page = await browser.get("/desk/history", params={"tag": "a&b", "zone": "Europe/Athens"})
    assert "tag=a%26b&amp;zone=Europe%2FAthens&amp;before=" in page.text
    assert "← Newer" not in page.text
    nothing = await browser.get("/desk/history", params={"tag": "c"})
    assert "Nothing matches." in nothing.text


async def test_what_is_not_over_is_no_history(quick_world: World, browser: httpx.AsyncClient) -> None:
    running, chat = await quick_world.accepted("open"), await quick_world.chat("waiting")
    with pytest.raises(NotFound):
        await quick_world.desk.history.get(quick_world.ada, running.id)
    await sign_in(browser, "ada")
    assert (await browser.get(f"/desk/history/{conversation_id(chat)}")).status_code == 404
    assert request_id(chat)
    assert "Nothing is over yet." in (await browser.get("/desk/history")).text


async def test_nobody_without_a_role_reads_the_history(quick_world: World) -> None:
    for call in (
        quick_world.desk.history.page(quick_world.olga, PastFilter()),
        quick_world.desk.history.get(quick_world.olga, 1),
        quick_world.desk.history.bots(quick_world.olga),
        quick_world.desk.history.members(quick_world.olga),
    ):
        with pytest.raises(Forbidden):
            await call


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place(datetime(2026, 3, 2, 9, 0, 1, 5, tzinfo=UTC), 77)
    assert Place.parse(str(place)) == place
    with pytest.raises(InvalidField):
        Place.parse(f"{place}1~2")


async def test_another_desk_has_a_history_of_its_own(quick_world: World) -> None:
    over = await ended(quick_world, "done")
    move = Statement("UPDATE desk_conversations SET integration = 'other' WHERE id = :id", {"id": over.id})
    await quick_world.database.commit([move])
    assert await found(quick_world) == []
