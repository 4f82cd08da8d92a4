"""Settings of an integration of type ``HELVIA_LIVECHAT``. None are needed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from livechat_sdk.provider.settings import IntegrationSettings
from livechat_sdk_helvia.records import Role

__all__ = ["AccountSettings", "AgentNames", "HelviaSettings"]


class AgentNames(StrEnum):
    """How the end user sees an agent's name (platform: ``itcPrefixType`` in ``hbf-core.openapi.json``)."""

    FIRST_NAME = "FIRST_NAME"
    FULL_NAME = "FULL_NAME"


class AccountSettings(BaseModel):
    """One account of the desk, kept in the settings file instead of being made at the first start."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )

    email: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True,
            to_lower=True,
            max_length=150,
            pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
        ),
    ]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    """Full name, 1 to 120 characters (``hbf-core.openapi.json``)."""
    roles: frozenset[Role] = frozenset({Role.AGENT})
    password: SecretStr = Field(min_length=12, max_length=1000)


class HelviaSettings(IntegrationSettings):
    """The embedded desk.

    ``accounts`` are brought up to date at each start: a changed name, role or password takes effect,
    an account that is not listed can no longer sign in. Without any, the first start makes an admin
    and an agent with random passwords and prints them once. ``demoAccounts`` is for the demo
    only: it makes accounts whose passwords everybody knows.
    """

    type: str = "HELVIA_LIVECHAT"
    accounts: tuple[AccountSettings, ...] = Field(default=(), max_length=1000)
    agent_names: AgentNames = AgentNames.FIRST_NAME
    demo_accounts: bool = False

    @model_validator(mode="after")
    def _emails_differ(self) -> HelviaSettings:
        emails = [account.email for account in self.accounts]
        twice = sorted({email for email in emails if emails.count(email) > 1})
        if twice:
            raise ValueError(
                f"accounts: the same email twice ({', '.join(twice)}); each account needs its own"
            )
        return self
