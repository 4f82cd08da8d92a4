"""Settings of an integration of type ``CISCO_LIVECHAT``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.provider.settings import IntegrationSettings, Secret

__all__ = ["CiscoSettings"]

_DEFAULT_PREFIX: Final = "/ccp/chat"

_Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
_Seconds = Annotated[float, Field(ge=0.5, le=30, allow_inf_nan=False)]


class CiscoSettings(IntegrationSettings):
    """One chat feed of one server. What each key means: the README of the package.

    What the vendor's documents leave open is a setting: which words the server takes (``keepEmoji``),
    whether a status that nobody has heard of ends a chat (``unknownStatusEnds``), and what follows when no
    agent has joined in the server's time (``onJoinTimeout``).
    """

    type: str = "CISCO_LIVECHAT"
    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)]
    chat_id: Annotated[str, StringConstraints(pattern=r"^([0-9]{1,20}|https?://[^\s@?#]{1,400})$")]
    ccx_queue_tag: Annotated[str, StringConstraints(pattern=r"^\S{1,200}$")]
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")] | None = None
    client_secret: Secret | None = None
    title: _Words = "Chat"
    author: _Words = "Customer"
    ca_bundle: Path | None = None
    certificate_sha256: (
        Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$")] | None
    ) = None
    verify: bool = True
    poll_fastest: _Seconds = 2.0
    poll_slowest: _Seconds = 5.0
    inactivity_timeout: Annotated[float, Field(ge=60, le=3600)] = 300.0
    on_join_timeout: Literal["wait", "leave"] = "wait"
    unknown_status_ends: bool = True
    keep_emoji: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("clientId and clientSecret go together")
        if self.poll_fastest > self.poll_slowest:
            raise ValueError("pollFastest must not be larger than pollSlowest")
        ways = [self.ca_bundle is not None, self.certificate_sha256 is not None, not self.verify]
        if sum(ways) > 1:
            raise ValueError("caBundle, certificateSha256 and verify: false exclude each other")
        if any(ways) and not self.endpoint.startswith("https:"):
            raise ValueError("caBundle, certificateSha256 and verify are for an endpoint with https")
        return self

    @property
    def origin(self) -> str:
        """Scheme, host and port of the server."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def chat_url(self) -> str:
        """Where the calls of chats go: the endpoint with its prefix, ``/ccp/chat`` if it names none."""
        path = urlsplit(self.endpoint).path.rstrip("/")
        return f"{self.origin}{path or _DEFAULT_PREFIX}"

    @property
    def feed_url(self) -> str:
        """The feed as the server itself names it, which is with ``http`` whatever it is reached by."""
        if not self.chat_id.isdecimal():
            return self.chat_id
        return f"http://{urlsplit(self.endpoint).hostname}/ccp-webapp/ccp/feed/{self.chat_id}"
