"""Settings of an integration of type ``PARLEY_LIVECHAT``."""

from __future__ import annotations

from typing import Annotated

from livechat_sdk.provider.settings import IntegrationSettings, Secret
from pydantic import StringConstraints

__all__ = ["Settings"]


class Settings(IntegrationSettings):
    """One account.

    ``webhook_key`` is the secret that webhooks are signed with. Every secret takes ``[new, old]`` while it is
    being changed. ``file_hosts`` are hosts in no public network from which files of end users may be fetched.
    """

    type: str = "PARLEY_LIVECHAT"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+$", max_length=500)]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    client_secret: Secret
    webhook_key: Secret
    file_hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[\w.*:/-]+$", max_length=300)], ...] = ()
