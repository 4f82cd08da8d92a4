"""What the simulator of Dynamics can be told: who calls, and how the environment is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["DynamicsSettings"]


@dataclass(frozen=True, kw_only=True)
class DynamicsSettings(SimulatorSettings):
    """What Dynamics can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.crm4.dynamics.example"
    tenant_id: str = "0f9cbb2a-5f0e-4d0a-9c6f-5b9f0c7a2d11"
    client_id: str = "3c1b9c1e-7d44-4d1c-8a53-90b3c0f1a7e2"
    client_secret: str = "a~client+secret/of-the-simulator"  # noqa: S105 - of a tenant that does not exist
    token_lifetime: float = 3599.0
    """Seconds."""

    access: Literal["member", "stranger", "blocked"] = "member"
    """Whether the environment has an application user for the client, or a policy that blocks it."""
    missing_privileges: tuple[str, ...] = ()
    """What the application user may not do: ``prvReadContact``, ``prvCreateIncident`` and so on."""
    language: int = 1033
    """Of the application user, in which formatted values come: 1033 English, 1032 Greek."""
    sales: bool = True
    """Whether there are opportunities."""
    alternate_keys: bool = True
    """Whether somebody made ``new_handoffid`` of cases and ``accountnumber`` of accounts alternate keys."""

    empty_codes: bool = True
    """Whether errors of conditions have an empty code, as in samples, or the code of the vendor's list."""
    duplicate_key_status: Literal[412, 400] = 412
    """What a create with the id of a row that is there is answered with."""
    plain_resolve: bool = False
    """Whether a case can be resolved without ``CloseIncident``, as in some versions."""
    contact_of_account: bool = True
    """Whether the primary contact of a case of an account must belong to that account."""
    description_length: int = 2000
    """Characters of a case's description."""
    largest_file: int = 5_242_880
    """Bytes of a file in a note."""
    page_size: int = 5000
    """Rows of a page, where nobody asks for fewer."""

    requests_per_window: int | None = 6000
    """Calls of one user within 300 seconds."""
    execution_seconds: float = 1200.0
    """Summed time that calls of one user may take within 300 seconds."""
    seconds_per_call: float = 0.05
    """What a call takes in that sum."""
    concurrent_calls: int = 52
    """Calls of one user at the same moment; see ``Limits.others``."""
