"""Properties as agents read them, links, and the age of what is known."""

from __future__ import annotations

from livechat_sdk_testing.conformance.case import CaseFailed, SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, SystemNeed
from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS, ContactBench, traits
from livechat_sdk_testing.conformance.systems.contacts_rig import CaseSample, ContactRig, Person

_cases = SystemCases(CONTACTS, "properties", SystemTopic.PROPERTIES)


def _has_samples(rig: ContactRig) -> str | None:
    return None if rig.samples else "no properties are shown"


def _changes(rig: ContactRig) -> str | None:
    return None if type(rig).change is not ContactRig.change else "contacts cannot be changed here"


_samples = SystemNeed[ContactRig]("has properties", _has_samples)
_changing = SystemNeed[ContactRig]("contacts change", _changes)


def _person(rig: ContactRig, **extra: object) -> Person:
    both = {name: value for one in rig.samples for name, value in one.extra.items()}
    return Person(
        "Prop Erty", "prop@shop.example", "+302108888888", "user-88", "C-88", extra={**both, **extra}
    )


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
    "in_the_language_of_the_end_user",
    Tier.COMPLETE,
    "Where the vendor has words in several languages, those of the end user are shown.",
    look_at="the language of the end user, in calls that are answered with words",
    needs=[_samples, traits(languages=True)],
)
async def _language(bench: ContactBench) -> None:
    person = _person(bench.rig)
    await bench.people(person)
    found = await bench.found(**bench.by(bench.key, person), language="el")
    shown = {one.label: one.value for one in found.fields}
    for sample in bench.rig.samples:
        same(shown.get(sample.label), sample.in_greek or sample.shown, f"{sample.label} ({sample.kind})")


@_cases.on_bench(
    "hold_the_company",
    Tier.COMPLETE,
    "The company of a contact is told by its name.",
    look_at="Contact.account",
    needs=[traits(accounts=True)],
)
async def _company(bench: ContactBench) -> None:
    person = Person(
        "Works There", "works@acme.example", "+302106666666", "user-66", "C-66", account="Acme AE"
    )
    await bench.people(person)
    found = await bench.found(**bench.by(bench.key, person))
    same(found.account and found.account.name, "Acme AE", "the company")
    alone = await bench.found(**bench.by(bench.key))
    same(alone.account, None, "the company of somebody without one")


@_cases.on_bench(
    "hold_the_cases",
    Tier.COMPLETE,
    "The cases of a contact are told, the open ones first, and nobody else's.",
    look_at="Contact.cases",
    needs=[traits(cases=True)],
)
async def _with_cases(bench: ContactBench) -> None:
    mine = (CaseSample("old and done", False), CaseSample("router is broken", True))
    person = Person("Has Cases", "cases@acme.example", "+302106666666", "user-66", "C-66", cases=mine)
    other = Person(
        "Other One",
        "o@acme.example",
        "+302106666667",
        "user-67",
        "C-67",
        cases=[CaseSample("not mine", True)],
    )
    await bench.people(person, other)
    found = await bench.found(**bench.by(bench.key, person))
    told = [(one.title, one.open) for one in found.cases]
    same(told, [("router is broken", True), ("old and done", False)], "cases")


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
    "of_the_end_user_are_not_older_than_stated",
    Tier.SAFE,
    "The same when the end user is looked up again.",
    look_at="the age of the cache, and found_at of what comes out of it",
    needs=[_changing],
    topic=SystemTopic.FRESHNESS,
)
async def _fresh_again(bench: ContactBench) -> None:
    eleni = await bench.people()
    first = await bench.found(**bench.by(bench.key))
    before = bench.clock.now()
    await bench.rig.change(eleni, "Eleni Ioannou")
    await bench.clock.advance(bench.able.cache / 2)
    soon = await bench.found(**bench.by(bench.key))
    if soon.name == first.name and bench.able.cache:
        that(soon.found_at is not None and soon.found_at <= before, "what is old is told to be found now")
    await bench.clock.advance(bench.able.cache + bench.able.lag + 1)
    same((await bench.found(**bench.by(bench.key))).name, "Eleni Ioannou", "the name after the stated age")


@_cases.on_bench(
    "of_one_end_user_are_no_other_s",
    Tier.SAFE,
    "What is known of one end user is not told of another who comes right after.",
    look_at="the keys of the cache",
    topic=SystemTopic.FRESHNESS,
)
async def _no_mix(bench: ContactBench) -> None:
    await bench.people()
    nikos = Person("Nikos Ioannou", "nikos@shop.example", "+302107654321", "user-12", "C-12")
    for _ in range(2):
        same((await bench.found(**bench.by(bench.key))).name, "Eleni Petrou", "who is found by Eleni's key")
        same((await bench.found(**bench.by(bench.key, nikos))).name, "Nikos Ioannou", "by Nikos' key")
    same(await bench.find(email="nobody@nowhere.example"), None, "who is found by nobody's")


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
