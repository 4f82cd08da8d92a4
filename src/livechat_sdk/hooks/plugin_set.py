"""``Plugins``: what is registered, and what it can build. Loads nothing that only calling a hook needs.

Whoever checks settings or lists plugins needs no event loop, no thread and no handoff.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from livechat_sdk.hooks.plugin_list import PluginList
from livechat_sdk.hooks.registration import collect_types
from livechat_sdk.provider.integration import IntegrationType

__all__ = ["BLOCK_VARIABLE", "Plugins"]

BLOCK_VARIABLE: Final = "LIVECHAT_BLOCK_PLUGINS"
"""Environment variable: names of plugins that are not to be used, with commas between them."""


class Plugins:
    """Plugins by name, each checked when it is taken in.

    ``block`` holds names of plugins that are not to be used, beside those in the environment variable
    ``LIVECHAT_BLOCK_PLUGINS``; ``threads`` is the number of threads that the ``def`` implementations of one
    plugin may use.
    """

    def __init__(self, *, block: Iterable[str] = (), threads: int = 4) -> None:
        from_environment = (name.strip() for name in os.environ.get(BLOCK_VARIABLE, "").split(","))
        self.blocked = frozenset({*block, *(name for name in from_environment if name)})
        """Names of plugins that are not used."""
        self._plugins = PluginList(self.blocked, threads)

    def register(
        self, plugin: object, name: str | None = None, *, inline: bool = False, selectable: bool = False
    ) -> str | None:
        """Take in a module or object with implementations; returns its name, ``None`` when it is blocked.

        ``inline`` runs ``def`` implementations on the event loop: only for the SDK's own policies, which do
        no I/O. A ``selectable`` plugin (an integration from the settings) is asked for contacts only when
        it is named. Without a name, a module has its own and an object that of its class.

        Raises ``PluginError``, and takes nothing in, when the plugin needs another hook API, misuses a
        hook, is registered already, or when the name is taken.
        """
        return self._plugins.register(plugin, name, inline=inline, selectable=selectable)

    def unregister(self, name: str) -> None:
        """Ask a plugin no more; raise ``PluginError`` when there is none of this name. Its counts stay."""
        self._plugins.unregister(name)

    def check(self) -> None:
        """Look at every registered plugin once more; raise ``PluginError`` for the first misuse of a hook."""
        self._plugins.check()

    def plugins(self) -> Mapping[str, tuple[str, ...]]:
        """The hooks that each registered plugin implements, in the order of registration."""
        return {name: entry.hooks for name, entry in self._plugins.all().items()}

    def targets(self) -> dict[str, object]:
        """The registered modules and objects themselves, by name."""
        return {name: entry.target for name, entry in self._plugins.all().items()}

    def stuck(self) -> list[str]:
        """Names of the plugins that are skipped because their earlier calls hang."""
        return sorted(name for name, entry in self._plugins.all().items() if entry.is_stuck())

    def close(self) -> None:
        """Let the plugins' threads end and cancel what was abandoned. Hooks can be called afterwards."""
        for entry in self._plugins.all().values():
            entry.close()

    def integration_types(self, *, plugin: str | None = None) -> Sequence[IntegrationType]:
        """``livechat_integration_types``: what the plugins, or only the one named ``plugin``, can build.

        Raises ``PluginError`` when a plugin fails or answers with something else, and naming both when two
        plugins offer the same type.
        """
        if plugin is not None:
            self._plugins.named(plugin)
        asked = self._plugins.implementing("livechat_integration_types")
        return collect_types([one for one in asked if plugin in {None, one.plugin.name}])
