"""What a dispatcher counts, told by real handoffs."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from livechat_sdk import Fate, Outcome, RetryableError, WebhookRejected
from livechat_sdk.domain.chats import AgentJoined
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import RejectedError
from livechat_sdk.telemetry.meters import Distribution
from livechat_sdk_testing.channel import RecordingChannel
from tests.dispatcher.bench import WAITING_VENDOR, Bench, Workbench

NO_LOOK_UP = WAITING_VENDOR.model_copy(update={"send_before_join": True, "dedupes_by_key": False})


class Counted:
    """The families of one moment, by name and labels."""

    def __init__(self, families: Any) -> None:
        self._families = {one.name: one for one in families}

    def __call__(self, name: str, *labels: str) -> float:
        """A value; the number of observations of a histogram; 0 when nothing was counted."""
        family = self._families[f"livechat_{name}"]
        for sample in family.samples:
            if sample.labels == labels:
                return sample.value.count if isinstance(sample.value, Distribution) else sample.value
        return 0

    def sum(self, name: str, *labels: str) -> float:
        """The sum of a histogram's observations."""
        (value,) = [s.value for s in self._families[f"livechat_{name}"].samples if s.labels == labels]
        assert isinstance(value, Distribution)
        return value.sum

    def labels(self) -> set[str]:
        """All label values of all families."""
        return {value for one in self._families.values() for s in one.samples for value in s.labels}


async def counted(bench: Bench) -> Counted:
    return Counted(await bench.dispatcher.metrics())


async def test_states_outcomes_and_live_handoffs_are_counted(bench: Workbench) -> None:
    one = await bench.start()
    first = await one.active()
    await one.request("run-2/node-1", "c-2")
    now = await counted(one)
    assert (now("handoffs", "active"), now("handoffs", "queued"), now("handoffs", "requested")) == (1, 1, 0)
    await one.dispatcher.end(first.id, by="agent")
    await one.settle()
    now = await counted(one)
    assert (now("handoffs", "active"), now("handoffs", "queued")) == (0, 1)
    assert [now("handoff_states", state) for state in ("requested", "queued", "active", "ended")] == [
        2,
        2,
        1,
        1,
    ]
    assert now("handoffs_ended", Outcome.COMPLETED, "toy") == 1
    assert now("inputs", "event.agent_joined") == 1
    assert now("actions", "decide", "succeeded") == now("actions", "find_contact", "succeeded") == 2


async def test_live_handoffs_of_an_earlier_process_are_counted_too(bench: Workbench) -> None:
    async with Bench(bench.folder / "ledger.db") as first:
        await first.request()
    second = await bench.start()
    now = await counted(second)
    assert now("handoffs", "queued") == 1
    assert now("handoff_states", "queued") == 0, "counters start with the process"


async def test_actions_that_an_earlier_process_left_are_counted(bench: Workbench) -> None:
    async with Bench(bench.folder / "ledger.db") as first:
        first.channel.down = True
        await first.request()
    second = await bench.start(clock=first.clock)
    now = await counted(second)
    assert now("actions_claimed") == 1
    assert now("lanes", "waiting") == now("actions_queued") == 1


async def test_fates_and_messages_are_counted_by_direction(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR)
    handoff = await one.request()
    await one.say(handoff, "hello")
    now = await counted(one)
    assert now("fates", "to_provider", Fate.HELD) == 1
    assert now("message_seconds", "to_provider") == 0
    await one.event("joined")
    await one.event("message", text="hi")
    now = await counted(one)
    assert now("fates", "to_provider", Fate.PLANNED) == now("fates", "to_provider", Fate.SENT) == 1
    assert now("message_seconds", "to_provider") == now("message_seconds", "to_user") == 1


async def test_what_goes_back_to_the_bot_is_counted_as_dropped(bench: Workbench) -> None:
    one = await bench.start(capabilities=WAITING_VENDOR)
    handoff = await one.request()
    await one.say(handoff, "one")
    await one.say(handoff, "two")
    await one.dispatcher.end(handoff.id)
    await one.settle()
    assert (await counted(one))("fates", "to_provider", Fate.DROPPED) == 2


async def test_refused_inputs_are_counted(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.request()
    await one.dispatcher.end(handoff.id)
    await one.settle()
    await one.say(handoff, "too late")
    assert (await counted(one))("inputs_refused", "user_said") == 1


async def test_retries_errors_and_results_of_actions_are_counted(bench: Workbench) -> None:
    one = await bench.start()
    one.vendor.fail["open"] = [RetryableError("busy", sent=False)]
    await one.request()
    now = await counted(one)
    assert now("lanes", "waiting") == now("actions_queued") == 1
    await one.pass_time(2)
    now = await counted(one)
    assert now("action_seconds", "open_chat", "error") == 1
    assert now("action_retries", "open_chat") == 1
    assert now("action_seconds", "open_chat", "done") == now("actions", "open_chat", "succeeded") == 1
    assert 0 < now.sum("action_seconds", "open_chat", "done") < 30
    assert now("lanes", "waiting") == now("lanes", "broken") == now("actions_queued") == 0


async def test_failed_and_doubtful_actions_are_counted(bench: Workbench) -> None:
    one = await bench.start(capabilities=NO_LOOK_UP)
    handoff = await one.active()
    one.vendor.fail["send"] = [TimeoutError(), RejectedError("too rude")]
    await one.say(handoff, "maybe")
    await one.say(handoff, "no")
    now = await counted(one)
    assert now("actions", "send_message", "doubtful") == now("actions", "send_message", "failed") == 1
    assert now("actions_given_up", "send_message", "doubtful") == 1
    assert now("actions_given_up", "send_message", "failed") == 1
    assert now("fates", "to_provider", Fate.DOUBTFUL) == now("fates", "to_provider", Fate.REFUSED) == 1


async def test_lateness_of_events_and_clocks_is_measured(bench: Workbench) -> None:
    one = await bench.start(livechat={"request_timeout": "2m"})
    handoff = await one.request()
    joined = AgentJoined(
        id="e-1",
        integration="toy",
        refs=(one.vendor.ref,),
        agent=Agent(id="a-1"),
        vendor_at=one.clock.now() - timedelta(seconds=40),
        received_at=one.clock.now(),
    )
    await one.dispatcher._intake.take_event(joined)
    now = await counted(one)
    assert now("events", "toy", "agent_joined") == 1
    assert now.sum("event_lateness_seconds", "toy") == pytest.approx(40)
    other = await one.request("run-2/node-1", "c-2")
    await one.pass_time(121)
    now = await counted(one)
    assert now("timer_lateness_seconds", "request_timeout") == 1
    assert now.sum("timer_lateness_seconds", "request_timeout") < 1
    assert now("handoffs_ended", Outcome.MISSED, "toy") == 1
    assert (await one.reload(handoff)).is_live
    assert not (await one.reload(other)).is_live


async def test_time_in_which_the_channel_is_down_is_part_of_a_message(bench: Workbench) -> None:
    channel = RecordingChannel()
    one = await bench.start(channel=channel)
    await one.active()
    channel.down = True
    await one.event("message", text="hi")
    await one.pass_time(0.4)
    channel.down = False
    await one.pass_time(2)
    now = await counted(one)
    assert 0.4 < now.sum("message_seconds", "to_user") < 2
    assert now("action_retries", "deliver_message") >= 1


async def test_repeated_and_unmatched_events_and_refused_deliveries_are_counted(bench: Workbench) -> None:
    one = await bench.start()
    await one.request()
    await one.event("joined", id="e-1")
    await one.event("joined", id="e-1")
    await one.event("joined", ref="nobody-knows-this")
    await one.event("joined", ref="nobody-knows-this", id="e-9")
    with pytest.raises(WebhookRejected):
        await one.event("joined", secret="wrong")
    now = await counted(one)
    assert now("events_duplicate") == 1
    assert now("events_unmatched", "toy") == 2
    assert now("webhooks", "toy") == 4
    assert now("webhooks_refused", "toy", "401", "unauthorised") == 1


async def test_version_hooks_and_loop_are_part_of_the_report(bench: Workbench) -> None:
    one = await bench.start()
    await one.request()
    families = {family.name: family for family in await one.dispatcher.metrics()}
    (info,) = families["livechat_info"].samples
    assert info.value == 1
    assert info.labels[1] == "default"
    now = await counted(one)
    assert now("hook_calls", "policy.routing", "livechat_route") == 1
    assert now("hook_failures", "policy.routing", "livechat_route") == 0
    assert now("plugin_stuck", "policy.routing") == 0
    assert now("step_conflicts") == now("signals_dropped") == 0
    assert {"livechat_loop_blocks", "livechat_loop_blocked_seconds"} <= set(families)
    assert now("shards") == 64
    assert now("lease_seconds") == math.inf
    assert now("leases_lost") == now("actions_lost") == 0


async def test_no_label_holds_an_id(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active(key="key-of-a-request", conversation="conversation-of-somebody")
    await one.say(handoff, "secret words", "key-of-a-message")
    labels = (await counted(one)).labels()
    for private in (handoff.id, "key-of", "conversation-of", "secret words", one.vendor.ref, "u-1", "Maria"):
        assert not [label for label in labels if private in label]


async def test_report_does_without_the_ledger_while_that_cannot_be_read(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livechat_sdk import StoreError

    one = await bench.start()
    await one.request()

    async def gone(*_: object) -> object:
        raise StoreError("gone")

    monkeypatch.setattr(one.dispatcher.store, "fetch", gone)
    families = {family.name: family for family in await one.dispatcher.metrics()}
    assert "livechat_handoffs" not in families
    assert families["livechat_inputs"].samples
