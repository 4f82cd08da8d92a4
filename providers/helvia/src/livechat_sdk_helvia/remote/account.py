"""Which manager the remote form speaks to, and with what credentials."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

__all__ = ["RemoteAccount"]


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """The settings of the remote form, complete. Every host is one of them: none is taken for granted."""

    base_url: str
    """Where the manager's paths begin."""
    service_token: SecretStr
    webhook_keys: tuple[SecretStr, ...] = field(repr=False)
    organization: str
    tenant: str | None = None
    """The tenant that requests are opened for, instead of the bot that hands off."""
    core_url: str | None = None
    bot_url: str | None = None
