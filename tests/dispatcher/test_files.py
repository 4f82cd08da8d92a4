"""Files both ways: from the end user to the agent, from the agent to the end user, and what goes wrong."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from livechat_sdk import (
    Accepted,
    Attachment,
    FileMissing,
    FileRefused,
    FilesUnavailable,
    Handoff,
    InvalidInput,
    Message,
    Moment,
    RejectedError,
    RetryableError,
)
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.domain.outgoing import UserMessage
from livechat_sdk.files import FileToScan
from livechat_sdk.http import override_transport
from livechat_sdk.provider import FileKeeper, VendorFile
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.toy import ToyProvider
from tests.dispatcher.bench import Bench, Workbench

FETCHES = ToyProvider.capabilities.model_copy(update={"attachment_links": "fetch"})
PUBLIC = {"gateway": {"public_url": "https://chat.example.com"}}
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture" * 100
PDF = b"%PDF-1.7\n" + b"an invoice" * 100
PHOTO = "https://files.toy.example/photo.png"
INVOICE = "https://files.toy.example/invoice.pdf"


async def pieces(content: bytes, size: int = 100) -> AsyncIterator[bytes]:
    """The content as a network brings it."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def upload(one: Bench, handoff: Handoff, content: bytes = PNG, name: str = "photo.png") -> Attachment:
    """An attachment with a file that was uploaded."""
    file = await one.dispatcher.files.upload(handoff.id, pieces(content), name=name)
    return Attachment(url=file.reference, name="whatever the platform says")


async def entry_of(one: Bench, handoff: Handoff, direction: Direction) -> LedgerEntry:
    """The last message that went this way, the words of the SDK left out."""
    entries = await one.dispatcher.entries(handoff.id)
    return [e for e in entries if e.direction is direction and e.author != "system"][-1]


def messages(one: Bench) -> list[UserMessage]:
    """The agent's messages as the end user sees them."""
    return [shown for shown in one.channel.shown if isinstance(shown, UserMessage)]


async def content_of(one: Bench, url: str) -> bytes:
    """What the link of an attachment leads to."""
    prefix = "https://chat.example.com/files/"
    assert url.startswith(prefix)
    found = await one.dispatcher.files.read_link(url.removeprefix(prefix))
    return b"".join([piece async for piece in found.pieces])


def heirs_of(one: Bench) -> dict[str, Any]:
    """What survives the process, the settings included."""
    return {
        "toy": one.toy,
        "spare": one.spare,
        "channel": one.channel,
        "clock": one.clock,
        "settings": PUBLIC,
    }


def kept(folder: Path) -> list[Path]:
    """Every file with bytes."""
    return [path for path in folder.glob("ledger.db.files/**/*") if path.is_file()]


# ------------------------------------------------------------------------------------ from the end user
async def test_the_vendor_gets_a_link_to_what_the_end_user_sent(bench: Workbench) -> None:
    one = await bench.start(settings=PUBLIC)
    handoff = await one.active()
    photo = await upload(one, handoff)
    await one.dispatcher.user_message(handoff.id, Message(key="m-1", body="look", attachments=(photo,)))
    await one.settle()
    (_, sent) = one.vendor.received[-1]
    (attachment,) = sent.attachments
    assert (attachment.name, attachment.media_type, attachment.size) == ("photo.png", "image/png", len(PNG))
    assert await content_of(one, attachment.url) == PNG
    stored = await entry_of(one, handoff, Direction.TO_PROVIDER)
    assert stored.fate is Fate.SENT
    assert stored.message.attachments[0].url.startswith("livechat-file:"), "the ledger keeps no link"


async def test_a_file_of_another_kind_becomes_a_link_in_the_text(bench: Workbench) -> None:
    one = await bench.start(settings=PUBLIC)
    handoff = await one.active()
    invoice = await upload(one, handoff, PDF, "invoice.pdf")
    await one.dispatcher.user_message(handoff.id, Message(key="m-1", attachments=(invoice,)))
    await one.settle()
    (text,) = one.vendor.texts()
    name, _, url = text.partition(": ")
    assert name == "invoice.pdf"
    assert await content_of(one, url) == PDF
    assert (await entry_of(one, handoff, Direction.TO_PROVIDER)).detail == "linked invoice.pdf"


async def test_without_a_public_address_bytes_travel_and_links_are_refused(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    photo = await upload(one, handoff)
    await one.dispatcher.user_message(handoff.id, Message(key="m-1", attachments=(photo,)))
    await one.settle()
    provider = one.dispatcher.integrations["toy"]
    assert isinstance(provider, ToyProvider)
    (attachment,) = one.vendor.received[-1][1].attachments
    opened = await provider.host.files.open(attachment)
    assert (opened.name, opened.size, await opened.read()) == ("photo.png", len(PNG), PNG)
    invoice = await upload(one, handoff, PDF, "invoice.pdf")
    await one.dispatcher.user_message(handoff.id, Message(key="m-2", attachments=(invoice,)))
    await one.settle()
    refused = await entry_of(one, handoff, Direction.TO_PROVIDER)
    assert refused.fate is Fate.REFUSED
    assert "gateway.public_url" in (refused.detail or "")
    assert one.channel.moments[-1] == Moment.UNSUPPORTED


async def test_a_link_of_ours_that_comes_back_is_the_file(bench: Workbench) -> None:
    one = await bench.start(settings=PUBLIC)
    handoff = await one.active()
    file = await one.dispatcher.files.upload(handoff.id, pieces(PNG), name="photo.png")
    link = one.dispatcher.files.link(file, "platform")
    message = Message(key="m-1", attachments=(Attachment(url=link, name="photo"),))
    await one.dispatcher.user_message(handoff.id, message)
    await one.settle()
    stored = await entry_of(one, handoff, Direction.TO_PROVIDER)
    assert stored.message.attachments[0].url == file.reference
    await one.pass_time(2 * 86_400)
    again = await one.dispatcher.user_message(handoff.id, message)
    assert again == Accepted("m-1", duplicate=True), "it is known, though its link has expired"
    with pytest.raises(FileMissing, match="expired"):
        await one.dispatcher.user_message(handoff.id, message.model_copy(update={"key": "m-2"}))


async def test_files_of_another_handoff_and_made_up_ones_are_refused(bench: Workbench) -> None:
    one = await bench.start(settings=PUBLIC)
    mine = await one.active()
    theirs = await one.request(key="run-2", conversation="c-2")
    photo = await upload(one, theirs)
    made_up = Attachment(url="livechat-file:" + "0" * 32, name="x")
    for attachment in (photo, made_up):
        with pytest.raises(FileMissing):
            await one.dispatcher.user_message(mine.id, Message(key="m-1", attachments=(attachment,)))
    assert await one.fates(mine) == {}


async def test_the_same_upload_is_the_same_file(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    first, second = await asyncio.gather(upload(one, handoff), upload(one, handoff))
    assert first.url == second.url == (await upload(one, handoff)).url
    assert len(kept(bench.folder)) == 1
    other = await one.request(key="run-2", conversation="c-2")
    assert (await upload(one, other)).url != first.url, "a file belongs to one handoff"


async def test_limits_hold_while_a_file_comes_in(bench: Workbench) -> None:
    limits = {"max_size": "1KB", "max_total": "2KB", "max_per_message": 2}
    one = await bench.start(settings={"files": limits})
    handoff = await one.active()
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    files = one.dispatcher.files
    with pytest.raises(FileRefused) as large:
        await files.upload(handoff.id, endless(), name="a.txt")
    assert large.value.why == "too_large"
    assert read <= 1200, "reading stops at the limit"
    with pytest.raises(FileRefused) as empty:
        await files.upload(handoff.id, pieces(b""), name="a.txt")
    assert empty.value.why == "empty"
    attachments = [await upload(one, handoff, bytes([65 + n]) * 900, f"{n}.txt") for n in range(2)]
    with pytest.raises(FileRefused) as full:
        await upload(one, handoff, b"c" * 900, "c.txt")
    assert full.value.why == "full"
    links = [Attachment(url=f"https://cdn.example/{n}", name="x") for n in range(1)]
    with pytest.raises(FileRefused) as many:
        await one.dispatcher.user_message(handoff.id, Message(attachments=(*attachments, *links)))
    assert many.value.why == "too_many"
    assert len(kept(bench.folder)) == 2, "nothing of what was refused is left"


async def test_a_file_needs_a_handoff(bench: Workbench) -> None:
    one = await bench.start()
    with pytest.raises(FileMissing):
        await one.dispatcher.files.upload("h-unknown", pieces(PNG), name="photo.png")
    assert kept(bench.folder) == []


async def test_nobody_else_can_read_the_folder(bench: Workbench) -> None:
    before = os.umask(0)
    try:
        one = await bench.start()
        await upload(one, await one.active())
    finally:
        os.umask(before)
    (file,) = kept(bench.folder)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parent.parent)}
    assert modes == {0o600, 0o700}


# ------------------------------------------------------------------------------------------- scanning
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("EICAR", FileRefused),
        (RuntimeError("down"), FilesUnavailable),
        (True, FilesUnavailable),
        (None, None),
    ],
)
async def test_what_the_scanner_does_not_pass_is_not_kept(
    bench: Workbench, answer: Any, error: type[Exception] | None
) -> None:
    seen: list[bytes] = []

    async def scan(file: FileToScan) -> str | None:
        seen.append(b"".join([piece async for piece in file.read()]))
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    one = await bench.start(scan=scan)
    handoff = await one.active()
    if error is None:
        await upload(one, handoff)
    else:
        with pytest.raises(error):
            await upload(one, handoff)
    assert seen == [PNG]
    assert len(kept(bench.folder)) == (1 if error is None else 0)


# ------------------------------------------------------------------------------------- from the agent
async def test_what_the_vendor_keeps_behind_credentials_is_fetched_and_delivered(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    await one.active()
    one.vendor.files[PHOTO] = VendorFile(pieces(PNG), name="Photo of it.png", media_type="image/png")
    await one.event("message", text="here it is", files=PHOTO)
    await one.event("message", text="and more")
    assert one.channel.texts == ["here it is", "and more"]
    (attachment,) = messages(one)[0].message.attachments
    assert (attachment.name, attachment.media_type, attachment.size) == (
        "Photo of it.png",
        "image/png",
        len(PNG),
    )
    assert await content_of(one, attachment.url) == PNG
    assert "toy.example" not in str(one.channel.deliveries)


async def test_lasting_links_are_passed_on_as_they_are(bench: Workbench) -> None:
    one = await bench.start(settings=PUBLIC)
    await one.active()
    await one.event("message", text="here", files=PHOTO)
    assert messages(one)[0].message.attachments[0].url == PHOTO
    assert "fetch" not in one.vendor.calls
    assert kept(bench.folder) == []


async def test_a_plain_link_is_fetched_without_credentials(bench: Workbench) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"content-type": "image/png"}, content=PNG)

    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    await one.active()
    with override_transport(httpx.MockTransport(answer)):
        await one.event("message", text="here", files=PHOTO)
    (attachment,) = messages(one)[0].message.attachments
    assert await content_of(one, attachment.url) == PNG
    assert [str(request.url) for request in asked] == [PHOTO]
    assert "authorization" not in asked[0].headers


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1/secret.png",
        "http://169.254.169.254/latest/meta-data/iam.png",
        "http://[::ffff:10.0.0.1]/x.png",
        "file:///etc/passwd",
        "http://2130706433/x.png",
        "http://router.local/x.png",
    ],
)
async def test_a_link_into_our_own_network_is_never_followed(bench: Workbench, link: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=PNG)

    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    handoff = await one.active()
    with override_transport(httpx.MockTransport(answer)):
        await one.event("message", text="here", files=link)
    assert asked == []
    (message,) = messages(one)
    assert message.message.attachments == ()
    assert message.message.body.startswith("here\nThe file ")
    assert "cannot be fetched" in ((await entry_of(one, handoff, Direction.TO_USER)).detail or "")


async def test_what_cannot_be_had_leaves_a_note_and_keeps_the_order(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    handoff = await one.active()
    one.vendor.files[PHOTO] = VendorFile(PNG, media_type="image/png")
    one.vendor.fail["fetch"] = [RejectedError("gone", status=404)]
    await one.event("message", text="both", files=f"{INVOICE} {PHOTO}")
    await one.event("message", text="after")
    first, second = messages(one)
    assert first.message.body == "both\nThe file invoice.pdf could not be passed on."
    assert [one.name for one in first.message.attachments] == ["photo.png"]
    assert first.message.metadata["missing_files"] == [
        {"name": "invoice.pdf", "why": "it cannot be fetched: refused (404)"}
    ]
    assert second.message.body == "after"
    entries = await one.dispatcher.entries(handoff.id)
    entry = next(e for e in entries if e.message.body == "both")
    assert entry.fate is Fate.SENT
    assert entry.detail == "without invoice.pdf: it cannot be fetched: refused (404)"


async def test_what_fails_for_a_while_is_tried_again_and_everything_waits(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    await one.active()
    one.vendor.files[PHOTO] = VendorFile(PNG, media_type="image/png")
    one.vendor.fail["fetch"] = [RetryableError("busy", status=503) for _ in range(2)]
    await one.event("message", text="here", files=PHOTO)
    await one.event("message", text="after")
    assert one.channel.texts == [], "nothing overtakes a message whose file is on its way"
    await one.pass_time(10)
    assert one.channel.texts == ["here", "after"]
    assert messages(one)[0].message.attachments[0].size == len(PNG)
    assert one.vendor.calls.count("fetch") == 3


async def test_what_never_works_is_given_up_within_a_minute(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    handoff = await one.active()
    one.vendor.fail["fetch"] = [RetryableError("busy", status=503) for _ in range(100)]
    await one.event("message", text="here", files=PHOTO)
    await one.event("message", text="after")
    await one.pass_time(60)
    assert one.channel.texts == ["here\nThe file photo.png could not be passed on.", "after"]
    journal = await one.dispatcher.journal(handoff.id)
    assert "failed.enrich" in [line.kind for line in journal]


async def test_a_file_is_fetched_at_once_though_the_channel_is_down(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    await one.active()
    one.channel.down = True
    await one.event("message", text="before")
    one.vendor.files[PHOTO] = VendorFile(PNG, media_type="image/png")
    await one.event("message", text="here", files=PHOTO)
    assert len(kept(bench.folder)) == 1, "the vendor's link may expire while the channel is down"
    one.vendor.files.clear()
    one.channel.down = False
    await one.pass_time(120)
    assert one.channel.texts == ["before", "here"]
    assert messages(one)[1].message.attachments[0].size == len(PNG)


async def test_a_new_process_goes_on_where_the_fetching_was_interrupted(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    handoff = await one.active()
    reached = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield PDF[:50]
        reached.set()
        await asyncio.Event().wait()

    one.vendor.files[PHOTO] = VendorFile(PNG, media_type="image/png")
    one.vendor.files[INVOICE] = VendorFile(stuck(), media_type="application/pdf")
    await one.dispatcher.webhook("toy", one.toy.delivery("message", text="both", files=f"{PHOTO} {INVOICE}"))
    await reached.wait()
    await one.kill()
    assert one.channel.texts == []
    del one.vendor.files[PHOTO]  # its link has expired meanwhile
    one.vendor.files[INVOICE] = VendorFile(pieces(PDF), media_type="application/pdf")
    two = await bench.start(**heirs_of(one))
    await two.settle()
    assert two.channel.texts == ["both"]
    photo, invoice = messages(two)[0].message.attachments
    assert await content_of(two, photo.url) == PNG
    assert await content_of(two, invoice.url) == PDF
    assert len(kept(bench.folder)) == 2, "nothing is kept twice, and no half of a file"
    assert (await entry_of(two, handoff, Direction.TO_USER)).fate is Fate.SENT


async def test_a_vendor_cannot_name_files_that_are_kept_here(bench: Workbench) -> None:
    one = await bench.start(settings=PUBLIC)
    other = await one.request(key="run-2", conversation="c-2")
    secret = await upload(one, other)
    await one.active()
    await one.event("message", text="here", files=secret.url)
    (message,) = messages(one)
    assert message.message.attachments == ()
    assert [missing["name"] for missing in message.message.metadata["missing_files"]]


async def test_files_that_nobody_got_go_back_to_the_bot_as_links(bench: Workbench) -> None:
    held = ToyProvider.capabilities.model_copy(update={"send_before_join": False})
    one = await bench.start(capabilities=held, settings=PUBLIC)
    handoff = await one.request()
    photo = await upload(one, handoff)
    await one.dispatcher.user_message(handoff.id, Message(key="m-1", attachments=(photo,)))
    await one.dispatcher.end(handoff.id, by="user")
    await one.pass_time(60)
    (ended,) = one.channel.ended
    (attachment,) = ended.undelivered[0].attachments
    assert await content_of(one, attachment.url) == PNG


async def test_the_words_under_a_missing_file_are_the_bots(bench: Workbench) -> None:
    words = {"el": {"file_missing": "Χωρίς {file}."}, "en": {"file_missing": None}}
    for language, body in (("el", "ορίστε\nΧωρίς photo.png."), ("en", "ορίστε")):
        folder = bench.folder / language
        folder.mkdir()
        channel = RecordingChannel()
        async with Bench(
            folder / "ledger.db",
            capabilities=FETCHES,
            channel=channel,
            livechat={"system_messages": words},
        ) as one:
            await one.active(language=language)
            one.vendor.fail["fetch"] = [RejectedError("gone", status=410)]
            await one.event("message", text="ορίστε", files=PHOTO)
            assert channel.texts == [body]


async def test_the_next_provider_reads_of_files_in_the_transcript(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES, settings=PUBLIC, chain=("toy", "spare"))
    handoff = await one.active()
    photo = await upload(one, handoff)
    await one.dispatcher.user_message(handoff.id, Message(key="m-1", body="look", attachments=(photo,)))
    one.vendor.files[INVOICE] = VendorFile(PDF, media_type="application/pdf")
    one.vendor.fail["fetch"] = [RejectedError("gone", status=404)]
    await one.event("message", text="here", files=f"{PHOTO} {INVOICE}")
    await one.event("ended", by="provider", why="error")
    opening = list(one.spare.vendor.opened.values())[-1]
    mine, theirs = [entry.body for entry in opening.transcript[-2:]]
    words, name, url = mine.replace(": ", "\n", 1).split("\n")
    assert (words, name, await content_of(one, url)) == ("look", "photo.png", PNG)
    words, invoice, missing = theirs.split("\n")
    assert (words, invoice.partition(": ")[0], missing) == ("here", "invoice.pdf", "photo.png")
    assert await content_of(one, invoice.partition(": ")[2]) == PDF


async def test_python_programs_upload_and_read_without_a_gateway(bench: Workbench) -> None:
    one = await bench.start(capabilities=FETCHES)
    handoff = await one.active()
    photo = await one.dispatcher.upload_file(handoff.id, PNG, name="../photo.png")
    assert (photo.name, photo.media_type, photo.size) == ("photo.png", "image/png", len(PNG))
    assert await one.dispatcher.read_file(photo) == PNG
    one.vendor.files[INVOICE] = VendorFile(PDF, media_type="application/pdf")
    await one.event("message", text="here", files=INVOICE)
    (invoice,) = messages(one)[0].message.attachments
    assert await one.dispatcher.read_file(invoice) == PDF
    with pytest.raises(FileMissing):
        await one.dispatcher.read_file(Attachment(url=INVOICE, name="x"))
    await one.event("ended")
    with pytest.raises(InvalidInput, match="has ended"):
        await one.dispatcher.upload_file(handoff.id, PNG, name="late.png")


async def test_the_long_links_that_vendors_sign_are_followed(bench: Workbench) -> None:
    link = f"{PHOTO}?signature={'x' * 3000}"
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, headers={"content-type": "image/png"}, content=PNG)

    one = await bench.start(capabilities=FETCHES, settings=PUBLIC)
    await one.active()
    with override_transport(httpx.MockTransport(answer)):
        await one.event("message", text="here", files=link)
    assert asked == [link]
    assert len(messages(one)[0].message.attachments) == 1
    with pytest.raises(ValueError, match="4096"):
        Attachment(url=f"https://cdn.example/{'x' * 4096}", name="x")


async def test_the_settings_allow_hosts_of_our_own_network(bench: Workbench) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "image/png"}, content=PNG)

    allowed = {**PUBLIC, "files": {"egress": {"allow": ["10.1.0.0/16"]}}}
    one = await bench.start(capabilities=FETCHES, settings=allowed)
    await one.active()
    with override_transport(httpx.MockTransport(answer)):
        await one.event("message", text="inside", files="http://10.1.2.3/a.png http://10.2.0.1/b.png")
    (message,) = messages(one)
    assert [attachment.name for attachment in message.message.attachments] == ["a.png"]
    assert [missing["name"] for missing in message.message.metadata["missing_files"]] == ["b.png"]


async def test_a_scanner_that_is_down_delays_a_file_of_the_agent_and_then_leaves_it_out(
    bench: Workbench,
) -> None:
    async def down(file: FileToScan) -> str | None:
        raise ConnectionError("no scanner")

    one = await bench.start(capabilities=FETCHES, settings=PUBLIC, scan=down)
    await one.active()
    one.vendor.files[PHOTO] = VendorFile(PNG, media_type="image/png")
    await one.event("message", text="here", files=PHOTO)
    assert one.channel.texts == []
    await one.pass_time(60)
    assert one.channel.texts == ["here\nThe file photo.png could not be passed on."]
    assert kept(bench.folder) == []


async def test_a_desk_in_our_process_keeps_files_of_agents_and_drops_them(bench: Workbench) -> None:
    one = await bench.start()
    handoff, other = await one.active(), await one.request(key="run-2", conversation="c-2")
    files = one.dispatcher.files
    assert isinstance(files, FileKeeper)
    kept = await files.keep(handoff.id, pieces(PDF), name="../invoice.pdf")
    assert (kept.name, kept.media_type, kept.size) == ("invoice.pdf", "application/pdf", len(PDF))
    assert await files.keep(handoff.id, pieces(PDF), name="invoice.pdf") == kept
    theirs = await upload(one, handoff, PDF, "invoice.pdf")
    assert theirs.url != kept.url, "what the end user sent is another file"
    with pytest.raises(FileRefused):
        await files.keep(handoff.id, pieces(b"<html>"), name="page.html")
    with pytest.raises(FileMissing):
        await files.keep("nobody", pieces(PDF), name="invoice.pdf")
    await files.drop(other.id, kept)
    assert await one.dispatcher.read_file(kept) == PDF
    for _ in range(2):
        await files.drop(handoff.id, kept)
        with pytest.raises(FileMissing):
            await one.dispatcher.read_file(kept)
    assert await one.dispatcher.read_file(theirs) == PDF
    with pytest.raises(FileMissing):
        await files.keep(handoff.id, pieces(PDF), name="invoice.pdf")
