"""The suite for pytest: one subclass, one test for each case, and a guard against silent overrides.

::

    class TestAcme(ProviderConformance):
        def make_rig(self, clock: VirtualClock) -> Rig:
            return AcmeRig(clock)

A case that the provider cannot pass is excused by name and reason, here or in the rig; nothing else leaves
a case out::

        excuses = (excused("histories.transcript_of_1000", reason="Acme keeps the last 500 lines"),)
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

import pytest

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import CASES, Case, Excuse
from livechat_sdk_testing.conformance.cases import load
from livechat_sdk_testing.conformance.rig import MakeRig, Rig
from livechat_sdk_testing.conformance.runner import reasons, run_case

__all__ = ["ProviderConformance", "conformance_suite", "silent_overrides"]


_LEAVE_OUT: Final = frozenset({"skip", "skipif", "xfail"})


class ProviderConformance:
    """Base of a test class that proves one provider. Override ``make_rig``, and nothing else."""

    excuses: ClassVar[Sequence[Excuse]] = ()
    """Cases that this provider does not have to pass, each with its reason."""

    def make_rig(self, clock: VirtualClock) -> Rig:
        """A fresh rig on the clock of one case."""
        raise NotImplementedError(f"{type(self).__name__} has to say how its provider is set up: make_rig")

    def test_no_case_is_overridden_in_silence(self) -> None:
        """The guard: what is redefined or skipped needs an excuse."""
        wrong = silent_overrides(type(self))
        if wrong:
            pytest.fail(
                "these cases are redefined or left out without excused(case, reason=...): " + "; ".join(wrong)
            )


_LEFT_OUT: Final[dict[str, Mapping[str, str]]] = {}
"""By suite, what is found once for all its cases."""


def _left_out(suite: ProviderConformance) -> Mapping[str, str]:
    """Why cases are left out, by their names: they do not apply, or are excused."""
    name = f"{type(suite).__module__}.{type(suite).__qualname__}.{id(type(suite))}"
    if name not in _LEFT_OUT:
        found = reasons(suite.make_rig, CASES.values())
        for excuse in (*suite.excuses, *suite.make_rig(VirtualClock()).excuses):
            found[excuse.case] = f"excused: {excuse.reason}"
        _LEFT_OUT[name] = found
    return _LEFT_OUT[name]


def _test_of(case: Case) -> Callable[[Any], Awaitable[None]]:
    async def test(self: ProviderConformance) -> None:
        if (why := _left_out(self).get(case.name)) is not None:
            pytest.skip(why)
        await run_case(case, self.make_rig)

    test.__name__ = case.method
    test.__qualname__ = f"ProviderConformance.{case.method}"
    test.__doc__ = f"{case.proves}\n\nIf this fails, look at: {case.look_at}."
    return pytest.mark.asyncio(test)


def _add_cases() -> None:
    load()
    for case in CASES.values():
        setattr(ProviderConformance, case.method, _test_of(case))


_add_cases()


def silent_overrides(suite: type[ProviderConformance]) -> list[str]:
    """What a suite leaves out or replaces without an excuse."""
    allowed = {excuse.case for excuse in suite.excuses}
    by_method = {case.method: case.name for case in CASES.values()}
    wrong: list[str] = []
    for name, base in inspect.getmembers_static(ProviderConformance):
        if not name.startswith("test_"):
            continue
        found = inspect.getattr_static(suite, name, None)
        if found is not base and by_method.get(name) not in allowed:
            wrong.append(f"{by_method.get(name, name)} is redefined")
    for owner in suite.__mro__:
        marks: object = vars(owner).get("pytestmark", ())
        listed = cast("list[object]", marks) if isinstance(marks, list) else [marks]
        names = [str(getattr(mark, "name", "")) for mark in listed]
        wrong += [f"{owner.__name__} is marked with {name}" for name in names if name in _LEAVE_OUT]
    return wrong


def conformance_suite(
    make_rig: MakeRig, *, name: str = "TestConformance", excuses: Sequence[Excuse] = ()
) -> type[ProviderConformance]:
    """Make the same class by a call: ``AcmeRig`` in, a test class out."""

    def rig(_: ProviderConformance, clock: VirtualClock) -> Rig:
        return make_rig(clock)

    return type(name, (ProviderConformance,), {"make_rig": rig, "excuses": tuple(excuses)})
