"""What the simulator of Zendesk Support can be told: who calls, and how the account is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["ZendeskSupportSettings"]


@dataclass(frozen=True, kw_only=True)
class ZendeskSupportSettings(SimulatorSettings):
    """What Zendesk Support can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.zendesk.example"
    user_name: str = "bot@acme.example"
    """The agent as whom callers act."""
    api_token: str = "an-api-token-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """For HTTP Basic, with ``{user_name}/token``."""
    api_tokens: bool = True
    """Whether API tokens are taken; the vendor takes none from 2027-04-30 on."""
    client_id: str = "acme-bot"
    client_secret: str = "a-client-secret-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """For OAuth."""
    token_lifetime: float = 1800.0
    """Seconds."""
    refresh_tokens: bool = False
    """Whether a token comes with one that renews it. Renewing spends it."""

    search_lag: float = 60.0
    """Seconds until a search sees what is new or changed. What people of support add is there at once."""
    user_search_lag: float = 60.0
    """The same for ``users/search``, which some saw to be quicker."""
    idempotency: bool = True
    """Whether ``Idempotency-Key`` is heard; where it is not, its answer's header is missing."""
    idempotency_seconds: float = 7200.0
    unknown_keys: Literal["warn", "refuse"] = "warn"
    """What happens to keys of a body that Zendesk does not know: it drops them and warns in a header, which
    ``ZendeskSupportSimulator.warnings`` keeps. Refusing is for tests that want none."""
    upload_seconds: float = 3600.0
    """How long an upload waits to be used."""
    private_attachments: bool = False
    """Whether reading an attachment needs credentials."""

    calls_per_minute: int | None = 700
    """Of the whole account, by its plan."""
    updates_per_ticket: int | None = 30
    """Within ten minutes, by one user."""
