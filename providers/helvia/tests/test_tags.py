"""Tags of the workspace and of conversations, and who of the team has read what."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk_helvia.faults import Changed, Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.tags import MAX_TAG, MAX_TAGS
from providers.helvia.tests.browsing import client, sign_in, stream, token_of
from providers.helvia.tests.world import World, planned


@pytest.mark.feature("CV-13")
async def test_tags_are_listed_made_and_put_on_a_conversation(world: World) -> None:
    tags, talk = world.desk.tags, await world.accepted()
    assert talk.tags == ("vip",), "those that came with the request"
    assert await tags.known(world.ada) == []
    assert await tags.create(world.ada, "  refund   wanted ") == "refund wanted"
    assert await tags.create(world.ben, "refund wanted") == "refund wanted"
    await tags.create(world.ben, "Angry")
    assert await tags.known(world.ada) == ["Angry", "refund wanted"]
    assert await tags.replace(world.ben, talk.id, ["Angry", "vip", "Angry"]) == ["Angry", "vip"]
    assert (await world.reload(talk)).tags == ("Angry", "vip")
    with pytest.raises(InvalidField, match="unheard of"):
        await tags.replace(world.ben, talk.id, ["unheard of"])
    await tags.add(world.ada, talk.id, "new word")
    await tags.add(world.ada, talk.id, "new word")
    await tags.remove(world.ada, talk.id, "vip")
    await tags.remove(world.ada, talk.id, "vip")
    assert (await world.reload(talk)).tags == ("Angry", "new word")
    assert "new word" in await tags.known(world.ada)
    await world.desk.conversations.end(world.ada, talk.id)
    await tags.add(world.ben, talk.id, "after the end")
    told = [entry.action for entry in await world.desk.audit.entries(world.ines)]
    assert told.count("conversation.tagged") == 4


async def test_what_is_no_tag_and_who_may_not(quick_world: World) -> None:
    tags, talk = quick_world.desk.tags, await quick_world.accepted()
    for wrong in ("", " \n", "x" * (MAX_TAG + 1)):
        with pytest.raises(InvalidField):
            await tags.add(quick_world.ada, talk.id, wrong)
    for refused in (
        tags.known(quick_world.olga),
        tags.create(quick_world.olga, "x"),
        tags.add(quick_world.olga, talk.id, "x"),
        tags.remove(quick_world.olga, talk.id, "vip"),
        tags.replace(quick_world.olga, talk.id, []),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(NotFound):
        await tags.add(quick_world.ada, 12345, "x")
    for number in range(MAX_TAGS - 1):
        await tags.add(quick_world.ada, talk.id, f"tag {number}")
    with pytest.raises(InvalidField, match="up to 50"):
        await tags.add(quick_world.ada, talk.id, "one more")


async def test_two_who_tag_at_once_lose_nothing_unsaid(world: World) -> None:
    talk = await world.accepted()
    results = await asyncio.gather(
        *(world.desk.tags.add(world.ada, talk.id, f"tag {number}") for number in range(5)),
        return_exceptions=True,
    )
    kept = set((await world.reload(talk)).tags) - {"vip"}
    for number, result in enumerate(results):
        assert isinstance(result, Changed) or f"tag {number}" in kept


@pytest.mark.feature("CV-13")
async def test_tags_are_shown_and_changed_with_forms_only(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    talk = await quick_world.accepted()
    await quick_world.desk.tags.create(quick_world.ben, "Angry")
    token = {"csrf_token": await sign_in(browser, "ada")}
    path = f"/desk/conversations/{talk.id}"
    assert '<option value="Angry">' in (await browser.get(path)).text
    added = await browser.post(f"{path}/tags", data=token | {"label": "<b>urgent</b>"})
    assert (added.status_code, added.headers["location"]) == (303, path)
    page = await browser.get(path)
    assert "&lt;b&gt;urgent&lt;/b&gt;" in page.text
    assert "<b>urgent" not in page.text
    assert "urgent" in (await browser.get("/desk/inbox/open?part=list")).text
    await browser.post(f"{path}/tags/remove", data=token | {"label": "vip"})
    assert (await quick_world.reload(talk)).tags == ("<b>urgent</b>",)
    refused = await browser.post(f"{path}/tags", data={"csrf_token": "guess", "label": "x"})
    assert refused.status_code == 403


@pytest.mark.feature("CV-13")
async def test_programs_list_make_and_set_tags(quick_world: World, app: ASGIApp) -> None:
    talk = await quick_world.accepted()
    async with client(app) as program:
        headers = await token_of(program, "ada")
        made = await program.post("/desk/api/tags", json={"label": "Angry"}, headers=headers)
        assert (made.status_code, made.json()) == (201, {"label": "Angry"})
        listed = await program.get("/desk/api/tags", headers=headers)
        assert listed.json() == {"items": [{"label": "Angry"}]}
        path = f"/desk/api/conversations/{talk.id}"
        answer = await program.patch(f"{path}/tags", json={"tags": ["Angry"]}, headers=headers)
        assert answer.json() == {"tags": ["Angry"]}
        assert (await program.get(path, headers=headers)).json()["tags"] == ["Angry"]
        wrong = await program.patch(f"{path}/tags", json={"tags": ["unknown"]}, headers=headers)
        assert wrong.status_code == 422


@pytest.mark.feature("CV-20")
async def test_for_each_participant_it_is_known_what_was_read(world: World) -> None:
    await world.desk.presence.seen(world.ben)
    chat = await world.chat()
    talk = await world.desk.accept(world.ada, int(chat.state["request_id"]))
    invited = await world.desk.transfers.invite(world.ada, talk.id, agent=world.ben.id)
    await world.desk.accept(world.ben, invited.request_id)
    message = await world.provider.send(chat, planned(world.clock, "k1", "Where is it?"))
    assert message.acknowledged

    async def readers() -> dict[str, bool]:
        people = await world.desk.conversations.participants(talk.id)
        return {person.name: person.has_read for person in people}

    assert await readers() == {"Ada Marsh": False, "Ben Okoro": False}
    assert await world.desk.reading.read(world.ben, talk, 999) == 1
    assert await readers() == {"Ada Marsh": False, "Ben Okoro": True}
    assert (await world.kinds()).count("message_read") == 1
    assert await world.desk.reading.read(world.ada, talk, 999) == 0
    assert await readers() == {"Ada Marsh": True, "Ben Okoro": True}
    assert (await world.kinds()).count("message_read") == 1, "the end user is told once"
    await world.desk.reading.read(world.ada, talk, 1)
    assert (await readers())["Ada Marsh"], "nobody unreads what was read"
    await world.provider.send(chat, planned(world.clock, "k2", "Hello?"))
    assert await readers() == {"Ada Marsh": False, "Ben Okoro": False}
    with pytest.raises(Forbidden):
        await world.desk.reading.read(world.ines, talk, 1)


@pytest.mark.feature("CV-20")
async def test_colleagues_are_seen_reading_and_typing(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    world = quick_world
    await sign_in(browser, "ada")
    await world.desk.presence.seen(world.ben)
    chat = await world.chat()
    talk = await world.desk.accept(world.ada, int(chat.state["request_id"]))
    invited = await world.desk.transfers.invite(world.ada, talk.id, agent=world.ben.id)
    await world.desk.accept(world.ben, invited.request_id)
    await world.provider.send(chat, planned(world.clock, "k1", "Where is it?"))
    cookie = f"desk_session={browser.cookies['desk_session']}"
    async with stream(app, f"/desk/live?conversation={talk.id}", cookies=cookie) as live:
        assert (await live.next("readers")).data == {"names": []}
        await live.settled()
        await world.desk.reading.read(world.ben, talk, 999)
        assert (await live.next("readers")).data == {"names": ["Ben Okoro"]}
        await world.desk.typing.agent_types(world.ada, talk, on=True)
        assert (await live.next("typing")).data == {"on": False, "colleagues": []}
        await world.desk.typing.agent_types(world.ben, talk, on=True)
        assert (await live.next("typing")).data == {"on": False, "colleagues": ["Ben Okoro"]}
