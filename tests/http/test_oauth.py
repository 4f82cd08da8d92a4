"""Tokens: asked for once however many wait, refreshed early, got again once after a 401."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RetryableError
from livechat_sdk.http import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    Repeat,
    VendorClient,
    override_transport,
)
from livechat_sdk_testing.clock import VirtualClock

CANARY = "canary-of-the-client-secret"


class Vendor(httpx.AsyncBaseTransport):
    """Hands out tokens ``token-1``, ``token-2`` and takes those that it has not revoked."""

    def __init__(self) -> None:
        self.token_requests: list[httpx.Request] = []
        self.calls: list[httpx.Request] = []
        self.revoked: set[str] = set()
        self.lifetime: Any = 3600
        self.answer: Callable[[httpx.Request], httpx.Response] | None = None
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.token_requests.append(request)
            self.asked.set()
            await self.open.wait()
            if self.answer is not None:
                return self.answer(request)
            token = f"token-{len(self.token_requests)}"
            fields = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}
            return httpx.Response(200, json={k: v for k, v in fields.items() if v is not None})
        self.calls.append(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.revoked or not token:
            return httpx.Response(401, json={"error": {"code": "token_invalid"}})
        return httpx.Response(200, json={"token": token})


class World:
    """A client, its vendor and the clock."""

    def __init__(self, **credentials: Any) -> None:
        self.vendor = Vendor()
        self.clock = VirtualClock()
        self.auth = ClientCredentials(
            **{
                "token_url": "/oauth/token",
                "client_id": "the-client",
                "client_secret": SecretStr(CANARY),
                **credentials,
            }
        )
        self.client = VendorClient(
            provider="TOY", base_url="https://toy.test", auth=self.auth, clock=self.clock
        )

    async def call(self, **more: Any) -> str:
        answer = await self.client.request("send", "POST", "/m", **{"json": {}, **more})
        return str(answer.object()["token"])


@pytest.fixture
def world() -> Any:
    made = World()
    with override_transport(made.vendor):
        yield made


async def test_the_token_is_asked_for_as_the_rfc_says(world: World) -> None:
    assert await world.call() == "token-1"
    [asked] = world.vendor.token_requests
    assert parse_qs(asked.content.decode()) == {"grant_type": ["client_credentials"]}
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    pair = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == f"the-client:{CANARY}"


async def test_id_and_secret_may_travel_in_the_form_with_scope_and_extras() -> None:
    made = World(style="form", scope="https://x/.default", extra={"audience": "a"})
    with override_transport(made.vendor):
        await made.call()
    [asked] = made.vendor.token_requests
    assert "authorization" not in asked.headers
    assert parse_qs(asked.content.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["https://x/.default"],
        "audience": ["a"],
        "client_id": ["the-client"],
        "client_secret": [CANARY],
    }


async def test_whoever_wants_to_is_told_what_else_is_said_with_a_token() -> None:
    told: list[Mapping[str, Any]] = []
    made = World(told=told.append)
    fields = {"access_token": "token-1", "instance_url": "https://eu7.toy.test"}
    made.vendor.answer = lambda _: httpx.Response(200, json=fields)
    with override_transport(made.vendor):
        await made.call()
        await made.call()
    assert told == [fields]


async def test_a_token_serves_many_calls(world: World) -> None:
    assert {await world.call() for _ in range(5)} == {"token-1"}
    assert len(world.vendor.token_requests) == 1


async def test_fifty_callers_wait_for_one_token(world: World) -> None:
    world.vendor.open.clear()
    tasks = [asyncio.create_task(world.call()) for _ in range(50)]
    await asyncio.sleep(0)
    world.vendor.open.set()
    assert set(await asyncio.gather(*tasks)) == {"token-1"}
    assert len(world.vendor.token_requests) == 1


async def test_a_caller_that_is_cancelled_does_not_take_the_token_from_the_others(world: World) -> None:
    world.vendor.open.clear()
    first, *others = [asyncio.create_task(world.call()) for _ in range(3)]
    await world.vendor.asked.wait()
    first.cancel()
    await asyncio.wait([first])
    world.vendor.open.set()
    assert await asyncio.gather(*others) == ["token-1", "token-1"]
    assert len(world.vendor.token_requests) == 1


async def test_a_failing_token_answers_all_who_wait_and_is_asked_for_again_later(world: World) -> None:
    world.vendor.answer = lambda _: httpx.Response(401, json={"error": "invalid_client"})
    outcomes = await asyncio.gather(*(world.call() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(one, AuthError) for one in outcomes)
    assert len(world.vendor.token_requests) == 1
    world.vendor.answer = None
    assert await world.call() == "token-2"


async def test_a_token_is_refreshed_early_while_calls_go_on(world: World) -> None:
    await world.call()
    await world.clock.advance(3600 - 59)
    world.vendor.open.clear()
    assert await world.call() == "token-1"
    await world.clock.advance(0)
    assert await world.call() == "token-1"
    assert len(world.vendor.token_requests) == 2
    world.vendor.open.set()
    await world.clock.advance(0)
    assert await world.call() == "token-2"
    assert len(world.vendor.token_requests) == 2


async def test_an_early_refresh_that_fails_harms_nobody_while_the_old_token_lives(world: World) -> None:
    await world.call()
    await world.clock.advance(3600 - 59)
    world.vendor.answer = lambda _: httpx.Response(403)
    assert await world.call() == "token-1"
    await world.clock.advance(1)
    assert await world.call() == "token-1"
    world.vendor.answer = None
    await world.clock.advance(58)
    assert (await world.call()).startswith("token-")


async def test_an_expired_token_is_not_used(world: World) -> None:
    await world.call()
    await world.clock.advance(3600)
    assert await world.call() == "token-2"


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [(600, 600), ("600", 600), (None, 300), ("soon", 300), (0, 300), (-5, 300), (True, 1), ("nan", 300)],
)
async def test_how_long_a_token_lives(world: World, lifetime: Any, seconds: int) -> None:
    world.vendor.lifetime = lifetime
    await world.call()
    await world.clock.advance(seconds * 0.85)
    await world.call()
    assert len(world.vendor.token_requests) == 1
    await world.clock.advance(seconds)
    assert await world.call() == "token-2"


# --------------------------------------------------------------------------- 401
@pytest.mark.parametrize("repeat", list(Repeat))
async def test_a_401_gets_a_new_token_and_one_more_try_whatever_may_be_repeated(
    world: World, repeat: Repeat
) -> None:
    await world.call()
    world.vendor.revoked.add("token-1")
    assert await world.call(repeat=repeat) == "token-2"
    assert len(world.vendor.calls) == 3


async def test_a_second_401_is_final(world: World) -> None:
    world.vendor.revoked |= {"token-1", "token-2", "token-3"}
    with pytest.raises(AuthError) as caught:
        await world.call(repeat=Repeat.SAFE)
    assert caught.value.status == 401
    assert len(world.vendor.calls) == 2
    assert len(world.vendor.token_requests) == 2


async def test_the_token_before_a_renewal_is_a_secret_still(world: World) -> None:
    await world.call()
    world.vendor.revoked.add("token-1")
    await world.call()
    assert {"token-1", "token-2"} <= set(world.auth.secrets())


async def test_fifty_calls_with_a_revoked_token_get_one_new_one(world: World) -> None:
    await world.call()
    world.vendor.revoked.add("token-1")
    outcomes = await asyncio.gather(*(world.call() for _ in range(50)))
    assert set(outcomes) == {"token-2"}
    assert len(world.vendor.token_requests) == 2


async def test_a_late_401_to_an_old_token_does_not_cost_another_one(world: World) -> None:
    await world.call()
    world.vendor.revoked.add("token-1")
    assert await world.call() == "token-2"
    assert await world.auth.renew(world.client, {"Authorization": "Bearer token-1"})
    assert len(world.vendor.token_requests) == 2


async def test_a_403_costs_no_token(world: World) -> None:
    world.vendor.answer = None
    await world.call()

    class Forbidding(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(403, json={"error": {"code": "forbidden"}})

    with override_transport(Forbidding()), pytest.raises(AuthError):
        await world.call()
    assert len(world.vendor.token_requests) == 1


# --------------------------------------------------------------------------- no token, no call
def _raise(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (_raise(httpx.ReadTimeout("")), RetryableError),
        (_raise(httpx.RemoteProtocolError("")), RetryableError),
        (lambda _: httpx.Response(503), RetryableError),
        (lambda _: httpx.Response(429, headers={"retry-after": "99"}), RetryableError),
        (lambda _: httpx.Response(400, json={"error": "invalid_client"}), AuthError),
        (lambda _: httpx.Response(401, json={"error": "invalid_client"}), AuthError),
        (lambda _: httpx.Response(200, text="<html>login</html>"), ProtocolError),
        (lambda _: httpx.Response(200, json=["a list"]), ProtocolError),
        (lambda _: httpx.Response(200, json={"token": "elsewhere"}), ProtocolError),
        (lambda _: httpx.Response(200, json={"access_token": ""}), ProtocolError),
        (lambda _: httpx.Response(200, json={"access_token": "a\r\nb: c"}), ProtocolError),
        (lambda _: httpx.Response(200, json={"access_token": 7}), ProtocolError),
        (lambda _: httpx.Response(200, json={"access_token": "a", "token_type": "mac"}), ProtocolError),
    ],
)
async def test_a_call_that_gets_no_token_never_left(
    world: World, answer: Callable[[httpx.Request], httpx.Response], kind: type[ProviderError]
) -> None:
    world.vendor.answer = answer
    task = asyncio.create_task(world.call(repeat=Repeat.NO))
    await world.clock.advance(60)
    with pytest.raises(kind) as caught:
        await task
    assert type(caught.value) is kind
    assert caught.value.sent is False
    assert caught.value.operation == "token"
    assert world.vendor.calls == []


async def test_a_token_that_does_not_come_in_time_means_that_the_call_never_left() -> None:
    made = World()
    made.vendor.open.clear()
    with override_transport(made.vendor), pytest.raises(RetryableError) as caught:
        await made.call(budget=0.1, repeat=Repeat.NO)
    assert caught.value.sent is False
    assert caught.value.operation == "send"
    await made.client.close()


async def test_during_a_change_of_secrets_the_old_one_serves_until_the_new_one_is_known() -> None:
    made = World(client_secret=[SecretStr("new-secret"), SecretStr("old-secret")])
    good = "old-secret"

    def check(request: httpx.Request) -> httpx.Response:
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if pair.endswith(good):
            return httpx.Response(200, json={"access_token": "fine"})
        return httpx.Response(400, json={"error": "invalid_client"})

    made.vendor.answer = check
    with override_transport(made.vendor):
        assert await made.call() == "fine"


async def test_closing_the_client_stops_a_refresh_under_way(world: World) -> None:
    world.vendor.open.clear()
    task = asyncio.create_task(world.call())
    await world.vendor.asked.wait()
    await world.client.close()
    for late in (task, asyncio.create_task(world.call(repeat=Repeat.SAFE))):
        with pytest.raises(RetryableError, match="closed") as caught:
            await late
        assert caught.value.sent is False
    assert world.vendor.calls == []


# --------------------------------------------------------------------------- other schemes
async def _headers_with(auth: Auth, path: str = "/m") -> Mapping[str, str]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    client = VendorClient(provider="TOY", base_url="https://toy.test/api", auth=auth)
    with override_transport(httpx.MockTransport(answer)):
        await client.request("read", "GET", path)
    return seen[-1].headers


async def test_basic_and_bearer_say_what_they_are() -> None:
    assert (await _headers_with(BasicAuth("user", SecretStr("päss"))))[
        "authorization"
    ] == "Basic " + base64.b64encode("user:päss".encode()).decode()
    assert (await _headers_with(BearerAuth(SecretStr("abcd"))))["authorization"] == "Bearer abcd"
    key = BearerAuth(SecretStr("abcd"), header="X-Api-Key", prefix="")
    assert (await _headers_with(key))["x-api-key"] == "abcd"


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.test/m",
        "http://toy.test/m",
        "https://toy.test:8443/m",
        "https://toy.test.elsewhere.test/m",
        "https://toy.test@elsewhere.test/m",
    ],
)
async def test_credentials_go_to_no_other_origin(path: str) -> None:
    assert "authorization" not in await _headers_with(BearerAuth(SecretStr("abcd")), path)


async def test_credentials_go_to_a_whole_url_of_the_same_origin() -> None:
    headers = await _headers_with(BearerAuth(SecretStr("abcd")), "https://TOY.test:443/other")
    assert headers["authorization"] == "Bearer abcd"


async def test_an_adapter_brings_a_session_of_its_own() -> None:
    class SessionAuth(Auth):
        """Logs in for a cookie, and again when the vendor has forgotten it."""

        def __init__(self) -> None:
            self.cookie: str | None = None

        async def headers(self, client: VendorClient) -> Mapping[str, str]:
            if self.cookie is None:
                answer = await client.request("login", "POST", "/login", auth=False, repeat=Repeat.SAFE)
                self.cookie = answer.headers["set-cookie"].partition(";")[0]
            return {"Cookie": self.cookie}

        async def renew(self, client: VendorClient, used: Mapping[str, str]) -> bool:
            if self.cookie == used["Cookie"]:
                self.cookie = None
            return True

    logins: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/login":
            logins.append(f"s={len(logins) + 1}")
            return httpx.Response(204, headers={"set-cookie": f"{logins[-1]}; HttpOnly"})
        return httpx.Response(200 if request.headers.get("cookie") == "s=2" else 401)

    client = VendorClient(provider="TOY", base_url="https://toy.test", auth=SessionAuth())
    with override_transport(httpx.MockTransport(answer)):
        assert (await client.request("send", "POST", "/m", json={})).status == 200
    assert logins == ["s=1", "s=2"]


async def test_vendors_that_want_json_get_it() -> None:
    world = World(style="json", scope="read write")
    with override_transport(world.vendor):
        assert await world.call() == "token-1"
    (asked,) = world.vendor.token_requests
    assert json.loads(asked.content) == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "client_id": "the-client",
        "client_secret": CANARY,
    }
    assert "authorization" not in asked.headers
    await world.client.close()
