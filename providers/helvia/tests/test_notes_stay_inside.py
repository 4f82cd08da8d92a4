"""Whatever happens in a conversation, no note leaves the team: a property, over every way out there is."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livechat_sdk_helvia
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.outgoing import UserMessage
from livechat_sdk.files import one_piece
from livechat_sdk.http import override_transport
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.records import ConversationStatus
from livechat_sdk_helvia.webchat import WebChat
from providers.helvia.tests.browsing import client, mounted, sign_in, token_of
from providers.helvia.tests.callback_world import ADDRESS, SERVICE_TOKEN, deliver, opened, telling_world
from providers.helvia.tests.callback_world import accepted as accepted_one
from providers.helvia.tests.kept_files import PNG
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.outside import OtherSystem
from providers.helvia.tests.world import (
    Clock,
    World,
    conversation_id,
    make_world,
    opening,
    planned,
    request_id,
)

CANARY: Final = "canary0of0a0note"
EVERY_STATUS: Final = tuple(ConversationStatus)

PIECES = st.sampled_from(
    ["", "=", "{{user_name}} ", "<script>", '"', "\r\n", "'; DROP TABLE x; --", "/", "Ω"]
)
NOTE_TEXTS = st.builds(lambda before, after: f"{before}{CANARY}{after}", PIECES, PIECES)
PEOPLE = st.sampled_from(["ada", "ben", "ines"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["note", "change", "transfer", "invite"]), PEOPLE, NOTE_TEXTS),
        st.tuples(st.sampled_from(["delete", "answer", "decline", "file", "end"]), PEOPLE, st.just("")),
        st.tuples(st.sampled_from(["reply", "asks"]), PEOPLE, st.sampled_from(["hello", "=1+1", "thanks"])),
    ),
    min_size=1,
    max_size=12,
)


async def hand_over(world: World, conversation: int, kind: str, who: str, text: str) -> None:
    """Somebody asks a colleague to take over or to join, or answers."""
    desk, actor = world.desk, world.people[who]
    if kind in {"transfer", "invite"}:
        target = world.people[{"ada": "ben", "ben": "ada", "ines": "ada"}[who]].id
        ask = desk.transfers.transfer if kind == "transfer" else desk.transfers.invite
        await ask(actor, conversation, agent=target, note=text)
    else:
        for handing in await desk.transfers.of(actor, conversation):
            await getattr(desk.transfers, "accept" if kind == "answer" else kind)(actor, handing.request_id)


async def step(world: World, number: int, conversation: int, kind: str, who: str, text: str) -> None:
    """One thing that somebody does. Raises ``DeskFault`` where it is refused."""
    desk, actor = world.desk, world.people[who]
    found = await desk.conversations.get(conversation)
    if kind in {"transfer", "invite", "answer", "decline"}:
        await hand_over(world, conversation, kind, who, text)
    elif kind == "note":
        await desk.notes.add(actor, conversation, text)
    elif kind in {"change", "delete"}:
        for note in await desk.notes.of(actor, conversation):
            if kind == "change":
                await desk.notes.change(actor, conversation, note.id, text)
            else:
                await desk.notes.delete(actor, conversation, note.id)
    elif kind == "reply":
        await desk.messages.send(actor, found, text, key=f"k{number}")
    elif kind == "asks":
        await desk.messages.take_in(found, planned(world.clock, f"u{number}", text))
    elif kind == "file":
        file = await desk.files.upload(actor, found, one_piece(PNG), name="a.png")
        await desk.messages.send(actor, found, "", key=f"k{number}", files=[file.id])
    else:
        await desk.conversations.end(actor, conversation)


async def live(world: World, steps: list[tuple[str, str, str]], *, accepted: bool) -> tuple[int, int]:
    """A conversation in which all this happens; how many notes there were at most, and its id."""
    for person in (world.ada, world.ben, world.ines):
        await world.desk.presence.seen(person)  # so that a transfer finds them online
    chat = await world.chat()
    conversation = conversation_id(chat)
    if accepted:
        await world.desk.conversations.accept(world.ada, request_id(chat))
    notes = await happen(world, steps, conversation)
    await world.desk.conversations.close(conversation, EndReason(by="clock", why="inactivity"))
    return notes, conversation


async def happen(world: World, steps: list[tuple[str, str, str]], conversation: int) -> int:
    """All this, in an open conversation; how many notes there were at most."""
    notes = 0
    for number, (kind, who, text) in enumerate(steps):
        try:
            await step(world, number, conversation, kind, who, text)
        except DeskFault:
            continue  # refused: that too must leak nothing
        finally:
            world.clock.advance(seconds=1)
            notes = max(notes, len(await world.desk.notes.of(world.ines, conversation)))
    return notes


async def ways_out(world: World, memory: MemoryDatabase, conversation: int) -> dict[str, str]:
    """Everything that goes to the end user, or that somebody could hand on to them."""
    out = {f"event {one.id}": one.model_dump_json() for one in await world.events()}
    out["stored"] = "\n".join(
        line for line in memory.dump().splitlines() if not line.startswith('INSERT INTO "desk_notes"')
    )
    found = await world.desk.conversations.get(conversation)
    chat = await world.provider.open(opening(world.clock, found.ref))
    out["provider"] = repr(
        [
            await world.provider.status(chat),
            await world.provider.history(chat, found.created_at),
            await world.provider.availability(Route(integration="desk", bot="shop-bot")),
        ]
    )
    every = PastFilter(statuses=EVERY_STATUS)
    export = await world.desk.transcripts.export(world.ines, every, job="a" * 16)
    packed = b"".join([piece async for piece in export.pieces])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len(archive.namelist()) == 1
        out["zip"] = "".join(name + archive.read(name).decode() for name in archive.namelist())
    out |= await _of_the_desk(world, conversation)
    return out | await _of_the_end_user(world, memory)


async def _of_the_desk(world: World, conversation: int) -> dict[str, str]:
    """What the team's pages and API say where they do not show notes."""
    about = f"conversations/{conversation}"
    api = ["requests?status=accepted", "requests?status=new", "requests?status=missed", about, "counts"]
    api += [f"{about}/history", f"{about}/messages", f"{about}/transcript", f"{about}/files"]
    api += [*(f"conversations?status={status.value}" for status in EVERY_STATUS), "history", "audit"]
    pages = ["inbox/new", "inbox/open", "inbox/closed", "history", "admin/audit", f"{about}?part=details"]
    pages += [f"{about}?part=head", f"{about}?part=composer", f"{about}/history", f"{about}/transcript"]
    out: dict[str, str] = {}
    async with client(mounted(world.provider.pages())) as browser:
        headers = await token_of(browser, "ines")
        for path in api:
            answer = await browser.get(f"/desk/api/{path}", headers=headers)
            assert answer.status_code == 200, path
            out[f"api {path}"] = answer.text
        await sign_in(browser, "ines")
        for path in pages:
            answer = await browser.get(f"/desk/{path}")
            assert answer.status_code == 200, path
            out[f"page {path}"] = answer.text
    async with client(mounted(world.provider.pages())) as nobody:
        for path in (f"api/{about}/notes", f"{about}?part=notes", about, f"history/{conversation}"):
            out[f"nobody {path}"] = (await nobody.get(f"/desk/{path}")).text
    return out


async def _of_the_end_user(world: World, memory: MemoryDatabase) -> dict[str, str]:
    """The chat page, after everything that the desk told has been delivered to it."""
    chat = WebChat(memory, bots=("shop-bot",), now=world.clock.now, title="Chat")

    async def nothing(*_: object, **__: object) -> None: ...

    await chat.start(nothing, on_user_typing=nothing, on_user_end=nothing, on_user_read=nothing)
    async with client(mounted(chat.app(), "/chat")) as visitor:
        page = await visitor.get("/chat/")
        [own] = re.findall(r'data-conversation="([^"]+)"', page.text)
        for number, event in enumerate(await world.events()):
            if isinstance(event, MessageReceived):
                await chat.deliver(_shown(own, number, event.message))
        out = {"chat page": await _text(visitor, "/chat/")}
    await chat.stop()
    return out


def _shown(conversation: str, number: int, message: Message) -> UserMessage:
    return UserMessage(
        key=f"d{number}",
        handoff_id="h",
        conversation_id=conversation,
        owner_number=1,
        message=message,
        agent_name="Ada",
    )


async def _text(visitor: httpx.AsyncClient, path: str) -> str:
    return (await visitor.get(path)).text


async def play(steps: list[tuple[str, str, str]], *, accepted: bool) -> int:
    with closing(MemoryDatabase()) as memory:
        world = await make_world(Clock(), memory)
        notes, conversation = await live(world, steps, accepted=accepted)
        for way, text in (await ways_out(world, memory, conversation)).items():
            assert CANARY not in text, f"a note got out by: {way}"
        return notes


@pytest.mark.feature("CV-05", "TR-06")
@settings(max_examples=15)
@given(STEPS, st.booleans())
def test_no_note_gets_out_whatever_happens(steps: list[tuple[str, str, str]], accepted: bool) -> None:
    asyncio.run(play(steps, accepted=accepted))


@pytest.mark.feature("CV-05", "API-05")
@settings(max_examples=10)
@given(STEPS, st.booleans())
def test_no_note_is_told_to_a_service(steps: list[tuple[str, str, str]], accepted: bool) -> None:
    told = asyncio.run(told_to_a_service(steps, accepted=accepted))
    assert not [text for text in told if CANARY in text]


async def told_to_a_service(steps: list[tuple[str, str, str]], *, accepted: bool) -> list[str]:
    """What a service hears and reads of a conversation that it opened, and in which all this happens."""
    other = OtherSystem()
    with closing(MemoryDatabase()) as memory, override_transport(other.transport):
        world = await telling_world(Clock(), memory)
        world.host.files.links = "https://desk.example/files"
        for person in (world.ada, world.ben, world.ines):
            await world.desk.presence.seen(person)
        conversation = await (accepted_one(world) if accepted else opened(world))
        await happen(world, steps, conversation.id)
        world.clock.advance(seconds=600)
        await world.desk.missing.work()
        while await deliver(world):
            pass
        async with client(mounted(world.provider.pages())) as service:
            header = {"authorization": f"Bearer {SERVICE_TOKEN}"}
            for path in ("organizations/default", "users/visitor-7"):
                answer = await service.get(f"/desk/manager/{path}/livechat-requests", headers=header)
                assert answer.status_code == 200
                other.calls.append(httpx.Request("GET", ADDRESS, content=answer.content))
            talks = await service.get("/desk/manager/users/visitor-7/livechat-conversations", headers=header)
            notes = await service.get(
                f"/desk/manager/livechat-conversations/{conversation.id}/livechat-notes", headers=header
            )
            assert (talks.status_code, notes.status_code) == (200, 403)
    return [call.content.decode() for call in other.calls] + [talks.text, notes.text]


def test_the_property_of_services_is_about_something() -> None:
    steps = [
        ("note", "ada", CANARY),
        ("reply", "ada", "=1+1"),
        ("transfer", "ada", CANARY),
        ("answer", "ben", ""),
    ]
    steps += [("file", "ben", ""), ("end", "ben", "")]
    told = "".join(asyncio.run(told_to_a_service(steps, accepted=True)))
    for heard in (
        "CONVERSATION_BEGIN",
        "=1+1",
        "TRANSFER_REQUEST",
        "https://desk.example",
        "CONVERSATION_END",
    ):
        assert heard in told
    assert "REQUEST_MISSED" in "".join(asyncio.run(told_to_a_service([], accepted=False)))


def test_the_property_is_about_something() -> None:
    steps = [
        ("note", "ada", CANARY),
        ("transfer", "ada", CANARY),
        ("reply", "ada", "hello"),
        ("file", "ada", ""),
    ]
    steps += [
        ("answer", "ben", ""),
        ("invite", "ben", CANARY),
        ("answer", "ada", ""),
        ("reply", "ben", "bye"),
    ]
    assert asyncio.run(play(steps, accepted=True)) == 3


async def test_a_note_that_is_said_to_the_end_user_would_be_found(memory: MemoryDatabase) -> None:
    world = await make_world(Clock(), memory)
    _, conversation = await live(world, [("reply", "ada", "=1+1")], accepted=True)
    found = await ways_out(world, memory, conversation)
    leaking = {way for way, text in found.items() if "=1+1" in text or "&#61;1" in text}
    assert {"stored", "zip", "chat page", f"api conversations/{conversation}/messages"} <= leaking
    assert any(way.startswith("event ") for way in leaking)


def test_few_modules_read_the_table_of_notes() -> None:
    source = Path(livechat_sdk_helvia.__file__).parent
    naming = {path.name for path in source.rglob("*.py") if "desk_notes" in path.read_text()}
    # handing.py shows the note of a transfer to whoever is asked to take over: a member of the team
    assert naming == {"notes.py", "schema.py", "handing.py"}
