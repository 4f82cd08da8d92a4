"""One callback on its way: under the egress rule, within limits, and whether it was taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from livechat_sdk.errors import ProviderError, RetryableError
from livechat_sdk_helvia.remote.events import KEY_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from livechat_sdk.http import Egress, VendorClient
    from livechat_sdk_helvia.settings import CallbackSettings

__all__ = ["SECONDS", "Post", "Refused", "Taken", "Trouble"]

SECONDS: Final = 15.0
"""How long a delivery may take, everything included."""

_MAX_ANSWER_BYTES: Final = 64 * 1024
_UNREADABLE: Final = frozenset({400, 413, 415, 422})
"""Statuses that say that this body will never be taken. All others may be mended on the other side."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer of 2xx."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """It may be taken later, ``after`` seconds if the other side says so."""

    error: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be taken, however often it comes."""

    error: str


class Post:
    """Posts to the address of the settings, over connections that are kept. Belongs to one event loop."""

    def __init__(self, settings: CallbackSettings, egress: Callable[[], Egress]) -> None:
        """``egress`` gives the rule for addresses."""
        self._settings = settings
        self._egress = egress
        self._client: VendorClient | None = None

    async def post(self, document: Mapping[str, Any]) -> Taken | Trouble | Refused:
        """POST a document once."""
        from livechat_sdk.http import EgressRefused, Repeat

        try:
            await self._opened().request(
                "callback",
                "POST",
                self._settings.address,
                content=json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"),
                headers={
                    "content-type": "application/json",
                    KEY_HEADER: self._settings.key.get_secret_value(),
                },
                repeat=Repeat.NO,
            )
        except EgressRefused as refused:
            return Trouble(f"this address may not be called: {refused.reason}")
        except ProviderError as error:
            if error.status is not None and error.status // 100 == 2:  # noqa: PLR2004 - taken; its answer is of no interest
                return Taken()
            reason = _reason(error)
            if error.status in _UNREADABLE:
                return Refused(reason)
            wish = error.retry_after if isinstance(error, RetryableError) else None
            return Trouble(reason, wish or 0.0)
        return Taken()

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _opened(self) -> VendorClient:
        from livechat_sdk.http import VendorClient

        if self._client is None:
            parts = urlsplit(self._settings.address)
            self._client = VendorClient(
                provider="callbacks",
                base_url=f"{parts.scheme}://{parts.netloc}",
                timeout=SECONDS,
                budget=SECONDS,
                egress=self._egress(),
                max_bytes=_MAX_ANSWER_BYTES,
                connections=8,
            )
        return self._client


def _reason(error: ProviderError) -> str:
    if error.status is not None:
        return f"the other side answered {error.status}"
    if error.sent is False:
        return "the other side could not be reached"
    return "the other side did not answer"
