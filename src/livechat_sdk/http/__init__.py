"""The shared HTTP client: how adapters call their vendors, and how links from outside are followed.

The only room that imports an HTTP client. Importing it loads httpx; aiohttp and tenacity come with the first
call that needs them. ``pip install "livechat-sdk[http]"`` brings them.
"""

from __future__ import annotations

import livechat_sdk.http.loading  # noqa: F401 # pyright: ignore[reportUnusedImport] # before httpx

# isort: split
from livechat_sdk.http.answer import Answer
from livechat_sdk.http.attachments import AttachmentReader
from livechat_sdk.http.auth import Auth, BasicAuth, BearerAuth
from livechat_sdk.http.client import Classify, VendorClient
from livechat_sdk.http.egress import Egress, EgressRefused
from livechat_sdk.http.fetching import Download, FetchLimits, fetch
from livechat_sdk.http.limiting import Limiter
from livechat_sdk.http.oauth import ClientCredentials
from livechat_sdk.http.repeating import Repeat
from livechat_sdk.http.transport import override_transport

__all__ = [
    "Answer",
    "AttachmentReader",
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "Classify",
    "ClientCredentials",
    "Download",
    "Egress",
    "EgressRefused",
    "FetchLimits",
    "Limiter",
    "Repeat",
    "VendorClient",
    "fetch",
    "override_transport",
]
