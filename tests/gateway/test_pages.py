"""Pages of providers: mounted under their name, within the gateway's limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway import create_app
from livechat_sdk.gateway.bodies import Limits
from livechat_sdk.gateway.pages import RESERVED, mounts_of
from tests.gateway.wire import Listening, a_scope, call, piece
from tests.gateway.world import JSON, World, a_client, error_of


class Desk:
    """Something with pages."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def pages(self) -> Any:
        return self._app


async def _show(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{request.method} {request.scope['root_path']} {request.url.path} {len(body)}")


async def _crash(request: Request) -> Response:
    raise KeyError("canary")


DESK = Starlette(
    routes=[Route("/", _show), Route("/crash", _crash), Route("/login", _show, methods=["POST"])]
)


def _app(world: World, **more: Any) -> Starlette:
    return create_app(world.dispatcher, tokens=[SecretStr("t")], **more)


def _with_desk(world: World, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Starlette:
    integrations = {**world.dispatcher.integrations, "desk": Desk(DESK), "bare": Desk(None)}
    monkeypatch.setattr(world.dispatcher, "integrations", integrations)
    return _app(world, **more)


async def test_pages_live_under_the_name_of_the_integration(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_client(_with_desk(world, monkeypatch)) as client:
        answer = await client.get("/desk/")
        assert (answer.status_code, answer.text) == (200, "GET /desk /desk/ 0")
        posted = await client.post("/desk/login", content=b"12345")
        assert posted.text == "POST /desk /desk/login 5"
        assert (await client.get("/desk")).headers["location"].endswith("/desk/")
        assert (await client.get("/bare/")).status_code == 404


async def test_pages_need_no_bearer_token_and_v1_still_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_client(_with_desk(world, monkeypatch)) as client:
        assert (await client.get("/desk/")).status_code == 200
        assert (await client.get("/v1/handoffs/h-1")).status_code == 401


async def test_more_applications_can_be_mounted(world: World) -> None:
    async with a_client(_app(world, mounts={"chat": DESK})) as client:
        assert (await client.get("/chat/")).status_code == 200


async def test_body_for_a_page_has_the_same_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _with_desk(world, monkeypatch, max_body=1000)
    async with a_client(app) as client:
        assert (await client.post("/desk/login", content=bytes(1000))).status_code == 200
        answer = await client.post("/desk/login", content=bytes(1001))
    assert (answer.status_code, error_of(answer)["code"]) == (413, "body_too_large")


async def test_slow_body_for_a_page_has_the_same_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _with_desk(world, monkeypatch, read_timeout=0.05)
    heard = await call(app, a_scope("POST", "/desk/login", JSON), [piece(b"x")])
    assert (heard.status, heard.code) == (408, "too_slow")
    assert heard.headers["connection"] == "close"


async def test_page_learns_that_the_client_has_gone(world: World) -> None:
    told: list[str] = []

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (message := await receive())["type"] != "http.disconnect":
            told.append(message["type"])
        told.append("gone")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with Listening(_app(world, mounts={"live": waits}), a_scope("GET", "/live/")):
        pass
    assert told == ["http.request", "gone"]


async def test_page_that_crashes_shows_no_stack_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_client(_with_desk(world, monkeypatch)) as client:
        answer = await client.get("/desk/crash")
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", [*sorted(RESERVED), "a/b", "{x}", "a b", ".", "..", "Δ", "%2e", ""])
def test_name_that_cannot_be_an_address_is_a_configuration_error(name: str) -> None:
    with pytest.raises(ConfigurationError, match="Rename it"):
        mounts_of({name: Desk(DESK)}, {}, Limits())


def test_integration_without_pages_may_have_any_name() -> None:
    assert mounts_of({"a/b {x}": object(), "v1": Desk(None)}, {}, Limits()) == []


def test_two_applications_with_one_name_are_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="taken"):
        mounts_of({"chat": Desk(DESK)}, {"chat": DESK}, Limits())


async def test_application_that_owns_the_dispatcher_starts_and_stops_it(tmp_path: Path) -> None:
    from livechat_sdk import Dispatcher, Registry
    from livechat_sdk_testing.channel import RecordingChannel
    from livechat_sdk_testing.toy import ToyPlugin
    from tests.gateway.world import some_settings

    plugin = ToyPlugin()
    dispatcher = Dispatcher(
        some_settings(tmp_path, plugin), channel=RecordingChannel(), registry=Registry({"toy": plugin})
    )
    app = create_app(dispatcher, tokens=[SecretStr("t")], own=True)
    async with app.router.lifespan_context(app), a_client(app) as client:
        assert (await client.get("/readyz")).status_code == 200
    async with a_client(app) as client:
        assert (await client.get("/readyz")).status_code == 503
