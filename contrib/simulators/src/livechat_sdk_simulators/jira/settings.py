"""What the simulator of Jira Service Management can be told: who calls, and how the site is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["JiraSettings"]


@dataclass(frozen=True, kw_only=True)
class JiraSettings(SimulatorSettings):
    """What Jira can be told. What the vendor leaves open is a setting, too."""

    base_url: str = "https://acme.atlassian.example"
    """The site."""
    user_name: str = "bot@acme.example"
    """The e-mail address of the account as whom callers act."""
    token: str = "an-api-token-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """Without scopes: for the site alone."""
    scoped_token: str = "a-scoped-token-of-the-simulator"  # noqa: S105 - of an account that does not exist
    """With ``scopes``: for ``/ex/jira/{cloud_id}`` alone. Also taken as a bearer token."""
    scopes: tuple[str, ...] = (
        "read:jira-user",
        "read:jira-work",
        "write:jira-work",
        "read:servicedesk-request",
        "write:servicedesk-request",
        "manage:servicedesk-customer",
    )
    scoped: bool = False
    """Whether ``integration`` gives out the scoped token and its address."""
    cloud_id: str = "11223344-a1b2-4c3d-9e8f-5a6b7c8d9e0f"

    role: Literal["agent", "customer"] = "agent"
    """What the account is: a customer cannot write internally, nor raise requests on behalf of others."""
    missing_rights: tuple[str, ...] = ()
    """What the account may not do: ``administer`` (make customers), ``create``, ``comment``, ``edit``,
    ``attach``, ``transition``, ``browse_users``."""
    form: tuple[str, ...] = (
        "description",
        "priority",
        "labels",
        "customfield_10050",
        "customfield_10051",
        "customfield_10052",
    )
    """The fields of the request type 25 beside the summary: what a form lacks is refused."""
    opt_in: bool = True
    """Whether customers and organizations of a desk are listed only for ``X-ExperimentalApi: opt-in``."""
    error_shapes: Literal["mixed", "native", "platform"] = "mixed"
    """How ``/rest/servicedeskapi`` tells errors: some in its own shape and others in that of the platform, or
    all in the same one."""

    search_lag: float = 10.0
    """Seconds until a search sees what is new or changed."""
    page_size: int = 50
    """Entries of a page, where nobody asks for fewer."""
    largest_file: int = 10_000_000
    """Bytes of an attachment."""

    writes_per_issue: int | None = 20
    """Within two seconds."""
    writes_per_issue_long: int | None = 100
    """Within thirty seconds."""
    calls_per_second: int | None = 100
    """Of one address and method; half as many where it is ``PUT`` or ``DELETE``."""
    retry_after: bool = True
    """Whether a 429 says how long to wait."""
