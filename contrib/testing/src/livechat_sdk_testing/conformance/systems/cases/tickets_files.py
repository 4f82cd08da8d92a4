"""Files of a conversation in its ticket."""

from __future__ import annotations

from livechat_sdk.domain.messages import Attachment
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, SystemNeed
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench, declares
from livechat_sdk_testing.conformance.systems.tickets_rig import TicketRig

_cases = SystemCases(TICKETING, "files", SystemTopic.FILES)
_LIMIT = 30_000_000


def _limited(rig: TicketRig) -> str | None:
    return None if rig.able.file_limit <= _LIMIT else f"files may have {rig.able.file_limit:,} bytes"


def _no_files(rig: TicketRig) -> str | None:
    return "tickets take files" if rig.able.attachments else None


@_cases.on_bench(
    "go_along",
    Tier.COMPLETE,
    "Files of the conversation are in the ticket, byte by byte.",
    look_at="TicketDraft.attachments, opened through host.files",
    needs=[declares("attachments")],
)
async def _go_along(bench: TicketBench) -> None:
    content = bytes(range(256)) * 20
    files = [
        bench.rig.attach("scan.png", "image/png", content),
        bench.rig.attach("notes.txt", "text/plain", "τιμολόγιο".encode()),
    ]
    await bench.create(bench.draft(attachments=files))
    kept = (await bench.seen()).files
    same(set(kept), {"scan.png", "notes.txt"}, "files")
    that(kept["scan.png"] == content and kept["notes.txt"] == "τιμολόγιο".encode(), "a file was changed")


@_cases.on_bench(
    "of_a_note_go_along",
    Tier.COMPLETE,
    "Files of a note are in its comment.",
    look_at="TicketNote.attachments",
    needs=[declares("attachments")],
)
async def _of_note(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made, attachments=[bench.rig.attach("scan.png", "image/png", b"PNG!")])
    same((await bench.seen()).files.get("scan.png"), b"PNG!", "the file")


@_cases.on_bench(
    "in_any_script",
    Tier.COMPLETE,
    "The name of a file may be written in any script.",
    look_at="names in headers and addresses",
    needs=[declares("attachments")],
)
async def _script(bench: TicketBench) -> None:
    await bench.create(
        bench.draft(attachments=[bench.rig.attach("τιμολόγιο 7.pdf", "application/pdf", b"%PDF")])
    )
    same(list((await bench.seen()).files), ["τιμολόγιο 7.pdf"], "files")


@_cases.on_bench(
    "that_are_too_large_are_told",
    Tier.SAFE,
    "A file over the limit stops no ticket: the text names it.",
    look_at="file_limit",
    needs=[declares("attachments"), SystemNeed("a limit that can be reached", _limited)],
)
async def _large(bench: TicketBench) -> None:
    content = bytes(bench.able.file_limit + 1)
    await bench.create(bench.draft(attachments=[bench.rig.attach("film.mp4", "video/mp4", content)]))
    seen = await bench.seen()
    that("film.mp4" in seen.text, "a file got lost without a word")
    that("film.mp4" not in seen.files, "it is there")


@_cases.on_bench(
    "that_are_gone_are_told",
    Tier.SAFE,
    "A file that is not kept any more stops no ticket: the text names it.",
    look_at="FileMissing of host.files.open",
    needs=[declares("attachments")],
)
async def _gone(bench: TicketBench) -> None:
    gone = Attachment(url="livechat-file:erased", name="erased.pdf", media_type="application/pdf", size=4)
    good = bench.rig.attach("good.txt", "text/plain", b"good")
    await bench.create(bench.draft(attachments=[gone, good]))
    seen = await bench.seen()
    that("erased.pdf" in seen.text, "a file got lost without a word")
    same(seen.files.get("good.txt"), b"good", "the file beside it")


@_cases.on_bench(
    "that_are_not_taken_are_told",
    Tier.COMPLETE,
    "Where tickets take no files, the ticket names them.",
    look_at="attachments that are not declared",
    needs=[SystemNeed("no files", _no_files)],
)
async def _untaken(bench: TicketBench) -> None:
    await bench.create(bench.draft(attachments=[bench.rig.attach("scan.png", "image/png", b"PNG!")]))
    that("scan.png" in (await bench.seen()).text, "a file got lost without a word")


@_cases.on_bench(
    "with_hostile_names",
    Tier.SAFE,
    "The name of a file is a name: no path, no header, no markup.",
    look_at="names of files on their way into headers and addresses",
    needs=[declares("attachments")],
    topic=SystemTopic.INJECTION,
)
async def _hostile(bench: TicketBench) -> None:
    names = ("../../etc/passwd", 'a"; filename="b.exe', "a\r\nX-Evil: 1", "<script>.txt", "a&token=1?x#y")
    files = [bench.rig.attach(name, "text/plain", b"x") for name in names]
    await bench.create(bench.draft(attachments=files))
    kept = list((await bench.seen()).files)
    same(len(kept), len(names), "files")
    that(not any("/" in name or "\n" in name or "\r" in name for name in kept), f"names are {kept!r}")
    that("b.exe" not in kept, f"names are {kept!r}")


@_cases.on_bench(
    "once_when_it_is_asked_again",
    Tier.SAFE,
    "A create with files that is repeated has its files once.",
    look_at="files on a repeated create",
    needs=[declares("attachments")],
    topic=SystemTopic.ONCE,
)
async def _again(bench: TicketBench) -> None:
    files = [bench.rig.attach("scan.png", "image/png", b"PNG!")]
    await bench.create(bench.draft(attachments=files))
    since = bench.clock.now()
    await bench.persist(bench.draft(attachments=files, first_tried_at=since))
    seen = await bench.seen()
    same([name for one in seen.comments for name in one.files], ["scan.png"], "files")
