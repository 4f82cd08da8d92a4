"""Files in a conversation: taken in under limits, delivered, served so that no browser runs them, purged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from livechat_sdk import FileMissing, Message
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.outgoing import UserMessage
from livechat_sdk_helvia.audit import AuditFilter
from livechat_sdk_helvia.desk_settings import DeskSettings, Mode
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.files import FileNotTaken
from livechat_sdk_helvia.records import Conversation
from livechat_sdk_helvia.uploads import MAX_FILES, DeskFile
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.browsing import client, mounted, sign_in, token_of
from providers.helvia.tests.kept_files import PNG
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.serving import served, shoot_both, sign_in_as
from providers.helvia.tests.test_with_dispatcher import Recorder, running
from providers.helvia.tests.world import World, planned
from tests.end_to_end.browser import browser as chromium_browser
from tests.end_to_end.browser import chromium


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 7):
        yield content[start : start + 7]


async def uploaded(
    world: World, conversation: Conversation, name: str = "photo.png", content: bytes = PNG, by: str = "ada"
) -> DeskFile:
    return await world.desk.files.upload(world.people[by], conversation, pieces(content), name=name)


@pytest.mark.feature("CV-18")
async def test_a_file_keeps_its_name_kind_size_uploader_and_time_and_goes_out_with_a_message(
    world: World,
) -> None:
    conversation = await world.accepted()
    file = await uploaded(world, conversation, "../holiday photo.png")
    assert (file.name, file.media_type, file.size) == ("holiday photo.png", "image/png", len(PNG))
    assert (file.uploader_name, file.uploaded_at) == ("Ada Marsh", world.clock.time)
    message, is_new = await world.desk.messages.send(world.ada, conversation, " ", key="k", files=[file.id])
    assert is_new
    assert message.text == ""
    assert message.attachments == (file.attachment,)
    again, is_new = await world.desk.messages.send(world.ada, conversation, "", key="k", files=[file.id])
    assert (again, is_new) == (message, False)
    [event] = [one for one in await world.events() if isinstance(one, MessageReceived)]
    assert event.message.attachments == (file.attachment,)
    assert event.message.body == ""
    [stored] = await world.desk.files.of(world.ada, conversation.id)
    assert stored.message_key == "k"
    assert (await world.reload(conversation)).last_text == "holiday photo.png"
    known = await world.desk.messages.since(conversation, world.clock.time)
    assert [one.message.attachments for one in known] == [(file.attachment,)]
    entries = await world.desk.audit.entries(world.ines, AuditFilter(area="file"))
    assert [(one.action, one.facts) for one in entries] == [
        ("file.uploaded", {"file": file.id, "size": len(PNG)})
    ]


async def test_a_file_goes_with_one_message_of_its_uploader_in_its_conversation(quick_world: World) -> None:
    conversation, other = await quick_world.accepted(), await quick_world.accepted("ref-2")
    file = await uploaded(quick_world, conversation)
    send = quick_world.desk.messages.send
    with pytest.raises(NotFound):
        await send(quick_world.ada, other, "x", files=[file.id])
    with pytest.raises(NotFound):
        await send(quick_world.ada, conversation, "x", files=[file.id + 1])
    with pytest.raises(InvalidField):
        await send(quick_world.ada, conversation, "x", files=[file.id, file.id])
    with pytest.raises(InvalidField):
        await send(quick_world.ada, conversation, "x", files=list(range(MAX_FILES + 1)))
    with pytest.raises(InvalidField):
        await send(quick_world.ada, conversation, "  ")
    await send(quick_world.ada, conversation, "x", files=[file.id])
    before = len(await quick_world.events())
    with pytest.raises(InvalidField, match="was sent already"):
        await send(quick_world.ada, conversation, "again", files=[file.id])
    assert len(await quick_world.events()) == before


@pytest.mark.parametrize(
    ("name", "kind", "content", "status"),
    [
        ("page.html", "text/html", b"<html><script>alert(1)</script>", 422),
        ("photo.png", "image/png", b"<svg xmlns='x' onload='alert(1)'>", 422),
        ("picture.svg", "image/svg+xml", b"<svg></svg>", 422),
        ("run.exe", "application/octet-stream", b"MZ\x90\x00\x03", 422),
        ("empty.txt", "text/plain", b"", 422),
        ("long.txt", "text/plain", b"x" * 1001, 413),
        ("virus.txt", "text/plain", b"EICAR", 422),
    ],
)
async def test_what_is_not_accepted_is_refused_and_leaves_nothing(
    quick_world: World, browser: httpx.AsyncClient, name: str, kind: str, content: bytes, status: int
) -> None:
    conversation = await quick_world.accepted()
    headers = await token_of(browser, "ada") | {"content-type": kind}
    address = f"/desk/api/conversations/{conversation.id}/files?name={name}"
    answer = await browser.post(address, content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "file_refused")
    assert await quick_world.desk.files.of(quick_world.ada, conversation.id) == []


@pytest.mark.feature("CV-18")
async def test_pages_upload_with_the_token_of_their_session_and_programs_with_theirs(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    token = await sign_in(browser, "ada")
    address = f"/desk/conversations/{conversation.id}/files?name=a.png"
    for headers in ({}, {"x-csrf-token": "guess"}):
        assert (await browser.post(address, content=PNG, headers=headers)).status_code == 403
    answer = await browser.post(address, content=PNG, headers={"x-csrf-token": token})
    assert answer.status_code == 201
    form = {"csrf_token": token, "text": "", "files": str(answer.json()["id"])}
    sent = await browser.post(f"/desk/conversations/{conversation.id}/messages", data=form)
    assert sent.status_code == 303
    headers = await token_of(browser, "ada")
    second = await browser.post(f"/desk/api{address.removeprefix('/desk')}", content=PNG, headers=headers)
    body = {"text": "here", "files": str(second.json()["id"])}
    program = f"/desk/api/conversations/{conversation.id}"
    said = (await browser.post(f"{program}/messages", json=body, headers=headers)).json()
    [attached] = said["livechatAttachments"]
    assert (attached["name"], attached["mimetype"], attached["size"]) == ("a.png", "image/png", len(PNG))
    got = await browser.get(f"/desk/api/{attached['path']}", headers=headers)
    assert got.content == PNG
    listed = (await browser.get(f"{program}/files", headers=headers)).json()["items"]
    assert [(one["name"], one["sent"], one["uploader"]["fullName"]) for one in listed] == [
        ("a.png", True, "Ada Marsh")
    ] * 2
    for bad in ("", "?name=", f"?name={'x' * 1001}"):
        refused = await browser.post(f"{program}/files{bad}", content=PNG, headers=headers)
        assert refused.status_code == 422
    refused = await browser.post(f"{program}/messages", json={"text": "x", "files": "a"}, headers=headers)
    assert refused.status_code == 422


async def test_only_who_takes_part_uploads_and_only_while_it_is_open(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    address = f"/desk/api/conversations/{conversation.id}/files?name=a.png"
    for name, status in (("ben", 403), ("ines", 403), ("olga", 403), ("ada", 201)):
        answer = await browser.post(address, content=PNG, headers=await token_of(browser, name))
        assert answer.status_code == status, name
    quick_world.host.files.down = True
    headers = await token_of(browser, "ada")
    assert (await browser.post(address, content=PNG, headers=headers)).status_code == 503
    await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
    assert (await browser.post(address, content=PNG, headers=headers)).status_code == 409


@pytest.mark.feature("CV-18")
async def test_files_are_served_so_that_no_browser_runs_them(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    picture = await uploaded(quick_world, conversation, 'ph"oto\r\n.png')
    paper = await uploaded(quick_world, conversation, "paper.pdf", b"%PDF-1.7 x")
    await quick_world.desk.messages.send(quick_world.ada, conversation, "two", files=[picture.id, paper.id])
    await sign_in(browser, "ada")
    place = f"/desk/conversations/{conversation.id}/files/2"
    shown = await browser.get(f"{place}/0?show")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert shown.headers["content-disposition"].startswith("inline; filename*=UTF-8''ph_oto")
    for address, content in (
        (f"{place}/0", PNG),
        (f"{place}/1", b"%PDF-1.7 x"),
        (f"{place}/1?show", b"%PDF-1.7 x"),
    ):
        answer = await browser.get(address)
        assert answer.content == content
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; ")
    for answer in (shown, await browser.get(f"{place}/1?show")):
        assert (
            answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
    for missing in ("files/2/2", "files/1/0", "files/99/0", "files/0/0"):
        address = f"/desk/conversations/{conversation.id}/{missing}"
        assert (await browser.get(address)).status_code == 404
    page = (await browser.get(f"/desk/conversations/{conversation.id}")).text
    assert f'src="{place}/0?show"' in page
    assert f'src="{place}/1' not in page
    quick_world.host.files.kept.clear()
    assert (await browser.get(f"{place}/0")).status_code == 404


async def test_a_file_shows_to_nobody_who_may_not_see_the_conversation(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted(by="ben")
    file = await uploaded(quick_world, conversation, by="ben")
    await quick_world.desk.messages.send(quick_world.ben, conversation, "x", files=[file.id])
    await quick_world.desk.settings.replace(quick_world.ines, DeskSettings(mode=Mode.PRIVATE))
    for name, status in (("ada", 404), ("olga", 403), ("ben", 200), ("ines", 200)):
        headers = await token_of(browser, name)
        for path in ("files/2/0", "files"):
            address = f"/desk/api/conversations/{conversation.id}/{path}"
            assert (await browser.get(address, headers=headers)).status_code == status, (name, path)


async def test_a_link_of_somebody_else_stays_a_link(quick_world: World, browser: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    files = (
        Attachment(url="https://files.example/a.png", name="a.png", media_type="image/png"),
        Attachment(url="javascript:alert(1)", name="b.png", media_type="image/png"),
    )
    await quick_world.desk.messages.take_in(conversation, planned(quick_world.clock, "k", "see", files))
    await sign_in(browser, "ada")
    page = (await browser.get(f"/desk/conversations/{conversation.id}")).text
    assert 'href="https://files.example/a.png" rel="noopener noreferrer nofollow"' in page
    assert "javascript:" not in page
    assert (await browser.get(f"/desk/conversations/{conversation.id}/files/2/0")).status_code == 404


async def test_a_purge_deletes_what_members_uploaded(quick_world: World, memory: MemoryDatabase) -> None:
    gone, kept = await quick_world.accepted(), await quick_world.accepted("ref-2")
    await uploaded(quick_world, gone, "canary.png")
    await uploaded(quick_world, kept, "kept.png", PNG + b"2")
    await quick_world.desk.conversations.end(quick_world.ada, gone.id)
    assert await quick_world.desk.purge.run(quick_world.ines) == 1
    assert [file.name for file, _ in quick_world.host.files.kept.values()] == ["kept.png"]
    assert "canary.png" not in memory.dump()


@pytest.mark.feature("CV-18")
async def test_files_pass_both_ways_through_the_dispatcher(tmp_path: Path) -> None:
    channel = Recorder()
    async with running(tmp_path, channel, VirtualClock()) as world:
        handoff = await world.request()
        request = await world.waiting()
        agent = await world.agent()
        conversation = await world.desk.conversations.accept(agent, request.id)
        await world.dispatcher.wait_idle()
        theirs = await world.dispatcher.upload_file(handoff.id, PNG, name="broken.png")
        look = Message.text("look", key="u").model_copy(update={"attachments": (theirs,)})
        await world.dispatcher.user_message(handoff.id, look)
        await world.dispatcher.wait_idle()
        mine = await world.desk.files.upload(agent, conversation, pieces(b"%PDF-1.7 bill"), name="bill.pdf")
        await world.desk.messages.send(agent, conversation, "your bill", files=[mine.id])
        await world.dispatcher.wait_idle()
        [told] = [
            one.message
            for one in channel.delivered
            if isinstance(one, UserMessage) and one.message.attachments
        ]
        [file] = told.attachments
        assert (told.body, file.name, file.media_type, file.size) == (
            *("your bill", "bill.pdf", "application/pdf", 13),
        )
        assert await world.dispatcher.read_file(file) == b"%PDF-1.7 bill"
        [said] = [one for one in await world.desk.messages.page(conversation.id) if one.author == "end-user"]
        assert said.attachments[0].file_id, "a reference, which does not expire as a link does"
        async with client(mounted(world.provider.pages())) as browser:
            headers = await token_of(browser, "ada")
            place = f"/desk/api/conversations/{conversation.id}/files/{said.seq}/0"
            assert (await browser.get(place, headers=headers)).content == PNG
        await world.desk.conversations.end(agent, conversation.id)
        await world.dispatcher.wait_idle()
        await world.dispatcher.erase(handoff_id=handoff.id)
        assert not await world.desk.context.fetch("SELECT id FROM desk_files WHERE 1 = 1")
        for attachment in (file, said.attachments[0]):
            with pytest.raises(FileMissing):
                await world.dispatcher.read_file(attachment)


async def test_refusals_name_what_is_wrong(quick_world: World) -> None:
    conversation = await quick_world.accepted()
    with pytest.raises(FileNotTaken, match=r"refused: the file is larger than 1000 bytes\."):
        await uploaded(quick_world, conversation, "a.txt", b"x" * 1001)


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.skipif(chromium() is None, reason="no Chromium here")
@pytest.mark.feature("CV-18")
async def test_an_agent_chooses_pastes_and_drops_files(quick_world: World, tmp_path: Path) -> None:
    quick_world.host.files.max_size = 100_000
    conversation = await quick_world.accepted()
    bill = tmp_path / "bill.pdf"
    bill.write_bytes(b"%PDF-1.7 bill")
    async with served(mounted(quick_world.provider.pages())) as address, chromium_browser() as chrome:
        page = await chrome.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await sign_in_as(page, address, "ada")
        await page.goto(f"{address}/desk/conversations/{conversation.id}")
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="Attach").click()
        await (await choosing.value).set_files(bill)
        await page.evaluate(_GIVE, ["paste", "#reply"])
        await page.evaluate(_GIVE, ["drop", "#middle"])
        await page.locator("#attached").get_by_text("dropped.png", exact=True).wait_for()
        await page.locator("#attached").get_by_text("pasted.png", exact=True).wait_for()
        await page.get_by_role("button", name="Remove bill.pdf").click()
        await shoot_both(page, "desk-attaching")
        await page.get_by_role("button", name="Send", exact=True).click()
        await page.locator("#timeline .file-picture").nth(1).wait_for()
        await page.locator(".file-picture").evaluate_all(
            "pictures => Promise.all(pictures.map(one => one.decode()))"
        )
        await shoot_both(page, "desk-attached")
        await page.get_by_label("Message to").fill("words only")
        await page.keyboard.press("Enter")
        await page.locator("#timeline").get_by_text("words only").wait_for()
        assert troubles == []
    said = [one for one in await quick_world.desk.messages.page(conversation.id) if one.author == "agent"]
    assert [len(one.attachments) for one in said] == [2, 0]


_GIVE = """
async ([kind, where]) => {
  const canvas = document.createElement("canvas");
  canvas.width = 160; canvas.height = 90;
  const draw = canvas.getContext("2d");
  draw.fillStyle = kind === "drop" ? "teal" : "orange";
  draw.fillRect(0, 0, 160, 90);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const data = new DataTransfer();
  data.items.add(new File([blob], kind === "drop" ? "dropped.png" : "pasted.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "drop"
    ? new DragEvent("drop", { ...options, dataTransfer: data })
    : new ClipboardEvent("paste", { ...options, clipboardData: data });
  document.querySelector(where).dispatchEvent(event);
}
"""
