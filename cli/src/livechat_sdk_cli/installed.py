"""The installed plugins, whatever they do while they are loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from livechat_sdk.hooks import PluginInfo, Plugins
    from livechat_sdk.registry import Registry

__all__ = ["InstalledPlugin", "discover_registry", "survey"]

PluginStatus = Literal["loaded", "blocked", "not_loaded", "broken"]
"""What became of a plugin."""

BUILT_IN = "builtin"
"""The name of the plugin that is the SDK itself."""


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """One plugin as ``livechat plugins`` lists it.

    ``broken`` is loaded, but what it answers cannot be used: a program that needs it will not start.
    ``reason`` says why it is not simply ``loaded``.
    """

    name: str
    distribution: str
    version: str
    status: PluginStatus
    reason: str
    hooks: tuple[str, ...]
    integration_types: tuple[str, ...]

    @property
    def in_order(self) -> bool:
        """Whether it does what it was installed for, or was left out on purpose."""
        return self.status in {"loaded", "blocked"}


def discover_registry(block: Sequence[str] = ()) -> Registry:
    """The registry of everything installed.

    What a plugin prints while it is imported goes to standard error, so that it spoils no result.
    Raises ``PluginError`` when plugins contradict each other.
    """
    from livechat_sdk.registry import Registry

    with redirect_stdout(sys.stderr):
        return Registry.discover(block=block, log=False)


def survey() -> list[InstalledPlugin]:
    """Every plugin, the built-in one first. Never raises because of a plugin."""
    from importlib.metadata import version

    from livechat_sdk.hooks import PluginInfo, Plugins, discover
    from livechat_sdk.policies.plugin import BuiltinIntegrationTypes

    hooks = Plugins()
    owners: dict[str, str] = {}
    try:
        with redirect_stdout(sys.stderr):
            hooks.register(BuiltinIntegrationTypes(), BUILT_IN, inline=True)
            own = hooks.plugins().get(BUILT_IN, ())
            built_in = PluginInfo(BUILT_IN, "livechat-sdk", version("livechat-sdk"), own, "loaded")
            found = [built_in, *discover(hooks, log=False)]
            return [_ask(hooks, info, owners) for info in found]
    finally:
        hooks.close()


def _ask(hooks: Plugins, info: PluginInfo, owners: dict[str, str]) -> InstalledPlugin:
    """Ask one plugin for its integration types; ``owners`` remembers who offered which."""
    from livechat_sdk.errors import PluginError

    status: PluginStatus = info.status
    reason, types = info.reason, tuple[str, ...]()
    if status == "loaded":
        try:
            offered = hooks.integration_types(plugin=info.name)
            types = tuple(one.type for one in offered)
            for one in offered:
                _ = one.settings  # loaded where they are used, and here, so that what is broken is listed
        except PluginError as error:
            status, reason = "broken", str(error)
        for name in types:
            if owner := owners.get(name):
                status = "broken"
                reason = (
                    f"it offers {name}, which plugin {owner!r} offers already; block or uninstall one of them"
                )
            else:
                owners[name] = info.name
    return InstalledPlugin(
        name=info.name,
        distribution=info.distribution,
        version=info.version,
        status=status,
        reason=reason,
        hooks=info.hooks,
        integration_types=types,
    )
