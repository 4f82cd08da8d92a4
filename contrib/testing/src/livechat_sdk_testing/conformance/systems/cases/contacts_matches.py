"""None, one, and several matches."""

from __future__ import annotations

from livechat_sdk.domain.people import SEVERAL
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.contacts_bench import (
    CONTACTS,
    ELENI,
    ContactBench,
    looks_up,
    traits,
)
from livechat_sdk_testing.conformance.systems.contacts_rig import Person

_cases = SystemCases(CONTACTS, "matches", SystemTopic.MATCHES)


def _twins(number: int) -> list[Person]:
    """People who share an address, as a family does."""
    return [
        Person(f"Twin {one}", "twins@shop.example", "+302105555555", f"twin-{one}", f"T-{one}")
        for one in range(1, number + 1)
    ]


@_cases.on_bench(
    "none",
    Tier.RELAYS,
    "Whom nobody knows is nobody.",
    look_at="livechat_find_contact answers None",
)
async def _none(bench: ContactBench) -> None:
    await bench.people()
    found = await bench.find(email="nobody@nowhere.example", phone="+4930123456")
    same(found, None, "who is found")


@_cases.on_bench(
    "none_without_a_key",
    Tier.SAFE,
    "An end user of whom only the id is known, which is nobody's, is nobody: no query is left open.",
    look_at="keys that are empty or None: no look-up, and no look-up for the empty text",
)
async def _empty(bench: ContactBench) -> None:
    await bench.people(Person("No Keys", None, None, None))
    for fields in ({}, {"email": "", "phone": ""}, {"email": " "}, {"name": "Eleni Petrou"}):
        same(await bench.find(**fields), None, f"who is found with {fields!r}")


@_cases.on_bench(
    "none_by_a_part",
    Tier.SAFE,
    "A part of an address or number finds nobody: the wrong person's data is worse than none.",
    look_at="equality, not 'contains' or a search by words",
)
async def _part(bench: ContactBench) -> None:
    await bench.people()
    for fields in (
        {"email": "eleni@shop"},
        {"email": "leni@shop.example"},
        {"email": "eleni@shop.example.org"},
        {"phone": "1234567"},
        {"phone": "+30210123456"},
    ):
        same(await bench.find(**fields), None, f"who is found with {fields!r}")


@_cases.on_bench(
    "none_by_a_name",
    Tier.SAFE,
    "A name finds nobody: names are not unique.",
    look_at="the name is no key",
)
async def _name(bench: ContactBench) -> None:
    await bench.people()
    same(await bench.find(name="Eleni Petrou", email="other@shop.example"), None, "who is found")


@_cases.on_bench(
    "one_of_many",
    Tier.RELAYS,
    "Among a hundred others the right one is found.",
    look_at="pages of answers, and what a search takes for a match",
)
async def _many(bench: ContactBench) -> None:
    others = [
        Person(f"Other {one}", f"other{one}@shop.example", f"+3021099{one:05}", f"o-{one}", f"O-{one}")
        for one in range(100)
    ]
    eleni = await bench.people(*others)
    same((await bench.found(**bench.by(bench.key))).id, eleni, "who is found")


@_cases.on_bench(
    "several_are_told",
    Tier.SAFE,
    "Several matches are told of as several, and what belongs to one person is told of nobody.",
    look_at="Contact.matches, and the id SEVERAL",
    needs=[looks_up("email"), traits(several="told")],
)
async def _told(bench: ContactBench) -> None:
    await bench.people(*_twins(3))
    found = await bench.found(email="twins@shop.example")
    that(not found.certain, f"one of three is picked: {found.name!r}")
    same(sorted(str(one.name) for one in found.matches), ["Twin 1", "Twin 2", "Twin 3"], "who it may be")
    same(
        (found.id, found.name, found.fields, found.cases), (SEVERAL, None, (), ()), "what is told of them all"
    )
    same((found.source, found.more_matches), (bench.name, False), "source, and whether there are more")


@_cases.on_bench(
    "several_are_ranked",
    Tier.COMPLETE,
    "Of several matches the one that has most in common comes first, each time.",
    look_at="the order of Contact.matches",
    needs=[looks_up("email"), traits(several="told")],
)
async def _ranked(bench: ContactBench) -> None:
    await bench.people(*_twins(3))
    for number in (2, 3, 1, 2):
        found = await bench.found(email="twins@shop.example", name=f"Twin {number}")
        same(found.matches[0].name, f"Twin {number}", "who is first")
        await bench.restart()


@_cases.on_bench(
    "very_many_are_not_all_told",
    Tier.COMPLETE,
    "Of very many matches some are told, and that there are more.",
    look_at="Contact.more_matches",
    needs=[looks_up("email"), traits(several="told")],
)
async def _very_many(bench: ContactBench) -> None:
    await bench.people(*_twins(30))
    found = await bench.found(email="twins@shop.example")
    that(1 < len(found.matches) < 30, f"{len(found.matches)} matches are told")
    that(found.more_matches, "it is not told that there are more")


@_cases.on_bench(
    "several_are_none",
    Tier.SAFE,
    "Of several matches none is taken.",
    look_at="an address that several contacts share",
    needs=[looks_up("email"), traits(several="none")],
)
async def _several_none(bench: ContactBench) -> None:
    await bench.people(*_twins(3))
    same(await bench.find(email="twins@shop.example"), None, "who is found")


@_cases.on_bench(
    "several_do_not_hide_one",
    Tier.COMPLETE,
    "A key that finds one alone comes before what several share.",
    look_at="the order of look-ups: the external id first",
    needs=[looks_up("email", "external_id")],
)
async def _one_of_twins(bench: ContactBench) -> None:
    await bench.people(*_twins(3))
    found = await bench.found(id="twin-2", email="twins@shop.example")
    same(found.name, "Twin 2", "who is found")


@_cases.on_bench(
    "one_has_no_others",
    Tier.RELAYS,
    "One match is one person, and tells of no others.",
    look_at="Contact.matches",
)
async def _no_others(bench: ContactBench) -> None:
    await bench.people()
    found = await bench.found(**bench.by(bench.key))
    that(found.certain and not found.more_matches, f"others are told of: {found.matches!r}")
    same(found.name, ELENI.name, "who is found")
