"""What the simulator of Salesforce can be told: who calls, and how the org is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["SalesforceSettings"]


@dataclass(frozen=True, kw_only=True)
class SalesforceSettings(SimulatorSettings):
    """What Salesforce can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.my.salesforce.example"
    """My Domain, and ``instance_url`` of the tokens."""
    client_id: str = "3MVG9-a-consumer-key-of-the-simulator"
    client_secret: str = "A-CONSUMER-SECRET-OF-THE-SIMULATOR"  # noqa: S105 - of an org that does not exist
    run_as_user: bool = True
    """Whether the app has the user as whom client credentials act."""
    session_seconds: float = 7200.0
    """How long a token is good."""
    session_refused: bool = False
    """Whether tokens are given out that no call accepts, since the user may not use the API or calls from a
    wrong address. The error is that of an old token, and a new one does not help."""

    newest_version: int = 67
    """Of the API; older ones are there too."""
    external_id_field: str = "Handoff_Id__c"
    """The field of cases for the caller's own ids. Support people know a case by it too."""
    external_id: Literal["unique", "plain", "none"] = "unique"
    """What that field is: external id and unique, external id only, or just a text."""
    dots_in_external_ids: bool = False
    """Whether an external id with a dot can stand in an address; in the wild it was answered 404."""
    restricted_picklists: bool = True
    """Whether values outside a list are refused."""
    required_fields: tuple[str, ...] = ()
    """Fields of cases that the org wants besides."""
    hidden_fields: tuple[str, ...] = ()
    """What the user cannot see: ``Case.Topic__c``."""
    forbidden: tuple[str, ...] = ()
    """What the user may not do: ``create Case``, ``read Contact``, ``update Case``, ``delete Case``."""
    assignment_rule: bool = True
    """Whether there is an active rule, which gives new cases to a queue."""
    auto_assign: bool = True
    """Whether the rule is run for callers who do not say it (``Sforce-Auto-Assign``)."""
    comment_notifications: bool = False
    """Whether contacts are written to about published comments."""
    description_length: int = 32_000
    """Characters of a case's description."""
    comments_in_bytes: bool = True
    """Whether the 4,000 of a case comment are bytes, of which many letters need two, or characters."""
    largest_file: int = 37_500_000
    """Bytes of a file."""

    daily_requests: int | None = 15_000
    """Calls of the whole org within 24 hours."""
