"""Settings of an integration of type ``ZENDESK_LIVECHAT``."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.provider.settings import IntegrationSettings, Secret

__all__ = ["ZendeskSettings"]

_Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,100}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Tag = Annotated[str, StringConstraints(pattern=r"^[^\s,]{1,100}$")]
_FieldId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
_Source = Annotated[
    str,
    StringConstraints(
        pattern=r"^(=.*|(survey|attributes|user|extras)\..+|bot|language|reason|summary|phone|country|channel"
        r"|origin|conversation_id)$",
        max_length=500,
    ),
]


class ZendeskSettings(IntegrationSettings):
    """One app of a Zendesk account. What each key means: the README of the package.

    What the vendor's documents leave open is a setting: where control starts (``botIntegration``), how events
    arrive (``hearBy``), whether conversations can be told apart (``conversation``), when a ticket is made
    (``firstWords``) and when its end is the end (``endOn``).
    """

    type: str = "ZENDESK_LIVECHAT"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)]
    app_id: _Id
    key_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")]
    secret: Secret
    webhook_key: Secret
    auth: Literal["basic", "jwt"] = "basic"
    agent_workspace: _Name = "zd-agentWorkspace"
    bot_integration: _Name | None = None
    hear_by: Literal["standby", "offer"] = "standby"
    conversation: Literal["new", "shared"] = "new"
    first_words: str | None = Field(default=None, min_length=1, max_length=1000)
    ticket_fields: dict[_FieldId, _Source] = Field(default_factory=dict, max_length=50)
    ticket_tags: tuple[_Tag, ...] = Field(default=(), max_length=50)
    group: _Id | None = None
    brand: _Id | None = None
    ticket_webhook_key: Secret | None = None
    support_user: Annotated[str, StringConstraints(pattern=r"^[^\s:/]+@[^\s:/]+$", max_length=200)] | None = (
        None
    )
    support_token: Secret | None = None
    end_on: Literal["closed", "solved"] = "closed"
    file_hosts: tuple[str, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.hear_by == "offer" and self.bot_integration is None:
            raise ValueError("hearBy: offer needs botIntegration, to which control is offered")
        if self.end_on == "solved" and self.ticket_webhook_key is None:
            raise ValueError("endOn: solved needs ticketWebhookKey: messaging itself does not tell of it")
        if (self.support_user is None) != (self.support_token is None):
            raise ValueError("supportUser and supportToken go together")
        return self

    @property
    def origin(self) -> str:
        """Scheme and host of the account."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def api_url(self) -> str:
        """Where the API of the app is: below ``/sc`` of a Zendesk host, at the root of the older ones."""
        parts = urlsplit(self.base_url)
        host, path = parts.hostname or "", parts.path.rstrip("/")
        root = path or ("" if host == "smooch.io" or host.endswith(".smooch.io") else "/sc")
        return f"{self.origin}{root}/v2/apps/{self.app_id}"
