"""Hunts mistakes that were planted into the toys: the first case that fails for each.

``python -m contrib.testing.tests.systems.zoo.hunting`` hunts them all and writes beside this module which
case found which. A later hunt begins with that case, and plays the others only if it passes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from contrib.testing.tests.systems.zoo import bad_contacts, bad_tickets
from contrib.testing.tests.systems.zoo.planted import Planted
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import Level
from livechat_sdk_testing.conformance.systems import run_system_case, system_reasons
from livechat_sdk_testing.conformance.systems.runner import AnyCase, family_of

__all__ = ["BUGS", "hunt", "remembered"]

REMEMBERED = Path(__file__).parent / "found_by.json"
BUGS: Mapping[str, Planted] = {
    f"{kind}.{bug.name}": bug
    for kind, bugs in (("tickets", bad_tickets.BUGS), ("contacts", bad_contacts.BUGS))
    for bug in bugs
}


def remembered() -> Mapping[str, str]:
    """Which case found which mistake when that was written down last."""
    found: dict[str, str] = json.loads(REMEMBERED.read_text()) if REMEMBERED.exists() else {}
    return found


async def hunt(name: str) -> str | None:
    """The first case that finds a mistake, or ``None``."""
    bug = BUGS[name]
    cases = family_of(bug.make_rig(VirtualClock())).cases
    first = cases.get(remembered().get(name, ""))
    if first is not None and await _finds(bug, [first]):
        return first.name
    quick_first = sorted(cases.values(), key=lambda case: case.level is Level.DISPATCHER)
    return await _finds(bug, [case for case in quick_first if case is not first])


async def _finds(bug: Planted, cases: Iterable[AnyCase]) -> str | None:
    listed = list(cases)
    idle = system_reasons(bug.make_rig, listed)
    for case in listed:
        if case.name in idle:
            continue
        try:
            await run_system_case(case, bug.make_rig)
        except Exception:  # noqa: BLE001 - whatever fails, fails
            return case.name
    return None


def main() -> None:
    """Hunt all, and write down what was found by what."""
    found = {name: asyncio.run(hunt(name)) for name in BUGS}
    missed = [name for name, case in found.items() if case is None]
    told = f"{len(found) - len(missed)} of {len(found)} found"
    sys.stdout.write("\n  missed: ".join((told, *missed)) + "\n")
    known = {name: case for name, case in found.items() if case is not None}
    REMEMBERED.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
