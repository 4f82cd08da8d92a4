"""What people are looked up by is never more than text."""

from __future__ import annotations

from livechat_sdk.errors import ProviderError
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.contacts_bench import (
    CONTACTS,
    ContactBench,
    looks_up,
)
from livechat_sdk_testing.conformance.systems.contacts_rig import Person
from livechat_sdk_testing.conformance.systems.corpus import HOSTILE, HOSTILE_ADDRESSES, HOSTILE_IDS
from livechat_sdk_testing.conformance.systems.reading import comparable

_cases = SystemCases(CONTACTS, "queries", SystemTopic.INJECTION)
_LOOK = "quoting in queries, and what is looked for at all"
_EVIL = (*HOSTILE_ADDRESSES, *HOSTILE)


def _is_an_id(text: str) -> bool:
    """Whether a platform may call an end user so: ids have no control characters."""
    return bool(text.strip()) and not any(one < " " or one == "\x7f" for one in text)


async def _nobody(bench: ContactBench, text: str, **fields: object) -> None:
    """Nobody is found, and no query is broken: a vendor that cannot read a query refuses it."""
    try:
        found = await bench.find(**fields)
    except ProviderError as error:
        that(False, f"{text!r} breaks the query: {error}")
        return
    that(found is None, f"{text!r} finds {found and found.name!r}")


@_cases.on_bench(
    "addresses_find_nobody",
    Tier.SAFE,
    "An address that is a query, a pattern or markup finds nobody and breaks nothing.",
    look_at=_LOOK,
    needs=[looks_up("email")],
)
async def _addresses(bench: ContactBench) -> None:
    await bench.people()
    for text in _EVIL:
        await _nobody(bench, text, email=text[:300])


@_cases.on_bench(
    "numbers_find_nobody",
    Tier.SAFE,
    "So does a phone number.",
    look_at=_LOOK,
    needs=[looks_up("phone")],
)
async def _numbers(bench: ContactBench) -> None:
    await bench.people(Person("No Phone", "nophone@shop.example", None, "user-55", "C-55"))
    for text in (*_EVIL, "+", "++", "0", "00", "()", "-----", "+30*", "+30210123456_"):
        await _nobody(bench, text, phone=text[:300])


@_cases.on_bench(
    "external_ids_find_nobody",
    Tier.SAFE,
    "So does the end user's own id.",
    look_at=_LOOK,
    needs=[looks_up("external_id")],
)
async def _ids(bench: ContactBench) -> None:
    await bench.people(Person("No Id", "noid@shop.example", "+302105555555", None, "C-55"))
    for text in (one for one in (*_EVIL, "user-*", "user-471_", "USER-4711' or '1'='1") if _is_an_id(one)):
        await _nobody(bench, text, id=text[:200])


@_cases.on_bench(
    "properties_find_nobody",
    Tier.SAFE,
    "So does an attribute of the end user, whatever its type is.",
    look_at=_LOOK,
    needs=[looks_up("property")],
)
async def _properties(bench: ContactBench) -> None:
    await bench.people(Person("No Number", "nonumber@shop.example", "+302105555555", "user-55", None))
    strange: tuple[object, ...] = (True, None, ["C-4711"], {"eq": "C-4711"}, 0)
    for text in (*_EVIL, *strange):
        await _nobody(bench, str(text), attributes={bench.rig.attribute: text})


@_cases.on_bench(
    "names_find_nobody",
    Tier.SAFE,
    "And a name is not looked for at all.",
    look_at=_LOOK,
)
async def _names(bench: ContactBench) -> None:
    await bench.people()
    for text in HOSTILE:
        await _nobody(bench, text, name=text)


@_cases.on_bench(
    "ids_read_nobody",
    Tier.SAFE,
    "An id that nobody gave out, whatever it looks like, reads nobody and asks for no other address.",
    look_at="ids on their way into addresses",
)
async def _read(bench: ContactBench) -> None:
    eleni = await bench.people()
    for text in (*HOSTILE_IDS, f"{eleni}/..", f"{eleni}?x=1", f"{eleni} or 1", f"../contacts/{eleni}"):
        try:
            read = await bench.get(text)
        except ProviderError:
            continue
        that(read is None, f"the id {text!r} reads {read and read.name!r}")


@_cases.on_bench(
    "names_of_contacts_stay_names",
    Tier.SAFE,
    "A contact whose name at the vendor is markup or a query is shown as it is, and breaks nothing.",
    look_at="the Contact: values as the vendor has them, within their limits",
)
async def _kept(bench: ContactBench) -> None:
    texts = [text for text in HOSTILE if comparable(text) == text and "\n" not in text]
    people = [
        Person(text, f"p{number}@shop.example", f"+3021055{number:05}", f"p-{number}", f"P-{number}")
        for number, text in enumerate(texts)
    ]
    await bench.people(*people)
    for person in people:
        found = await bench.found(**bench.by(bench.key, person))
        same(comparable(found.name or ""), comparable(person.name), "the name")
