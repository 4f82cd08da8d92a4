"""Files of members in conversations that services opened: lent by links that expire, or refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.errors import FileMissing
from livechat_sdk.files.links import Links
from livechat_sdk.files.room import Files
from livechat_sdk_helvia.files import FilesElsewhere
from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.browsing import client, mounted, token_of
from providers.helvia.tests.callback_world import TELLING, accepted, deliver, kinds, telling_world
from providers.helvia.tests.kept_files import PNG
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.stored_database import StoredDatabase, open_stored
from providers.helvia.tests.world import Clock, make_world

PUBLIC = "https://desk.example"


@pytest.fixture(params=["sqlite", "postgres"])
async def stored(
    request: pytest.FixtureRequest, clock: Clock, tmp_path: Path
) -> AsyncIterator[StoredDatabase]:
    place: Path | str = tmp_path
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = await server.new_database()
    async with open_stored(place) as database:
        yield database


async def picture() -> AsyncIterator[bytes]:
    yield PNG


def real_files(
    database: StoredDatabase, folder: Path, clock: Clock, public_url: str | None = PUBLIC
) -> Files:
    """The dispatcher's own, without a dispatcher."""
    links = Links(lambda: [b"k" * 32], public_url=public_url)
    return Files(database.store, "default", folder=folder / "files", links=links, now=clock.now)


@pytest.mark.feature("API-05", "CV-18")
async def test_a_service_gets_a_link_that_is_fresh_at_each_try_and_ends_with_the_conversation(
    stored: StoredDatabase, clock: Clock, tmp_path: Path, other: OtherSystem
) -> None:
    files = real_files(stored, tmp_path, clock)
    world = await telling_world(clock, stored, files=files)
    conversation = await accepted(world)
    photo = await world.desk.files.upload(world.ada, conversation, picture(), name="photo.png")
    other.answer = answering(503)
    await world.desk.messages.send(world.ada, conversation, "Here it is", files=[photo.id])
    assert await deliver(world) == 0
    clock.advance(hours=20)
    other.answer = answering()
    other.calls.clear()
    assert await deliver(world) == 2
    assert kinds(other) == ["CONVERSATION_BEGIN", "MESSAGE"]
    [file] = other.bodies[1]["message"]["livechatAttachments"]
    assert (file["name"], file["mimetype"]) == ("photo.png", "image/png")
    assert file["path"].startswith(f"{PUBLIC}/files/")
    token = file["path"].rsplit("/", 1)[-1]
    clock.advance(hours=23)  # the link was made when it was told, not when the file came
    found = await files.read_link(token)
    assert b"".join([piece async for piece in found.pieces]) == PNG
    await world.desk.conversations.end(world.ada, conversation.id)
    assert await world.desk.purge.run(world.ines) == 1
    with pytest.raises(FileMissing):
        await files.read_link(token)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_programs_of_members_put_files_in_by_the_published_path(
    memory: MemoryDatabase, clock: Clock, other: OtherSystem
) -> None:
    world = await telling_world(clock, memory)
    world.host.files.links = f"{PUBLIC}/files"
    conversation = await accepted(world)
    async with client(mounted(world.provider.pages())) as program:
        header = await token_of(program, "ada")
        made = await program.post(
            f"/desk/manager/livechat-attachments?conversation={conversation.id}&name=photo.png",
            content=PNG,
            headers=header,
        )
        assert made.status_code == 201
        sent = await program.post(
            f"/desk/api/conversations/{conversation.id}/messages",
            json={"text": "", "key": "k-1", "files": str(made.json()["id"])},
            headers=header,
        )
        assert sent.status_code in {200, 201}, sent.text
    await deliver(world)
    [file] = other.bodies[1]["message"]["livechatAttachments"]
    assert file["path"].startswith(f"{PUBLIC}/files/")
    assert "livechat-file:" not in json.dumps(other.bodies)


@pytest.mark.parametrize("why", ["no address for links", "services hear nothing"])
async def test_where_a_service_cannot_be_given_files_members_are_told_so(
    memory: MemoryDatabase, clock: Clock, why: str
) -> None:
    values: dict[str, Any] = dict(TELLING)
    if why == "services hear nothing":
        del values["callbacks"]
    world = await make_world(clock, memory, **values)
    if why == "services hear nothing":
        world.host.files.links = f"{PUBLIC}/files"
    conversation = await accepted(world)
    with pytest.raises(FilesElsewhere, match="through another system"):
        await world.desk.files.upload(world.ada, conversation, picture(), name="photo.png")
    own = await world.accepted("ref-9")
    assert await world.desk.files.upload(world.ada, own, picture(), name="photo.png")
    async with client(mounted(world.provider.pages())) as program:
        refused = await program.post(
            f"/desk/api/conversations/{conversation.id}/files?name=photo.png",
            content=PNG,
            headers=await token_of(program, "ada"),
        )
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "files_elsewhere"
    assert world.host.files.apart == {}


async def test_a_file_whose_links_are_gone_is_told_by_its_name(
    memory: MemoryDatabase, clock: Clock, other: OtherSystem
) -> None:
    world = await telling_world(clock, memory)
    world.host.files.links = f"{PUBLIC}/files"
    conversation = await accepted(world)
    photo = await world.desk.files.upload(world.ada, conversation, picture(), name="photo.png")
    await world.desk.messages.send(world.ada, conversation, "Here it is", files=[photo.id])
    world.host.files.links = None
    await deliver(world)
    [file] = other.bodies[1]["message"]["livechatAttachments"]
    assert file["name"] == "photo.png"
    assert not file["path"].startswith("http")
