"""Which simulators are installed: entry points of the group ``livechat_sdk_simulators``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final, Protocol

from livechat_sdk_simulators.clock import Clock
from livechat_sdk_simulators.simulator import Simulator

__all__ = ["GROUP", "MakeSimulator", "Vendor", "find", "installed"]

GROUP: Final = "livechat_sdk_simulators"
"""The group; the name of an entry is the vendor's name, its value the object."""


class MakeSimulator(Protocol):
    """Makes a simulator from settings: ``base_url``, ``webhook_target`` and so on.

    Raises ``ValueError`` for a setting that does not exist. Without a clock it takes the real one.
    """

    def __call__(self, settings: Mapping[str, Any], clock: Clock | None = None) -> Simulator:
        """Make it."""
        ...


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor that can be simulated."""

    name: str
    title: str
    make: MakeSimulator


def installed() -> dict[str, Callable[[], Vendor]]:
    """The installed vendors by name, in order; call one to load it."""
    found: dict[str, Callable[[], Vendor]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.load)
    return found


def find(name: str) -> Vendor:
    """The vendor with this name. Raises ``LookupError``, which names those that there are."""
    vendors = installed()
    if name not in vendors:
        raise LookupError(f"no simulator of {name!r} is installed; there are: {', '.join(vendors) or 'none'}")
    return vendors[name]()
