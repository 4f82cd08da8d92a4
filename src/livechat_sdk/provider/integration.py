"""Integration types: how a plugin says what it can build from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

from livechat_sdk.errors import ProviderError
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


SettingsClass = type[IntegrationSettings]
"""A class of integration settings (``type`` is a field's name below)."""


@dataclass(frozen=True, slots=True)
class IntegrationType:
    """A type of integration that a plugin offers.

    ``type`` is the platform's name (``HELVIA_LIVECHAT``), ``kind`` what it builds: a ``ChatProvider``,
    or a plugin object with the CRM or ticketing hooks. ``build`` must do no I/O.
    """

    type: str
    kind: Literal["livechat", "crm", "ticketing"]
    settings: SettingsClass
    build: Callable[[IntegrationContext, Any], object] = field(repr=False)
    summary: str = ""


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
