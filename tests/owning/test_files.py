"""Nothing of a file is left when its person is erased, and an export holds all of them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import Attachment, Handoff, Message, UserMessage
from livechat_sdk.errors import ErasureRefused, FileMissing, FileRefused, FilesUnavailable
from livechat_sdk.files.keeping import FileKeeping
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.owning.erasing import Erasing
from livechat_sdk.owning.subjects import Subject
from livechat_sdk.provider import FileLender, VendorFile
from livechat_sdk_testing.postgres import PostgresServer
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.owning.conftest import Start
from tests.owning.world import MARIA, NIKOS, Person, World

CANARY = b"canary-in-a-file-"
PHOTO = "https://files.toy.example/photo.png"
FETCHES = ToyProvider.capabilities.model_copy(update={"attachment_links": "fetch"})


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def content_of(person: Person) -> bytes:
    """A picture that nobody else has."""
    return b"\x89PNG\r\n\x1a\n" + CANARY + person.name.encode() * 100


def traces_on_disk(folder: Path, text: bytes) -> list[Path]:
    """Every file under the folder that holds the text, the database's own among them."""
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


def a_world(folder: Path, **settings: Any) -> World:
    """A world whose vendor keeps its files behind credentials."""
    return World(f"sqlite:///{folder}/livechat.db", toy=ToyPlugin(capabilities=FETCHES), **settings)


async def later(world: World, days: int) -> None:
    """So many days later, after a round of retention."""
    await world.clock.advance(days * 86_400)
    await world.pass_time(3700)


async def with_files(world: World, person: Person) -> Handoff:
    """An ended handoff with one file of the end user and one of the agent."""
    handoff = await world.request(person)
    await world.event(handoff.id, "joined", name="Ann")
    kept = await world.dispatcher.files.upload(
        handoff.id, pieces(content_of(person)), name=f"{person.name}.png"
    )
    attachment = Attachment(url=kept.reference, name="photo")
    await world.dispatcher.user_message(handoff.id, Message(body="look", attachments=(attachment,)))
    world.toy.vendor.files[PHOTO] = VendorFile(content_of(person) + b"from the agent")
    await world.event(handoff.id, "message", text="here", files=PHOTO)
    await world.event(handoff.id, "ended")
    await world.settle()
    return handoff


async def test_no_byte_of_a_file_is_left_after_erasing(start: Start, tmp_path: Path) -> None:
    maria, nikos = Person(MARIA), Person(NIKOS)
    world = await start(toy=ToyPlugin(capabilities=FETCHES), files={"folder": str(tmp_path / "files")})
    await with_files(world, maria)
    await with_files(world, nikos)
    assert len(traces_on_disk(tmp_path, CANARY + MARIA.encode())) == 2
    erasure = await world.dispatcher.erase(user_id=maria.user_id, compact=True)
    assert len(erasure.handoffs) == 1
    assert traces_on_disk(tmp_path, MARIA.encode()) == []
    assert len(traces_on_disk(tmp_path, CANARY + NIKOS.encode())) == 2, "nobody else lost anything"
    assert await world.rows_about(maria.needles) == []


async def test_a_command_erases_files_without_the_settings(tmp_path: Path) -> None:
    maria = Person(MARIA)
    folder = tmp_path / "elsewhere"
    async with a_world(tmp_path, files={"folder": str(folder)}) as world:
        await with_files(world, maria)
        assert len(traces_on_disk(folder, CANARY)) == 2
        clerk = open_store(world.url, role="clerk")
        await clerk.open()
        try:
            erasing = Erasing(clerk, "default", world.clock.now, pytest.fail)
            await erasing.erase(Subject.of(user_id=maria.user_id))
        finally:
            await clerk.close()
        assert traces_on_disk(folder, CANARY) == []


async def test_nothing_is_erased_where_the_files_cannot_be_reached(tmp_path: Path) -> None:
    maria = Person(MARIA)
    folder = tmp_path / "shared"
    async with a_world(tmp_path, files={"folder": str(folder)}) as world:
        handoff = await with_files(world, maria)
        folder.rename(tmp_path / "away")
        with pytest.raises(FilesUnavailable, match="do this on a machine that has it"):
            await world.dispatcher.erase(user_id=maria.user_id)
        assert (await world.dispatcher.handoff(handoff.id)).id == handoff.id
        (tmp_path / "away").rename(folder)
        await world.dispatcher.erase(user_id=maria.user_id)
        assert traces_on_disk(folder, CANARY) == []


async def test_a_live_handoff_keeps_its_files_when_erasing_is_refused(tmp_path: Path) -> None:
    maria = Person(MARIA)
    async with a_world(tmp_path) as world:
        handoff = await world.request(maria)
        await world.dispatcher.files.upload(handoff.id, pieces(content_of(maria)), name="a.png")
        with pytest.raises(ErasureRefused):
            await world.dispatcher.erase(user_id=maria.user_id)
        assert len(traces_on_disk(tmp_path, CANARY)) == 1
        await world.dispatcher.erase(user_id=maria.user_id, end_live=True)
        assert traces_on_disk(tmp_path, CANARY) == []


async def test_an_export_holds_every_file(tmp_path: Path) -> None:
    maria = Person(MARIA)
    async with a_world(tmp_path) as world:
        await with_files(world, maria)
        document = json.loads(
            "".join([piece async for piece in world.dispatcher.export(user_id=maria.user_id)])
        )
        (handoff,) = document["handoffs"]
        sides = {file["from"]: file for file in handoff["files"]}
        assert base64.b64decode(sides["user"]["content"]) == content_of(maria)
        assert base64.b64decode(sides["vendor"]["content"]) == content_of(maria) + b"from the agent"
        assert sides["user"]["name"] == f"{MARIA}.png"


async def test_retention_deletes_files_with_their_handoff(tmp_path: Path) -> None:
    async with a_world(tmp_path, retention={"after": "30d"}) as world:
        await with_files(world, Person(MARIA))
        await later(world, 29)
        assert len(traces_on_disk(tmp_path, CANARY)) == 2
        await later(world, 2)
        assert traces_on_disk(tmp_path, CANARY) == []


async def test_files_may_be_kept_for_less_than_their_handoff(tmp_path: Path) -> None:
    async with a_world(tmp_path, files={"keep_for": "7d"}) as world:
        handoff = await with_files(world, Person(MARIA))
        await later(world, 8)
        assert traces_on_disk(tmp_path, CANARY) == []
        (user, vendor) = await FileKeeping(world.dispatcher.store, "default").of_handoff(handoff.id)
        assert user.refused == vendor.refused == "kept for as long as the settings say"
        entries = await world.dispatcher.entries(handoff.id)
        assert "look" in [entry.message.body for entry in entries]


async def test_what_a_dead_process_left_is_swept(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await with_files(world, Person(MARIA))
        one = traces_on_disk(tmp_path, CANARY)[0]
        space = one.parent.parent
        orphan, fresh, draft = space / "ab" / ("ab" * 16), space / "cd" / ("cd" * 16), space / "drafts" / "x"
        for path in (orphan, fresh, draft):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"left")
        for path in (orphan, draft, one):
            os.utime(path, (time.time() - 7200, time.time() - 7200))
        assert await FileKeeping(world.dispatcher.store, "default").sweep() == 1
        assert not orphan.exists()
        assert not draft.exists()
        assert fresh.exists(), "its row may be about to be written"
        assert one.exists(), "a row knows it"
        await world.pass_time(3700)
        assert one.exists()


async def test_any_worker_hands_out_what_another_has_kept(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = await postgres_server.new_database()
    shared: dict[str, Any] = {
        "files": {"folder": str(tmp_path / "files")},
        "gateway": {"public_url": "https://chat.example.com"},
    }
    async with World(url, **shared) as one, World(url, **shared) as two:
        handoff = await one.request(Person(MARIA))
        content = content_of(Person(MARIA))
        uploads = [w.dispatcher.files.upload(handoff.id, pieces(content), name="a.png") for w in (one, two)]
        first, second = await asyncio.gather(*uploads)
        assert first.id == second.id
        link = one.dispatcher.files.link(first, "platform")
        found = await two.dispatcher.files.read_link(link.rsplit("/", 1)[-1])
        assert b"".join([piece async for piece in found.pieces]) == content
        assert len(traces_on_disk(tmp_path / "files", CANARY)) == 1, "kept once, whoever was first"


async def test_without_a_store_key_on_postgresql_messages_go_on_without_links(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "store_key": None,
        "files": {"folder": str(tmp_path / "files")},
        "gateway": {"public_url": "https://chat.example.com"},
    }
    url = await postgres_server.new_database()
    async with World(url, toy=ToyPlugin(capabilities=FETCHES), **settings) as world:
        handoff = await with_files(world, Person(MARIA))
        assert handoff.id in [one.handoff_id for one in world.channel.ended]
        (message,) = [one for one in world.channel.shown if isinstance(one, UserMessage)]
        (attachment,) = message.message.attachments
        assert await world.dispatcher.read_file(attachment) == content_of(Person(MARIA)) + b"from the agent"


async def test_two_databases_share_a_folder(tmp_path: Path) -> None:
    shared = {"folder": str(tmp_path / "files")}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with a_world(tmp_path / "a", files=shared) as one, a_world(tmp_path / "b", files=shared) as two:
        await with_files(one, Person(MARIA))
        await with_files(two, Person(NIKOS))
        for path in traces_on_disk(tmp_path / "files", CANARY):
            os.utime(path, (time.time() - 7200, time.time() - 7200))
        for world in (one, two):
            assert await FileKeeping(world.dispatcher.store, "default").sweep() == 0
        assert len(traces_on_disk(tmp_path / "files", CANARY)) == 4


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_files_of_no_handoff_are_lent_counted_kept_by_the_sweep_and_deleted(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = f"sqlite:///{tmp_path}/livechat.db"
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = await server.new_database()
    settings: dict[str, Any] = {
        "files": {"folder": str(tmp_path / "files"), "keep_for": "7d", "max_total": 3000},
        "gateway": {"public_url": "https://chat.example.com"},
    }
    content = content_of(Person(MARIA))
    async with World(url, **settings) as world:
        files = world.dispatcher.files
        assert isinstance(files, FileLender)
        assert files.lends
        kept = await files.keep_apart("desk/1", pieces(content), name="../photo.png")
        assert (kept.name, kept.media_type) == ("photo.png", "image/png")
        assert await files.keep_apart("desk/1", pieces(content), name="photo.png") == kept
        other = await files.keep_apart("desk/2", pieces(content), name="photo.png")
        assert other.url != kept.url
        lent = files.lent(kept)
        assert lent is not None
        assert lent.url.startswith("https://chat.example.com/files/")
        found = await files.read_link(lent.url.rsplit("/", 1)[-1])
        assert b"".join([piece async for piece in found.pieces]) == content
        assert await world.dispatcher.read_file(kept) == content
        assert files.lent(Attachment(url="https://elsewhere.example/a.png", name="a.png")) is None
        with pytest.raises(FileRefused):
            await files.keep_apart("desk/1", pieces(b"<html>"), name="page.html")
        with pytest.raises(FileRefused, match="no room"):
            await files.keep_apart("desk/3", pieces(content * 5), name="large.png")
        handoff = await world.request(Person(NIKOS))
        stolen = Message(body="look", attachments=(kept,))
        with pytest.raises(FileMissing):  # it is not a file of any handoff
            await world.dispatcher.user_message(handoff.id, stolen)
        await files.drop(handoff.id, kept)
        for path in traces_on_disk(tmp_path / "files", CANARY):
            os.utime(path, (time.time() - 7200, time.time() - 7200))
        assert await FileKeeping(world.dispatcher.store, "default").sweep() == 0
        for _ in range(2):
            await files.drop_apart("desk/1")
            with pytest.raises(FileMissing):
                await world.dispatcher.read_file(kept)
        assert await world.dispatcher.read_file(other) == content
        await later(world, 8)
        assert traces_on_disk(tmp_path / "files", CANARY) == []
        with pytest.raises(FileMissing):
            await world.dispatcher.read_file(other)


async def test_without_a_public_address_nothing_is_lent(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        files = world.dispatcher.files
        kept = await files.keep_apart("desk/1", pieces(content_of(Person(MARIA))), name="photo.png")
        assert not files.lends
        assert files.lent(kept) is None
