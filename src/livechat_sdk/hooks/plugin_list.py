"""The registered plugins of one dispatcher, and who implements what, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pluggy import HookimplOpts, PluginManager, PluginValidationError

from livechat_sdk.errors import PluginError
from livechat_sdk.hooks.checking import check_api, find_implementations
from livechat_sdk.hooks.markers import HOOK_API, PROJECT
from livechat_sdk.hooks.plugins import Implementation, Plugin, default_name
from livechat_sdk.hooks.specs import SPEC_CLASSES

__all__ = ["PluginList"]


class _Manager(PluginManager):
    """Takes a plugin's implementations from the ``Plugin`` that stands for it."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> HookimplOpts | None:
        return (
            plugin.options(name) if isinstance(plugin, Plugin) else super().parse_hookimpl_opts(plugin, name)
        )


class PluginList:
    """Plugins by name. ``blocked`` names are not taken in; each plugin may use so many ``threads``."""

    def __init__(self, blocked: frozenset[str], threads: int) -> None:
        self._blocked = blocked
        self._threads = threads
        self._plugins: dict[str, Plugin] = {}
        self._order: dict[str, Sequence[Implementation]] = {}
        self._manager = _Manager(PROJECT)
        for family in SPEC_CLASSES:
            self._manager.add_hookspecs(family)

    def register(self, plugin: object, name: str | None, *, inline: bool, selectable: bool) -> str | None:
        """Take in a plugin; ``Hooks.register`` says how."""
        name = name or self._free_name(default_name(plugin))
        if name in self._blocked:
            import logging

            logging.getLogger("livechat_sdk.hooks").info("plugin %r is blocked", name)
            return None
        if name in self._plugins:
            raise PluginError(
                name, "another plugin has this name already; register one of them under another"
            )
        for known in self._plugins.values():
            if known.target is plugin:
                raise PluginError(name, f"it is registered already, as {known.name!r}")
        check_api(name, plugin, HOOK_API)
        found = find_implementations(name, plugin)
        entry = Plugin(name, plugin, found, inline=inline, selectable=selectable, threads=self._threads)
        try:
            self._manager.register(entry, name)
        except PluginValidationError as error:
            raise PluginError(name, str(error)) from error
        self._plugins[name] = entry
        self._order.clear()
        return name

    def unregister(self, name: str) -> None:
        """Give up a plugin; raise ``PluginError`` when there is none of this name."""
        entry = self.named(name)
        self._manager.unregister(entry, name)
        del self._plugins[name]
        self._order.clear()
        entry.close()

    def check(self) -> None:
        """Check every plugin once more; raise ``PluginError`` for the first misuse of a hook."""
        for name, entry in self._plugins.items():
            find_implementations(name, entry.target)

    def all(self) -> Mapping[str, Plugin]:
        """The plugins by name, in the order of registration."""
        return self._plugins

    def named(self, name: str) -> Plugin:
        """The plugin of this name; raise ``PluginError`` that lists the names there are."""
        if name in self._plugins:
            return self._plugins[name]
        why = "it is on the block-list" if name in self._blocked else "no plugin of this name is registered"
        raise PluginError(name, f"{why}; registered are: {', '.join(sorted(self._plugins)) or 'none'}")

    def implementing(self, hook: str) -> Sequence[Implementation]:
        """Implementations of a hook in the order in which they are asked, which is pluggy's own."""
        if hook not in self._order:
            ordered: list[Implementation] = []
            for one in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
                entry = self._plugins[one.plugin_name]
                is_async = entry.is_async(one.function)
                ordered.append(Implementation(entry, hook, one.function, tuple(one.argnames), is_async))
            self._order[hook] = tuple(ordered)
        return self._order[hook]

    def implementation_of(self, hook: str, name: str) -> Implementation:
        """One plugin's implementation; raise ``PluginError`` when it has none, or is not there at all."""
        self.named(name)
        able = self.implementing(hook)
        for one in able:
            if one.plugin.name == name:
                return one
        listed = ", ".join(one.plugin.name for one in able) or "none"
        raise PluginError(name, f"it does not implement {hook}; plugins that do: {listed}")

    def _free_name(self, name: str) -> str:
        free, number = name, 2
        while free in self._plugins:
            free, number = f"{name}#{number}", number + 1
        return free
