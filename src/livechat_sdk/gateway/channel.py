"""A channel that is ready: posts what goes to the end user to the platform, as signed webhooks.

Each delivery is one attempt. Repeating is the business of the ledger: what was not taken is tried again with
growing pauses, after restarts too, in the order of its handoff, and with the same id.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from pydantic import SecretStr

from livechat_sdk.domain.clock import Clock, SystemClock
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.errors import ConfigurationError, ProviderError, RejectedError, RetryableError
from livechat_sdk.gateway.payloads import payload_of
from livechat_sdk.gateway.signing import Signer, delivery_id
from livechat_sdk.http import Repeat, VendorClient

if TYPE_CHECKING:
    from livechat_sdk.config import GatewaySettings

__all__ = ["NoChannel", "WebhookChannel"]

_SECONDS: Final = 15.0
"""How long the platform may take for one delivery; the lane that waits for it gives up after 20."""
_LONGEST_WISH: Final = 3600.0
"""A longer ``Retry-After`` of the platform is shortened: nothing is given up because of it."""
_ENOUGH: Final = 64 * 1024
"""Bytes of an answer that are read; nobody needs them."""
_TAKEN: Final = 2
_REFUSED: Final = {
    410: "the platform wants no more of it",
    413: "it is too large for the platform",
    422: "the platform understood and refused it",
}
"""Statuses that are about this one delivery. All others may be mended, and it is sent again."""


class WebhookChannel:
    """Delivers to the platform at ``url``; ``secrets`` are one, or the new and the old one.

    Use it as an asynchronous context manager, or call ``close`` at the end. Raises ``ConfigurationError`` for
    secrets without the form ``whsec_…``.
    """

    def __init__(self, url: str, secrets: Sequence[SecretStr], *, clock: Clock | None = None) -> None:
        scheme, _, rest = url.partition("://")
        self._url = f"{scheme.lower()}://{rest}"
        self._signer = Signer(secrets)
        self._clock = clock or SystemClock()
        self._client = VendorClient(
            provider="platform",
            base_url=url.partition("?")[0],
            timeout=_SECONDS,
            budget=_SECONDS,
            max_bytes=_ENOUGH,
            clock=self._clock,
        )

    @classmethod
    def from_settings(cls, settings: GatewaySettings, *, clock: Clock | None = None) -> Self:
        """The channel that ``gateway.platform`` describes. Raises ``ConfigurationError`` without it."""
        if settings.platform is None:
            raise ConfigurationError(
                "there is no `gateway.platform` in the settings: it needs `url` and `secret`"
            )
        return cls(settings.platform.url, settings.platform.secret, clock=clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections. What is delivered afterwards fails."""
        await self._client.close()

    async def deliver(self, outgoing: Outgoing) -> None:
        """Post it once; returns when the platform has answered 2xx.

        Raises ``RejectedError`` for what the platform will never take (410, 413, 422), and ``RetryableError``
        for everything else: no answer, a server that is broken, and also 400, 401 or 404, which say that
        somebody has to mend the platform or the settings.
        """
        body = payload_of(outgoing).model_dump_json().encode()
        proof = self._signer.headers(delivery_id(outgoing.kind, outgoing.key), body, self._clock.now())
        headers = {**proof, "content-type": "application/json"}
        try:
            await self._client.request(
                "deliver", "POST", self._url, content=body, headers=headers, repeat=Repeat.NO
            )
        except ProviderError as error:
            if error.status is None or error.status // 100 != _TAKEN:
                raise _as_ours(error) from None
            # It was taken; only the answer's body, which nobody needs, was more than we read.


def _as_ours(error: ProviderError) -> ProviderError:
    """The same failure, in the kind that says whether it is tried again."""
    about = _REFUSED.get(error.status or 0)
    kind = RetryableError if about is None else RejectedError
    wish = error.retry_after
    return kind(
        about or str(error),
        status=error.status,
        request_id=error.request_id,
        body=error.body,
        retry_after=None if wish is None else min(wish, _LONGEST_WISH),
        sent=error.sent,
    )


class NoChannel:
    """The channel of a gateway without bots, which has no end users.

    What an earlier configuration left to be delivered waits until there is a channel again.
    """

    async def deliver(self, outgoing: Outgoing) -> None:
        """Raises ``ConfigurationError``."""
        raise ConfigurationError(
            f"{outgoing.kind} for conversation {outgoing.conversation_id!r} has nowhere to go: there is "
            "no bot, and no `gateway.platform`, in the settings"
        )
