"""Integration types: how a plugin says what it can build from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from livechat_sdk.errors import PluginError, ProviderError

if TYPE_CHECKING:  # who offers a type does not need pydantic
    from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["Finding", "IntegrationContext", "IntegrationType"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class IntegrationContext:
    """What an integration is given beside its settings: its name, the workspace, the clock."""

    name: str
    workspace: str = "default"
    now: Callable[[], datetime] = _utc_now


SettingsClass: TypeAlias = "type[IntegrationSettings]"
"""A class of integration settings (``type`` is a field's name below)."""

_Kind = Literal["livechat", "crm", "ticketing"]


@dataclass(frozen=True, slots=True, init=False)
class IntegrationType:
    """A type of integration that a plugin offers.

    ``type`` is the platform's name (``HELVIA_LIVECHAT``), ``kind`` what it builds: a ``ChatProvider``,
    or a plugin object with the CRM or ticketing hooks. ``build`` must do no I/O.

    ``settings`` is the class of its settings, or says where it is: ``package.module:Class`` is loaded when it
    is used, so that nobody waits for the settings of types that a file does not have.
    """

    type: str
    kind: _Kind
    build: Callable[[IntegrationContext, Any], object] = field(repr=False)
    summary: str
    _settings: SettingsClass | str = field(repr=False)

    def __init__(
        self,
        type: str,  # noqa: A002 - the platform's own word
        kind: _Kind,
        settings: SettingsClass | str,
        build: Callable[[IntegrationContext, Any], object],
        summary: str = "",
    ) -> None:
        given = {"type": type, "kind": kind, "_settings": settings, "build": build, "summary": summary}
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @property
    def settings(self) -> SettingsClass:
        """The class of its settings; raises ``PluginError`` when the plugin cannot give it."""
        if not isinstance(self._settings, str):
            return self._settings
        from pkgutil import resolve_name

        from livechat_sdk.provider.settings import IntegrationSettings

        try:
            found: object = resolve_name(self._settings)
        except Exception as error:
            why = f"{error.__class__.__name__}: {error}"
            raise PluginError(self.type, f"its settings {self._settings} do not load: {why}") from error
        if not (isinstance(found, type) and issubclass(found, IntegrationSettings)):
            raise PluginError(self.type, f"{self._settings} is no class below IntegrationSettings")
        return found


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of ``livechat doctor``: what was looked at, how it stands, what to do."""

    check: str
    status: Literal["ok", "warning", "error"]
    message: str
    next_step: str = ""
    cause: ProviderError | None = field(default=None, repr=False, compare=False)
    """The error that it tells of; its class decides the exit code of the command."""

    @classmethod
    def failed(cls, check: str, cause: ProviderError, next_step: str = "") -> Self:
        """What ``cause`` kept from being in order."""
        return cls(check, "error", str(cause), next_step, cause)
