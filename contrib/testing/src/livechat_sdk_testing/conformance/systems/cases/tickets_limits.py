"""Limits of subject and text: nothing is cut that does not stand somewhere else."""

from __future__ import annotations

from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench

_cases = SystemCases(TICKETING, "limits", SystemTopic.LIMITS)
_LONG = "what does not fit goes along as a file or in further comments"


def _talk(lines: int) -> list[str]:
    return [
        f"User: this is what I said as number {number:05}, and <b>more</b> & more" for number in range(lines)
    ]


@_cases.on_bench(
    "of_the_subject",
    Tier.SAFE,
    "A subject that is too long is cut and still begins as it did; the ticket is made.",
    look_at="subject_limit",
)
async def _subject(bench: TicketBench) -> None:
    await bench.create(bench.draft(subject="Missed: invoice " + "7" * 480))
    seen = await bench.seen()
    that(seen.subject.startswith("Missed: invoice 7"), f"the subject is {seen.subject!r}")
    that(len(seen.subject) <= bench.able.subject_limit, f"the subject has {len(seen.subject)} characters")


@_cases.on_bench(
    "of_the_subject_in_any_script",
    Tier.COMPLETE,
    "The limit of a subject is kept with letters of several bytes, too.",
    look_at="limits in characters and in bytes",
)
async def _greek(bench: TicketBench) -> None:
    await bench.create(bench.draft(subject="Τιμολόγιο " * 40 + "👍" * 20))
    that((await bench.seen()).subject.startswith("Τιμολόγιο"), "the subject is another one")


@_cases.on_bench(
    "of_lines_in_the_subject",
    Tier.SAFE,
    "A subject is one line.",
    look_at="line breaks in the subject",
)
async def _one_line(bench: TicketBench) -> None:
    await bench.create(bench.draft(subject="Missed:\r\ninvoice\n7\t8"))
    same((await bench.seen()).subject.splitlines(), ["Missed: invoice 7 8"], "the subject")


@_cases.on_bench(
    "of_the_text",
    Tier.SAFE,
    "A conversation that does not fit goes along whole, in the order in which it was said.",
    look_at=_LONG,
)
async def _text(bench: TicketBench) -> None:
    lines = _talk(min(bench.able.body_limit, 60_000) // 60 + 200)
    await bench.create(bench.draft(body="\n".join(lines)))
    text = (await bench.seen()).text
    missing = [line for line in lines if line not in text]
    that(not missing, f"{len(missing)} of {len(lines)} lines are nowhere, the first: {missing[:1]}")


@_cases.on_bench(
    "of_250_000_characters",
    Tier.COMPLETE,
    "The longest text that the core makes goes along whole.",
    look_at=_LONG,
)
async def _longest(bench: TicketBench) -> None:
    lines = _talk(3500)
    await bench.create(bench.draft(body="\n".join(lines)[:249_000]))
    text = (await bench.seen()).text
    that(all(line in text for line in lines[:3000:97]), "a line is nowhere")


@_cases.on_bench(
    "of_a_note",
    Tier.COMPLETE,
    "A note that does not fit goes along whole.",
    look_at=_LONG,
)
async def _note(bench: TicketBench) -> None:
    made = await bench.create()
    lines = _talk(min(bench.able.body_limit, 60_000) // 60 + 200)
    await bench.add(made, "\n".join(lines))
    text = (await bench.seen()).text
    missing = [line for line in lines if line not in text]
    that(not missing, f"{len(missing)} of {len(lines)} lines are nowhere, the first: {missing[:1]}")


@_cases.on_bench(
    "of_a_text_in_another_script",
    Tier.COMPLETE,
    "A text that fits in characters and not in bytes goes along whole.",
    look_at="limits in characters and in bytes, and what escaping makes longer",
)
async def _bytes(bench: TicketBench) -> None:
    size = min(bench.able.body_limit, 60_000)
    lines = [f"{number:05} Πού είναι το τιμολόγιο & «γιατί» <δεν> ήρθε;" for number in range(size // 50)]
    await bench.create(bench.draft(body="\n".join(lines)))
    text = (await bench.seen()).text
    that(all(line in text for line in lines), "a line is nowhere")
