"""Secrets of a ticket system are seen nowhere: no log, no error, no address, no repr."""

from __future__ import annotations

from typing import Any

from livechat_sdk_testing.conformance.bench import error_text
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty, http
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench

_cases = SystemCases(TICKETING, "secrets", SystemTopic.SECRETS)
_ERROR = "what errors say: livechat_sdk.http takes out what it knows to be secret"


def _unseen(bench: TicketBench, text: str, where: str) -> None:
    that(not any(secret in text for secret in bench.hidden), f"{where} shows a secret")


@_cases.on_bench(
    "are_in_no_log",
    Tier.SAFE,
    "Nothing that is logged while tickets are made and read shows a secret.",
    look_at="what the adapter logs",
)
async def _log(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made)
    await bench.listed()
    _unseen(bench, "\n".join(bench.ears.heard), "a log")


@_cases.on_bench(
    "are_in_no_address",
    Tier.SAFE,
    "No address that is asked for holds a secret: addresses are logged everywhere.",
    look_at="credentials belong into headers",
    needs=[http],
)
async def _address(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made)
    await bench.listed()
    _unseen(bench, "\n".join(bench.rig.addresses), "an address")


@_cases.on_bench(
    "are_in_no_repr",
    Tier.SAFE,
    "Neither the adapter nor its settings show a secret when they are printed.",
    look_at="secrets are of type Secret",
)
async def _repr(bench: TicketBench) -> None:
    settings = getattr(bench.system, "settings", None)
    _unseen(bench, f"{bench.system!r} {settings!r} {settings}", "a repr")


def _error_case(fault: str, operation: str, **details: Any) -> None:
    shown = "_".join(str(one) for one in (operation, fault, details.get("status")) if one is not None)

    @_cases.on_bench(
        f"are_in_no_error_of_{shown}",
        Tier.SAFE,
        "An error, its causes and what is logged of it show no secret, even one that the vendor sends back.",
        look_at=_ERROR,
        needs=[http, faulty(operation, fault, **details)],
    )
    async def run(bench: TicketBench) -> None:
        await bench.create(bench.draft(key="h-0.ticket"))
        echo = {"body": " ".join(sorted(bench.hidden))} if details else {}
        bench.rig.faults.script(operation, fault, times=50, **details, **echo)
        if operation == "token":
            await bench.clock.advance(100_000)
            bench.rig.faults.script("create", "expire_token", times=1)
        error = await bench.failure(bench.create(), f"a create with {shown}")
        _unseen(bench, error_text(error), "the error")
        _unseen(bench, "\n".join(bench.ears.heard), "a log")


for _status in (400, 401, 422, 500):
    _error_case("status", "create", status=_status)
for _fault in ("malformed", "time_out_after", "drop_before"):
    _error_case(_fault, "create")


@_cases.on_bench(
    "of_people_are_in_no_error",
    Tier.COMPLETE,
    "An error does not repeat what the end user wrote.",
    look_at=_ERROR,
    needs=[http, faulty("create", "status", status=400)],
)
async def _people(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "status", times=50, status=400)
    draft = bench.draft(body="my card is 4111 1111 1111 1111")
    error = await bench.failure(bench.create(draft), "a create that is refused")
    that("4111 1111" not in error_text(error), "the error shows what the end user wrote")
    that("4111 1111" not in "\n".join(bench.ears.heard), "a log shows what the end user wrote")
