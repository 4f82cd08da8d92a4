"""Settings of a simulator, from the mapping that ``make`` is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

__all__ = ["SimulatorSettings"]


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """What every simulator can be told. A vendor's settings are a subclass, with what else it needs."""

    base_url: str = "https://vendor.example"
    """Where callers reach the simulator; the addresses that it gives out begin with it."""
    ca_file: str | None = None
    """Where the certificate lies that callers have to trust, when the simulator is served over TLS."""
    webhook_target: str | None = None
    """Where webhooks are sent to."""
    webhook_path: str = "/webhooks/vendor"
    """What deliveries in process are addressed to."""
    webhook_secret: str | tuple[str, ...] = "a-webhook-secret-of-the-simulator"  # noqa: S105 - of nobody
    """What webhooks are signed with; two during a change, the new one first."""

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """Settings from a mapping. Raises ``ValueError`` for a name that there is not."""
        known = {one.name for one in fields(cls)}
        if unknown := [name for name in settings if name not in known]:
            raise ValueError(
                f"there is no setting {unknown[0]!r} here; there are: {', '.join(sorted(known))}"
            )
        return cls(**settings)

    @property
    def webhook_secrets(self) -> list[str]:
        """The secrets, newest first."""
        given = self.webhook_secret
        return [given] if isinstance(given, str) else list(given)
