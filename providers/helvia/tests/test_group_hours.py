"""Business hours of groups: kept by LiveChat Admins, and what they do to requests for a group."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk import Outcome
from livechat_sdk.domain.handoff import Route
from livechat_sdk_helvia.desk_settings import DeskSettings
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.group_hours import MOST_ROWS
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.browsing import sign_in, token_of
from providers.helvia.tests.test_with_dispatcher import Recorder, running
from providers.helvia.tests.world import World, make_provider, start

MONDAY = {"day": 1, "opens_at": 9 * 60, "closes_at": 17 * 60}
NIGHT = {"day": 5, "opens_at": 22 * 60, "closes_at": 2 * 60}

ROUTE = Route(integration="desk", bot="shop-bot", group="billing")


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    """In March 2026, whose second day is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------- service
@pytest.mark.feature("PL-02", "AD-07")
async def test_rows_are_listed_added_changed_and_deleted(world: World) -> None:
    hours, ines = world.desk.hours, world.ines
    night = await hours.add(ines, "billing", NIGHT)
    monday = await hours.add(ines, "billing", MONDAY)
    other = await hours.add(ines, "sales", MONDAY)
    assert list(await hours.of(ines, "billing")) == [monday, night]
    assert list(await hours.all(ines)) == [monday, night, other]
    changed = await hours.change(ines, "billing", monday.id, {"closes_at": 1440})
    assert (changed.day, changed.opens_at, changed.closes_at) == (1, 540, 1440)
    await hours.delete(ines, "billing", night.id)
    assert list(await hours.of(ines, "billing")) == [changed]
    with pytest.raises(NotFound):
        await hours.delete(ines, "billing", night.id)
    with pytest.raises(NotFound):
        await hours.change(ines, "billing", other.id, MONDAY)
    elsewhere = await start(make_provider(world.clock, name="desk-2"), world.database)
    assert list(await elsewhere.desk.hours.all(ines)) == []
    acts = [entry.action for entry in await world.desk.audit.entries(ines)]
    assert acts == ["hours.deleted", "hours.changed", "hours.added", "hours.added", "hours.added"]


@pytest.mark.feature("PL-03")
@pytest.mark.parametrize(
    "wrong",
    [
        {"day": 7},
        {"day": -1},
        {"day": True},
        {"day": None},
        {"opens_at": 1441},
        {"closes_at": -1},
        {"closes_at": "late"},
        {"opens_at": 540, "closes_at": 540},
        {"opens_at": 1440, "closes_at": 0},
    ],
)
async def test_days_and_minutes_that_do_not_exist_are_refused(
    quick_world: World, wrong: dict[str, Any]
) -> None:
    hours, ines = quick_world.desk.hours, quick_world.ines
    row = await hours.add(ines, "billing", MONDAY)
    with pytest.raises(InvalidField):
        await hours.add(ines, "billing", MONDAY | wrong)
    if wrong != {"day": None}:
        with pytest.raises(InvalidField):
            await hours.change(ines, "billing", row.id, wrong)
    assert list(await hours.of(ines, "billing")) == [row]


async def test_groups_have_names_and_a_number_of_rows_that_ends(quick_world: World) -> None:
    for name in ("", " ", "a\nb", "x" * 201):
        with pytest.raises(InvalidField):
            await quick_world.desk.hours.add(quick_world.ines, name, MONDAY)
    for _ in range(MOST_ROWS):
        await quick_world.desk.hours.add(quick_world.ines, "billing", MONDAY)
    with pytest.raises(InvalidField):
        await quick_world.desk.hours.add(quick_world.ines, "billing", MONDAY)


@pytest.mark.feature("RO-11", "AD-01")
async def test_only_an_admin_keeps_hours(quick_world: World) -> None:
    hours = quick_world.desk.hours
    row = await hours.add(quick_world.ines, "billing", MONDAY)
    for user in (quick_world.ada, quick_world.olga):
        with pytest.raises(Forbidden):
            await hours.add(user, "billing", MONDAY)
        with pytest.raises(Forbidden):
            await hours.change(user, "billing", row.id, MONDAY)
        with pytest.raises(Forbidden):
            await hours.delete(user, "billing", row.id)
        with pytest.raises(Forbidden):
            await hours.of(user, "billing")
        with pytest.raises(Forbidden):
            await hours.all(user)


# ---------------------------------------------------------------------------------------------------- hook
@pytest.mark.feature("PL-02", "AD-07")
async def test_the_desk_answers_for_groups_with_rows_and_for_nobody_else(world: World) -> None:
    ask, ines = world.provider.livechat_business_hours, world.ines
    assert await ask(ROUTE, moment(2, 12)) is None
    await world.desk.hours.add(ines, "billing", MONDAY)
    await world.desk.hours.add(ines, "billing", NIGHT)
    asked = [(2, 8, 59), (2, 9, 0), (2, 16, 59), (2, 17, 0), (7, 1, 59), (7, 2, 0)]
    answers = [await ask(ROUTE, moment(*at)) for at in asked]
    assert [answer.open for answer in answers if answer] == [False, True, True, False, True, False]
    closed = await ask(ROUTE, moment(2, 8))
    assert closed is not None
    assert closed.next_opening == moment(2, 9)
    queue = Route(integration="desk", bot="shop-bot", queue="billing")
    assert await ask(queue, moment(2, 12)) is not None
    for other in (
        ROUTE.model_copy(update={"group": "sales"}),
        ROUTE.model_copy(update={"group": None}),
        ROUTE.model_copy(update={"integration": "another"}),
    ):
        assert await ask(other, moment(2, 12)) is None


async def test_the_hours_are_read_on_the_clocks_of_the_desks_zone(quick_world: World) -> None:
    await quick_world.desk.hours.add(quick_world.ines, "billing", MONDAY)
    ask = quick_world.provider.livechat_business_hours
    for zone, open_at_8, open_at_16 in [("UTC", False, True), ("Europe/Athens", True, False)]:
        settings = DeskSettings(timezone=zone)
        await quick_world.desk.settings.replace(quick_world.ines, settings)
        early, late = await ask(ROUTE, moment(2, 8)), await ask(ROUTE, moment(2, 16))
        assert early is not None
        assert late is not None
        assert (early.open, late.open) == (open_at_8, open_at_16)


async def test_a_desk_that_was_not_started_abstains(quick_world: World) -> None:
    provider = make_provider(quick_world.clock)
    assert await provider.livechat_business_hours(ROUTE, moment(2, 12)) is None


@pytest.mark.feature("PL-02", "PL-09", "HO-13")
async def test_a_request_for_a_group_is_refused_outside_its_hours(tmp_path: Path) -> None:
    """The bot of the settings file is always open; the rows of the panel hold for their group alone."""
    clock = VirtualClock()
    async with running(tmp_path, Recorder(), clock) as world:
        ines = await world.agent("ines")
        tomorrow = (clock.now().isoweekday() + 1) % 7
        await world.desk.hours.add(ines, "billing", MONDAY | {"day": tomorrow})
        refused = await world.request("k-1", group="billing")
        served = [await world.request("k-2"), await world.request("k-3", group="sales")]
        await world.dispatcher.wait_idle()
        assert (await world.dispatcher.handoff(refused.id)).outcome is Outcome.OUT_OF_HOURS
        for handoff in served:
            assert (await world.dispatcher.handoff(handoff.id)).is_live
        assert (await world.desk.inbox.counts()).new == 2


# ---------------------------------------------------------------------------------------------- page, API
@pytest.mark.feature("AD-07", "PL-02", "RO-11")
async def test_an_admin_keeps_hours_with_the_forms_of_the_page(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    token = await sign_in(browser, "ines")
    common = {"csrf_token": token, "group": "billing"}
    form = common | {"do": "add", "day": "1", "opens": "9:00", "closes": "24:00"}
    answer = await browser.post("/desk/admin/hours", data=form, follow_redirects=True)
    assert "The business hours are saved." in answer.text
    assert 'aria-label="Monday 09:00 to 24:00"' in answer.text
    assert "This desk has no such group" in answer.text
    await quick_world.desk.groups.create(quick_world.ines, "billing", "Billing", [], [])
    assert "no such group" not in (await browser.get("/desk/admin/hours")).text
    [row] = await quick_world.desk.hours.all(quick_world.ines)
    change = form | {"do": "change", "id": str(row.id), "day": "2", "closes": "17:30"}
    await browser.post("/desk/admin/hours", data=change)
    [row] = await quick_world.desk.hours.all(quick_world.ines)
    assert (row.day, row.closes_at) == (2, 17 * 60 + 30)
    for wrong in ({"opens": "nine"}, {"closes": "24:30"}, {"day": "7"}, {"group": " "}, {"closes": "9:00"}):
        refused = await browser.post("/desk/admin/hours", data=form | wrong)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    await browser.post("/desk/admin/hours", data=common | {"do": "delete", "id": str(row.id)})
    assert list(await quick_world.desk.hours.all(quick_world.ines)) == []


async def test_the_name_of_a_group_is_shown_as_text(quick_world: World, browser: httpx.AsyncClient) -> None:
    await quick_world.desk.hours.add(quick_world.ines, "<b>billing", MONDAY)
    await sign_in(browser, "ines")
    page = (await browser.get("/desk/admin/hours")).text
    assert "<b>" not in page
    assert "&lt;b&gt;billing" in page


@pytest.mark.feature("PL-02", "PL-03", "RO-11")
async def test_a_program_keeps_hours(quick_world: World, browser: httpx.AsyncClient) -> None:
    headers = await token_of(browser, "ines")
    rows = "/desk/api/user-groups/billing/business-hours"
    body = {"day": 1, "opensAt": 540, "closesAt": 1020}
    made = await browser.post(rows, json=body, headers=headers)
    assert made.status_code == 201
    row = made.json()
    assert row == body | {"id": row["id"], "userGroupId": "billing"}
    assert (await browser.get(rows, headers=headers)).json() == {"items": [row]}
    changed = await browser.patch(f"{rows}/{row['id']}", json={"opensAt": 600}, headers=headers)
    assert changed.json() == row | {"opensAt": 600}
    for wrong in ({"day": 7}, {"opensAt": 1441}, {"closesAt": None}, {"day": "x"}):
        refused = await browser.post(rows, json=body | wrong, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid")
    assert (await browser.patch(f"{rows}/1", json=body, headers=headers)).status_code == 404
    assert (await browser.delete(f"{rows}/{row['id']}", headers=headers)).status_code == 204
    assert (await browser.get(rows, headers=headers)).json() == {"items": []}
