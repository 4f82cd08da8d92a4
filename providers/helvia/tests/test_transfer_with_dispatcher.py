"""A transfer as the end user lives through it: told whom they are passed on to, answered without a gap."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.test_with_dispatcher import Recorder, Running, running


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, Recorder(), VirtualClock()) as made:
        yield made


@pytest.mark.feature("CV-10", "SM-02")
async def test_the_end_user_is_told_of_a_transfer_and_answered_all_the_time(world: Running) -> None:
    handoff = await world.request()
    request = await world.waiting()
    ada, ben = await world.agent("ada"), await world.agent("ben")
    talk = await world.desk.accept(ada, request.id)
    await world.desk.presence.seen(ben)
    asked = await world.desk.transfers.transfer(ada, talk.id, agent=ben.id, note="be kind")
    await world.desk.messages.send(ada, talk, "One moment, please.")
    await world.dispatcher.wait_idle()

    def told() -> list[tuple[Moment | None, str]]:
        return [(one.moment, one.text) for one in world.channel.delivered if isinstance(one, SystemMessage)]

    assert Moment.TRANSFERRED not in [moment for moment, _ in told()], "nothing has changed yet"
    taken = await world.desk.accept(ben, asked.request_id)
    await world.desk.messages.send(ben, taken, "Hello, this is Ben.")
    await world.dispatcher.wait_idle()
    assert world.channel.texts() == ["One moment, please.", "Hello, this is Ben."]
    assert told()[-2:] == [
        (Moment.TRANSFERRED, "You are being transferred to Ben. Please stay in the chat."),
        (Moment.JOINED, "You are now chatting with Ben."),
    ]
    now = await world.dispatcher.handoff(handoff.id)
    assert now.state is HandoffState.ACTIVE
    assert now.agent is not None
    assert now.agent.name == "Ben"
    assert not any("be kind" in one.model_dump_json() for one in world.channel.delivered)
