"""Secrets of a CRM, and what it knows about people, are seen nowhere they do not belong."""

from __future__ import annotations

from typing import Any

from livechat_sdk_testing.conformance.bench import error_text
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty, http
from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS, ContactBench

_cases = SystemCases(CONTACTS, "discretion", SystemTopic.SECRETS)


def _unseen(bench: ContactBench, text: str, where: str) -> None:
    that(not any(secret in text for secret in bench.hidden), f"{where} shows a secret")


@_cases.on_bench(
    "are_in_no_log",
    Tier.SAFE,
    "Nothing that is logged while contacts are found and read shows a secret.",
    look_at="what the adapter logs",
)
async def _log(bench: ContactBench) -> None:
    eleni = await bench.people()
    await bench.found(**bench.by(bench.key))
    await bench.get(eleni)
    _unseen(bench, "\n".join(bench.ears.heard), "a log")


@_cases.on_bench(
    "are_in_no_address",
    Tier.SAFE,
    "No address that is asked for holds a secret.",
    look_at="credentials belong into headers",
    needs=[http],
)
async def _address(bench: ContactBench) -> None:
    eleni = await bench.people()
    await bench.found(**bench.by(bench.key))
    await bench.get(eleni)
    _unseen(bench, "\n".join(bench.rig.addresses), "an address")


@_cases.on_bench(
    "are_in_no_repr",
    Tier.SAFE,
    "Neither the adapter nor its settings show a secret when they are printed.",
    look_at="secrets are of type Secret",
)
async def _repr(bench: ContactBench) -> None:
    settings = getattr(bench.system, "settings", None)
    _unseen(bench, f"{bench.system!r} {settings!r} {settings}", "a repr")


def _error_case(fault: str, **details: Any) -> None:
    shown = f"{fault}_{details['status']}" if details else fault

    @_cases.on_bench(
        f"are_in_no_error_of_{shown}",
        Tier.SAFE,
        "An error, its causes and what is logged of it show no secret, even one that the vendor sends back.",
        look_at="what errors say: livechat_sdk.http takes out what it knows to be secret",
        needs=[http, faulty("contact", fault, **details)],
    )
    async def run(bench: ContactBench) -> None:
        await bench.people()
        await bench.found(**bench.by(bench.key))
        await bench.clock.advance(bench.able.cache + 1)
        echo = {"body": " ".join(sorted(bench.hidden))} if details else {}
        bench.rig.faults.script("contact", fault, times=50, **details, **echo)
        error = await bench.failure(bench.find(**bench.by(bench.key)), f"a look-up with {shown}")
        _unseen(bench, error_text(error), "the error")
        _unseen(bench, "\n".join(bench.ears.heard), "a log")


for _status in (400, 401, 500):
    _error_case("status", status=_status)
_error_case("malformed")
_error_case("time_out_before")


@_cases.on_bench(
    "of_people_are_in_no_log",
    Tier.COMPLETE,
    "Addresses and numbers of people stand in no log of an ordinary look-up.",
    look_at="what the adapter logs, addresses of calls included",
)
async def _people(bench: ContactBench) -> None:
    await bench.people()
    await bench.found(**bench.by(bench.key))
    own = [line for line in bench.ears.heard if line.startswith("livechat_sdk")]
    that(not any("eleni@shop.example" in line for line in own), "a log shows who was looked for")
