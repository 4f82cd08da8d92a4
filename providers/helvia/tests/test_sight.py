"""Who sees what, in both modes: every relation to a conversation, everywhere that it could show."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route as Wanted
from livechat_sdk.domain.people import EndUser
from livechat_sdk_helvia.desk_settings import DeskSettings, Mode
from livechat_sdk_helvia.faults import AlreadyTaken, Forbidden, NotFound
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, RequestStatus
from livechat_sdk_helvia.web.app import create_app
from providers.helvia.tests.browsing import client, mounted, sign_in, stream, token_of
from providers.helvia.tests.world import World, conversation_id, planned, request_id

CANARY = "Katerina Canary"
USER = EndUser(id="u-canary", name=CANARY, email="canary@example.org")

PEOPLE = ("ada", "ben", "ines")
MODES = (Mode.PUBLIC, Mode.PRIVATE)


async def switch(world: World, mode: Mode) -> None:
    await world.desk.settings.replace(world.ines, DeskSettings(mode=mode))


def aimed(group: str | None = None, agent: str | None = None) -> dict[str, Any]:
    """Values of a chat that is meant for somebody."""
    route = Wanted(integration="desk", bot="shop-bot", group=group, agent=agent)
    return {"route": route, "user": USER}


async def takes_part(world: World, talk: Conversation, person: DeskUser, status: str = "active") -> None:
    """A colleague who joined without becoming the owner."""
    desk = world.desk.context
    insert = desk.statement(
        """
        INSERT INTO desk_participants (workspace, integration, conversation_id, user_id, status, is_owner,
                                       joined_at, left_at)
        VALUES (:workspace, :integration, :id, :user_id, :status, 0, :now, :left_at)
        """,
        id=talk.id,
        user_id=person.id,
        status=status,
        now=desk.now_text(),
        left_at=None if status == "active" else desk.now_text(),
    )
    await desk.database.commit([insert])


async def offer(world: World, talk: Conversation, kind: str, *, to: str | None = None) -> int:
    """A transfer or an invitation that waits in New; ``to`` is the id of a member, without it a group's."""
    desk = world.desk.context
    number = desk.new_id()
    insert = desk.statement(
        """
        INSERT INTO desk_requests (workspace, integration, id, conversation_id, type, status, target_group,
                                   target_agent, requested_at)
        VALUES (:workspace, :integration, :id, :conversation_id, :type, 'new', :group_id, :agent, :now)
        """,
        id=number,
        conversation_id=talk.id,
        type=kind,
        group_id=None if to else "billing",
        agent=to,
        now=desk.now_text(),
    )
    await desk.database.commit([insert])
    return number


async def see_waiting(world: World) -> set[str]:
    """Who has the one waiting request in New, checked on every way to it."""
    found: set[str] = set()
    for name in PEOPLE:
        actor = world.people[name]
        listed = await world.desk.inbox.requests(RequestStatus.NEW, seen_by=actor)
        assert (await world.desk.inbox.counts(actor)).new == len(listed)
        found |= {name} if listed else set()
    return found


async def see_talk(world: World, talk: Conversation) -> set[str]:
    """Who sees a conversation, checked on every way to it."""
    found: set[str] = set()
    desk = world.desk
    for name in PEOPLE:
        actor = world.people[name]
        seen = await desk.sight.may_see(actor, talk)
        now = await desk.conversations.get(talk.id)
        listed = await desk.inbox.with_status(now.status, seen_by=actor)
        assert [one.id for one in listed] == ([talk.id] if seen else []), name
        counts = await desk.inbox.counts(actor)
        if now.status in {ConversationStatus.STARTED, ConversationStatus.FINISHED}:
            assert counts.open + counts.closed == int(seen), name
        if now.status in {ConversationStatus.FINISHED, ConversationStatus.UNSERVED}:
            past = await desk.history.page(actor, PastFilter())
            assert len(past.items) == int(seen), name
        for attempt in (desk.conversations.seen(actor, talk.id), desk.notes.of(actor, talk.id)):
            try:
                await attempt
            except NotFound:
                assert not seen, name
            else:
                assert seen, name
        found |= {name} if seen else set()
    return found


# ---------------------------------------------------------------------------------------------- New requests
@pytest.mark.feature("IN-13", "RO-13", "HO-11")
@pytest.mark.parametrize("mode", MODES)
async def test_a_request_shows_to_those_it_is_meant_for(world: World, mode: Mode) -> None:
    groups, ines = world.desk.groups, world.ines
    await groups.create(ines, "billing", "Billing", [], [world.ada.id])
    await groups.create(ines, "sales", "Sales", [], [world.ben.id])
    await groups.create(ines, "empty", "Empty")
    await switch(world, mode)
    everybody = {"ada", "ben", "ines"}
    cases: list[tuple[dict[str, Any], set[str]]] = [
        (aimed(), everybody),
        (aimed(group="billing"), {"ada", "ines"}),
        (aimed(group="sales"), {"ben", "ines"}),
        (aimed(agent=str(world.ada.id)), {"ada", "ines"}),
        (aimed(agent="Ben@Example.org"), {"ben", "ines"}),
        (aimed(group="billing", agent="ben@example.org"), everybody),
        (aimed(group="empty"), everybody),
        (aimed(group="nowhere"), everybody),
        (aimed(agent="nobody@example.org"), everybody),
        (aimed(group="nowhere", agent=str(world.ada.id)), {"ada", "ines"}),
    ]
    for number, (values, expected) in enumerate(cases):
        chat = await world.chat(f"ref-{number}", **values)
        assert await see_waiting(world) == expected, values
        talk = await world.desk.conversations.get(conversation_id(chat))
        assert await see_talk(world, talk) == expected, values
        for name in PEOPLE:
            attempt = world.desk.conversations.seen_request(world.people[name], request_id(chat))
            if name in expected:
                assert (await attempt).id == request_id(chat)
            else:
                with pytest.raises(NotFound):
                    await attempt
        await world.provider.close(chat, EndReason(by="user", why="abandoned"))


@pytest.mark.feature("IN-13")
@pytest.mark.parametrize("mode", MODES)
async def test_a_request_for_others_cannot_be_accepted_and_looks_absent(
    quick_world: World, mode: Mode
) -> None:
    await quick_world.desk.groups.create(quick_world.ines, "billing", "Billing", [], [quick_world.ada.id])
    await switch(quick_world, mode)
    chat = await quick_world.chat(**aimed(group="billing"))
    with pytest.raises(NotFound):
        await quick_world.desk.conversations.accept(quick_world.ben, request_id(chat))
    with pytest.raises(NotFound):
        await quick_world.desk.notes.add(quick_world.ben, conversation_id(chat), "peek")
    assert await quick_world.kinds() == []
    accepted = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    assert accepted.owner_id == quick_world.ada.id


async def test_a_deactivated_member_is_nobody_that_a_request_could_wait_for(quick_world: World) -> None:
    made, _ = await quick_world.desk.members.create(quick_world.ines, "zoe@example.org", "Zoe New")
    await quick_world.chat(**aimed(agent="zoe@example.org"))
    assert await see_waiting(quick_world) == {"ines"}
    await quick_world.desk.members.switch(quick_world.ines, made.id, on=False)
    assert await see_waiting(quick_world) == {"ada", "ben", "ines"}


async def test_whoever_joins_a_group_sees_what_waits_for_it_at_once(quick_world: World) -> None:
    desk, ines, ben = quick_world.desk, quick_world.ines, quick_world.ben
    await desk.groups.create(ines, "billing", "Billing", [], [quick_world.ada.id])
    await quick_world.chat(**aimed(group="billing"))
    assert await see_waiting(quick_world) == {"ada", "ines"}
    await desk.groups.change(ines, "billing", "Billing", [], [ben.id])
    assert await see_waiting(quick_world) == {"ben", "ines"}
    await desk.groups.delete(ines, "billing")
    assert await see_waiting(quick_world) == {"ada", "ben", "ines"}


# --------------------------------------------------------------------------------------------- conversations
@pytest.mark.feature("IN-10", "IN-11")
async def test_every_relation_to_a_conversation_in_both_modes(world: World) -> None:
    everybody = {"ada", "ben", "ines"}
    talk = await world.accepted("ref-1", by="ada", user=USER)
    await switch(world, Mode.PUBLIC)
    assert await see_talk(world, talk) == everybody
    await switch(world, Mode.PRIVATE)
    assert await see_talk(world, talk) == {"ada", "ines"}, "its owner, and the admin"
    await takes_part(world, talk, world.ben)
    assert await see_talk(world, talk) == everybody, "and who takes part"
    await world.desk.conversations.end(world.ada, talk.id)
    assert await see_talk(world, talk) == everybody, "who was in it at its end looks back at it"


@pytest.mark.feature("IN-11")
async def test_who_has_left_or_was_never_in_it_does_not_look_back(world: World) -> None:
    talk = await world.accepted("ref-1", by="ada", user=USER)
    await takes_part(world, talk, world.ben, "transferred")
    await switch(world, Mode.PRIVATE)
    world.clock.advance(seconds=5)
    assert await see_talk(world, talk) == {"ada", "ines"}
    await world.desk.conversations.end(world.ada, talk.id)
    assert await see_talk(world, talk) == {"ada", "ines"}


@pytest.mark.feature("IN-11", "IN-13")
@pytest.mark.parametrize("kind", ["transfer", "invitation"])
@pytest.mark.parametrize("to_group", [True, False])
async def test_who_is_offered_a_conversation_may_look_before_taking_it(
    world: World, kind: str, to_group: bool
) -> None:
    await world.desk.groups.create(world.ines, "billing", "Billing", [], [world.ben.id])
    talk = await world.accepted("ref-1", by="ada", **aimed())
    await switch(world, Mode.PRIVATE)
    assert await see_talk(world, talk) == {"ada", "ines"}
    number = await offer(world, talk, kind, to=None if to_group else str(world.ben.id))
    assert await see_talk(world, talk) == {"ada", "ben", "ines"}
    assert await see_waiting(world) == {"ben", "ines"}, "and only they have it in New"
    with pytest.raises(Forbidden, match="meant for somebody else"):
        await world.desk.sight.check_may_take(world.ada, number)
    await world.desk.sight.check_may_take(world.ben, number)


async def test_an_offer_to_nobody_who_is_known_is_no_offer_to_everybody(quick_world: World) -> None:
    talk = await quick_world.accepted("ref-1", by="ada", user=USER)
    await switch(quick_world, Mode.PRIVATE)
    await offer(quick_world, talk, "transfer", to="4711")
    assert await see_talk(quick_world, talk) == {"ada", "ines"}


@pytest.mark.feature("IN-11")
async def test_a_missed_request_is_seen_by_those_who_missed_it(world: World) -> None:
    await world.desk.groups.create(world.ines, "billing", "Billing", [], [world.ada.id])
    chat = await world.chat(**aimed(group="billing"))
    await world.provider.close(chat, EndReason(by="clock", why="timeout"))
    talk = await world.desk.conversations.get(conversation_id(chat))
    assert await see_talk(world, talk) == {"ada", "ben", "ines"}
    await switch(world, Mode.PRIVATE)
    assert await see_talk(world, talk) == {"ada", "ines"}


@pytest.mark.feature("IN-12")
async def test_the_mode_is_one_for_all_and_changes_at_once_with_open_conversations(
    world: World,
) -> None:
    talk = await world.accepted("ref-1", by="ada", user=USER)
    for mode, expected in [
        (Mode.PRIVATE, {"ada", "ines"}),
        (Mode.PUBLIC, {"ada", "ben", "ines"}),
        (Mode.PRIVATE, {"ada", "ines"}),
    ]:
        await switch(world, mode)
        assert await see_talk(world, talk) == expected
    for nobody in (world.ada, world.olga):
        with pytest.raises(Forbidden):
            await world.desk.settings.replace(nobody, DeskSettings(mode=Mode.PUBLIC))
    assert (await world.reload(talk)).status is ConversationStatus.STARTED, "nothing is ended by a change"


async def test_an_admin_by_group_sees_everything_too(quick_world: World) -> None:
    from livechat_sdk_helvia.records import Role

    talk = await quick_world.accepted("ref-1", by="ada", user=USER)
    await switch(quick_world, Mode.PRIVATE)
    await quick_world.desk.groups.create(
        quick_world.ines, "leads", "Leads", [Role.ADMIN], [quick_world.ben.id]
    )
    ben = await quick_world.desk.accounts.get(quick_world.ben.id)
    assert ben is not None
    assert await quick_world.desk.sight.may_see(ben, talk)


async def test_who_is_late_in_private_mode_learns_who_was_first_and_nothing_else(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat(user=USER)
    token = await sign_in(browser, "ben")
    await switch(quick_world, Mode.PRIVATE)
    await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    with pytest.raises(AlreadyTaken, match="Ada Marsh"):
        await quick_world.desk.conversations.accept(quick_world.ben, request_id(chat))
    answer = await browser.post(f"/desk/requests/{request_id(chat)}/accept", data={"csrf_token": token})
    assert answer.status_code == 409
    assert "taken by Ada Marsh" in answer.text
    assert CANARY not in answer.text


# --------------------------------------------------------------------------- every address that the desk has
def routes_of(app: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route of the desk."""

    def walk(routes: list[BaseRoute], before: str) -> Iterator[tuple[str, str]]:
        for route in routes:
            if isinstance(route, Mount):
                yield from walk(list(route.routes), before + route.path)
            elif isinstance(route, Route):
                for method in sorted((route.methods or set()) - {"HEAD"}):
                    yield method, before + route.path

    yield from walk(app.routes, "")


FIELDS = {
    "text": "hello",
    "on": "1",
    "seq": "1",
    "key": "k",
    "name": "x",
    "tags": "",
    "tag": "x",
    "label": "x",
    "to": "1",
}


def about(path: str) -> bool:
    """Whether an address is about one conversation or one request."""
    return any(part in path for part in ("/conversations/{id}", "/requests/{id}", "/history/{id}"))


async def ask(
    browser: httpx.AsyncClient, method: str, path: str, token: str, headers: dict[str, str]
) -> httpx.Response:
    where = f"/desk{path}?name=a.png"  # what an upload needs; others pass over it
    if path.startswith("/api/"):
        body = None if method in {"GET", "DELETE"} else FIELDS
        return await browser.request(method, where, json=body, headers=headers)
    if method == "GET":
        return await browser.get(where)
    proof = {"x-csrf-token": token}
    return await browser.request(method, where, data=FIELDS | {"csrf_token": token}, headers=proof)


@pytest.mark.feature("IN-11")
async def test_no_address_of_the_desk_shows_or_changes_what_one_may_not_see(quick_world: World) -> None:
    """Whatever pages are added: each is asked for a conversation and a request that are not Ben's."""
    await quick_world.desk.groups.create(quick_world.ines, "billing", "Billing", [], [quick_world.ada.id])
    running = await quick_world.accepted("ref-1", by="ada", user=USER)
    over = await quick_world.accepted("ref-2", by="ada", user=USER)
    note = await quick_world.desk.notes.add(quick_world.ada, running.id, CANARY)
    await quick_world.desk.conversations.end(quick_world.ada, over.id)
    waiting = await quick_world.chat("ref-3", **aimed(group="billing"))
    await switch(quick_world, Mode.PRIVATE)
    desk_app: Any = create_app(quick_world.provider)
    inner = desk_app._app
    asked = [(method, path) for method, path in routes_of(inner) if about(path)]
    refused = 0
    told = len(await quick_world.events())
    before = await quick_world.reload(running)
    async with client(mounted(desk_app)) as browser, client(mounted(desk_app)) as program:
        token, headers = await sign_in(browser, "ben"), await token_of(program, "ben")
        for method, path in asked:
            numbers = [request_id(waiting)] if "/requests/" in path else [running.id, over.id]
            for number in numbers:
                found: list[tuple[int, str]] = []
                for asked_for in (str(number), "4711"):
                    where = path.replace("{id}", asked_for).replace("{note}", str(note.id))
                    where = re.sub(r"{\w+}", "1", where)
                    one = program if "/api/" in where else browser
                    answer = await ask(one, method, where, token, headers)
                    found.append((answer.status_code, answer.text.replace(asked_for, "ID")))
                assert found[0] == found[1], (method, path, "it looks as if it were not there")
                assert found[0][0] in {404, 422}, (method, path, found)
                refused += found[0][0] == 404
                assert CANARY not in found[0][1]
    assert refused > 50, "422 says that a field is wrong, before anything is looked for; most get further"
    assert len(await quick_world.events()) == told
    assert await quick_world.reload(running) == before


@pytest.mark.feature("IN-11")
async def test_no_list_of_the_desk_names_what_one_may_not_see(quick_world: World) -> None:
    await quick_world.desk.groups.create(quick_world.ines, "billing", "Billing", [], [quick_world.ada.id])
    over = await quick_world.accepted("ref-2", by="ada", user=USER)
    await quick_world.desk.conversations.end(quick_world.ada, over.id)
    await quick_world.accepted("ref-1", by="ada", user=USER)
    await quick_world.chat("ref-3", **aimed(group="billing"))
    missed = await quick_world.chat("ref-4", **aimed(group="billing"))
    await quick_world.provider.close(missed, EndReason(by="clock", why="timeout"))
    await switch(quick_world, Mode.PRIVATE)
    desk_app: Any = create_app(quick_world.provider)
    listing = [path for method, path in routes_of(desk_app._app) if method == "GET" and "{" not in path]
    listing += [f"/inbox/{tab}" for tab in ("new", "open", "closed")]
    for kind, words in (("requests", RequestStatus), ("conversations", ConversationStatus)):
        listing += [f"/api/{kind}?status={word.value}" for word in words]
    shown = 0
    async with client(mounted(desk_app)) as browser, client(mounted(desk_app)) as program:
        for name in ("ben", "ada"):
            await sign_in(browser, name)
            headers = await token_of(program, name)
            for path in listing:
                if path == "/live":
                    continue  # an endless stream; it has a test of its own
                one = program if path.startswith("/api/") else browser
                answer = await one.get(f"/desk{path}", headers=headers if one is program else None)
                if name == "ben":
                    assert CANARY not in answer.text, path
                shown += CANARY in answer.text
            browser.cookies.clear()
        counts = (await program.get("/desk/api/counts", headers=await token_of(program, "ben"))).json()
    assert counts == {"new": 0, "open": 0, "closed": 0}
    assert shown >= 6, "what Ada may see is there to be found"


# ------------------------------------------------------------------------------------------------ live pages
@pytest.mark.feature("IN-12")
async def test_an_open_page_loses_a_conversation_when_the_mode_changes(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat(user=USER)
    talk = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    await sign_in(browser, "ben")
    cookie = f"desk_session={browser.cookies['desk_session']}"
    async with stream(app, f"/desk/live?conversation={talk.id}", cookies=cookie) as live:
        assert (await live.next("inbox")).data["open"] == 1
        await live.settled()
        await switch(quick_world, Mode.PRIVATE)
        await live.next("hidden")
        async with asyncio.timeout(5):
            await live.ended.wait()
        await quick_world.provider.send(chat, planned(quick_world.clock, "k", CANARY))
        assert [event for event in await live.settled() if event.name == "message"] == []
    async with stream(app, f"/desk/live?conversation={talk.id}", cookies=cookie) as live:
        assert live.status == 404


async def test_the_counts_of_an_open_inbox_follow_the_mode(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    await quick_world.accepted("ref-1", by="ada", user=USER)
    await sign_in(browser, "ben")
    cookie = f"desk_session={browser.cookies['desk_session']}"
    async with stream(app, "/desk/live", cookies=cookie) as live:
        assert (await live.next("inbox")).data == {"new": 0, "open": 1, "closed": 0}
        await switch(quick_world, Mode.PRIVATE)
        assert (await live.next("inbox")).data == {"new": 0, "open": 0, "closed": 0}
        await switch(quick_world, Mode.PUBLIC)
        assert (await live.next("inbox")).data == {"new": 0, "open": 1, "closed": 0}
