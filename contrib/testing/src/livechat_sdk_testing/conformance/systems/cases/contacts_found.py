"""Finding a contact by each key, and reading one by its id."""

from __future__ import annotations

from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.contacts_bench import (
    CONTACTS,
    ELENI,
    ContactBench,
    looks_up,
    traits,
)
from livechat_sdk_testing.conformance.systems.contacts_rig import LookUp, Person

_cases = SystemCases(CONTACTS, "found", SystemTopic.LOOK_UP)
_FIND = "livechat_find_contact: the order of its look-ups, and what each looks for"


@_cases.on_bench(
    "has_the_hooks",
    Tier.RELAYS,
    "The object that the registry builds has the two hooks of CRMs.",
    look_at="@hookimpl on livechat_find_contact and livechat_get_contact",
    topic=SystemTopic.CONTRACT,
)
async def _hooks(bench: ContactBench) -> None:
    wanted = {"livechat_find_contact", "livechat_get_contact"}
    hooks = set(bench.hooks.plugins()[bench.name])
    that(wanted <= hooks, f"hooks that are missing: {', '.join(sorted(wanted - hooks))}")


def _key_case(key: LookUp) -> None:
    @_cases.on_bench(
        f"by_{key}",
        Tier.RELAYS,
        f"A contact is found by {key.replace('_', ' ')} alone, and it is the right one.",
        look_at=_FIND,
        needs=[looks_up(key)],
    )
    async def run(bench: ContactBench) -> None:
        eleni = await bench.people()
        found = await bench.found(**bench.by(key))
        same((found.source, found.id, found.name), (bench.name, eleni, "Eleni Petrou"), "source, id, name")


for _key in ("email", "phone", "external_id", "property"):
    _key_case(_key)


@_cases.on_bench(
    "with_what_is_known",
    Tier.RELAYS,
    "A contact has the vendor's name, address and number.",
    look_at="the Contact that is returned",
    topic=SystemTopic.CONTRACT,
)
async def _known(bench: ContactBench) -> None:
    await bench.people()
    found = await bench.found(**bench.by(bench.key))
    same((found.name, found.email), (ELENI.name, ELENI.email), "name and address")
    digits = "".join(one for one in found.phone or "" if one.isdigit())
    that(digits.endswith("2101234567"), f"the number is {found.phone!r}")


@_cases.on_bench(
    "in_any_case",
    Tier.RELAYS,
    "An address is found however it is written, and with blanks around it.",
    look_at="addresses: without blanks, compared without regard to case",
    needs=[looks_up("email"), traits(any_case=True)],
)
async def _case(bench: ContactBench) -> None:
    eleni = await bench.people()
    for written in ("ELENI@Shop.Example", " eleni@shop.example ", "Eleni@SHOP.example"):
        same((await bench.found(email=written)).id, eleni, f"who is found by {written!r}")


@_cases.on_bench(
    "by_a_phone_in_other_forms",
    Tier.COMPLETE,
    "A number is found with blanks, dashes and brackets.",
    look_at="numbers: digits alone",
    needs=[looks_up("phone"), traits(phone_forms=True)],
)
async def _forms(bench: ContactBench) -> None:
    eleni = await bench.people()
    for written in ("+30 210 1234567", "+30-210-123-4567", "+30 (210) 1234567"):
        same((await bench.found(phone=written)).id, eleni, f"who is found by {written!r}")


@_cases.on_bench(
    "by_what_is_left",
    Tier.RELAYS,
    "An end user whose address nobody knows is found by the number.",
    look_at=_FIND,
    needs=[looks_up("email", "phone")],
)
async def _left(bench: ContactBench) -> None:
    eleni = await bench.people()
    found = await bench.found(email="another@shop.example", phone=ELENI.phone)
    same(found.id, eleni, "who is found")


@_cases.on_bench(
    "with_names_in_any_script",
    Tier.RELAYS,
    "Names in any script arrive as they are.",
    look_at="encodings",
)
async def _script(bench: ContactBench) -> None:
    person = Person("Ελένη Πέτρου 李", "eleni.p@shop.example", "+302109999999", "user-99", "C-99")
    await bench.people(person)
    same((await bench.found(**bench.by(bench.key, person))).name, "Ελένη Πέτρου 李", "the name")


@_cases.on_bench(
    "with_a_quote_in_the_address",
    Tier.SAFE,
    "An address with an apostrophe is found: it is quoted, not thrown away.",
    look_at="quoting",
    needs=[looks_up("email")],
    topic=SystemTopic.INJECTION,
)
async def _quote(bench: ContactBench) -> None:
    person = Person("Una O'Brien", "una.o'brien@shop.example", "+302109999999", "user-99", "C-99")
    await bench.people(person)
    same((await bench.found(email=person.email)).name, "Una O'Brien", "who is found")


@_cases.on_bench(
    "with_a_plus_in_the_address",
    Tier.SAFE,
    "An address with a plus is found, and is another one than without it.",
    look_at="encoding of addresses in queries",
    needs=[looks_up("email")],
)
async def _plus(bench: ContactBench) -> None:
    person = Person("Plus Person", "eleni+x@shop.example", "+302109999999", "user-99", "C-99")
    await bench.people(person)
    same((await bench.found(email="eleni+x@shop.example")).name, "Plus Person", "who is found")
    same((await bench.found(email="eleni@shop.example")).name, ELENI.name, "who is found without it")


@_cases.on_bench(
    "again_by_its_id",
    Tier.RELAYS,
    "A contact is read again by its id.",
    look_at="livechat_get_contact",
)
async def _get(bench: ContactBench) -> None:
    eleni = await bench.people()
    read = await bench.get(eleni)
    same(read and (read.source, read.id, read.name), (bench.name, eleni, ELENI.name), "source, id, name")
    through = await bench.hooks.get_contact(bench.name, eleni)
    same(through and through.id, eleni, "the contact through the facade")


@_cases.on_bench(
    "for_another_source_abstains",
    Tier.SAFE,
    "A contact of another source is not looked for here.",
    look_at="source, in livechat_get_contact",
    topic=SystemTopic.SOURCES,
)
async def _source(bench: ContactBench) -> None:
    eleni = await bench.people()
    asked = bench.rig.calls("contact") if bench.rig.over == "http" else 0
    same(await bench.get(eleni, source="somebody-else"), None, "a contact of another source")
    if bench.rig.over == "http":
        same(bench.rig.calls("contact"), asked, "calls")


@_cases.on_bench(
    "in_another_process",
    Tier.RELAYS,
    "A contact is found and read by a process that never met it.",
    look_at="keep nothing in memory that cannot be lost",
)
async def _restart(bench: ContactBench) -> None:
    eleni = await bench.people()
    await bench.restart()
    same((await bench.found(**bench.by(bench.key))).id, eleni, "who is found")
    read = await bench.get(eleni)
    same(read and read.id, eleni, "who is read")
