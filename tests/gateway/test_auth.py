"""Bearer tokens: who may use /v1."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway import create_app
from livechat_sdk.gateway.app import operations_of
from livechat_sdk.gateway.auth import BearerGuard
from livechat_sdk.gateway.operations import Operation
from livechat_sdk.gateway.refusals import Refusal
from tests.gateway.wire import a_scope
from tests.gateway.world import TOKEN, World, a_world, error_of

OPERATIONS = operations_of(cast("Any", None), asyncio.Event())
PRIVATE = [one for one in OPERATIONS if not one.public]


def _path(operation: Operation) -> str:
    return operation.plain_path.replace("{handoff_id}", "h-1").replace("{conversation_id}", "c-1")


def test_everything_under_v1_and_the_metrics_need_a_token() -> None:
    under_v1 = {one.path for one in OPERATIONS if one.path.startswith("/v1/")}
    assert {one.path for one in PRIVATE} == under_v1 | {"/metrics"}
    assert len(PRIVATE) == 15


@pytest.mark.parametrize("operation", PRIVATE, ids=lambda one: one.name)
async def test_request_without_a_token_is_refused_with_a_hint(world: World, operation: Operation) -> None:
    answer = await world.stranger.request(operation.method, _path(operation))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    error = error_of(answer)
    assert error["code"] == "unauthorised"
    assert "Authorization: Bearer" in error["hint"]


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        "Bearer \xff\xfe",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
    ],
)
async def test_wrong_credentials_are_refused(world: World, value: str) -> None:
    answer = await world.stranger.get(
        "/v1/handoffs/h-1", headers=[(b"authorization", value.encode("latin-1"))]
    )
    assert answer.status_code == 401
    assert TOKEN not in answer.text


async def test_two_authorization_headers_are_refused(world: World) -> None:
    right = ("authorization", f"Bearer {TOKEN}")
    answer = await world.stranger.get("/v1/handoffs/h-1", headers=[right, right])
    assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_scheme_ignores_case(world: World, scheme: str) -> None:
    answer = await world.stranger.get("/v1/handoffs/h-1", headers={"authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 404


async def test_both_tokens_work_while_one_replaces_the_other(tmp_path: Path) -> None:
    async with a_world(tmp_path, tokens=["the-new-token", "the-old-token"]) as world:
        for token, status in (("the-new-token", 404), ("the-old-token", 404), ("an-older-token", 401)):
            headers = {"authorization": f"Bearer {token}"}
            assert (await world.stranger.get("/v1/handoffs/h-1", headers=headers)).status_code == status


def _check(guard: BearerGuard, value: bytes) -> None:
    scope = a_scope("GET", "/")
    scope["headers"] = [(b"authorization", b"Bearer " + value)]
    guard.check(Request(scope))


def test_token_with_other_than_ascii_characters_is_compared_as_utf_8() -> None:
    guard = BearerGuard([SecretStr("κλειδί")])
    _check(guard, "κλειδί".encode())
    with pytest.raises(Refusal):
        _check(guard, "κλειδι".encode())


@pytest.mark.parametrize("tokens", [[], [""], ["  "], ["good-token", ""]])
async def test_gateway_without_a_token_is_not_made_and_says_how_to_set_one(
    world: World, tokens: list[str]
) -> None:
    with pytest.raises(ConfigurationError, match=r"`gateway\.tokens`.*openssl rand"):
        create_app(world.dispatcher, tokens=[SecretStr(token) for token in tokens])


async def test_tokens_are_in_no_answer_and_no_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[httpx.Response] = [
        await client.request(operation.method, _path(operation), content=b"{]")
        for operation in PRIVATE
        for client in (world.client, world.stranger)
    ]
    assert {answer.status_code for answer in answers} >= {400, 401, 404, 415}
    assert not [answer for answer in answers if TOKEN in answer.text or TOKEN in str(answer.headers)]
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(vars(BearerGuard([SecretStr(TOKEN)])))
