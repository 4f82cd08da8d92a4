"""A desk with many accounts, or a slow machine: what serves may take longer to start than a lease lasts."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Message, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.postgres import PostgresServer
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider


async def workers(url: str) -> list[str]:
    db = await asyncpg.connect(url)
    try:
        return [str(row[0]) for row in await db.fetch("SELECT id FROM workers")]
    finally:
        await db.close()


async def test_a_worker_that_starts_slower_than_its_lease_begins_anew_and_serves(
    postgres_server: PostgresServer,
) -> None:
    url, toy = await postgres_server.new_database(), ToyPlugin()
    started: list[str] = []

    class Slow(ToyProvider):
        type = "TOY_LIVECHAT"

        async def start(self, host: Any) -> None:
            started.extend(await workers(url))
            await postgres_server.execute("UPDATE workers SET lease_until = clock_timestamp()", url=url)

    toy.provider_class = Slow
    settings = LivechatFile.model_validate(
        {
            "store": url,
            "store_key": "a store key of the tests, of 32 characters",
            "integrations": {"toy": {"type": "TOY_LIVECHAT", "webhookKey": toy.key}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["toy"]}}},
        }
    )
    channel = RecordingChannel()
    async with Dispatcher(settings, channel=channel, registry=Registry({"toy": toy})) as dispatcher:
        (before,) = started
        assert before not in await workers(url)
        request = HandoffRequest(key="k-1", conversation_id="c-1", bot="shop-bot", user=EndUser(id="u-1"))
        handoff = await dispatcher.request(request)
        await dispatcher.user_message(handoff.id, Message.text("hello", key="m-1"))
        await dispatcher.webhook("toy", toy.delivery("joined", ref=f"{handoff.id}.1"))
        async with asyncio.timeout(30):
            await dispatcher.wait_idle()
        assert (await dispatcher.handoff(handoff.id)).state is HandoffState.ACTIVE
        assert [part.key for _, part in toy.vendor.received] == ["m-1"]
