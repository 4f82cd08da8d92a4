"""The bot's API: its health, its events, and what its refusals mean.

Published (``hbf-bot.openapi.json``): errors are ``{"status": "error", "error": …}`` with 400, 401, 403 or
500, and 401 has two texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from pydantic import SecretStr

from livechat_sdk.errors import AuthError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Auth, BearerAuth, Repeat, VendorClient

__all__ = [
    "BotApi",
    "BotFailed",
    "BotInputRefused",
    "BotTokenMissing",
    "BotTokenRefused",
    "UnknownPrincipal",
    "bot_refusal",
]


class BotInputRefused(RejectedError):
    """400: the bot's API cannot read what was sent. Sending it again changes nothing."""


class BotTokenMissing(AuthError):
    """401 ``Unauthorized``: there is no token, or its header is not as it should be."""


class BotTokenRefused(AuthError):
    """401 ``Invalid token``: the token is not, or no longer, good."""


class UnknownPrincipal(AuthError):
    """403: the token is good, and is not that of the deployment which the handle names."""


class BotFailed(RetryableError):
    """500: the bot broke. The same call may succeed later."""


_BY_STATUS: Final[Mapping[int, type[ProviderError]]] = {
    400: BotInputRefused,
    403: UnknownPrincipal,
    500: BotFailed,
}

_BY_TEXT: Final[Mapping[str, type[ProviderError]]] = {
    "unauthorized": BotTokenMissing,
    "invalid token": BotTokenRefused,
}
"""Of a 401."""


def bot_refusal(status: int, body: bytes) -> type[ProviderError] | None:
    """The class of the error for an answer of the bot's API; ``None`` where its status says it all.

    A 401 with neither of its two texts is an ``AuthError`` like that of any other vendor. Only answers in the
    published form count: a proxy in between may answer with the same statuses.
    """
    told = _error_of(body)
    if told is None:
        return None
    if status == 401:  # noqa: PLR2004 - as published
        return _BY_TEXT.get(told.strip().lower())
    return _BY_STATUS.get(status)


def _error_of(body: bytes) -> str | None:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    document = cast("Mapping[str, object]", found)
    if document.get("status") != "error":
        return None
    return str(document.get("error", ""))


class BotApi:
    """Calls of the bot's API at ``base_url``, with the token of a deployment or without one."""

    def __init__(self, provider: str, base_url: str, token: SecretStr | None = None) -> None:
        auth: Auth | None = None if token is None else BearerAuth(token)
        self._client = VendorClient(provider=provider, base_url=base_url, auth=auth, classify=bot_refusal)

    async def health(self) -> None:
        """Whether the bot's API is there. Raises the ``ProviderError`` family."""
        await self._client.request("check", "GET", "api/events", repeat=Repeat.SAFE)

    async def event(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send an event (``handle``, ``message``, …) and return its ``result``. Not repeated once it left.

        Raises an error of this module for each published refusal, and the ``ProviderError`` family otherwise.
        """
        answer = await self._client.request("event", "POST", "api/events", json=dict(body))
        result = answer.object().get("result")
        if not isinstance(result, dict):
            raise answer.unlike_documented("the result is missing")
        return cast("Mapping[str, Any]", result)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
