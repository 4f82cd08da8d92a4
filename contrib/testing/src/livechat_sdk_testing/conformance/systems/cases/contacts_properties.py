"""Properties as agents read them, links, and the age of what is known."""

from __future__ import annotations

from livechat_sdk_testing.conformance.case import CaseFailed, SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, SystemNeed
from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS, ContactBench, traits
from livechat_sdk_testing.conformance.systems.contacts_rig import ContactRig, Person

_cases = SystemCases(CONTACTS, "properties", SystemTopic.PROPERTIES)


def _has_samples(rig: ContactRig) -> str | None:
    return None if rig.samples else "no properties are shown"


def _changes(rig: ContactRig) -> str | None:
    return None if type(rig).change is not ContactRig.change else "contacts cannot be changed here"


_samples = SystemNeed[ContactRig]("has properties", _has_samples)
_changing = SystemNeed[ContactRig]("contacts change", _changes)


def _person(rig: ContactRig, **extra: object) -> Person:
    both = {name: value for one in rig.samples for name, value in one.extra.items()}
    return Person("Prop Erty", "prop@shop.example", "+302108888888", "user-88", "C-88", {**both, **extra})


@_cases.on_bench(
    "are_shown",
    Tier.COMPLETE,
    "Each property that the settings name is shown under its label, in words: choices, dates, look-ups too.",
    look_at="formatted values: not the number of a choice, not the id of a look-up",
    needs=[_samples],
)
async def _shown(bench: ContactBench) -> None:
    person = _person(bench.rig)
    await bench.people(person)
    found = await bench.found(**bench.by(bench.key, person))
    shown = {one.label: one.value for one in found.fields}
    for sample in bench.rig.samples:
        same(shown.get(sample.label), sample.shown, f"{sample.label} ({sample.kind})")


@_cases.on_bench(
    "that_are_empty_are_left_out",
    Tier.COMPLETE,
    "A property without a value is not shown as empty, None or null.",
    look_at="values that are missing",
    needs=[_samples],
)
async def _empty(bench: ContactBench) -> None:
    person = Person("Prop Less", "less@shop.example", "+302108888888", "user-88", "C-88")
    await bench.people(person)
    found = await bench.found(**bench.by(bench.key, person))
    labels = {sample.label for sample in bench.rig.samples}
    for one in found.fields:
        if one.label in labels:
            that(one.value.strip() not in {"", "None", "null"}, f"{one.label} is shown as {one.value!r}")


@_cases.on_bench(
    "are_the_same_when_read_again",
    Tier.COMPLETE,
    "A contact that is read by its id has the same properties.",
    look_at="livechat_get_contact asks for the same columns",
    needs=[_samples],
)
async def _again(bench: ContactBench) -> None:
    person = _person(bench.rig)
    await bench.people(person)
    found = await bench.found(**bench.by(bench.key, person))
    read = await bench.get(found.id)
    if read is None:
        raise CaseFailed("it cannot be read by its id")
    labels = [sample.label for sample in bench.rig.samples]
    same(
        {one.label: one.value for one in read.fields if one.label in labels},
        {one.label: one.value for one in found.fields if one.label in labels},
        "properties",
    )


@_cases.on_bench(
    "have_a_link",
    Tier.RELAYS,
    "A contact has the link where an agent opens it: of its own, and http or https.",
    look_at="Contact.link",
    needs=[traits(links=True)],
)
async def _link(bench: ContactBench) -> None:
    eleni = await bench.people()
    found = await bench.found(**bench.by(bench.key))
    that((found.link or "").startswith(("https://", "http://")), f"no link: {found.link!r}")
    that(eleni in (found.link or ""), f"the link does not name the contact: {found.link!r}")


@_cases.on_bench(
    "say_when_they_were_found",
    Tier.COMPLETE,
    "A contact says when it was found, by the clock of the process.",
    look_at="Contact.found_at, and context.now()",
    topic=SystemTopic.FRESHNESS,
)
async def _found_at(bench: ContactBench) -> None:
    await bench.people()
    await bench.clock.advance(1000)
    found = await bench.found(**bench.by(bench.key))
    same(found.found_at, bench.clock.now(), "found_at")


@_cases.on_bench(
    "are_not_older_than_stated",
    Tier.SAFE,
    "What was changed at the vendor is seen when the stated age has passed, and found_at never lies.",
    look_at="the age of the cache, and found_at of what comes out of it",
    needs=[_changing],
    topic=SystemTopic.FRESHNESS,
)
async def _fresh(bench: ContactBench) -> None:
    eleni = await bench.people()
    first = await bench.get(eleni)
    before = bench.clock.now()
    await bench.rig.change(eleni, "Eleni Ioannou")
    await bench.clock.advance(bench.able.cache / 2)
    soon = await bench.get(eleni)
    if first is None or soon is None:
        raise CaseFailed("it cannot be read by its id")
    if soon.name == "Eleni Petrou" and bench.able.cache:
        that(
            soon.found_at is not None and soon.found_at <= before,
            "what is old is said to have been found now",
        )
    await bench.clock.advance(bench.able.cache + bench.able.lag + 1)
    late = await bench.get(eleni)
    same(late and late.name, "Eleni Ioannou", "the name after the stated age")


@_cases.on_bench(
    "of_new_people_are_seen",
    Tier.SAFE,
    "Who was nobody is found when the vendor knows them: 'nobody' is kept no longer than stated.",
    look_at="the age of the cache, of what was not found too",
    topic=SystemTopic.FRESHNESS,
)
async def _new(bench: ContactBench) -> None:
    await bench.people()
    person = Person("New Person", "new@shop.example", "+302107777777", "user-77", "C-77")
    same(await bench.find(**bench.by(bench.key, person)), None, "who is found before")
    await bench.rig.add(person)
    await bench.clock.advance(bench.able.lag + bench.able.cache + 1)
    same((await bench.found(**bench.by(bench.key, person))).name, "New Person", "who is found after")
