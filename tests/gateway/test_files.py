"""Files over HTTP: uploaded by the platform, read by whoever has a link, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.gateway.world import World, a_world, error_of

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture" * 5000
HTML = b"<!doctype html><script>alert(document.domain)</script>"
PUBLIC = {"gateway": {"public_url": "http://gateway"}, "files": {"max_size": "100KB", "link_lifetime": "1h"}}


@pytest.fixture
async def open_world(tmp_path: Path) -> AsyncIterator[World]:
    """A gateway that knows its public address."""
    async with a_world(tmp_path, settings=PUBLIC) as made:
        yield made


def bytes_in(folder: Path) -> list[Path]:
    """Every file that is kept."""
    return [path for path in folder.glob("livechat.db.files/**/*") if path.is_file()]


async def upload(
    world: World, handoff: str, content: bytes = PNG, name: str = "photo.png", kind: str = "image/png"
) -> httpx.Response:
    """A file that the end user sent."""
    return await world.client.post(
        "/v1/files",
        params={"handoff": handoff, "name": name},
        content=content,
        headers={"content-type": kind},
    )


async def a_link(world: World) -> str:
    """A good link to a file."""
    link: str = (await upload(world, await world.an_active_handoff())).json()["link"]
    return link


async def test_an_uploaded_file_reaches_the_vendor_by_a_link_that_everybody_can_read(
    open_world: World,
) -> None:
    handoff = await open_world.an_active_handoff()
    kept = await upload(open_world, handoff)
    assert kept.status_code == 201, kept.text
    view = kept.json()
    assert view["url"].startswith("livechat-file:")
    assert (view["name"], view["media_type"], view["size"]) == ("photo.png", "image/png", len(PNG))
    message = {"key": "m-1", "attachments": [{"url": view["url"], "name": "photo.png"}]}
    path = f"/v1/handoffs/{handoff}/messages"
    assert (await open_world.client.post(path, json=message)).status_code == 201
    assert (await open_world.client.post(path, json=message)).status_code == 200
    await open_world.dispatcher.wait_idle()
    (attachment,) = open_world.plugin.vendor.received[-1][1].attachments
    for link in (attachment.url, view["link"]):
        answer = await open_world.stranger.get(link)
        assert (answer.status_code, answer.content) == (200, PNG)
    (listed,) = (await open_world.client.get(path)).json()["messages"][-1]["message"]["attachments"]
    assert (await open_world.stranger.get(listed["url"])).content == PNG


async def test_a_repeated_message_with_a_link_of_ours_is_the_same_message(open_world: World) -> None:
    handoff = await open_world.an_active_handoff()
    link = (await upload(open_world, handoff)).json()["link"]
    message = {"key": "m-1", "attachments": [{"url": link, "name": "photo.png"}]}
    path = f"/v1/handoffs/{handoff}/messages"
    assert (await open_world.client.post(path, json=message)).status_code == 201
    assert (await open_world.client.post(path, json=message)).status_code == 200
    await open_world.clock.advance(7200)
    assert (await open_world.client.post(path, json=message)).status_code == 200, "though it has expired"
    other = {**message, "body": "something else"}
    assert error_of(await open_world.client.post(path, json=other))["code"] == "key_reused"


async def test_browsers_are_told_to_save_and_to_run_nothing(open_world: World) -> None:
    handoff = await open_world.an_active_handoff()
    name = 'Ελένη "1"\r\nX: y.png'
    link = (await upload(open_world, handoff, name=name)).json()["link"]
    for method in ("GET", "HEAD"):
        answer = await open_world.stranger.request(method, link)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["content-length"] == str(len(PNG))
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith("attachment; filename*=UTF-8''%CE%95")
        assert disposition.isascii()
        assert "x" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"].startswith("private, max-age=")
        assert answer.content == (PNG if method == "GET" else b"")


async def test_a_link_expires(open_world: World) -> None:
    link = await a_link(open_world)
    await open_world.clock.advance(timedelta(minutes=59).total_seconds())
    answer = await open_world.stranger.get(link)
    assert answer.headers["cache-control"] == "private, max-age=60"
    await open_world.clock.advance(60)
    expired = await open_world.stranger.get(link)
    assert expired.status_code == 410
    assert error_of(expired)["code"] == "link_expired"


async def test_a_wrong_link_and_one_to_an_erased_file_look_the_same(open_world: World) -> None:
    link = await a_link(open_world)
    wrong = await open_world.stranger.get(link[:-10] + "A" * 10)
    nonsense = await open_world.stranger.get("/files/../../etc/passwd")
    await open_world.dispatcher.erase(user_id="u-1", end_live=True)
    erased = await open_world.stranger.get(link)
    assert wrong.status_code == erased.status_code == 404
    assert error_of(wrong) == error_of(erased)
    assert error_of(wrong)["code"] == "no_such_file"
    assert nonsense.status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "kind", "status", "code"),
    [
        (b"x" * (100 * 1024 + 1), "a.txt", "text/plain", 413, "body_too_large"),
        (HTML, "photo.png", "image/png", 415, "file_kind"),
        (HTML, "page.html", "text/html", 415, "file_kind"),
        (b"MZ\x90\x00" + bytes(100), "setup.pdf", "application/pdf", 415, "file_kind"),
        (PNG, "x.png", "nonsense", 415, "file_kind"),
        (b"", "a.txt", "text/plain", 422, "file_empty"),
    ],
)
async def test_what_is_not_accepted_is_refused(
    open_world: World, content: bytes, name: str, kind: str, status: int, code: str
) -> None:
    handoff = await open_world.an_active_handoff()
    refused = await upload(open_world, handoff, content, name, kind)
    assert (refused.status_code, error_of(refused)["code"]) == (status, code)


async def test_reading_stops_at_the_limit_whatever_was_announced(open_world: World, tmp_path: Path) -> None:
    handoff = await open_world.an_active_handoff()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b"x" * 10_000

    refused = await open_world.client.post(
        "/v1/files", params={"handoff": handoff, "name": "a.txt"}, content=endless()
    )
    assert error_of(refused)["code"] == "body_too_large"
    assert not bytes_in(tmp_path)


async def test_an_upload_needs_a_token_and_a_live_handoff(open_world: World) -> None:
    handoff = await open_world.an_active_handoff()
    asked = {"handoff": handoff, "name": "photo.png"}
    assert (await open_world.stranger.post("/v1/files", params=asked, content=PNG)).status_code == 401
    unknown = await open_world.client.post("/v1/files", params={**asked, "handoff": "h-0"}, content=PNG)
    assert error_of(unknown)["code"] == "handoff_not_found"
    for incomplete in ({"handoff": handoff}, {"name": "x"}, {"handoff": handoff, "name": "x" * 2000}):
        refused = await open_world.client.post("/v1/files", params=incomplete, content=PNG)
        assert error_of(refused)["code"] == "invalid_parameter"
    await open_world.dispatcher.end(handoff)
    await open_world.dispatcher.wait_idle()
    assert error_of(await upload(open_world, handoff))["code"] == "not_live"


async def test_a_message_cannot_name_a_file_of_somebody_else(open_world: World) -> None:
    handoff = await open_world.an_active_handoff()
    other = await open_world.a_handoff(key="run-2", conversation_id="c-2")
    kept = (await upload(open_world, other)).json()
    for url in (kept["url"], kept["link"], kept["link"][:-4] + "AAAA"):
        refused = await open_world.client.post(
            f"/v1/handoffs/{handoff}/messages", json={"attachments": [{"url": url, "name": "x"}]}
        )
        assert (refused.status_code, error_of(refused)["code"]) == (422, "file_missing")


async def test_without_a_public_address_there_is_no_link(world: World) -> None:
    view = (await upload(world, await world.an_active_handoff())).json()
    assert view["link"] is None
    assert view["url"].startswith("livechat-file:")


async def test_a_folder_that_cannot_be_used_answers_503(open_world: World, tmp_path: Path) -> None:
    (tmp_path / "livechat.db.files").write_text("in the way")
    handoff = await open_world.an_active_handoff()
    refused = await upload(open_world, handoff)
    assert (refused.status_code, error_of(refused)["code"]) == (503, "files_unavailable")
    assert str(tmp_path) not in refused.text
