"""The suites for pytest: one subclass, one test for each case, and a guard against silent overrides.

::

    class TestAcmeTickets(TicketingConformance):
        def make_rig(self, clock: VirtualClock) -> TicketRig:
            return AcmeTicketRig(clock)

A case that the adapter cannot pass is excused by name and reason, here or in the rig (``excused_of``).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

import pytest

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import Excuse
from livechat_sdk_testing.conformance.systems.case import Family, SystemCase
from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS
from livechat_sdk_testing.conformance.systems.contacts_rig import ContactRig
from livechat_sdk_testing.conformance.systems.runner import run_system_case, system_reasons
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING
from livechat_sdk_testing.conformance.systems.tickets_rig import TicketRig

__all__ = ["ContactConformance", "TicketingConformance"]

_LEAVE_OUT: Final = frozenset({"skip", "skipif", "xfail"})


class _Suite:
    """What both suites have."""

    family: ClassVar[Family[Any, Any, Any]]
    excuses: ClassVar[Sequence[Excuse]] = ()
    """Cases that this adapter does not have to pass, each with its reason."""

    def make_rig(self, clock: VirtualClock) -> Any:
        """A fresh rig on the clock of one case."""
        raise NotImplementedError(f"{type(self).__name__} has to say how its adapter is set up: make_rig")

    def test_no_case_is_overridden_in_silence(self) -> None:
        """The guard: what is redefined or skipped needs an excuse."""
        wrong = _silent_overrides(type(self))
        if wrong:
            pytest.fail("these cases are redefined or left out without an excuse: " + "; ".join(wrong))


class TicketingConformance(_Suite):
    """Base of a test class that proves one ticket system. Override ``make_rig``, and nothing else."""

    family = TICKETING

    def make_rig(self, clock: VirtualClock) -> TicketRig:
        """A fresh rig on the clock of one case."""
        raise NotImplementedError(f"{type(self).__name__} has to say how its adapter is set up: make_rig")


class ContactConformance(_Suite):
    """Base of a test class that proves one CRM. Override ``make_rig``, and nothing else."""

    family = CONTACTS

    def make_rig(self, clock: VirtualClock) -> ContactRig:
        """A fresh rig on the clock of one case."""
        raise NotImplementedError(f"{type(self).__name__} has to say how its adapter is set up: make_rig")


_LEFT_OUT: Final[dict[int, tuple[type, Mapping[str, str]]]] = {}


def _left_out(suite: _Suite) -> Mapping[str, str]:
    """Why cases are left out, by their names, found once for each suite."""
    kind = type(suite)
    if id(kind) not in _LEFT_OUT:
        found = system_reasons(suite.make_rig, kind.family.cases.values())
        for excuse in (*suite.excuses, *suite.make_rig(VirtualClock()).excuses):
            found[excuse.case] = f"excused: {excuse.reason}"
        _LEFT_OUT[id(kind)] = (kind, found)
    return _LEFT_OUT[id(kind)][1]


def _test_of(case: SystemCase[Any, Any, Any]) -> Callable[[Any], Awaitable[None]]:
    async def test(self: _Suite) -> None:
        if (why := _left_out(self).get(case.name)) is not None:
            pytest.skip(why)
        await run_system_case(case, self.make_rig)

    test.__name__ = case.method
    test.__qualname__ = f"Conformance.{case.method}"
    test.__doc__ = f"{case.proves}\n\nIf this fails, look at: {case.look_at}."
    return pytest.mark.asyncio(test)


def _add_cases() -> None:
    for suite in (TicketingConformance, ContactConformance):
        for case in suite.family.cases.values():
            setattr(suite, case.method, _test_of(case))


_add_cases()


def _silent_overrides(suite: type[_Suite]) -> list[str]:
    """What a suite leaves out or replaces without an excuse."""
    allowed = {excuse.case for excuse in suite.excuses}
    base = TicketingConformance if issubclass(suite, TicketingConformance) else ContactConformance
    by_method = {case.method: case.name for case in suite.family.cases.values()}
    wrong: list[str] = []
    for name, given in inspect.getmembers_static(base):
        if not name.startswith("test_"):
            continue
        if inspect.getattr_static(suite, name, None) is not given and by_method.get(name) not in allowed:
            wrong.append(f"{by_method.get(name, name)} is redefined")
    for owner in suite.__mro__:
        marks: object = vars(owner).get("pytestmark", ())
        listed = cast("list[object]", marks) if isinstance(marks, list) else [marks]
        names = [str(getattr(mark, "name", "")) for mark in listed]
        wrong += [f"{owner.__name__} is marked with {name}" for name in names if name in _LEAVE_OUT]
    return wrong
