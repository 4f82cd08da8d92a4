"""Canaries: no secret is in an error, its traceback, a log, or a representation."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from livechat_sdk.errors import ProviderError
from livechat_sdk.http import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    Egress,
    Repeat,
    VendorClient,
    fetch,
    override_transport,
)
from livechat_sdk.http.bodies import EXCERPT_BYTES
from livechat_sdk.http.redacting import excerpt, redacted
from livechat_sdk_testing.clock import VirtualClock
from tests.http.loopback import Connection, loopback

CANARY = 'c4n4ry/+with "marks" & more'
TOKEN = "canary-token-abcdef"
IN_QUERY = "canary-in-the-query"


def everything(error: BaseException) -> str:
    """All that a log could show of an error."""
    return "\n".join(
        [
            "".join(traceback.format_exception(error)),
            repr(error),
            str(error),
            repr(vars(error)),
            repr(error.args),
        ]
    )


def forms(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.replace("/", "\\/")}


def echo(request: httpx.Request) -> httpx.Response:
    """A vendor that answers with all that it got."""
    if request.url.path == "/oauth/token":
        return httpx.Response(200, json={"access_token": TOKEN})
    shown = {
        "headers": dict(request.headers),
        "body": request.content.decode(),
        "url": str(request.url),
        "unnamed": [CANARY, TOKEN],
    }
    return httpx.Response(400, json=shown)


AUTHS: list[Callable[[], Auth]] = [
    lambda: BasicAuth("user", SecretStr(CANARY)),
    lambda: BearerAuth(SecretStr(TOKEN)),
    lambda: BearerAuth(SecretStr(TOKEN), header="X-Api-Key", prefix=""),
    lambda: ClientCredentials(token_url="/oauth/token", client_id="i", client_secret=SecretStr(CANARY)),
    lambda: ClientCredentials(
        token_url="/oauth/token", client_id="i", client_secret=SecretStr(CANARY), style="form"
    ),
]


async def test_a_session_cookie_does_not_get_into_errors_in_whole_or_in_part() -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text=f"no session {TOKEN}; got {request.headers['cookie']}")

    client = VendorClient(provider="TOY", base_url="https://toy.test")
    with override_transport(httpx.MockTransport(refuses)), pytest.raises(ProviderError) as caught:
        await client.request("poll", "GET", "/", headers={"Cookie": f"lb=0815; JSESSIONID={TOKEN}"})
    assert TOKEN not in everything(caught.value)
    await client.close()


@pytest.mark.parametrize("auth", AUTHS)
async def test_a_vendor_that_repeats_our_credentials_does_not_get_them_into_errors(
    auth: Callable[[], Auth],
) -> None:
    made = auth()
    client = VendorClient(provider="TOY", base_url="https://toy.test", auth=made)
    with override_transport(httpx.MockTransport(echo)), pytest.raises(ProviderError) as caught:
        await client.request("send", "POST", "/m", json={"password": CANARY}, params={"api_key": CANARY})
    shown = everything(caught.value) + repr(client) + repr(made) + str(vars(made))
    own = {secret for secret in made.secrets() if len(secret) > 3}
    assert own
    for secret in own:
        for form in forms(secret):
            assert form not in shown
    assert caught.value.body
    assert len(caught.value.body) <= 301


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError],
)
async def test_a_library_that_puts_the_link_into_its_errors_does_not_get_it_into_ours(
    failure: type[httpx.TransportError], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure(f"cannot reach {request.url} with {request.headers}", request=request)

    clock = VirtualClock()
    client = VendorClient(
        provider="TOY",
        base_url="https://toy.test",
        auth=BearerAuth(SecretStr(TOKEN)),
        headers={"X-Session-Token": "canary-session-1"},
        clock=clock,
    )
    with (
        caplog.at_level(logging.DEBUG),
        override_transport(httpx.MockTransport(fail)),
        pytest.raises(ProviderError) as caught,
    ):
        await client.request(
            "send", "POST", "/m", params={"token": IN_QUERY}, repeat=Repeat.SAFE, budget=0.01
        )
    shown = everything(caught.value) + caplog.text
    assert "canary" not in shown
    assert "Traceback" in shown


@pytest.mark.parametrize("behaviour", ["silent", "refusing", "closing", "junk"])
async def test_the_real_transport_tells_no_link(behaviour: str, caplog: pytest.LogCaptureFixture) -> None:
    async def serve(connection: Connection) -> None:
        received = await connection.request()
        if behaviour == "silent":
            await connection.silence()
        elif behaviour == "refusing":
            await connection.answer(403, f"no: {received.target} {received.headers}".encode())
        elif behaviour == "junk":
            await connection.send(f"{received.target} {received.headers}\r\n\r\n".encode())

    async with loopback(serve) as server:
        client = VendorClient(
            provider="TOY", base_url=server.url, auth=BearerAuth(SecretStr(TOKEN)), timeout=0.2
        )
        with caplog.at_level(logging.DEBUG), pytest.raises(ProviderError) as caught:
            await client.request("send", "POST", "/m", params={"token": IN_QUERY})
        await client.close()
    assert "canary" not in everything(caught.value) + caplog.text


async def test_a_link_from_outside_is_not_told_with_its_query() -> None:
    async def refuse(connection: Connection) -> None:
        received = await connection.request()
        await connection.answer(404, f"nothing at {received.target}".encode())

    async with loopback(refuse) as server:
        link = f"{server.url}/file?sig=canary-signature"
        with pytest.raises(ProviderError) as caught:
            async with fetch(link, Egress(["127.0.0.1"])):
                pytest.fail("it was fetched")
    assert "canary" not in everything(caught.value)


async def test_an_answer_is_shown_without_its_body_and_headers() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"set-cookie": "s=canary"}, json={"access_token": "canary"})

    client = VendorClient(provider="TOY", base_url="https://toy.test")
    with override_transport(httpx.MockTransport(answer)):
        got = await client.request("read", "GET", "/")
    assert "canary" not in repr(got)


# --------------------------------------------------------------------------- redacting
@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "canary"}',
        '{"refreshToken":"can\\"ary canary"}',
        "{'client_secret': 'canary'}",
        '{"apiKey" : "canary", "x": 1}',
        '{"password": canary}',
        '{"webhookKey": "canary',
        "grant_type=x&client_secret=canary&a=b",
        "https://x.test/?sig=canary&sv=1",
        "https://x.test/?X-Amz-Signature=canary",
        "https://user:canary@x.test/",
        "postgresql://canary@x.test/db",
        "Authorization: Bearer canary.abc",
        "authorization: basic Y2FuYXJ5canary",
        "got eyJcanary.eyJcanary.canary here",
        "Set-Cookie: session=canary; Path=/",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "canary" not in redacted(text)
    assert "***" in redacted(text)


def test_ordinary_words_stay() -> None:
    text = '{"error": {"code": "chat_ended", "message": "the chat has ended", "keyboard": "greek"}}'
    assert redacted(text) == text


def test_an_excerpt_is_one_short_printable_line() -> None:
    text = excerpt("first\r\nsecond\x1b[31m\u202e\x00 third".encode() + b"\xff" + b" more" * 500)
    assert text is not None
    assert text.startswith("first second [31m third\ufffd more")
    assert text.isprintable()
    assert len(text) == 301
    assert excerpt(b"") is None
    assert excerpt(b" \r\n") is None


@pytest.mark.parametrize("piece", ["a.", "a-", "token", "eyJ-", '"', "a:", "x://", "token=", "'\\", "basic "])
def test_no_body_makes_the_search_for_secrets_slow(piece: str) -> None:
    body = (piece * 20_000)[:20_000].encode()
    started = time.process_time()
    excerpt(body[:EXCERPT_BYTES], ["a secret"])
    assert time.process_time() - started < 2


def test_a_secret_cut_in_two_at_the_end_is_not_shown() -> None:
    secret = "canary-" * 10
    body = (b"x" * 100) + secret[:40].encode()
    assert "canary" not in str(excerpt(body, [secret], cut=True))


@given(st.text(min_size=4, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_a_known_secret_is_never_shown(secret: str, before: str, behind: str) -> None:
    shown = redacted(f"{before}{secret}{behind}", [secret])
    assert secret not in shown or secret in "***" or secret in f"{before}***{behind}"


@given(st.binary(max_size=2000))
def test_any_body_makes_an_excerpt(body: bytes) -> None:
    text = excerpt(body)
    assert text is None or (len(text) <= 301 and text.isprintable())
