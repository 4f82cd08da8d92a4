"""Made-up vendors for the tests of settings: the shapes of real integrations, and nobody to talk to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from livechat_sdk.provider import IntegrationContext, IntegrationSettings, IntegrationType, Secret
from livechat_sdk.provider.settings import Remark

ENV = {
    "LONG": "3f9d0c1b7a5e48d2936fbe07c4a1852d3f9d0c1b",
    "LONGER": "77aa0c1b7a5e48d2936fbe07c4a1852d3f9d0c1b",
    "LONGEST": "e1f00c1b7a5e48d2936fbe07c4a1852d3f9d0c1b",
    "SHORT": "q7Zp2k",
    "SIGNING": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "SIGNING_TOO": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "EMPTY": "",
    "DIR": "data",
    "PORT": "8081",
    "ZONE": "Europe/Athens",
}
"""The environment of every test."""


class Part(BaseModel):
    """Base of nested settings."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Account(Part):
    """Somebody who may sign in."""

    email: str
    password: SecretStr


class DeskSettings(IntegrationSettings):
    """The built-in desk."""

    accounts: tuple[Account, ...] = ()


class ZendeskSettings(IntegrationSettings):
    """A vendor with many secrets, and a validator that repeats what it was given."""

    base_url: str
    app_id: str
    key_id: str
    secret: Secret
    webhook_key: Secret
    end_on: Literal["solved", "closed"] = "solved"
    queue_ids: tuple[str, ...] = ()

    @field_validator("base_url")
    @classmethod
    def _https(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError(f"{value!r} must start with https://")
        return value

    @field_validator("secret")
    @classmethod
    def _not_a_test_secret(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in value:
            if one.get_secret_value().startswith("refused"):
                raise ValueError(f"the secret {one.get_secret_value()[:14]}… is refused")
        return value


class DynamicsSettings(IntegrationSettings):
    """A CRM."""

    base_url: str
    client_secret: Secret
    old_login: bool = False

    def remarks(self, now: datetime) -> Iterable[Remark]:
        if self.old_login:
            yield Remark("old_login", "the old login ends next year", "remove it")


class TicketSettings(IntegrationSettings):
    """A ticket system whose token is a plain text in its model."""

    base_url: str
    user_name: str
    token: str

    def field_trouble(self, label: str, value: object) -> str | None:
        return "is not in the field map" if label == "Colour" else None


class BrokenSettings(IntegrationSettings):
    """The settings of a plugin with a bug."""

    address: str

    @field_validator("address")
    @classmethod
    def _bug(cls, value: str) -> str:
        raise RuntimeError(f"boom {value}")


def _build(context: IntegrationContext, settings: object) -> object:
    return (context, settings)


TYPES = (
    IntegrationType("HELVIA_LIVECHAT", "livechat", DeskSettings, _build),
    IntegrationType("ZENDESK_LIVECHAT", "livechat", ZendeskSettings, _build),
    IntegrationType("MICROSOFT_DYNAMICS_CRM", "crm", DynamicsSettings, _build),
    IntegrationType("ZENDESK_TICKETING", "ticketing", TicketSettings, _build),
    IntegrationType("BROKEN_LIVECHAT", "livechat", BrokenSettings, _build),
)
"""What is installed in every test; GENESYS_LIVECHAT and the others of our own packages are not."""
