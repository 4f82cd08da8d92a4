"""Runs cases about ticket systems and CRMs: one by one for pytest, or all of them for a certificate."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import CaseFailed, Excuse
from livechat_sdk_testing.conformance.certificate import CaseResult, Result, SystemCertificate, tier_of
from livechat_sdk_testing.conformance.listening import Ears
from livechat_sdk_testing.conformance.runner import (
    CASE_LIMIT,
    LONGEST_REASON,
    Progress,
    distribution_of,
    excuse_for,
    quick_folder,
)
from livechat_sdk_testing.conformance.systems.case import Family, SystemCase
from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS
from livechat_sdk_testing.conformance.systems.contacts_rig import ContactRig
from livechat_sdk_testing.conformance.systems.rig import SystemRig
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING
from livechat_sdk_testing.conformance.systems.tickets_rig import TicketRig

__all__ = [
    "all_system_cases",
    "certify_system",
    "excused_of",
    "family_of",
    "run_system_case",
    "system_reasons",
]

R = TypeVar("R", bound=SystemRig)

AnyFamily = Family[Any, Any, Any]
AnyCase = SystemCase[Any, Any, Any]


def family_of(rig: SystemRig) -> AnyFamily:
    """The cases that a rig has to pass."""
    return TICKETING if isinstance(rig, TicketRig) else CONTACTS


def all_system_cases() -> Mapping[str, AnyCase]:
    """Every case of both families by its name."""
    return {**TICKETING.cases, **CONTACTS.cases}


def excused_of(case: str, *, reason: str) -> Excuse:
    """Leave a case about a ticket system or a CRM out. Raises ``ValueError`` as ``excused`` does."""
    return excuse_for(case, reason, known=all_system_cases())


def system_reasons(make_rig: Callable[[VirtualClock], R], cases: Iterable[AnyCase]) -> dict[str, str]:
    """Why cases do not apply to an adapter, by their names; the rest does."""
    rig = make_rig(VirtualClock())
    return {case.name: why for case in cases if (why := case.missing(rig)) is not None}


async def run_system_case(case: AnyCase, make_rig: Callable[[VirtualClock], R]) -> None:
    """Run one case on a fresh rig. Raises ``CaseFailed``, or whatever the adapter raised."""
    ears = Ears()
    with tempfile.TemporaryDirectory(prefix="conformance-", dir=quick_folder()) as folder, ears.listening():
        rig = make_rig(VirtualClock())
        family = family_of(rig)
        if (missing := case.unproved(rig)) is not None:
            raise CaseFailed(missing)
        try:
            async with asyncio.timeout(CASE_LIMIT):
                if case.on_bench is not None:
                    bench = family.bench(rig, Path(folder), ears)
                    async with bench.running():
                        await case.on_bench(bench)
                elif case.in_conversation is not None:
                    talk = family.conversation(rig, Path(folder), ears, dict(case.bot))
                    async with talk.running():
                        await case.in_conversation(talk)
        except TimeoutError as error:
            raise CaseFailed(
                f"not over after {CASE_LIMIT:g} seconds, or a time-out that nobody caught"
            ) from error


async def certify_system(
    make_rig: Callable[[VirtualClock], R],
    *,
    excuses: Iterable[Excuse] = (),
    distribution: tuple[str, str] | None = None,
    cases: Sequence[AnyCase] | None = None,
    progress: Progress | None = None,
) -> SystemCertificate:
    """Run all cases (or some) and say what the adapter has proved. No case raises anything here.

    ``excuses`` come beside those of the rig. Raises ``ValueError`` for an excuse that names no case.
    """
    rig = make_rig(VirtualClock())
    known = family_of(rig).cases
    given = {one.case: one.reason for one in (*rig.excuses, *excuses)}
    if strange := set(given) - set(known):
        raise ValueError(f"excuses for cases that do not exist: {', '.join(sorted(strange))}")
    chosen = list(known.values()) if cases is None else cases
    missing = system_reasons(make_rig, chosen)
    results: list[CaseResult] = []
    for case in chosen:
        result = await _run(case, make_rig, missing.get(case.name), given.get(case.name))
        results.append(result)
        if progress is not None:
            progress(result)
    name, number = distribution or distribution_of(type(rig.build()).__module__)
    return SystemCertificate(
        kind=rig.kind,
        provider=str(rig.settings["type"]),
        distribution=name,
        version=number,
        kit_version=version("livechat-sdk-testing"),
        able=_able(rig),
        over=rig.over,
        tier=tier_of(tuple(results)),
        promise=_promise(rig),
        excused=sum(one.result is Result.EXCUSED for one in results),
        cases=tuple(results),
    )


async def _run(
    case: AnyCase, make_rig: Callable[[VirtualClock], R], why: str | None, excuse: str | None
) -> CaseResult:
    def result(kind: Result, reason: str = "", seconds: float = 0.0) -> CaseResult:
        return CaseResult(
            name=case.name,
            topic=case.topic,
            tier=case.tier,
            level=case.level,
            result=kind,
            seconds=round(seconds, 3),
            proves=case.proves,
            look_at=case.look_at if kind is Result.FAILED else "",
            reason=reason[:LONGEST_REASON],
        )

    if why is not None:
        return result(Result.NOT_APPLICABLE, why)
    if excuse is not None:
        return result(Result.EXCUSED, excuse)
    began = time.perf_counter()
    try:
        await run_system_case(case, make_rig)
    except CaseFailed as failure:
        return result(Result.FAILED, str(failure), time.perf_counter() - began)
    except Exception as error:  # noqa: BLE001  (whatever an adapter raises, the case has failed)
        return result(Result.FAILED, f"{type(error).__name__}: {error}", time.perf_counter() - began)
    return result(Result.PASSED, seconds=time.perf_counter() - began)


def _able(rig: SystemRig) -> dict[str, str | bool | float | None]:
    """What is declared, as plain data."""
    able: Any = getattr(rig, "able", None)
    if not is_dataclass(able):
        return {}
    return {one.name: _plain(getattr(able, one.name)) for one in fields(able)}


def _plain(value: object) -> str | bool | float | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value)))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)


def _promise(rig: SystemRig) -> str:
    if isinstance(rig, ContactRig):
        age = rig.able.cache
        old = f"what it knows may be {age:g} s old" if age else "it is asked each time"
        return f"Beside the handoff, never in its way; {old}."
    if not isinstance(rig, TicketRig):
        return ""
    able = rig.able
    if able.create_at_most_once == "vendor":
        window = able.vendor_window
        known = "" if window is None else f" for {window / 60:g} minutes, and after that by looking it up"
        return f"A ticket whose making was not answered is known to the vendor by its key{known}: never two."
    if able.create_at_most_once == "look_up":
        return "A ticket whose making was not answered is looked up; in doubt a person looks: never two."
    return "A ticket whose making was not answered is doubtful, and a person looks: never two."
