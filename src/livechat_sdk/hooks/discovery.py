"""Finds installed plugins by entry point. Each is loaded alone: one that fails takes nobody along."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from livechat_sdk.errors import PluginError
from livechat_sdk.hooks.markers import ENTRY_POINT_GROUP

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

    from livechat_sdk.hooks.plugin_set import Plugins

__all__ = ["PluginInfo", "discover"]


_LONGEST_REASON = 500

_NAME = re.compile(r"^Name: *(\S+) *$", re.MULTILINE)
_VERSION = re.compile(r"^Version: *(\S+) *$", re.MULTILINE)

_SLOW_IMPORT = 1.0
"""Seconds after which loading a plugin is worth a word: every start of the program waits for it."""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One installed plugin, and what became of loading it.

    ``distribution`` and ``version`` are of the package that brings it, empty when unknown. ``reason``
    says why it is not loaded, or what is odd about it; it is empty for a plugin that is in good order.
    """

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...]
    status: Literal["loaded", "blocked", "not_loaded"]
    reason: str = ""


def discover(hooks: Plugins, *, block: Collection[str] = (), log: bool = True) -> Sequence[PluginInfo]:
    """Load every installed plugin of the entry point group ``livechat_sdk`` into ``hooks``, by name.

    ``block`` holds names of plugins not to load, beside those that ``hooks`` blocks; what is blocked is
    not even imported. Never raises because of a plugin: one that cannot be loaded is logged as an error
    and listed with the reason. Without ``log`` it is only listed, for a caller who shows the list.
    """
    from importlib.metadata import entry_points

    entries = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: (entry.name, entry.value))
    return tuple(_take_in(hooks, entry, frozenset(block) | hooks.blocked, log=log) for entry in entries)


def _take_in(hooks: Plugins, entry: EntryPoint, blocked: Collection[str], *, log: bool) -> PluginInfo:
    distribution, version = _from(entry.dist) if entry.dist else ("", "")
    if entry.name in blocked:
        return PluginInfo(entry.name, distribution, version, (), "blocked", "it is on the block-list")
    started = time.monotonic()
    try:
        hooks.register(_load(entry), entry.name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's module may do anything, exit included
        reason = _reason(error)
        if log:
            where = distribution or "an unknown distribution"
            _log(f"plugin {entry.name!r} of {where} {version} is not loaded: {reason}", error)
        return PluginInfo(entry.name, distribution, version, (), "not_loaded", reason)
    implemented = hooks.plugins()[entry.name]
    if not implemented:
        reason = f"{entry.value} implements no hook"
        if log:
            _log(f"plugin {entry.name!r} of {distribution} {version}: {reason}")
        return PluginInfo(entry.name, distribution, version, (), "loaded", reason)
    seconds = time.monotonic() - started
    if seconds > _SLOW_IMPORT:
        reason = f"it took {seconds:.1f} s to load"
        if log:
            _log(f"plugin {entry.name!r} of {distribution} {version}: {reason}")
        return PluginInfo(entry.name, distribution, version, implemented, "loaded", reason)
    return PluginInfo(entry.name, distribution, version, implemented, "loaded")


def _log(message: str, error: BaseException | None = None) -> None:
    """A warning, or an error with its traceback where the log is asked for details."""
    import logging

    logger = logging.getLogger("livechat_sdk.hooks")
    level = logging.WARNING if error is None else logging.ERROR
    logger.log(level, "%s", message, exc_info=error if logger.isEnabledFor(logging.DEBUG) else None)


def _from(distribution: Distribution) -> tuple[str, str]:
    """Name and version. The standard library parses all that a package says about itself to find them."""
    about = (distribution.read_text("METADATA") or "").partition("\n\n")[0]
    name, version = _NAME.search(about), _VERSION.search(about)
    if name is None or version is None:  # laid out in another way
        return distribution.name, distribution.version
    return name[1], version[1]


def _load(entry: EntryPoint) -> object:
    plugin: object = entry.load()
    if inspect.isclass(plugin):
        return plugin()
    if inspect.isroutine(plugin):
        raise PluginError(entry.name, f"{entry.value} is a function; name a module, a class or an object")
    return plugin


def _reason(error: BaseException) -> str:
    """What went wrong in one line. Unlike in a call, no secret is at hand while a plugin is imported."""
    text = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
