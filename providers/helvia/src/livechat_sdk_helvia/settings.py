"""Settings of an integration of type ``HELVIA_LIVECHAT``. None are needed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_helvia.records import Role
from livechat_sdk_helvia.remote.account import RemoteAccount

__all__ = [
    "LONGEST_PASSWORD",
    "SHORTEST_PASSWORD",
    "AccountSettings",
    "AgentNames",
    "CallbackSettings",
    "Capacity",
    "Email",
    "GroupId",
    "GroupSettings",
    "HelviaSettings",
    "Name",
]


class AgentNames(StrEnum):
    """How the end user sees an agent's name (platform: ``itcPrefixType`` in ``hbf-core.openapi.json``)."""

    FIRST_NAME = "FIRST_NAME"
    FULL_NAME = "FULL_NAME"


_PART = ConfigDict(
    frozen=True,
    extra="forbid",
    alias_generator=to_camel,
    populate_by_name=True,
    hide_input_in_errors=True,
    defer_build=True,
)

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=150,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
    ),
]
"""An address to sign in with, in lower case."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""The full name of a member, or the name of a group (``hbf-core.openapi.json``: 1 to 120 characters)."""

GroupId = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""What requests call a group: letters, digits, ``.``, ``_`` and ``-``."""

Capacity = Annotated[int, Field(ge=1, le=1000)]
"""How many open conversations one member has at most."""


HostUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)]
"""Where the paths of a service begin."""


SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1000
"""Characters of a password that somebody chooses, here or at the desk."""


def _goes_into_a_header(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable() and text == text.strip()):
        raise ValueError("the key has characters that no header can carry")
    return secret


class GroupSettings(BaseModel):
    """A group of members: requests can be meant for it, and its roles are added to those of its members.

    ``members`` are emails of accounts; an account may list its ``groups`` instead, or both.
    """

    model_config = _PART

    id: GroupId
    name: Name
    roles: frozenset[Role] = frozenset()
    members: tuple[Email, ...] = Field(default=(), max_length=1000)


class AccountSettings(BaseModel):
    """One account of the desk, kept in the settings file instead of being made at the first start."""

    model_config = _PART

    email: Email
    name: Name
    roles: frozenset[Role] = frozenset({Role.AGENT})
    groups: tuple[GroupId, ...] = Field(default=(), max_length=100)
    capacity: Capacity | None = None
    """Open conversations at one time; without it there is no limit."""
    password: SecretStr = Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)


class CallbackSettings(BaseModel):
    """Where a service is told of what happens in the conversations that it opened."""

    model_config = _PART

    address: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+[^\s#@]*$", max_length=1000)]
    """What callbacks are posted to: the webhook of the integration with ``baseUrl``, say."""
    key: Annotated[
        SecretStr,
        Field(min_length=16, max_length=1000),
        AfterValidator(_goes_into_a_header),
    ]
    """What each callback carries in the header ``X-Livechat-Key``."""


_NEEDED: Final = ("service_token", "webhook_key", "organization_id")
_ELSEWHERE: Final = frozenset({*_NEEDED, "tenant_id", "core_url", "bot_url"})
_HERE: Final = frozenset(
    {
        "accounts",
        "groups",
        "agent_names",
        "demo_accounts",
        "transfer_timeout",
        "service_tokens",
        "callbacks",
        "require_agents",
        "request_timeout",
    }
)


class HelviaSettings(IntegrationSettings):
    """The embedded desk.

    ``accounts`` are brought up to date at each start: a changed name, role or password takes effect,
    an account that is not listed can no longer sign in. Without any, the first start makes an admin
    and an agent with random passwords and prints them once. ``demoAccounts`` is for the demo
    only: it makes accounts whose passwords everybody knows. ``groups`` are brought up to date likewise;
    accounts and groups that an admin made on the desk's pages stay beside them.

    With ``baseUrl`` there is no desk here: the provider speaks to a manager elsewhere. ``serviceToken``,
    ``webhookKey`` and ``organizationId`` go with it, and what is for the desk does not.
    """

    type: str = "HELVIA_LIVECHAT"
    accounts: tuple[AccountSettings, ...] = Field(default=(), max_length=1000)
    groups: tuple[GroupSettings, ...] = Field(default=(), max_length=200)
    agent_names: AgentNames = AgentNames.FIRST_NAME
    demo_accounts: bool = False
    transfer_timeout: float = Field(default=120.0, ge=10, le=3600)
    """Seconds that a transfer or an invitation waits to be answered."""
    service_tokens: tuple[Annotated[SecretStr, Field(min_length=32, max_length=4000)], ...] = Field(
        default=(), max_length=10
    )
    """Tokens of services that call the published manager's paths; several, so that one can be exchanged."""
    request_timeout: Annotated[float, Field(ge=10, le=86_400)] | None = 120.0
    """Seconds that a request of a service waits to be accepted before it is missed; ``None``: for ever.

    Requests of a dispatcher have the limit of their bot.
    """
    callbacks: CallbackSettings | None = None
    """Where services are told of what happens in conversations that they opened; without it, nowhere."""
    require_agents: bool = False
    """Whether requests are turned away while nobody at the desk could take them."""
    base_url: HostUrl | None = None
    """Where the paths of the manager begin; with it there is no desk in this process."""
    service_token: Annotated[SecretStr, Field(min_length=1, max_length=4000)] | None = None
    """The token of a service that the manager at ``baseUrl`` takes."""
    webhook_key: Secret | None = None
    """What the manager's callbacks carry in the header ``X-Livechat-Key``."""
    organization_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """The organization at the manager."""
    tenant_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """The tenant that requests are opened for; without it, the bot that hands off."""
    core_url: HostUrl | None = None
    """Where the platform's core is, for ``livechat doctor`` to look at."""
    bot_url: HostUrl | None = None
    """Where the bot's API is, for ``livechat doctor`` to look at."""

    def account(self) -> tuple[object, ...]:
        """Which desk or manager this is, and which organization there."""
        return super().account() if self.base_url is None else (*super().account(), self.organization_id)

    @property
    def remote(self) -> RemoteAccount | None:
        """The manager to speak to; ``None`` where the desk is in this process."""
        if (
            self.base_url is None
            or self.service_token is None
            or self.webhook_key is None
            or self.organization_id is None
        ):
            return None
        return RemoteAccount(
            base_url=self.base_url.rstrip("/"),
            service_token=self.service_token,
            webhook_keys=self.webhook_key,
            organization=self.organization_id,
            tenant=self.tenant_id,
            core_url=self.core_url,
            bot_url=self.bot_url,
        )

    @model_validator(mode="after")
    def _here_or_elsewhere(self) -> HelviaSettings:
        given = self.model_fields_set
        if self.base_url is None:
            alone = sorted(to_camel(name) for name in _ELSEWHERE & given if getattr(self, name) is not None)
            if alone:
                raise ValueError(f"{', '.join(alone)}: only with baseUrl, the address of a manager elsewhere")
            return self
        missing = [to_camel(name) for name in _NEEDED if getattr(self, name) is None]
        if missing:
            raise ValueError(f"baseUrl needs {', '.join(missing)}, too")
        idle = sorted(to_camel(name) for name in _HERE & given)
        if idle:
            raise ValueError(f"{', '.join(idle)}: for the desk in this process, which baseUrl switches off")
        return self

    @model_validator(mode="after")
    def _emails_differ(self) -> HelviaSettings:
        emails = [account.email for account in self.accounts]
        twice = sorted({email for email in emails if emails.count(email) > 1})
        if twice:
            raise ValueError(
                f"accounts: the same email twice ({', '.join(twice)}); each account needs its own"
            )
        return self

    @model_validator(mode="after")
    def _groups_fit(self) -> HelviaSettings:
        ids = [group.id for group in self.groups]
        for what, values in (("id", ids), ("name", [group.name for group in self.groups])):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"groups: the same {what} twice ({', '.join(twice)})")
        unknown = sorted({group for account in self.accounts for group in account.groups} - set(ids))
        if unknown:
            raise ValueError(f"accounts: no such group ({', '.join(unknown)}); list it under groups")
        emails = {account.email for account in self.accounts}
        missing = sorted({member for group in self.groups for member in group.members} - emails)
        if missing:
            raise ValueError(
                f"groups: no such account ({', '.join(missing)}); members are emails under accounts"
            )
        return self
