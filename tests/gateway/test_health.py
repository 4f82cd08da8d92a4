"""Alive and ready."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from livechat_sdk import Dispatcher, Registry
from livechat_sdk.errors import StoreError
from livechat_sdk.gateway import create_app, health
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.toy import ToyPlugin
from tests.gateway.world import World, a_client, error_of, some_settings


async def test_alive_and_ready_need_no_token(world: World) -> None:
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        answer = await world.stranger.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": status})
        assert answer.headers["cache-control"] == "no-store"


async def test_dispatcher_that_is_not_started_is_alive_and_not_ready(tmp_path: Path) -> None:
    plugin = ToyPlugin()
    dispatcher = Dispatcher(
        some_settings(tmp_path, plugin), channel=RecordingChannel(), registry=Registry({"toy": plugin})
    )
    app = create_app(dispatcher, tokens=[SecretStr("t")])
    async with a_client(app) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "dispatcher" in error_of(answer)["problems"]


async def test_store_that_is_down_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(world.dispatcher.store, "next_timer", broken)
    answer = await world.stranger.get("/readyz")
    assert answer.status_code == 503
    error = error_of(answer)
    assert error["problems"] == {"store": "the disk is full"}
    assert "store" in error["message"]


async def test_dispatcher_that_cannot_be_asked_is_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def buggy() -> Mapping[str, str]:
        raise KeyError("canary")

    monkeypatch.setattr(world.dispatcher, "ready", buggy)
    answer = await world.stranger.get("/readyz")
    assert answer.status_code == 503
    assert "canary" not in answer.text
    assert "canary" in caplog.text


async def test_dispatcher_that_hangs_is_not_ready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> Mapping[str, str]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(health, "_ASK_SECONDS", 0.01)
    monkeypatch.setattr(world.dispatcher, "ready", hangs)
    answer = await world.stranger.get("/readyz")
    assert (answer.status_code, set(error_of(answer)["problems"])) == (503, {"dispatcher"})


async def test_stopping_server_is_alive_and_not_ready(world: World) -> None:
    world.app.state.stopping.set()
    assert (await world.stranger.get("/healthz")).status_code == 200
    answer = await world.stranger.get("/readyz")
    assert (answer.status_code, error_of(answer)["problems"]) == (503, {"gateway": "stopping"})


async def test_store_that_can_only_be_read_is_not_ready_until_it_can_be_written(world: World) -> None:
    writer = cast("Any", world.dispatcher.store)._writer
    assert (await world.stranger.get("/readyz")).status_code == 200

    await writer.run(lambda db: db.execute("PRAGMA query_only = 1"))
    assert (await world.stranger.get("/readyz")).status_code == 200  # one answer is good for ten seconds
    await world.clock.advance(10)
    answer = await world.stranger.get("/readyz")
    assert answer.status_code == 503
    assert "cannot be written" in error_of(answer)["problems"]["store"]

    await writer.run(lambda db: db.execute("PRAGMA query_only = 0"))
    await world.clock.advance(10)
    assert (await world.stranger.get("/readyz")).status_code == 200
