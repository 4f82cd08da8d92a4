"""What people write stays text in every field of a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.corpus import HOSTILE, HOSTILE_ADDRESSES
from livechat_sdk_testing.conformance.systems.reading import comparable
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench

_cases = SystemCases(TICKETING, "hostile", SystemTopic.INJECTION)
_LOOK = "escaping for the target's format, template marks, control characters"
_MARKS = ("{{", "{%")


def _survives(bench: TicketBench, written: str, shown: str, where: str) -> None:
    """The words are there, and no mark of a template is whole."""
    that(comparable(written) in comparable(shown), f"{where}: {written!r} became {shown!r}")
    whole = bench.rig.fills_templates and any(mark in shown for mark in _MARKS)
    that(not whole, f"{where}: a template mark is whole in {shown!r}")


def _chunks(texts: Sequence[str], size: int) -> list[Sequence[str]]:
    return [texts[start : start + size] for start in range(0, len(texts), size)]


@_cases.on_bench(
    "text_stays_text",
    Tier.SAFE,
    "Markup, queries, templates and headers in a text are read in the ticket as they were written.",
    look_at=_LOOK,
)
async def _text(bench: TicketBench) -> None:
    body = "\n".join(f"User: [{number:03}] {text}" for number, text in enumerate(HOSTILE))
    await bench.create(bench.draft(body=body))
    seen = await bench.seen()
    for text in HOSTILE:
        _survives(bench, text, seen.comments[0].text, "the text")


@_cases.on_bench(
    "notes_stay_text",
    Tier.SAFE,
    "So they are in a comment.",
    look_at=_LOOK,
)
async def _note(bench: TicketBench) -> None:
    made = await bench.create()
    for number, texts in enumerate(_chunks(HOSTILE, 8)):
        await bench.add(made, "\n".join(texts), key=f"n-{number}")
    for texts, comment in zip(_chunks(HOSTILE, 8), (await bench.seen()).comments[1:], strict=True):
        for text in texts:
            _survives(bench, text, comment.text, "a comment")


@_cases.on_bench(
    "subjects_stay_text",
    Tier.SAFE,
    "So they are in a subject, on one line.",
    look_at=f"{_LOOK}; a subject is plain text",
)
async def _subject(bench: TicketBench) -> None:
    for number, text in enumerate(HOSTILE):
        await bench.create(bench.draft(key=f"h-{number}.ticket", subject=f"About {text}"))
    found = await bench.rig.tickets()
    same(len(found), len(HOSTILE), "tickets")
    for text, seen in zip(HOSTILE, found, strict=True):
        _survives(bench, text, seen.subject, "a subject")
        that(len(seen.subject.splitlines()) == 1, f"a subject has several lines: {seen.subject!r}")


@_cases.on_bench(
    "names_stay_names",
    Tier.SAFE,
    "A name that is markup or a query is a name, and one ticket is made for each.",
    look_at="the requester, and look-ups by name",
)
async def _names(bench: TicketBench) -> None:
    for number, text in enumerate(HOSTILE):
        address = f"p{number}@shop.example"
        await bench.create(
            bench.draft(key=f"h-{number}.ticket", requester_name=text, requester_email=address)
        )
    found = await bench.rig.tickets()
    same(len(found), len(HOSTILE), "tickets")
    for text, seen in zip(HOSTILE, found, strict=True):
        shown = " ".join((*seen.requester, seen.text))
        that(comparable(text) in comparable(shown), f"the name {text!r} became {shown[:300]!r}")
        that(not any("\n" in part or "\r" in part for part in seen.requester), "a name has several lines")


@_cases.on_bench(
    "addresses_are_nobody_else",
    Tier.SAFE,
    "An address that is none, or a query, gives the ticket to nobody else, and stops no ticket.",
    look_at="what is no address is no requester; quoting in look-ups of people",
)
async def _addresses(bench: TicketBench) -> None:
    await bench.create(bench.draft(key="h-0.ticket"))
    for number, address in enumerate(HOSTILE_ADDRESSES, 1):
        draft = bench.draft(key=f"h-{number}.ticket", requester_name="Nobody", requester_email=address)
        await bench.create(draft)
    found = await bench.rig.tickets()
    same(len(found), len(HOSTILE_ADDRESSES) + 1, "tickets")
    for address, seen in zip(HOSTILE_ADDRESSES, found[1:], strict=True):
        whose = [part for part in seen.requester if part in {"eleni@shop.example", "nikos@shop.example"}]
        that(not whose, f"the address {address!r} made it a ticket of {whose}")


@_cases.on_bench(
    "phones_and_ids_are_data",
    Tier.SAFE,
    "A phone number or an id of the end user that is a query stops no ticket, and finds nobody.",
    look_at="look-ups of people by phone and external id",
)
async def _phones(bench: TicketBench) -> None:
    await bench.create(bench.draft(key="h-0.ticket"))
    for number, text in enumerate(HOSTILE, 1):
        draft = bench.draft(
            key=f"h-{number}.ticket",
            requester_name="Nobody",
            requester_email=None,
            requester_phone=text,
            requester_external_id=text,
        )
        await bench.create(draft)
    found = await bench.rig.tickets()
    same(len(found), len(HOSTILE) + 1, "tickets")
    that(not any("eleni@shop.example" in seen.requester for seen in found[1:]), "it is Eleni's ticket")


@_cases.on_bench(
    "tags_and_fields_are_data",
    Tier.SAFE,
    "Tags and fields that are markup or queries stop no ticket.",
    look_at="tags as the vendor takes them; fields that are not mapped",
)
async def _tags(bench: TicketBench) -> None:
    for number, texts in enumerate(_chunks(HOSTILE, 10)):
        fields = {f"Label {place} {text}": text for place, text in enumerate(texts)}
        await bench.create(bench.draft(key=f"h-{number}.ticket", tags=tuple(texts), fields=fields))
    same(len(await bench.rig.tickets()), len(_chunks(HOSTILE, 10)), "tickets")


@_cases.on_bench(
    "choices_are_no_queries",
    Tier.COMPLETE,
    "What people write into a field that is mapped is a value of it, or told in the text.",
    look_at="values outside of a choice",
)
async def _choices(bench: TicketBench) -> None:
    for sample in bench.rig.samples:
        for number, text in enumerate(HOSTILE[:12]):
            key = f"h-{sample.label.replace(' ', '-')}-{number}.ticket"
            await bench.create(bench.draft(key=key, fields={sample.label: text}))
    same(len(await bench.rig.tickets()), 12 * len(bench.rig.samples), "tickets")


@_cases.on_bench(
    "keys_find_their_own",
    Tier.SAFE,
    "Looking for the tickets of a handoff finds those with its key, and none that begin with it.",
    look_at="the look-up by key: equality, quoted, and compared once more",
)
async def _keys(bench: TicketBench) -> None:
    other = bench.handoff.model_copy(update={"id": "h-10"})
    await bench.create(bench.draft(key="h-10.ticket"), other)
    await bench.create(bench.draft(key="h-1.ticket.during"))
    await bench.clock.advance(bench.able.find_lag + 1)
    same([one.key for one in await bench.listed()], ["h-1.ticket.during"], "tickets of h-1")
