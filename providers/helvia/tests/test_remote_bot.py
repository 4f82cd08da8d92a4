"""The bot's API: each of its refusals is an error of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
)
from livechat_sdk.http import override_transport
from livechat_sdk_helvia.remote.bot import (
    BotApi,
    BotFailed,
    BotInputRefused,
    BotTokenMissing,
    BotTokenRefused,
    UnknownPrincipal,
    bot_refusal,
)

EVENT = {"handle": "shop", "message": {"text": "hello"}}
REFUSALS = [
    (400, "message must be given", BotInputRefused, RejectedError),
    (401, "Unauthorized", BotTokenMissing, AuthError),
    (401, "Invalid token", BotTokenRefused, AuthError),
    (403, "Unknown principal", UnknownPrincipal, AuthError),
    (500, "Internal error", BotFailed, RetryableError),
]


@asynccontextmanager
async def a_bot(answer: httpx.Response, seen: list[httpx.Request] | None = None) -> AsyncIterator[BotApi]:
    def answers(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return answer

    bot = BotApi("HELVIA_LIVECHAT", "https://bots.example", SecretStr("the-token-of-a-deployment"))
    with override_transport(httpx.MockTransport(answers)):
        yield bot
        await bot.close()


@pytest.mark.feature("API-07")
@pytest.mark.parametrize(("status", "text", "error", "kind"), REFUSALS)
async def test_each_refusal_of_the_bots_api_is_an_error_of_its_own(
    status: int, text: str, error: type[ProviderError], kind: type[ProviderError]
) -> None:
    async with a_bot(httpx.Response(status, json={"status": "error", "error": text})) as bot:
        with pytest.raises(kind) as refused:
            await bot.event(EVENT)
    assert type(refused.value) is error
    assert refused.value.status == status
    assert text in str(refused.value)
    assert "the-token-of-a-deployment" not in str(refused.value)


@pytest.mark.feature("API-07")
def test_no_two_refusals_are_the_same_error() -> None:
    assert len({error for _, _, error, _ in REFUSALS}) == len(REFUSALS)


def test_what_is_not_in_the_published_form_is_judged_by_its_status_alone() -> None:
    assert bot_refusal(401, b'{"status": "error", "error": "tired"}') is None
    assert bot_refusal(429, b'{"status": "error", "error": "slow down"}') is None
    for body in (b"", b"<html>", b"[]", b"null", b'{"error": "Unauthorized"}', b"[" * 100_000):
        for status in (400, 401, 403, 500):
            assert bot_refusal(status, body) is None


async def test_an_event_is_sent_with_its_token_and_answered_with_its_result() -> None:
    seen: list[httpx.Request] = []
    answer = httpx.Response(200, json={"status": "ok", "result": {"responses": [{"id": "1"}]}})
    async with a_bot(answer, seen) as bot:
        assert await bot.event(EVENT) == {"responses": [{"id": "1"}]}
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "https://bots.example/api/events")
    assert request.headers["authorization"] == "Bearer the-token-of-a-deployment"
    assert json.loads(request.content) == EVENT
    async with a_bot(httpx.Response(200, json={"status": "ok"})) as bot:
        with pytest.raises(ProtocolError):
            await bot.event(EVENT)
