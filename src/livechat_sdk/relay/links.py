"""Fetching plain links of vendors' files: without credentials, and only where the egress rule allows it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from livechat_sdk.errors import UnsupportedFeature
from livechat_sdk.provider.files import VendorFile
from livechat_sdk.relay.enriching import FETCH_LIMIT, LinkFetcher

__all__ = ["link_fetcher"]


def link_fetcher(allow: Sequence[str]) -> LinkFetcher:
    """Fetches links; ``allow`` are hosts and networks beyond public ones (``files.egress.allow``).

    The HTTP client is imported with the first link; where it is not installed, that raises
    ``UnsupportedFeature``.
    """

    @asynccontextmanager
    async def fetch_link(url: str, limit: int) -> AsyncGenerator[VendorFile]:
        try:
            from livechat_sdk.http.egress import Egress
            from livechat_sdk.http.fetching import FetchLimits, fetch
        except ImportError:
            raise UnsupportedFeature(
                'files behind links need the HTTP client: pip install "livechat-sdk[http]"'
            ) from None
        async with fetch(url, Egress(allow), FetchLimits(max_bytes=limit, seconds=FETCH_LIMIT)) as file:
            yield VendorFile(file.chunks(), media_type=file.media_type)

    return fetch_link
