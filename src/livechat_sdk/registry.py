"""Installed types in, ready objects out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from livechat_sdk.errors import ConfigurationError

if TYPE_CHECKING:
    from livechat_sdk.hooks import Hooks, PluginInfo, Plugins
    from livechat_sdk.provider.integration import IntegrationType

__all__ = ["Registry"]

T = TypeVar("T", bound="Plugins")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """The plugins that a dispatcher may use, and the integration types that they offer.

    ``Registry.discover()`` finds what is installed. A registry is not tied to a dispatcher: each one
    gets hooks of its own from ``hooks()``, so that tests and tenants do not see each other.
    """

    def __init__(
        self, plugins: Mapping[str, object] | None = None, *, found: Sequence[PluginInfo] = ()
    ) -> None:
        """``plugins`` are plugin objects by name, beside the built-in ones."""
        from livechat_sdk.hooks import Plugins

        self._plugins = dict(plugins or {})
        self.found = tuple(found)
        """What discovery found, loaded or not."""
        self.types: Mapping[str, IntegrationType] = {
            one.type: one for one in self._all_in(Plugins()).integration_types()
        }

    @classmethod
    def discover(cls, *, block: Sequence[str] = (), log: bool = True) -> Self:
        """Load every installed plugin. One that cannot load fails alone: it is logged, and in ``found``."""
        from livechat_sdk.hooks import Plugins, discover

        finder = Plugins()
        found = discover(finder, block=block, log=log)
        return cls(finder.targets(), found=found)

    def hooks(self, *, hook_timeout: float = 2.0) -> Hooks:
        """A fresh hook manager with every plugin of this registry; ``hook_timeout`` is in seconds."""
        from livechat_sdk.hooks import Hooks

        hooks = self._all_in(Hooks(hook_timeout=hook_timeout))
        hooks.check()
        return hooks

    def _all_in(self, plugins: T) -> T:
        """``plugins`` with every plugin of this registry, each checked."""
        from livechat_sdk.policies.plugin import BuiltinIntegrationTypes

        plugins.register(BuiltinIntegrationTypes(), name="builtin", inline=True)
        for name, plugin in self._plugins.items():
            plugins.register(plugin, name=name)
        return plugins

    def build(
        self,
        document: Mapping[str, Any],
        *,
        workspace: str = "default",
        now: Callable[[], datetime] = _utc_now,
    ) -> Any:
        """A ready provider, CRM or ticketing object from one integration document.

        ``document`` has the platform's form (``type``, ``name``, and the type's own settings in
        camelCase or snake_case). Does no I/O. Raises ``ConfigurationError`` with every problem;
        what is only a warning (a short secret, say) is logged.
        """
        import logging

        from livechat_sdk.config.integrations import read_integration
        from livechat_sdk.provider.integration import IntegrationContext

        settings, problems = read_integration(document, types=self.types)
        for problem in problems:
            if problem.severity == "warning":
                logging.getLogger("livechat_sdk.registry").warning("%s", problem)
        if settings is None:
            raise ConfigurationError(problems)
        context = IntegrationContext(name=settings.name, workspace=workspace, now=now)
        return self.types[settings.type].build(context, settings)
