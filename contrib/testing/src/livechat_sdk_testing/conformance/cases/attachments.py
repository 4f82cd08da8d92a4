"""Files of both sides: each kind is carried where it is declared, and linked where it is not."""

from __future__ import annotations

from fnmatch import fnmatchcase

from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.messages import Fate
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Need,
    Tier,
    Topic,
    declares,
    faulty,
    plays,
    same,
    that,
)
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("attachments", Topic.ATTACHMENTS)
_ARRIVED = {Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN}
_MONTH = 30 * 86_400.0
_lasting = Need(
    "links last", lambda able, _: "links are fetched" if able.attachment_links == "fetch" else None
)
_tells_links = Need(
    "the rig tells whether links work",
    lambda _, rig: "the rig cannot tell whether a link works" if not rig.tells_links else None,
)
_LOOK = "send: PlannedMessage.attachments; Capabilities.attachment_types and attachment_limit"

KINDS = {
    "png": ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
    "jpeg": ("photo.jpg", "image/jpeg", b"\xff\xd8\xff\xe0" + bytes(40)),
    "pdf": ("invoice.pdf", "application/pdf", b"%PDF-1.7\n"),
    "text": ("notes.txt", "text/plain", b"hello"),
    "audio": ("voice.ogg", "audio/ogg", b"OggS" + bytes(40)),
    "video": ("clip.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42"),
    "archive": ("all.zip", "application/zip", b"PK\x03\x04" + bytes(26)),
    "sheet": (
        "prices.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"PK\x03\x04" + bytes(26),
    ),
}
"""One file of each common kind."""


def _takes(able: Capabilities, media_type: str) -> bool:
    return any(fnmatchcase(media_type, pattern) for pattern in able.attachment_types)


def _a_kind(able: Capabilities) -> tuple[str, str, bytes]:
    found = [kind for kind in KINDS.values() if _takes(able, kind[1])]
    if not found:
        raise CaseFailed(f"none of the common kinds fits the declared ones: {able.attachment_types}")
    return found[0]


async def _files(talk: Conversation) -> list[str]:
    files = (await talk.rig.seen(await talk.vendor_ref())).files
    if files is None:
        raise CaseFailed("the rig cannot show files, though attachment_types are declared (Seen.files)")
    return list(files)


def _kind_case(label: str) -> None:
    name, media_type, content = KINDS[label]

    @_cases.in_conversation(
        f"of_kind_{label}",
        Tier.COMPLETE,
        f"A file of the kind {media_type} is carried where it is declared, else the agent gets a link.",
        look_at=_LOOK,
    )
    async def run(talk: Conversation) -> None:
        await talk.joined()
        file = talk.rig.attach(name, media_type, content)
        await talk.user_says("see the file", "m-1", [file])
        await talk.settle()
        if _takes(talk.able, media_type):
            same(await _files(talk), [name], "files that the agent sees")
            same(await talk.agent_sees(), ["see the file"], "what the agent reads")
        else:
            text = "\n".join(await talk.agent_sees())
            that(name in text and file.url in text, f"the agent got no link to the file: {text!r}")
        that(await talk.fate("m-1") in _ARRIVED, f"the message is {await talk.fate('m-1')}")


for _label in KINDS:
    _kind_case(_label)


@_cases.in_conversation(
    "alone",
    Tier.COMPLETE,
    "A file without words arrives, and no empty message with it.",
    look_at=_LOOK,
    needs=[declares("attachment_types")],
)
async def alone(talk: Conversation) -> None:
    await talk.joined()
    name, media_type, content = _a_kind(talk.able)
    await talk.user_says("", "m-1", [talk.rig.attach(name, media_type, content)])
    await talk.settle()
    same(await _files(talk), [name], "files that the agent sees")
    same([text for text in await talk.agent_sees() if text], [], "words that nobody has written")


@_cases.in_conversation(
    "do_not_double_the_text",
    Tier.SAFE,
    "Words with three files arrive once, and each file once, in order.",
    look_at="send: one loop over the files, and the text outside of it",
    needs=[declares("attachment_types")],
)
async def three(talk: Conversation) -> None:
    await talk.joined()
    name, media_type, content = _a_kind(talk.able)
    names = [f"{number}-{name}" for number in (1, 2, 3)]
    files = [talk.rig.attach(one, media_type, content) for one in names]
    await talk.user_says("three files", "m-1", files)
    await talk.settle()
    same(await _files(talk), names, "files that the agent sees")
    same([text for text in await talk.agent_sees() if text], ["three files"], "what the agent reads")


@_cases.in_conversation(
    "over_the_limit_are_linked",
    Tier.COMPLETE,
    "A file that is larger than the declared limit becomes a link.",
    look_at="Capabilities.attachment_limit, in bytes",
    needs=[declares("attachment_types", "attachment_limit")],
)
async def over_the_limit(talk: Conversation) -> None:
    await talk.joined()
    name, media_type, content = _a_kind(talk.able)
    file = talk.rig.attach(name, media_type, content)
    large = file.model_copy(update={"size": (talk.able.attachment_limit or 0) + 1})
    await talk.user_says("a large one", "m-1", [large])
    await talk.settle()
    same(await _files(talk), [], "files over the limit that were carried")
    that(file.url in "\n".join(await talk.agent_sees()), "the agent got no link to the large file")


@_cases.in_conversation(
    "with_odd_names",
    Tier.COMPLETE,
    "A file's name may be in any script and may look like a path.",
    look_at="how the name is put into the call: quote it, and never use it as a path",
    needs=[declares("attachment_types")],
)
async def odd_names(talk: Conversation) -> None:
    await talk.joined()
    _, media_type, content = _a_kind(talk.able)
    names = ["τιμολόγιο (1).pdf", "صورة.pdf", "a&b=c?d#e%20.pdf", "..\\..\\up.pdf"]
    for number, name in enumerate(names):
        await talk.user_says("odd", f"m-{number}", [talk.rig.attach(name, media_type, content)])
    await talk.settle()
    found = await _files(talk)
    same(len(found), len(names), f"files that the agent sees ({found})")
    same(found[:2], names[:2], "names in other scripts")


@_cases.in_conversation(
    "that_the_vendor_refuses",
    Tier.SAFE,
    "A file that the vendor will not take is no message that was sent: it is refused, or comes as a link.",
    look_at="send: an upload that fails must raise; no `except: continue`",
    needs=[declares("attachment_types"), faulty("file", "status", status=415)],
    topic=Topic.FAILING_ATTACHMENTS,
)
async def refused(talk: Conversation) -> None:
    await _failing(talk, "status", times=50, status=415)


@_cases.in_conversation(
    "that_cannot_be_carried_now",
    Tier.SAFE,
    "A file whose upload fails once arrives when it is tried again, once, with its words once.",
    look_at="send: raise RetryableError before the message is made",
    needs=[declares("attachment_types"), faulty("file", "status", status=503)],
    topic=Topic.FAILING_ATTACHMENTS,
)
async def later(talk: Conversation) -> None:
    await _failing(talk, "status", times=1, status=503)
    that(await talk.fate("m-1") in _ARRIVED | {Fate.DOUBTFUL}, f"the message is {await talk.fate('m-1')}")


async def _failing(talk: Conversation, fault: str, *, times: int, **details: object) -> None:
    await talk.joined()
    name, media_type, content = _a_kind(talk.able)
    talk.rig.faults.script("file", fault, times, **details)
    file = talk.rig.attach(name, media_type, content)
    await talk.user_says("with a file", "m-1", [file])
    await talk.pass_time(120)
    fate = await talk.fate("m-1")
    texts, files = [text for text in await talk.agent_sees() if text], await _files(talk)
    that(len(texts) <= 1, f"the words arrived {len(texts)} times")
    if fate in _ARRIVED:
        linked = any(file.url in text for text in texts)
        that(files == [name] or linked, f"the message is {fate}, and the agent has neither file nor link")
    await talk.user_says("next", "m-2")
    await talk.pass_time(60)
    that("next" in await talk.agent_sees(), "a file that failed holds up what comes after it")


@_cases.on_provider(
    "of_the_agent_arrive",
    Tier.COMPLETE,
    "A file of an agent arrives with name, kind and link.",
    look_at="the translation of message events: attachments",
    needs=[plays("file")],
)
async def of_the_agent(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "here", file=("guide.pdf", "application/pdf", b"%PDF-1.7\n"))
    found = await bench.collected(MessageReceived, chat)
    files = [file for event in found for file in event.message.attachments]
    same(
        [(file.name, file.media_type) for file in files], [("guide.pdf", "application/pdf")], "files received"
    )
    that(files[0].url.startswith(("https://", "http://")), f"the link of the file: {files[0].url!r}")
    same([event.message.body for event in found if event.message.body], ["here"], "words beside the file")


@_cases.on_provider(
    "of_the_agent_without_words",
    Tier.COMPLETE,
    "A file of an agent without words is a message too.",
    look_at="the translation of message events: text may be missing or empty",
    needs=[plays("file")],
)
async def of_the_agent_alone(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "", file=("guide.pdf", "application/pdf", b"%PDF-1.7\n"))
    found = await bench.collected(MessageReceived, chat)
    files = [file.name for event in found for file in event.message.attachments]
    same(files, ["guide.pdf"], "files received")


@_cases.on_provider(
    "lasting_links_last",
    Tier.COMPLETE,
    "A link of an agent's file that is declared to last can be opened by anybody a month later.",
    look_at="Capabilities.attachment_links: 'fetch' for links that expire or need credentials",
    needs=[_lasting, plays("file"), _tells_links],
)
async def lasting_links(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "here", file=("guide.pdf", "application/pdf", b"%PDF-1.7\n"))
    found = await bench.collected(MessageReceived, chat)
    links = [file.url for event in found for file in event.message.attachments]
    that(links, "the file of the agent did not arrive")
    works = [await bench.rig.link_works(link) for link in links]
    that(all(works), "the link of a file cannot be opened without credentials")
    await bench.clock.advance(_MONTH)
    works = [await bench.rig.link_works(link) for link in links]
    that(all(works), "the link of a file has expired within a month, and is declared to last")
