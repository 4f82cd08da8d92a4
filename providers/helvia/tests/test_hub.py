"""Live updates: collected while nobody looks, none for a topic that was not asked for."""

from __future__ import annotations

import asyncio

from livechat_sdk_helvia.hub import INBOX, Hub, conversation_topic


async def test_changes_are_collected_until_somebody_waits() -> None:
    hub = Hub()
    with hub.subscribe(INBOX, conversation_topic(7)) as subscription:
        hub.publish(INBOX, "counts")
        hub.publish(conversation_topic(7), "messages")
        hub.publish(conversation_topic(8), "notes")
        assert await subscription.wait(1) == {"counts", "messages"}
        assert await subscription.wait(0) == frozenset()


async def test_a_waiting_one_is_woken() -> None:
    hub = Hub()
    with hub.subscribe(INBOX) as subscription:
        waiting = asyncio.create_task(subscription.wait(30))
        await asyncio.sleep(0)
        hub.publish(INBOX, "lines")
        assert await waiting == {"lines"}


async def test_nothing_is_kept_for_whoever_left() -> None:
    hub = Hub()
    with hub.subscribe(INBOX) as subscription:
        pass
    hub.publish(INBOX, "counts")
    assert await subscription.wait(0) == frozenset()


async def test_closing_ends_every_stream_and_those_that_come_later() -> None:
    hub = Hub()
    with hub.subscribe(INBOX) as early:
        waiting = asyncio.create_task(early.wait(30))
        await asyncio.sleep(0)
        hub.close()
        await waiting
        assert early.closed
    with hub.subscribe(INBOX) as late:
        assert late.closed
        assert await late.wait(30) == frozenset()


async def test_what_comes_often_is_told_at_once_and_then_once_a_second() -> None:
    hub, told = Hub(), list[frozenset[str]]()
    loop = asyncio.get_running_loop()
    with hub.subscribe(INBOX) as subscription:
        began = loop.time()
        for _ in range(1000):
            hub.publish_calmly(INBOX, "lines")
        told.append(await subscription.wait(5))
        assert loop.time() - began < 1
        told.append(await subscription.wait(5))
        assert loop.time() - began >= 1, "the rest together, when the second was over"
        hub.publish_calmly(INBOX, "lines")
        told.append(await subscription.wait(5))
    assert told == [frozenset({"lines"})] * 3
