"""Settings of an integration of type ``GENESYS_LIVECHAT``."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from livechat_sdk.provider.settings import IntegrationSettings, Secret

__all__ = ["KNOWN_REGIONS", "GenesysSettings", "Organisation"]

KNOWN_REGIONS: Final = frozenset(
    {
        "aps1.pure.cloud",
        "apne2.pure.cloud",
        "apne3.pure.cloud",
        "apse1.pure.cloud",
        "cac1.pure.cloud",
        "edee1.eusc-pure.cloud",
        "euc2.pure.cloud",
        "euw2.pure.cloud",
        "mec1.pure.cloud",
        "mxc1.pure.cloud",
        "mypurecloud.com",
        "mypurecloud.com.au",
        "mypurecloud.de",
        "mypurecloud.ie",
        "mypurecloud.jp",
        "sae1.pure.cloud",
        "use2.us-gov-pure.cloud",
        "usw2.pure.cloud",
    }
)
"""Domains of the vendor's regions in its SDKs of 2026. New ones appear: another one is a warning."""

_Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,100}$")]
_Domain = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-z]([0-9a-z-]*[0-9a-z])?(\.[0-9a-z]([0-9a-z-]*[0-9a-z])?)+$", max_length=200
    ),
]
_Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)]
_AttributeName = Annotated[str, StringConstraints(pattern=r"^\S(.{0,98}\S)?$")]
_Source = Annotated[
    str,
    StringConstraints(
        pattern=r"^(=.*|(survey|attributes|user|extras)\..+|queue|group|agent|priority|skills|language|bot|reason"
        r"|summary|tags|name|email|phone|country|channel|origin|conversation_id)$",
        max_length=500,
    ),
]


class Organisation(IntegrationSettings):
    """How an organisation is reached, and how often."""

    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")]
    client_secret: Secret
    region: _Domain
    calls_per_minute: int = Field(default=300, ge=10, le=100_000)
    api_url: _Url | None = None
    login_url: _Url | None = None

    @property
    def api(self) -> str:
        """Where the platform API is."""
        return f"{(self.api_url or f'https://api.{self.region}').rstrip('/')}/api/v2"

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{(self.login_url or f'https://login.{self.region}').rstrip('/')}/oauth/token"


class GenesysSettings(Organisation):
    """One Open Messaging integration of a Genesys Cloud organisation. What each key means: the README.

    What the vendor's documents leave open is a setting: the longest text (``textLimit``) and how a
    signature is written (``signature``).
    """

    type: str = "GENESYS_LIVECHAT"
    webhook_key: Secret
    open_integration_id: _Id
    queue_ids: tuple[_Id, ...] = Field(default=(), max_length=100)
    schedule_group: _Id | None = None
    attributes: dict[_AttributeName, _Source] = Field(default_factory=dict, max_length=50)
    text_limit: int = Field(default=2000, ge=100, le=4000)
    left_text: Annotated[str, StringConstraints(max_length=2000)] = (
        "The customer has left: what is written here does not arrive any more."
    )
    signature: Literal["base64", "hex"] = "base64"
