"""The field map, priorities, kinds, tags and states."""

from __future__ import annotations

from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench, has

_cases = SystemCases(TICKETING, "fields", SystemTopic.FIELDS)


@_cases.on_bench(
    "are_carried",
    Tier.COMPLETE,
    "Each kind of field has the value that the draft names, as the vendor keeps it.",
    look_at="the field map: label, the vendor's field, its kind and values",
    needs=[has("samples")],
)
async def _carried(bench: TicketBench) -> None:
    samples = bench.rig.samples
    await bench.create(bench.draft(fields={one.label: one.given for one in samples}))
    kept = (await bench.seen()).fields
    for one in samples:
        same(kept.get(one.label), one.kept, f"field {one.label}")


@_cases.on_bench(
    "that_nobody_mapped_are_told",
    Tier.SAFE,
    "A field that is not in the map is not dropped in silence: the text tells it.",
    look_at="fields without an entry in the field map",
    needs=[has("samples")],
)
async def _unmapped(bench: TicketBench) -> None:
    await bench.create(bench.draft(fields={"Nobody mapped this": "value 4711"}))
    text = (await bench.seen()).text
    that("Nobody mapped this" in text and "value 4711" in text, "a field got lost without a word")


@_cases.on_bench(
    "that_do_not_fit_are_told",
    Tier.SAFE,
    "A value that the field cannot take stops no ticket: the text tells it, and nothing else is set.",
    look_at="values outside of a choice, texts where a number belongs",
    needs=[has("unfit")],
)
async def _unfit(bench: TicketBench) -> None:
    for number, (label, value) in enumerate(bench.rig.unfit):
        await bench.create(bench.draft(key=f"h-{number}.ticket", fields={label: value}))
    found = await bench.rig.tickets()
    same(len(found), len(bench.rig.unfit), "tickets")
    for seen, (label, value) in zip(found, bench.rig.unfit, strict=True):
        that(label in seen.text and str(value) in seen.text, f"{label} got lost without a word")
        that(seen.fields.get(label) in (None, ""), f"{label} is {seen.fields.get(label)!r}")


@_cases.on_bench(
    "fit_beside_one_that_does_not",
    Tier.SAFE,
    "One value that does not fit leaves the others alone.",
    look_at="fields are mapped one by one",
    needs=[has("samples", "unfit")],
)
async def _beside(bench: TicketBench) -> None:
    good = bench.rig.samples[-1]
    bad = next((one for one in bench.rig.unfit if one[0] != good.label), bench.rig.unfit[0])
    await bench.create(bench.draft(fields={bad[0]: bad[1], good.label: good.given}))
    same((await bench.seen()).fields.get(good.label), good.kept, f"field {good.label}")


@_cases.on_bench(
    "have_priorities",
    Tier.COMPLETE,
    "Each priority is the vendor's word for it.",
    look_at="the table of priorities",
    needs=[has("priorities")],
)
async def _priorities(bench: TicketBench) -> None:
    for priority in bench.rig.priorities:
        await bench.create(bench.draft(key=f"h-{priority}.ticket", priority=priority))
    found = [one.priority for one in await bench.rig.tickets()]
    same(found, list(bench.rig.priorities.values()), "priorities")


@_cases.on_bench(
    "have_kinds",
    Tier.COMPLETE,
    "Each kind is the vendor's word for it.",
    look_at="the table of kinds",
    needs=[has("kinds")],
)
async def _kinds(bench: TicketBench) -> None:
    for kind in bench.rig.kinds:
        await bench.create(bench.draft(key=f"h-{kind}.ticket", kind=kind))
    found = [one.kind for one in await bench.rig.tickets()]
    same(found, list(bench.rig.kinds.values()), "kinds")


@_cases.on_bench(
    "without_a_priority",
    Tier.COMPLETE,
    "A draft that names no priority sets none: the vendor's own rules decide.",
    look_at="priority is None",
    needs=[has("priorities")],
)
async def _none(bench: TicketBench) -> None:
    await bench.create(bench.draft(key="h-1.ticket"))
    await bench.create(bench.draft(key="h-2.ticket", priority="urgent"))
    first, second = await bench.rig.tickets()
    that(first.priority != second.priority, f"a ticket without a priority has {first.priority!r}")


@_cases.on_bench(
    "have_states",
    Tier.RELAYS,
    "What becomes of a ticket at the vendor is told in words that mean the same everywhere.",
    look_at="the table of states, and Ticket.state",
    needs=[has("states", "reads")],
)
async def _states(bench: TicketBench) -> None:
    made = await bench.create()
    for word, meaning in bench.rig.states.items():
        await bench.rig.set_state(made.id, word)
        read = await bench.rig.read(bench.system, made.id)
        that(read is not None, "the ticket cannot be read")
        same(read and read.state, meaning, f"the meaning of {word!r}")
        that(bool(read and read.status), f"{word!r}: the vendor's own word is not told")
