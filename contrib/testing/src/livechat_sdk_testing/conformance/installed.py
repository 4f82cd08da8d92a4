"""Installed adapters and their rigs: entry points of the group ``livechat_sdk_conformance``.

The name of an entry is the integration type (or ``TYPE.form``, see ``Rig.form``), its value a function of a
clock that makes a rig. It lies in a module that may import this kit, and that nothing else imports.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livechat_sdk.errors import PluginError
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.certificate import AnyCertificate, CaseResult
from livechat_sdk_testing.conformance.rig import MakeRig, Rig
from livechat_sdk_testing.conformance.runner import certify
from livechat_sdk_testing.conformance.systems.rig import SystemRig
from livechat_sdk_testing.conformance.systems.runner import certify_system

__all__ = ["GROUP", "certify_installed", "installed_rigs", "load_rig"]

GROUP: Final = "livechat_sdk_conformance"

_AT_ONCE: Final = 2
_OURS: Final = "livechat-sdk-testing"

MakeAnyRig = Callable[[VirtualClock], Rig | SystemRig]
"""Makes the rig of a live-chat provider, a ticket system or a CRM."""


def installed_rigs() -> Mapping[str, EntryPoint]:
    """Entry points by integration type, in order."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        found.setdefault(entry.name, entry)
    return found


def load_rig(entry: EntryPoint) -> MakeAnyRig:
    """The function that an entry names. Raises ``PluginError`` when it cannot be loaded."""
    try:
        found: object = entry.load()
    except Exception as error:
        raise PluginError(entry.name, f"its rig {entry.value} cannot be loaded: {error}") from error
    if not callable(found):
        raise PluginError(entry.name, f"its rig {entry.value} is no function of a clock")
    return cast("MakeAnyRig", found)


def _certify(name: str, progress: Callable[[CaseResult], None] | None = None) -> AnyCertificate:
    entry = installed_rigs()[name]
    # The rigs of what is built into the SDK come with this kit.
    known = None if entry.dist is None or entry.dist.name == _OURS else (entry.dist.name, entry.dist.version)
    make = load_rig(entry)
    if isinstance(make(VirtualClock()), SystemRig):
        make_system = cast("Callable[[VirtualClock], SystemRig]", make)
        return asyncio.run(certify_system(make_system, distribution=known, progress=progress))
    return asyncio.run(certify(cast("MakeRig", make), distribution=known, progress=progress))


def certify_installed(
    types: Sequence[str], *, progress: Callable[[CaseResult], None] | None = None
) -> Iterator[AnyCertificate]:
    """Certify installed types, several side by side in processes of their own, as they come.

    ``progress`` is told of cases when there is one type only. Raises ``KeyError`` for a type without a rig
    and ``PluginError`` for a rig that cannot be loaded.
    """
    if len(types) <= 1:
        for name in types:
            yield _certify(name, progress)
        return
    # A fresh process for each: clients, loggers and the transport of a simulator belong to a process.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_AT_ONCE, mp_context=context) as pool:
        for done in as_completed([pool.submit(_certify, name) for name in types]):
            yield done.result()
