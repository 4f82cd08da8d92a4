"""Before an agent has joined: what is said is held where the vendor would garble it, then sent in order."""

from __future__ import annotations

from livechat_sdk import HandoffState, Outcome
from livechat_sdk.domain.messages import Fate
from livechat_sdk.domain.moments import Moment
from tests.dispatcher.bench import WAITING_VENDOR, Workbench
from tests.dispatcher.test_restart import heirs_of


async def test_no_send_exists_until_somebody_takes_it_then_the_summary_comes_first(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR)
    handoff = await one.request(summary="The parcel is lost")
    await one.say(handoff, "first")
    await one.say(handoff, "second")
    kinds = [row.action.kind for row in await one.dispatcher.actions(handoff.id)]
    assert "send_message" not in kinds
    assert await one.fates(handoff) == {"first": Fate.HELD, "second": Fate.HELD}
    assert one.vendor.opened[one.vendor.ref].summary == "The parcel is lost"
    await one.event("joined", name="Ann")
    await one.say(handoff, "third")
    assert one.vendor.calls == ["open", "send", "send", "send"], "the summary went with the opening"
    assert one.vendor.texts() == ["first", "second", "third"]
    assert set((await one.fates(handoff)).values()) == {Fate.SENT}


async def test_held_messages_survive_a_restart_and_keep_their_order(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR)
    handoff = await one.request()
    for number in range(5):
        await one.say(handoff, f"message {number}")
    await one.kill()
    two = await bench.start(**heirs_of(one))
    await two.event("joined")
    assert two.vendor.texts() == [f"message {number}" for number in range(5)]


async def test_an_agent_who_writes_without_a_join_event_has_joined(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR, livechat={"request_timeout": "2m"})
    handoff = await one.request()
    await one.say(handoff, "hello?")
    await one.event("message", text="hi, I am Ann", name="Ann")
    assert (await one.reload(handoff)).state is HandoffState.ACTIVE
    assert one.vendor.texts() == ["hello?"]
    kinds = [outgoing.kind for outgoing in one.channel.shown]
    assert one.channel.moments[-1] is Moment.JOINED
    assert kinds[-2:] == ["system_message", "message"]
    await one.pass_time(300)
    await one.event("ended")
    assert (await one.reload(handoff)).outcome is Outcome.COMPLETED, "not missed"


async def test_held_messages_go_to_the_provider_that_takes_over(bench: Workbench) -> None:
    one = await bench.start(chain=("toy", "spare"), capabilities=WAITING_VENDOR)
    handoff = await one.request()
    await one.say(handoff, "hello?")
    await one.event("rejected", reason="queue full")
    assert one.vendor.texts() == []
    assert one.spare.vendor.texts() == ["hello?"]
    assert await one.fates(handoff) == {"hello?": Fate.SENT}


async def test_a_silent_agents_chat_goes_back_to_the_queue_with_all_that_was_said(bench: Workbench) -> None:
    silence = {"release_after": "3m", "then": "requeue", "requeue_at_most": 1}
    one = await bench.start(chain=("toy", "spare"), livechat={"agent_silence": silence})
    handoff = await one.active()
    await one.say(handoff, "hello")
    await one.pass_time(181)
    handoff = await one.reload(handoff)
    assert (handoff.integration, handoff.state, len(handoff.attempts)) == ("toy", HandoffState.QUEUED, 2)
    assert one.vendor.calls == ["open", "send", "close", "open"]
    assert [line.body for line in one.vendor.opened[one.vendor.ref].transcript] == ["hello"]
    await one.event("joined", name="Ben")
    await one.say(handoff, "anybody?")
    await one.pass_time(181)
    handoff = await one.reload(handoff)
    assert handoff.integration == "spare", "once is enough"
    assert one.channel.moments.count(Moment.FALLBACK) == 1
