"""Installed types in, ready objects out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from livechat_sdk.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from pydantic import ValidationError

    from livechat_sdk.hooks import Hooks, PluginInfo
    from livechat_sdk.provider.integration import IntegrationType

__all__ = ["Registry"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _unknown_type(name: str, wanted: str, known: Sequence[str]) -> Problem:
    listed = ", ".join(sorted(known))
    message = f"integration {name!r} has the unknown type {wanted!r}; installed are: {listed}"
    return Problem(code="LC401", message=message, path=f"integrations.{name}.type")


def _problems(name: str, error: ValidationError) -> list[Problem]:
    # Without their input: a settings document holds secrets.
    return [
        Problem(
            code="LC402",
            message=f"integration {name!r}: {one['msg']}",
            path=".".join(("integrations", name, *(str(part) for part in one["loc"]))),
        )
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]


class Registry:
    """The plugins that a dispatcher may use, and the integration types that they offer.

    ``Registry.discover()`` finds what is installed. A registry is not tied to a dispatcher: each one
    gets hooks of its own from ``hooks()``, so that tests and tenants do not see each other.
    """

    def __init__(
        self, plugins: Mapping[str, object] | None = None, *, found: Sequence[PluginInfo] = ()
    ) -> None:
        """``plugins`` are plugin objects by name, beside the built-in ones."""
        self._plugins = dict(plugins or {})
        self.found = tuple(found)
        """What discovery found, loaded or not."""
        self.types: Mapping[str, IntegrationType] = {
            one.type: one for one in self.hooks().integration_types()
        }

    @classmethod
    def discover(cls, *, block: Sequence[str] = ()) -> Self:
        """Load every installed plugin. One that cannot load fails alone: see ``found``."""
        from livechat_sdk.hooks import Hooks, discover

        finder = Hooks()
        found = discover(finder, block=block)
        return cls(finder.targets(), found=found)

    def hooks(self, *, hook_timeout: float = 2.0) -> Hooks:
        """A fresh hook manager with every plugin of this registry; ``hook_timeout`` is in seconds."""
        from livechat_sdk.hooks import Hooks
        from livechat_sdk.policies.plugin import BuiltinIntegrationTypes

        hooks = Hooks(hook_timeout=hook_timeout)
        hooks.register(BuiltinIntegrationTypes(), name="builtin", inline=True)
        for name, plugin in self._plugins.items():
            hooks.register(plugin, name=name)
        hooks.check()
        return hooks

    def build(
        self,
        document: Mapping[str, Any],
        *,
        workspace: str = "default",
        now: Callable[[], datetime] = _utc_now,
    ) -> Any:
        """A ready provider, CRM or ticketing object from one integration document.

        ``document`` has the platform's form (``type``, ``name``, and the type's own settings in
        camelCase or snake_case). Does no I/O. Raises ``ConfigurationError`` with every problem.
        """
        from pydantic import ValidationError

        from livechat_sdk.provider.integration import IntegrationContext

        name = str(document.get("name", ""))
        wanted = str(document.get("type", ""))
        offered = self.types.get(wanted)
        if offered is None:
            raise ConfigurationError([_unknown_type(name, wanted, tuple(self.types))])
        try:
            settings = offered.settings.model_validate(dict(document))
        except ValidationError as error:
            raise ConfigurationError(_problems(name, error)) from None
        context = IntegrationContext(name=settings.name, workspace=workspace, now=now)
        return offered.build(context, settings)
