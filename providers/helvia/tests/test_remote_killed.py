"""A desk in a process of its own that is killed while it tells what happens: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk import Dispatcher, HandoffRequest, Registry
from livechat_sdk.config import load_mapping, require
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.domain.people import EndUser
from livechat_sdk.gateway import create_app
from livechat_sdk_helvia import plugin
from providers.helvia.tests.browsing import token_of
from providers.helvia.tests.callback_world import KEY, SERVICE_TOKEN
from providers.helvia.tests.serving import served
from providers.helvia.tests.test_with_dispatcher import Recorder
from providers.helvia.tests.world import PASSWORD

SETTINGS = """
version: 1
store: "sqlite:///desk.db"
gateway: {{tokens: a-token-of-thirty-two-characters}}
files: {{egress: {{allow: ["127.0.0.1"]}}}}
integrations:
  desk:
    type: HELVIA_LIVECHAT
    accounts: [{{email: ada@example.org, name: Ada Marsh, roles: [agent], password: {password}}}]
    serviceTokens: ["{token}"]
    callbacks: {{address: "{gateway}/webhooks/manager", key: "{key}"}}
bots:
  shop-bot:
    livechat: {{integrations: [desk]}}
"""
CHANNEL = "class Channel:\n    async def deliver(self, outgoing):\n        pass\n"
TEXTS = [f"line {number}" for number in range(20)]


class Counting(Recorder):
    """Tells when some lines have arrived, and when all have."""

    def __init__(self) -> None:
        super().__init__()
        self.some, self.all, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def deliver(self, outgoing: Outgoing) -> None:
        await super().deliver(outgoing)
        if len(self.texts()) >= len(TEXTS) // 4:
            self.some.set()
        if len(self.texts()) >= len(TEXTS):
            self.all.set()
        if self.ended():
            self.over.set()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def desk_process(folder: Path, port: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    """A process that serves the desk, and a client of Ada's; killed when the block ends."""
    livechat = Path(sys.executable).parent / "livechat"
    with (folder / "desk.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(livechat, "serve", "--port", str(port), "--channel", "my_channel:Channel"),
            cwd=folder,
            env={**os.environ, "PYTHONUTF8": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(80):
            first = (await process.stdout.readline()).decode()
        assert first.startswith("listening on "), first
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            client.headers.update(await token_of(client, "ada"))
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def say_all(client: httpx.AsyncClient, conversation: int) -> None:
    """What Ada's page does: the same keys again after a failure."""
    for number, text in enumerate(TEXTS):
        body = {"text": text, "key": f"key-{number}"}
        answer = await client.post(f"/desk/api/conversations/{conversation}/messages", json=body)
        assert answer.status_code in {200, 201}, answer.text


@pytest.mark.slow
@pytest.mark.timeout(240)  # the desk starts twice, and a lease of a killed process has to end
@pytest.mark.feature("API-05")
async def test_a_desk_that_is_killed_while_it_tells_loses_and_doubles_nothing(tmp_path: Path) -> None:
    channel, port = Counting(), free_port()
    registry = Registry({"helvia": plugin})
    document = {
        "version": 1,
        "store": f"sqlite:///{tmp_path / 'bots.db'}",
        "integrations": {
            "manager": {
                "type": "HELVIA_LIVECHAT",
                "baseUrl": f"http://127.0.0.1:{port}/desk/manager",
                "serviceToken": SERVICE_TOKEN,
                "webhookKey": KEY,
                "organizationId": "default",
            }
        },
        "bots": {"shop-bot": {"livechat": {"integrations": ["manager"], "request_timeout": "10m"}}},
    }
    settings = require(load_mapping(document, types=registry.types))
    async with Dispatcher(settings, channel=channel, registry=registry) as dispatcher:
        app = create_app(dispatcher, tokens=[SecretStr("t" * 32)])
        async with served(app) as gateway:
            text = SETTINGS.format(password=PASSWORD, token=SERVICE_TOKEN, gateway=gateway, key=KEY)
            (tmp_path / "livechat.yaml").write_text(text, "utf-8")
            (tmp_path / "my_channel.py").write_text(CHANNEL, "utf-8")
            async with desk_process(tmp_path, port) as (process, ada):
                await dispatcher.request(
                    HandoffRequest(
                        key="k-1", conversation_id="c-1", bot="shop-bot", user=EndUser(id="u-1", name="Maria")
                    )
                )
                await dispatcher.wait_idle()
                [request] = (await ada.get("/desk/api/requests")).json()["items"]
                accepted = await ada.post(f"/desk/api/requests/{request['id']}/accept", json={})
                conversation = accepted.json()["id"]
                saying = asyncio.create_task(say_all(ada, conversation))
                async with asyncio.timeout(60):
                    await channel.some.wait()
                process.send_signal(signal.SIGKILL)
                await process.wait()
                await asyncio.gather(saying, return_exceptions=True)
            async with desk_process(tmp_path, port) as (_, ada):
                await say_all(ada, conversation)
                async with asyncio.timeout(100):
                    await channel.all.wait()
                ended = await ada.post(f"/desk/api/conversations/{conversation}/end", json={})
                assert ended.status_code == 200, ended.text
                async with asyncio.timeout(40):
                    await channel.over.wait()
    assert channel.texts() == TEXTS
    assert len(channel.ended()) == 1
