"""What the simulator of Freshdesk can be told: who calls, and how the account is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["FreshdeskSettings"]


@dataclass(frozen=True, kw_only=True)
class FreshdeskSettings(SimulatorSettings):
    """What Freshdesk can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.freshdesk.example"
    api_key: str = "an-api-key-of-the-simulator"
    """The user name of HTTP Basic; the password may be anything."""
    agent_name: str = "Livechat Bot"
    agent_email: str = "bot@acme.example"
    """The agent whose key it is, as whom callers act."""
    deactivated: bool = False
    """Whether that agent was deactivated: then the key is as good as none."""
    forbidden: tuple[str, ...] = ()
    """Operations that the agent's role does not allow: ``comment``, ``fields`` and so on."""

    search_lag: float = 180.0
    """Seconds until a search sees what is new or changed. The vendor speaks of minutes. What people of
    support add is there at once."""
    key_field: str = "cf_handoff"
    """The custom field whose value the people of support know a ticket by, beside its number."""
    required_fields: tuple[str, ...] = ()
    """Fields that tickets need besides, by the account's settings: ``product_id``, ``cf_topic``, …"""
    custom_fields_on_update: Literal["replace", "merge"] = "replace"
    """What ``custom_fields`` of an update do to those that it does not name."""
    external_id_as_requester: bool = True
    """Whether ``unique_external_id`` alone names a requester when a ticket is made."""
    attachments_limit: int = 20_000_000
    """Bytes of all files of a ticket or a comment together."""

    calls_per_minute: int | None = 200
    """Of the whole account, by its plan. Refused calls count, too."""
    creates_per_minute: int | None = 80
    """Tickets that are made."""
    updates_per_minute: int | None = 80
    """Tickets that are changed."""
    lists_per_minute: int | None = 20
    """Lists of tickets."""
