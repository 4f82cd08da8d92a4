"""What the simulator of ServiceNow can be told: who calls, and how the instance is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["ServiceNowSettings"]


@dataclass(frozen=True, kw_only=True)
class ServiceNowSettings(SimulatorSettings):
    """What ServiceNow can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.service-now.example"
    user_name: str = "livechat.bot"
    """The user as whom callers act, also those with an API key or a token."""
    password: str = "a-password-of-the-simulator"  # noqa: S105 - of an instance that does not exist
    basic: bool = True
    """Whether user name and password are taken; not where the account has to use several factors."""
    api_key: str | None = None
    """What ``x-sn-apikey`` has to hold, where API keys are set up."""
    client_id: str = "0f3c6d1e9b7a4c52a1d8e4b76c90f215"
    client_secret: str = "a-client-secret-of-the-simulator"  # noqa: S105 - of an instance that does not exist
    """For OAuth."""
    grants: tuple[str, ...] = ("client_credentials", "password", "refresh_token")
    """The grants that are switched on."""
    token_lifetime: float = 1799.0
    """Seconds."""

    missing_rights: tuple[str, ...] = ()
    """What the user may not do: ``api``, ``create incident``, ``write incident``, ``read sys_user``, or of
    one column ``read incident.work_notes`` and ``write incident.work_notes``."""
    mandatory: tuple[str, ...] = ("short_description",)
    """What a new ticket must have, by policy."""
    unique_correlation: bool = False
    """Whether somebody made ``correlation_id`` of tickets a unique index."""
    state_policies: bool = True
    """Whether resolving, closing and waiting for the caller demand what the vendor's state model says."""
    closed_read_only: bool = True
    """Whether a closed or cancelled ticket cannot be changed any more."""
    invalid_queries: Literal["dropped", "no_rows"] = "dropped"
    """What becomes of a query of which a condition is not understood: that condition is dropped without a
    word, so that more is found, or nothing is found. ``ServiceNowSimulator.ignored`` keeps the condition."""
    unknown_columns: Literal["ignore", "refuse"] = "ignore"
    """What happens to columns of a body that the table does not have: they are ignored without a word, and
    ``ServiceNowSimulator.ignored`` keeps them. Refusing is for tests that want none."""
    utc_offset_hours: float = -8.0
    """The time zone of the user, in which display values of times come. Values are in UTC."""
    cases: bool = True
    """Whether there is Customer Service Management, with its cases."""

    page_size: int = 10_000
    """Rows of an answer, where nobody asks for fewer."""
    largest_file: int = 25_000_000
    """Bytes of an attachment."""
    calls_per_hour: int | None = None
    """Of the user, where an administrator made such a rule. Hours are those of the clock."""
