"""Adapters and channels that catch ``CancelledError`` and go on: a process ends all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import Message
from livechat_sdk.dispatcher.stopping import STOP_SECONDS, stop_integrations
from livechat_sdk.domain.messages import Fate
from livechat_sdk.domain.outgoing import Outgoing, Typing
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.toy import ToyProvider
from tests.dispatcher.bench import Bench, Workbench
from tests.relay.deaf import deaf_call, seconds_until

CANNOT_TELL = ToyProvider.capabilities.model_copy(update={"dedupes_by_key": False, "looks_up_by_key": False})


def go_deaf(monkeypatch: pytest.MonkeyPatch, owner: Any, operation: str) -> asyncio.Event:
    """Let an operation never end; set when it has begun."""
    begun = asyncio.Event()

    async def deaf(*_: Any, **__: Any) -> None:
        begun.set()
        await deaf_call()

    monkeypatch.setattr(owner, operation, deaf)
    return begun


async def ended(one: Bench) -> None:
    """The process ends as it should, and leaves no task of an adapter behind."""
    await seconds_until(one.dispatcher.__aexit__(None, None, None), a_turn=0.001)
    names = {task.get_name() for task in asyncio.all_tasks() if not task.done()}
    assert not [name for name in names if name.startswith(("lane", "signal", "stream", "polling"))]


async def test_a_send_that_does_not_heed_the_end_of_the_process_is_found_started_by_the_next(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = await bench.start(capabilities=CANNOT_TELL)
    handoff = await one.active()
    with monkeypatch.context() as broken:
        begun = go_deaf(broken, one.toy.provider_class, "send")
        await one.dispatcher.user_message(handoff.id, Message.text("hello", key="hello"))
        await begun.wait()
        (send,) = await one.dispatcher.store.open_actions()
        assert send.status is ActionStatus.STARTED
        await ended(one)
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    for part in (f"lane {handoff.id} provider.1", "send_message at toy", "does not heed being interrupted"):
        assert part in line

    other = await bench.start(toy=one.toy, clock=one.clock)
    await other.settle()
    assert await other.fates(handoff) == {"hello": Fate.DOUBTFUL}, "it may have arrived: nobody can tell"


class DeafTo(RecordingChannel):
    """A channel that never ends with one kind of delivery."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind
        self.begun = asyncio.Event()

    async def deliver(self, outgoing: Outgoing) -> None:
        if isinstance(outgoing, self.kind) or getattr(getattr(outgoing, "message", None), "body", "") == "hi":
            self.begun.set()
            await deaf_call()
        await super().deliver(outgoing)


@pytest.mark.parametrize("what", ["message", "typing"])
async def test_a_channel_that_does_not_heed_the_end_of_the_process_is_named_and_ended(
    bench: Workbench, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel = DeafTo(Typing)
    one = await bench.start(channel=channel)
    await one.active()
    sent = one.toy.delivery(what, **({"text": "hi"} if what == "message" else {"on": "1"}))
    reported = asyncio.ensure_future(one.dispatcher.webhook("toy", sent))
    await channel.begun.wait()
    await reported
    await ended(one)
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert ("deliver_message at the channel" if what == "message" else "signal ShowTyping") in line


class Closes:
    """An integration that takes its time to stop, or never does."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.closed = False

    async def stop(self) -> None:
        match self.how:
            case "late":
                await asyncio.sleep(STOP_SECONDS / 2)
            case "never":
                await asyncio.Event().wait()
            case "deaf":
                await deaf_call()
            case _:
                raise RuntimeError("the vendor has hung up")
        self.closed = True


async def test_integrations_stop_at_the_same_time_and_none_holds_up_the_end_of_the_process(
    caplog: pytest.LogCaptureFixture,
) -> None:
    built = {name: Closes(name) for name in ("deaf", "late", "never", "raises")}

    seconds = await seconds_until(stop_integrations({**built, "has no stop": object()}))

    assert STOP_SECONDS < seconds < STOP_SECONDS + 5
    assert [name for name, each in built.items() if each.closed] == ["late"]
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[0] for line in lines] == [
        "integration raises did not stop cleanly",
        "integration deaf has not stopped within 10 s",
        "integration never has not stopped within 10 s",
        "stop of integration deaf does not heed being interrupted; it is ended by force",
    ]


async def test_a_dispatcher_ends_although_an_integration_does_not_stop(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = await bench.start()
    go_deaf(monkeypatch, one.toy.provider_class, "stop")

    await ended(one)

    assert "integration toy has not stopped within 10 s" in caplog.text


async def test_what_interrupts_the_end_interrupts_the_integrations_too() -> None:
    never = Closes("never")
    stopping = asyncio.create_task(stop_integrations({"never": never}))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "stop of integration never"]
