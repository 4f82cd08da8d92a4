"""Adapters and channels that break in ways that nobody foresees: one message, one chat, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import EndUser, HandoffRequest, InvalidInput, Message, RetryableError
from livechat_sdk.domain.chats import MessageFailed, MessageReceived, ProviderEvent
from livechat_sdk.domain.messages import Fate
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.domain.people import Agent
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.postgres import PostgresServer
from livechat_sdk_testing.toy import ToyPlugin, ToyVendor
from tests.dispatcher.bench import Bench, Workbench

Options = dict[str, Any]

UNUSUAL: dict[str, BaseException] = {
    "cancelled from within": asyncio.CancelledError(),
    "U+0000": RuntimeError("what the vendor said: \x00"),
    "half a character": RuntimeError("what the vendor said: \ud83d"),
}
unusual = pytest.mark.parametrize("error", UNUSUAL.values(), ids=list(UNUSUAL))


@pytest.fixture(params=["sqlite", "postgres"])
async def ledger(request: pytest.FixtureRequest) -> Options:
    """Options of a bench on each kind of ledger."""
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return {
        "settings": {
            "store": await server.new_database(),
            "store_key": "the key of the tests' PostgreSQL ledgers",
        }
    }


class Breaking(RecordingChannel):
    """A channel that breaks twice at the message ``hello``."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._errors = [error, error]

    async def deliver(self, outgoing: Outgoing) -> None:
        if getattr(getattr(outgoing, "message", None), "body", "") == "hello" and self._errors:
            raise self._errors.pop()
        await super().deliver(outgoing)


def break_once(
    plugin: ToyPlugin, monkeypatch: pytest.MonkeyPatch, operation: str, error: BaseException
) -> None:
    """Let the next call of an operation raise ``error``, before it reaches the vendor."""
    original = getattr(plugin.provider_class, operation)
    errors = [error]

    async def broken(self: Any, *args: Any) -> Any:
        if errors:
            raise errors.pop()
        return await original(self, *args)

    monkeypatch.setattr(plugin.provider_class, operation, broken)


@unusual
async def test_a_delivery_that_breaks_is_tried_again_in_its_place(
    bench: Workbench, ledger: Options, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    one = await bench.start(channel=Breaking(error), **ledger)
    await one.active()
    await one.event("message", text="hello")
    await one.event("message", text="next")
    await one.pass_time(10)
    assert one.channel.texts == ["hello", "next"]
    assert "the ledger cannot be written" not in caplog.text
    assert await one.dispatcher.ready() == {}


@unusual
async def test_a_send_that_breaks_is_tried_again_in_its_place(
    bench: Workbench, ledger: Options, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(**ledger)
    handoff = await one.active()
    break_once(one.toy, monkeypatch, "send", error)
    await one.say(handoff, "hello")
    await one.say(handoff, "next")
    await one.pass_time(10)
    assert one.vendor.texts() == ["hello", "next"]
    assert await one.fates(handoff) == {"hello": Fate.SENT, "next": Fate.SENT}
    assert await one.dispatcher.ready() == {}


@unusual
async def test_an_opening_that_breaks_is_tried_again(
    bench: Workbench, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    break_once(one.toy, monkeypatch, "open", error)
    handoff = await one.request()
    await one.pass_time(5)
    assert (await one.reload(handoff)).state == "queued"
    assert await one.dispatcher.ready() == {}


async def test_an_availability_that_is_cancelled_from_within_is_unknown(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    break_once(one.toy, monkeypatch, "availability", asyncio.CancelledError())
    assert (await one.request()).state == "queued"


async def test_a_chat_that_cannot_be_stored_counts_as_one_that_could_not_be_opened(
    bench: Workbench, ledger: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(chain=("toy", "spare"), **ledger)
    original = one.toy.provider_class.open

    async def opened(self: Any, opening: Any) -> Any:
        return (await original(self, opening)).model_copy(update={"state": {"socket": object()}})

    monkeypatch.setattr(one.toy.provider_class, "open", opened)
    handoff = await one.request()
    await one.pass_time(10)
    handoff = await one.reload(handoff)
    assert (handoff.integration, handoff.state) == ("spare", "queued")
    assert await one.dispatcher.ready() == {}


async def test_a_send_whose_answer_cannot_be_stored_is_in_doubt_and_holds_up_nothing(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    handoff = await one.active()
    original = one.toy.provider_class.send

    async def sent(self: Any, chat: Any, message: Any) -> Any:
        answer = await original(self, chat, message)
        return answer.model_copy(update={"patch": {"x": object()}}) if message.body == "hello" else answer

    monkeypatch.setattr(one.toy.provider_class, "send", sent)
    await one.say(handoff, "hello")
    await one.say(handoff, "next")
    await one.pass_time(30)
    assert one.vendor.texts() == ["hello", "next"]
    assert await one.fates(handoff) == {"hello": Fate.DOUBTFUL, "next": Fate.SENT}
    assert await one.dispatcher.ready() == {}


@pytest.mark.parametrize("wish", [1e15, float("inf"), float("nan"), -5.0])
async def test_a_wish_to_be_left_alone_for_ever_is_not_taken_literally(bench: Workbench, wish: float) -> None:
    one = await bench.start(chain=("toy", "spare"))
    one.vendor.fail["open"] = [RetryableError("busy", status=429, retry_after=wish)]
    handoff = await one.request()
    await one.pass_time(10)
    assert (await one.reload(handoff)).state == "queued"
    for cooldown in (await one.dispatcher.store.cooldowns()).values():
        assert (cooldown.until - one.clock.now()).total_seconds() <= 86400


async def test_characters_that_no_ledger_keeps_lose_no_event(bench: Workbench, ledger: Options) -> None:
    one = await bench.start(**ledger)
    handoff = await one.active()
    await one.say(handoff, "hello")
    about: Options = {"integration": "toy", "refs": (one.vendor.ref,), "received_at": one.clock.now()}
    ann = Agent(id="a-1", name="Ann\x00\ud83d")
    events: list[ProviderEvent] = [
        MessageReceived(id="e-1", message=Message.text("one\x00", key="m-1"), agent=ann, **about),
        MessageFailed(id="e-2", message_key="hello", reason="too\x00long", **about),
        MessageReceived(id="e-3", message=Message.text("two", key="m-2"), **about),
    ]
    await one.dispatcher.store.commit((), events)
    one.dispatcher._intake.inbox_changed()
    await one.settle()
    assert one.channel.texts == ["one", "two"]
    assert await one.fates(handoff) == {"hello": Fate.REFUSED}


async def test_long_keys_that_differ_at_their_ends_are_different_deliveries(bench: Workbench) -> None:
    one = await bench.start()
    await one.active()
    for end in "12":
        message = Message.text(end, key="k" * 199 + end)
        about: Options = {"integration": "toy", "refs": (one.vendor.ref,), "received_at": one.clock.now()}
        await one.dispatcher._intake.take_event(MessageReceived(id=end, message=message, **about))
    await one.settle()
    assert one.channel.texts == ["1", "2"]


@pytest.mark.parametrize("junk", [object(), "\ud800", b"\xff"], ids=["an object", "half", "bytes"])
async def test_what_json_cannot_carry_is_the_callers_error(bench: Workbench, junk: object) -> None:
    one = await bench.start()
    handoff = await one.active()
    with pytest.raises(InvalidInput, match="the message cannot be kept"):
        await one.dispatcher.user_message(handoff.id, Message(body="x", metadata={"x": junk}))
    request = HandoffRequest(
        bot="shop-bot", key="k", conversation_id="c", user=EndUser(id="u"), attributes={"x": junk}
    )
    with pytest.raises(InvalidInput, match="the request cannot be kept"):
        await one.dispatcher.request(request)


async def test_what_was_started_is_stopped_when_another_integration_cannot_start(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy, spare = ToyPlugin(), ToyPlugin(ToyVendor(), type_name="SPARE_LIVECHAT")
    told: list[str] = []

    async def start(self: Any, _: object) -> None:
        if self.name == "spare":
            raise ZeroDivisionError
        told.append(f"started {self.name}")

    async def stop(self: Any) -> None:
        told.append(f"stopped {self.name}")

    for plugin in (toy, spare):
        monkeypatch.setattr(plugin.provider_class, "start", start)
        monkeypatch.setattr(plugin.provider_class, "stop", stop)
    with pytest.raises(ZeroDivisionError):
        await Bench(bench.folder / "ledger.db", toy=toy, spare=spare).__aenter__()
    assert told == ["started toy", "stopped toy"]
