"""None, one, and several matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from livechat_sdk.domain.people import SEVERAL
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, SystemNeed
from livechat_sdk_testing.conformance.systems.contacts_bench import (
    CONTACTS,
    ELENI,
    ContactBench,
    looks_up,
    traits,
)
from livechat_sdk_testing.conformance.systems.contacts_rig import ContactRig, Person

_cases = SystemCases(CONTACTS, "matches", SystemTopic.MATCHES)


_SHARED: Final[Mapping[str, str]] = {"email": "twins@shop.example", "phone": "+302105555555"}


def _twins(bench: ContactBench, number: int) -> list[Person]:
    """People who share an address or a number, as a family does."""
    found: list[Person] = []
    for one in range(1, number + 1):
        both = {"email": f"twin{one}@shop.example", "phone": f"+30210555{one:04}", **_shared(bench)}
        found.append(Person(f"Twin {one}", both["email"], both["phone"], f"twin-{one}", f"T-{one}"))
    return found


def _shared(bench: ContactBench) -> dict[str, str]:
    """What they share."""
    return {bench.able.shared: _SHARED[bench.able.shared]}


def _finds_by_shared(rig: ContactRig) -> str | None:
    shared = rig.able.shared
    return None if shared in rig.able.keys else f"contacts are not found by {shared}"


_shares: Final = SystemNeed("finds by what is shared", _finds_by_shared)


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
    needs=[_shares, traits(several="told")],
)
async def _told(bench: ContactBench) -> None:
    await bench.people(*_twins(bench, 3))
    found = await bench.found(**_shared(bench))
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
    needs=[_shares, traits(several="told")],
)
async def _ranked(bench: ContactBench) -> None:
    await bench.people(*_twins(bench, 3))
    for number in (2, 3, 1, 2):
        found = await bench.found(**_shared(bench), name=f"Twin {number}")
        same(found.matches[0].name, f"Twin {number}", "who is first")
        await bench.restart()


@_cases.on_bench(
    "very_many_are_not_all_told",
    Tier.COMPLETE,
    "Of very many matches some are told, and that there are more.",
    look_at="Contact.more_matches",
    needs=[_shares, traits(several="told")],
)
async def _very_many(bench: ContactBench) -> None:
    await bench.people(*_twins(bench, 30))
    found = await bench.found(**_shared(bench))
    that(1 < len(found.matches) < 30, f"{len(found.matches)} matches are told")
    that(found.more_matches, "it is not told that there are more")


@_cases.on_bench(
    "several_are_none",
    Tier.SAFE,
    "Of several matches none is taken.",
    look_at="an address that several contacts share",
    needs=[_shares, traits(several="none")],
)
async def _several_none(bench: ContactBench) -> None:
    await bench.people(*_twins(bench, 3))
    same(await bench.find(**_shared(bench)), None, "who is found")


@_cases.on_bench(
    "several_do_not_hide_one",
    Tier.COMPLETE,
    "A key that finds one alone comes before what several share.",
    look_at="the order of look-ups: the external id first",
    needs=[_shares, looks_up("external_id")],
)
async def _one_of_twins(bench: ContactBench) -> None:
    await bench.people(*_twins(bench, 3))
    found = await bench.found(id="twin-2", **_shared(bench))
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
