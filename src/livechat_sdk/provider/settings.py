"""Settings of one integration: camelCase as on the platform, or snake_case; secrets that rotate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

__all__ = ["IntegrationSettings", "Remark", "Secret"]


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning about settings that are good today: ``setting`` is the field's name in Python."""

    setting: str
    message: str
    advice: str | None = None


def _as_list(value: object) -> object:
    return cast("object", value) if isinstance(value, list | tuple) else [value]


Secret = Annotated[tuple[SecretStr, ...], BeforeValidator(_as_list), Field(min_length=1, max_length=2)]
"""One secret, or ``[new, old]`` while it is being rotated. The first one is used to sign and log in."""


class IntegrationSettings(BaseModel):
    """Base of every integration's settings.

    Field names are accepted in the camelCase of the platform's integration documents
    (``webhookKey``) and in snake_case. ``name``, ``enabled``, ``description``, ``tags`` and ``category``
    are the platform's base fields (Helvia ``hbf-core.openapi.json``, schema of integrations).
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )

    says_where: ClassVar[tuple[str, ...]] = (
        *("base_url", "endpoint", "region", "api_url", "azure_tenant_id"),
        *("app_id", "chat_id", "open_integration_id"),
    )
    """The fields that say which account at the vendor this is. Credentials are none of them: they rotate."""

    type: str
    name: str = Field(min_length=1, max_length=200)
    enabled: bool = True
    description: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    id: str = ""
    created_at: str = ""
    updated_at: str = ""

    def account(self) -> tuple[object, ...]:
        """Which account at the vendor this is: chats that were opened at one are unknown at another."""
        return (self.type, *(getattr(self, name, None) for name in self.says_where))

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so; ``None`` if it can, and where the fields are not known.

        ``value`` is ``None`` where it is not known yet.
        """
        return None

    def remarks(self, now: datetime) -> Iterable[Remark]:
        """What ``livechat validate`` warns of: a way to log in that the vendor is retiring, say."""
        return ()
