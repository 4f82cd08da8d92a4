"""Settings of an integration of type ``PARLEY_LIVECHAT``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from livechat_sdk.provider.settings import IntegrationSettings, Secret

__all__ = ["ParleySettings"]


class ParleySettings(IntegrationSettings):
    """One Parley account.

    ``clientId`` and ``clientSecret`` are those of an API client, ``webhookKey`` is the secret that the
    webhook's target has there; the two secrets take ``[new, old]`` while they are changed. ``queue`` is where
    chats go that no routing rule sends elsewhere. ``fileHosts`` are hosts or networks from which files may be
    fetched although they are not public (``files.corp.example``, ``10.1.0.0/16``).
    """

    type: str = "PARLEY_LIVECHAT"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)]
    client_id: str = Field(min_length=1, max_length=200)
    client_secret: Secret
    webhook_key: Secret
    queue: str | None = Field(default=None, min_length=1, max_length=64)
    file_hosts: tuple[str, ...] = Field(default=(), max_length=100)
