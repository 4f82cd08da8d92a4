"""Presence and capacity: who is at the desk, and how much they may have at one time."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.handoff import Route
from livechat_sdk_helvia.faults import AtCapacity, Forbidden
from livechat_sdk_helvia.presence import GONE_AFTER, PresenceState
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, RequestStatus
from providers.helvia.tests.browsing import csrf_of, sign_in, stream, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import ACCOUNTS, Clock, World, make_provider, make_world, request_id, start


def wanted(group: str | None = None, agent: str | None = None) -> Route:
    return Route(integration="desk", bot="shop-bot", group=group, agent=agent)


async def state(world: World, user: DeskUser) -> PresenceState:
    found = await world.desk.presence.of(user.id)
    assert found is not None
    return found.state(world.clock.now())


async def limited(world: World, capacity: int) -> DeskUser:
    """An agent who may have so many open conversations."""
    from livechat_sdk_helvia.records import Role

    made, _ = await world.desk.members.create(
        world.ines, "zoe@example.org", "Zoe New", roles=[Role.AGENT], capacity=capacity
    )
    return made


# -------------------------------------------------------------------------------------------------- presence
async def test_whoever_is_seen_is_online_until_not_seen_for_a_minute(world: World) -> None:
    assert await state(world, world.ada) is PresenceState.OFFLINE
    await world.desk.presence.seen(world.ada)
    assert await state(world, world.ada) is PresenceState.ONLINE
    assert await world.desk.team.online(world.ada.id)
    world.clock.advance(seconds=GONE_AFTER.total_seconds() - 1)
    assert await state(world, world.ada) is PresenceState.ONLINE
    world.clock.advance(seconds=1)
    assert await state(world, world.ada) is PresenceState.OFFLINE
    assert not await world.desk.team.online(world.ada.id)
    await world.desk.presence.seen(world.ada)
    assert await state(world, world.ada) is PresenceState.ONLINE
    await world.desk.presence.left(world.ada)
    assert await state(world, world.ada) is PresenceState.OFFLINE


async def test_away_is_switched_by_the_member_and_stays(world: World) -> None:
    await world.desk.presence.seen(world.ada)
    await world.desk.presence.switch_away(world.ada, away=True)
    assert await state(world, world.ada) is PresenceState.AWAY
    assert not await world.desk.team.online(world.ada.id)
    world.clock.advance(seconds=30)
    await world.desk.presence.seen(world.ada)
    assert await state(world, world.ada) is PresenceState.AWAY, "being seen does not undo it"
    await world.desk.presence.switch_away(world.ada, away=False)
    assert await state(world, world.ada) is PresenceState.ONLINE
    with pytest.raises(Forbidden):
        await world.desk.presence.switch_away(world.olga, away=True)


async def test_another_process_sees_it_too(world: World) -> None:
    await world.desk.presence.seen(world.ada)
    elsewhere = await start(make_provider(world.clock, accounts=ACCOUNTS), world.database)
    assert await elsewhere.desk.team.online(world.ada.id)
    assert not await elsewhere.desk.team.online(world.ben.id)


async def test_an_open_page_makes_its_reader_online_and_signing_out_ends_it(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    await sign_in(browser, "ada")
    cookie = f"desk_session={browser.cookies['desk_session']}"
    assert await quick_world.desk.team.online(quick_world.ada.id), "without a script, for a minute"
    quick_world.clock.advance(seconds=70)
    assert not await quick_world.desk.team.online(quick_world.ada.id)
    async with stream(app, "/desk/live", cookies=cookie) as live:
        await live.next("inbox")
        assert await quick_world.desk.team.online(quick_world.ada.id)
    token = csrf_of(await browser.get("/desk/inbox/new"))
    await browser.post("/desk/logout", data={"csrf_token": token})
    assert not await quick_world.desk.team.online(quick_world.ada.id)


async def test_an_open_page_is_told_that_somebody_came(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    await sign_in(browser, "ada")
    cookie = f"desk_session={browser.cookies['desk_session']}"
    async with stream(app, "/desk/live", cookies=cookie) as live:
        await live.next("inbox")
        await quick_world.desk.presence.seen(quick_world.ben)
        await live.next("team")
        await quick_world.desk.presence.seen(quick_world.ben)
        assert "team" not in {event.name for event in await live.settled()}, "once"


async def test_a_program_is_online_and_reads_who_else_is(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    headers = await token_of(browser, "ada")
    items = (await browser.get("/desk/api/team", headers=headers)).json()["items"]
    assert [one["fullName"] for one in items] == ["Ada Marsh", "Ben Okoro", "Ines Vidal"]
    assert [one["presence"] for one in items] == ["online", "offline", "offline"]
    answer = await browser.put("/desk/api/me/presence", json={"away": True}, headers=headers)
    assert answer.status_code == 204
    items = (await browser.get("/desk/api/team", headers=headers)).json()["items"]
    assert items[0] == {
        "id": quick_world.ada.id,
        "fullName": "Ada Marsh",
        "presence": "away",
        "open": 0,
        "capacity": None,
        "full": False,
    }
    await browser.post("/desk/api/logout", headers=headers)
    assert await state(quick_world, quick_world.ada) is PresenceState.OFFLINE


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://host/desk/history?x=1", "/desk/history"),
        ("http://host/elsewhere", "/desk/inbox/new"),
        ("https://evil.example/", "/desk/inbox/new"),
        ("https://evil.example//evil.example/desk/", "/desk/inbox/new"),
        ("", "/desk/inbox/new"),
    ],
)
async def test_the_switch_of_a_page_leads_back_to_it_and_nowhere_else(
    quick_world: World, browser: httpx.AsyncClient, referer: str, back: str
) -> None:
    fields = {"csrf_token": await sign_in(browser, "ada"), "away": "1"}
    answer = await browser.post("/desk/presence", data=fields, headers={"referer": referer})
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    page = await browser.get("/desk/inbox/new")
    assert "Take new work again" in page.text
    assert "Take no new work for now" not in page.text


async def test_groups_are_listed_for_programs(clock: Clock, memory: MemoryDatabase) -> None:
    from providers.helvia.tests.browsing import client, mounted

    groups = [{"id": "billing", "name": "Billing", "members": ["ada@example.org"], "roles": ["admin"]}]
    world = await make_world(clock, memory, groups=groups)
    async with client(mounted(world.provider.pages())) as program:
        answer = await program.get("/desk/api/groups", headers=await token_of(program, "ben"))
    assert answer.json()["items"] == [
        {
            "id": "billing",
            "name": "Billing",
            "organizationRoles": ["HBF_ORG_LIVECHAT_ADMIN"],
            "userIds": [world.ada.id],
        }
    ]


# -------------------------------------------------------------------------------------------------- capacity
async def test_an_accept_above_the_capacity_is_refused_and_the_request_goes_on_waiting(
    world: World,
) -> None:
    zoe = await limited(world, 2)
    chats = [await world.chat(f"ref-{number}") for number in range(3)]
    first = await world.desk.conversations.accept(zoe, request_id(chats[0]))
    await world.desk.conversations.accept(zoe, request_id(chats[1]))
    with pytest.raises(AtCapacity, match="as many open conversations"):
        await world.desk.conversations.accept(zoe, request_id(chats[2]))
    assert (await world.desk.conversations.request(request_id(chats[2]))).status is RequestStatus.NEW
    assert (await world.kinds()).count("agent_joined") == 2
    assert await world.desk.conversations.accept(zoe, request_id(chats[0])) == first, "what is theirs stays"
    await world.desk.conversations.end(zoe, first.id)
    await world.desk.conversations.accept(zoe, request_id(chats[2]))
    found = await world.desk.presence.of(zoe.id)
    assert found is not None
    assert (found.open, found.capacity, found.full) == (2, 2, True)


async def test_accepts_at_once_do_not_pass_the_capacity(world: World) -> None:
    zoe = await limited(world, 3)
    chats = [await world.chat(f"ref-{number}") for number in range(8)]
    results = await asyncio.gather(
        *(world.desk.conversations.accept(zoe, request_id(chat)) for chat in chats), return_exceptions=True
    )
    assert sum(isinstance(result, Conversation) for result in results) == 3
    assert sum(isinstance(result, AtCapacity) for result in results) == 5
    mine = await world.desk.inbox.with_status(ConversationStatus.STARTED)
    assert len(mine) == 3


async def test_a_transfer_above_the_capacity_is_refused_and_an_invitation_is_not(world: World) -> None:
    zoe = await limited(world, 1)
    await world.desk.presence.seen(zoe)
    talk = await world.accepted("ref-2", by="ada")
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=zoe.id)
    await world.desk.conversations.accept(zoe, request_id(await world.chat("ref-1")))
    with pytest.raises(AtCapacity):
        await world.desk.accept(zoe, asked.request_id)
    assert (await world.reload(talk)).owner_id == world.ada.id
    await world.desk.transfers.cancel(world.ada, asked.request_id)
    invited = await world.desk.transfers.invite(world.ada, talk.id, agent=zoe.id)
    await world.desk.accept(zoe, invited.request_id)
    assert {person.name for person in await world.desk.conversations.participants(talk.id)} == {
        "Ada Marsh",
        "Zoe New",
    }


async def test_who_is_away_cannot_be_asked_to_take_over(quick_world: World) -> None:
    from livechat_sdk_helvia.faults import TargetUnavailable

    talk = await quick_world.accepted("ref-1", by="ada")
    await quick_world.desk.presence.seen(quick_world.ben)
    await quick_world.desk.presence.switch_away(quick_world.ben, away=True)
    with pytest.raises(TargetUnavailable, match="is away"):
        await quick_world.desk.transfers.transfer(quick_world.ada, talk.id, agent=quick_world.ben.id)
    await quick_world.desk.presence.switch_away(quick_world.ben, away=False)
    await quick_world.desk.transfers.transfer(quick_world.ada, talk.id, agent=quick_world.ben.id)


async def test_without_a_capacity_there_is_no_limit(quick_world: World) -> None:
    for number in range(12):
        await quick_world.accepted(f"ref-{number}")
    found = await quick_world.desk.presence.of(quick_world.ada.id)
    assert found is not None
    assert (found.open, found.full) == (12, False)


async def test_the_settings_file_gives_a_capacity_and_the_page_says_why(
    clock: Clock, memory: MemoryDatabase
) -> None:
    from providers.helvia.tests.browsing import client, mounted

    world = await make_world(clock, memory, accounts=[ACCOUNTS[0] | {"capacity": 1}, ACCOUNTS[2]])
    await world.accepted("ref-1", by="ada")
    waiting = await world.chat("ref-2")
    async with client(mounted(world.provider.pages())) as browser:
        fields = {"csrf_token": await sign_in(browser, "ada")}
        address = f"/desk/requests/{request_id(waiting)}/accept"
        answer = await browser.post(address, data=fields)
        assert answer.status_code == 409
        assert "You have as many open conversations as you may have" in answer.text
        json = await browser.post(address, data=fields, headers={"accept": "application/json"})
        assert json.json()["error"]["code"] == "at_capacity"


# ---------------------------------------------------------------------------------------------- availability
@pytest.mark.feature("HO-18")
@pytest.mark.parametrize(("values", "nobody"), [({}, "unknown"), ({"requireAgents": True}, "no")])
async def test_availability_says_whether_somebody_could_take_it(
    clock: Clock, memory: MemoryDatabase, values: dict[str, Any], nobody: str
) -> None:
    groups = [
        {"id": "billing", "name": "Billing", "members": ["ada@example.org"]},
        {"id": "empty", "name": "Empty"},
    ]
    accounts = [ACCOUNTS[0] | {"capacity": 1}, *ACCOUNTS[1:]]
    world = await make_world(clock, memory, groups=groups, accounts=accounts, **values)

    async def agents(**route: str) -> str:
        return (await world.provider.availability(wanted(**route))).agents

    assert await agents() == nobody
    await world.desk.presence.seen(world.olga)
    assert await agents() == nobody, "who has no role takes nothing"
    await world.desk.presence.seen(world.ada)
    for route in ({}, {"group": "billing"}, {"group": "empty"}, {"agent": "Ada@Example.org"}):
        assert await agents(**route) == "yes", route
    assert await agents(agent="ben@example.org") == nobody
    await world.desk.presence.switch_away(world.ada, away=True)
    assert await agents(group="billing") == nobody
    await world.desk.presence.switch_away(world.ada, away=False)
    await world.accepted("ref-1", by="ada")
    assert await agents() == nobody, "Ada has as many as she may have"
    await world.desk.presence.seen(world.ben)
    assert (await agents(), await agents(group="billing")) == ("yes", nobody)
    await world.desk.presence.seen(world.ines)
    assert await agents(group="billing") == "yes", "an admin sees and takes everything"
