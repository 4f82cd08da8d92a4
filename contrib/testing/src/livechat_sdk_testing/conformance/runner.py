"""Runs cases: one by one for pytest, or all of them for a certificate. Needs no pytest."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Final

from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import CASES, Case, CaseFailed, Excuse
from livechat_sdk_testing.conformance.certificate import CaseResult, Certificate, Result, tier_of
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.listening import Ears
from livechat_sdk_testing.conformance.rig import MakeRig, Rig
from livechat_sdk_testing.hostile.outage import longest_outage

__all__ = [
    "CASE_LIMIT",
    "LONGEST_REASON",
    "Progress",
    "certify",
    "distribution_of",
    "excuse_for",
    "excused",
    "quick_folder",
    "reasons",
    "run_case",
    "why_not",
]

CASE_LIMIT: Final = 20.0
"""Longest time in seconds that one case may take."""

_SHORTEST_REASON: Final = 15
LONGEST_REASON: Final = 1500
"""Characters of a reason in a certificate."""

Progress = Callable[[CaseResult], None]
"""Told of each case when it is over."""


def excused(case: str, *, reason: str) -> Excuse:
    """Leave a case out. The reason stands in the certificate.

    Raises ``ValueError`` for a case that does not exist and for a reason that says nothing.
    """
    return excuse_for(case, reason, known=all_cases())


def excuse_for(case: str, reason: str, *, known: Container[str]) -> Excuse:
    """The excuse for a case that is ``known``. Raises ``ValueError`` as ``excused`` does."""
    if case not in known:
        raise ValueError(f"there is no case {case!r}")
    if len(reason.strip()) < _SHORTEST_REASON:
        raise ValueError(f"an excuse for {case} says in a sentence why the provider cannot do better")
    return Excuse(case, reason.strip())


def all_cases() -> Mapping[str, Case]:
    """Every case by its name."""
    from livechat_sdk_testing.conformance import cases

    cases.load()
    return CASES


def why_not(case: Case, make_rig: MakeRig) -> str | None:
    """Why a case does not apply to a provider; ``None`` if it does."""
    return reasons(make_rig, [case]).get(case.name)


def reasons(make_rig: MakeRig, cases: Iterable[Case]) -> dict[str, str]:
    """Why cases do not apply to a provider, by their names; the rest does."""
    rig = make_rig(VirtualClock())
    able = _able(rig)
    if able is None:
        return {}
    return {case.name: why for case in cases if (why := case.missing(able, rig)) is not None}


def _able(rig: Rig) -> Capabilities | None:
    """What the provider declares; ``None`` if it cannot be built, which is for the cases to find."""
    with contextlib.suppress(Exception):
        provider: AnyProvider = Registry({"conformance": rig.plugin}).build(rig.settings, now=rig.clock.now)
        return provider.capabilities
    return None


async def run_case(case: Case, make_rig: MakeRig) -> None:
    """Run one case on a fresh rig. Raises ``CaseFailed``, or whatever the provider raised."""
    ears = Ears()
    with tempfile.TemporaryDirectory(prefix="conformance-", dir=quick_folder()) as folder, ears.listening():
        rig = make_rig(VirtualClock())
        place = Path(folder)
        try:
            async with asyncio.timeout(CASE_LIMIT):
                if case.on_provider is not None:
                    await _on_provider(case, Bench(rig, place, ears), case.on_provider)
                elif case.in_conversation is not None:
                    livechat = dict(case.livechat)
                    chain = bool(livechat.pop("chain", False))
                    talk = Conversation(rig, place, ears, livechat, chain=chain)
                    await _in_conversation(case, talk, case.in_conversation)
        except TimeoutError as error:
            raise CaseFailed(
                f"not over after {CASE_LIMIT:g} seconds, or a time-out that nobody caught"
            ) from error


async def _on_provider(case: Case, bench: Bench, run: Callable[[Bench], Awaitable[None]]) -> None:
    _must_be_playable(case, bench.able, bench.rig)
    async with bench.running():
        await run(bench)


async def _in_conversation(
    case: Case, talk: Conversation, run: Callable[[Conversation], Awaitable[None]]
) -> None:
    async with talk.running():
        _must_be_playable(case, talk.able, talk.rig)
        await run(talk)


def _must_be_playable(case: Case, able: Capabilities, rig: Rig) -> None:
    if (missing := case.unproved(able, rig)) is not None:
        raise CaseFailed(missing)


def quick_folder() -> str | None:
    """A folder in memory, where there is one: the ledger waits for the disk at each commit."""
    memory = Path("/dev/shm")  # noqa: S108  (only where it is, and for what nobody keeps)
    return str(memory) if memory.is_dir() else None


async def certify(
    make_rig: MakeRig,
    *,
    excuses: Iterable[Excuse] = (),
    distribution: tuple[str, str] | None = None,
    cases: Sequence[Case] | None = None,
    progress: Progress | None = None,
) -> Certificate:
    """Run all cases (or some) and say what the provider has proved. No case raises anything here.

    ``excuses`` come beside those of the rig. ``distribution`` is the name and version of what brings the
    provider, where they are known; else they are looked up. Raises ``ValueError`` for an excuse that names no
    case.
    """
    rig = make_rig(VirtualClock())
    given = {one.case: one.reason for one in (*rig.excuses, *excuses)}
    if strange := set(given) - set(all_cases()):
        raise ValueError(f"excuses for cases that do not exist: {', '.join(sorted(strange))}")
    chosen = list(all_cases().values()) if cases is None else cases
    missing = reasons(make_rig, chosen)
    results: list[CaseResult] = []
    for case in chosen:
        result = await _run(case, make_rig, missing.get(case.name), given.get(case.name))
        results.append(result)
        if progress is not None:
            progress(result)
    provider = Registry({"conformance": rig.plugin}).build(rig.settings, now=rig.clock.now)
    name, number = distribution or distribution_of(type(provider).__module__)
    return Certificate(
        provider=f"{provider.type}.{rig.form}" if rig.form else provider.type,
        distribution=name,
        version=number,
        kit_version=version("livechat-sdk-testing"),
        capabilities=provider.capabilities,
        over=rig.over,
        tier=tier_of(tuple(results)),
        outage=longest_outage(provider.capabilities).sentence,
        excused=sum(one.result is Result.EXCUSED for one in results),
        cases=tuple(results),
    )


async def _run(case: Case, make_rig: MakeRig, why: str | None, excuse: str | None) -> CaseResult:
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
        await run_case(case, make_rig)
    except CaseFailed as failure:
        return result(Result.FAILED, str(failure), time.perf_counter() - began)
    except Exception as error:  # noqa: BLE001  (whatever a provider raises, the case has failed)
        return result(Result.FAILED, f"{type(error).__name__}: {error}", time.perf_counter() - began)
    return result(Result.PASSED, seconds=time.perf_counter() - began)


def distribution_of(module: str) -> tuple[str, str]:
    """The distribution that brings a provider's module, and its version."""
    package = module.partition(".")[0]
    # An editable installation does not list its packages: then the usual name is tried.
    for name in (*packages_distributions().get(package, ()), package.replace("_", "-")):
        with contextlib.suppress(PackageNotFoundError):
            return name, version(name)
    return package, ""
