"""A program without an event loop hands conversations over and gets them back."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import (
    Accepted,
    ConfigurationError,
    EndUser,
    Handoff,
    HandoffEnded,
    HandoffNotFound,
    HandoffRequest,
    InvalidInput,
    Message,
    NotLive,
    Outcome,
    Outgoing,
    Registry,
    StoreLocked,
    SurveyAnswer,
    UnknownBot,
    UserMessage,
    WebhookRejected,
    sync,
)
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin

SETTINGS = """\
version: 1
store: sqlite:///{folder}/livechat.db
integrations: {{toy: {{type: TOY_LIVECHAT, webhookKey: {key}}}}}
bots: {{shop-bot: {{livechat: {{integrations: [toy]}}}}}}
"""


class PlainChannel:
    """What a program without an event loop has: a plain method that blocks."""

    def __init__(self) -> None:
        self.deliveries: list[Outgoing] = []
        self.threads: set[str] = set()
        self.fail: list[BaseException] = []
        self.act: Callable[[Outgoing], object] = lambda _: None

    def deliver(self, outgoing: Outgoing) -> None:
        self.threads.add(threading.current_thread().name)
        if self.fail:
            raise self.fail.pop(0)
        self.act(outgoing)
        self.deliveries.append(outgoing)

    @property
    def ended(self) -> list[HandoffEnded]:
        return [one for one in self.deliveries if isinstance(one, HandoffEnded)]

    @property
    def texts(self) -> list[str]:
        return [one.message.body for one in self.deliveries if isinstance(one, UserMessage)]


@pytest.fixture
def toy() -> ToyPlugin:
    return ToyPlugin()


@pytest.fixture
def channel() -> PlainChannel:
    return PlainChannel()


Maker = Callable[..., sync.Dispatcher]


@pytest.fixture
def make(tmp_path: Path, toy: ToyPlugin, channel: PlainChannel) -> Maker:
    """Makes dispatchers from one settings file."""
    settings = tmp_path / "livechat.yaml"
    settings.write_text(SETTINGS.format(folder=tmp_path, key=toy.key), "utf-8")

    def maker(**options: Any) -> sync.Dispatcher:
        ready: dict[str, Any] = {"channel": channel, "registry": Registry({"toy": toy})}
        return sync.Dispatcher.from_file(settings, **{**ready, **options})

    return maker


@pytest.fixture
def dispatcher(make: Maker) -> Iterator[sync.Dispatcher]:
    with make() as running:
        yield running


def a_request(number: int = 1) -> HandoffRequest:
    return HandoffRequest(
        key=f"run-{number}/node", conversation_id=f"c-{number}", bot="shop-bot", user=EndUser(id="u-1")
    )


def join(dispatcher: sync.Dispatcher, toy: ToyPlugin) -> None:
    assert dispatcher.webhook("toy", toy.delivery("joined")) == 1


def active(dispatcher: sync.Dispatcher, toy: ToyPlugin) -> Handoff:
    handoff = dispatcher.request(a_request())
    dispatcher.wait_idle()
    join(dispatcher, toy)
    return dispatcher.handoff(handoff.id)


def test_whole_handoff_without_an_event_loop(
    dispatcher: sync.Dispatcher, toy: ToyPlugin, channel: PlainChannel
) -> None:
    assert dispatcher.ready() == {}
    assert dispatcher.availability("shop-bot").open
    handoff = active(dispatcher, toy)
    assert handoff.agent is not None
    assert dispatcher.add_details(handoff.id, survey=[SurveyAnswer(id="q", question="?", answer="!")])
    dispatcher.user_typing(handoff.id, on=True)
    assert isinstance(dispatcher.user_message(handoff.id, Message.text("hello", key="m-1")), Accepted)
    dispatcher.webhook("toy", toy.delivery("message", text="hi", key="a-1"))
    dispatcher.wait_idle()
    dispatcher.user_receipt(handoff.id, UserReceipt(message_key="a-1", status="read"))
    assert toy.vendor.texts() == ["hello"]
    assert channel.texts == ["hi"]
    assert not dispatcher.bot_may_send("c-1", 0).allowed
    assert dispatcher.end(handoff.id, by="user").id == handoff.id
    ended = dispatcher.until_ended(handoff.id, wait=10)
    assert ended.outcome is Outcome.COMPLETED
    assert dispatcher.bot_may_send("c-1", ended.owner_number).allowed
    assert isinstance(dispatcher.user_message(handoff.id, Message.text("too late")), NotLive)
    dispatcher.wait_idle()
    assert [one.end.outcome for one in channel.ended] == [Outcome.COMPLETED]
    assert [entry.message.key for entry in dispatcher.entries(handoff.id)][:2] != []
    assert "decide" in {row.action.kind for row in dispatcher.actions(handoff.id)}
    assert dispatcher.journal(handoff.id)[0].kind == "requested"
    assert dispatcher.tickets(handoff.id) == []
    assert dispatcher.undelivered(handoff.id) == []
    assert "livechat_handoffs" in {family.name for family in dispatcher.metrics()}


def test_plain_channel_runs_in_threads_of_its_own(
    dispatcher: sync.Dispatcher, toy: ToyPlugin, channel: PlainChannel
) -> None:
    active(dispatcher, toy)
    dispatcher.wait_idle()
    assert channel.threads
    assert channel.threads.isdisjoint({"livechat-sync", threading.current_thread().name})


def test_channel_may_be_asynchronous_all_the_same(make: Maker, toy: ToyPlugin) -> None:
    recording = RecordingChannel()
    with make(channel=recording) as dispatcher:
        active(dispatcher, toy)
        dispatcher.webhook("toy", toy.delivery("message", text="hi"))
        dispatcher.wait_idle()
    assert recording.texts == ["hi"]


def test_plain_deliver_may_give_something_to_await(make: Maker, toy: ToyPlugin) -> None:
    recording = RecordingChannel()

    class Passing:
        def deliver(self, outgoing: Outgoing) -> Any:
            return recording.deliver(outgoing)

    with make(channel=Passing()) as dispatcher:
        active(dispatcher, toy)
        dispatcher.wait_idle()
    assert recording.moments


@pytest.mark.parametrize("error", [OSError("down"), SystemExit(3)])
def test_delivery_that_fails_is_tried_again(
    make: Maker, toy: ToyPlugin, channel: PlainChannel, error: BaseException
) -> None:
    with make() as dispatcher:
        handoff = active(dispatcher, toy)
        dispatcher.wait_idle()
        channel.fail.append(error)
        dispatcher.webhook("toy", toy.delivery("message", text="hi"))
        deadline = time.monotonic() + 10
        while channel.texts != ["hi"]:
            assert time.monotonic() < deadline
            dispatcher.handoff(handoff.id)
        dispatcher.wait_idle()
        tries = {row.action.kind: row.tries for row in dispatcher.actions(handoff.id)}
    assert tries["deliver_message"] == 2


def test_channel_may_call_the_dispatcher(
    dispatcher: sync.Dispatcher, toy: ToyPlugin, channel: PlainChannel
) -> None:
    def reply(outgoing: Outgoing) -> None:
        if isinstance(outgoing, UserMessage):
            dispatcher.user_message(outgoing.handoff_id, Message.text("an answer", key="answer"))

    handoff = active(dispatcher, toy)
    channel.act = reply
    dispatcher.webhook("toy", toy.delivery("message", text="a question"))
    dispatcher.wait_idle()
    assert toy.vendor.texts() == ["an answer"]
    assert dispatcher.handoff(handoff.id).is_live


def test_errors_are_those_of_the_asynchronous_calls(dispatcher: sync.Dispatcher, toy: ToyPlugin) -> None:
    with pytest.raises(HandoffNotFound):
        dispatcher.handoff("h-unknown")
    with pytest.raises(UnknownBot):
        dispatcher.availability("no-bot")
    dispatcher.request(a_request())
    dispatcher.wait_idle()
    with pytest.raises(WebhookRejected):
        dispatcher.webhook("toy", toy.delivery("joined", secret="wrong"))
    with pytest.raises(HandoffNotFound):
        dispatcher.until_ended("h-unknown")


def test_wrong_settings_are_refused_before_anything_starts(tmp_path: Path, channel: PlainChannel) -> None:
    settings = tmp_path / "livechat.yaml"
    settings.write_text("version: 1\nbots: {}\nsurprise: 1\n", "utf-8")
    with pytest.raises(ConfigurationError, match="surprise"):
        sync.Dispatcher.from_file(settings, channel=channel)


def test_several_threads_may_call_at_the_same_time(
    dispatcher: sync.Dispatcher, channel: PlainChannel, toy: ToyPlugin
) -> None:
    def one(number: int) -> Outcome | None:
        handoff = dispatcher.request(a_request(number))
        for message in range(3):
            dispatcher.user_message(handoff.id, Message.text(f"{number}.{message}"))
        dispatcher.end(handoff.id)
        return dispatcher.until_ended(handoff.id, wait=20).outcome

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(one, range(24)))
    assert set(outcomes) == {Outcome.CANCELLED}
    dispatcher.wait_idle()
    assert len({one.handoff_id for one in channel.ended}) == 24


def test_watching_gives_entries_as_they_come_and_ends_with_the_handoff(
    dispatcher: sync.Dispatcher, toy: ToyPlugin
) -> None:
    handoff = active(dispatcher, toy)
    kinds: list[str] = []
    for entry in dispatcher.watch(handoff.id):
        kinds.append(entry.kind)
        if entry.kind == "event.agent_joined":
            threading.Thread(target=dispatcher.end, args=(handoff.id,)).start()
    assert kinds[0] == "requested"
    assert "end_requested" in kinds
    later = [entry.seq for entry in dispatcher.watch(handoff.id, after=2)]
    assert later[0] == 3


def test_watching_may_be_given_up(dispatcher: sync.Dispatcher, toy: ToyPlugin) -> None:
    handoff = active(dispatcher, toy)
    watching = dispatcher.watch(handoff.id)
    assert next(watching).kind == "requested"
    del watching
    gc.collect()
    dispatcher.wait_idle()
    waiting = dispatcher._dispatcher._watchers._waiting
    deadline = time.monotonic() + 5
    while waiting and time.monotonic() < deadline:
        dispatcher.handoff(handoff.id)
    assert waiting == {}


def test_call_outside_of_the_with_block_says_how_to_call(make: Maker) -> None:
    dispatcher = make()
    with pytest.raises(RuntimeError, match="`with` block has not been entered"):
        dispatcher.request(a_request())
    with dispatcher:
        handoff = dispatcher.request(a_request())
        watching = dispatcher.watch(handoff.id)
        next(watching)
    with pytest.raises(RuntimeError, match="`with` block was left already"):
        dispatcher.handoff(handoff.id)
    with pytest.raises(RuntimeError, match="`with` block was left already"):
        list(watching)
    with pytest.raises(RuntimeError, match="used already"), dispatcher:
        pass


def test_entering_twice_does_not_hurt_who_is_inside(make: Maker) -> None:
    with make() as dispatcher:
        with pytest.raises(RuntimeError, match="used already"), dispatcher:
            pass
        assert dispatcher.ready() == {}


async def test_call_in_a_thread_with_an_event_loop_names_the_other_class(make: Maker) -> None:
    dispatcher = make()
    with pytest.raises(RuntimeError, match=r"use livechat_sdk\.Dispatcher here, with `await`"), dispatcher:
        pass

    def in_another_thread() -> Handoff:
        with make() as other:
            return other.request(a_request())

    assert (await asyncio.to_thread(in_another_thread)).is_live


def test_call_from_the_dispatchers_own_loop_is_refused(make: Maker, toy: ToyPlugin) -> None:
    seen: list[str] = []

    class Confused:
        async def deliver(self, outgoing: Outgoing) -> None:
            try:
                running.handoff(outgoing.handoff_id)
            except RuntimeError as error:
                seen.append(str(error))

    with make(channel=Confused()) as running:
        active(running, toy)
        running.wait_idle()
    assert seen
    assert "this thread runs an event loop" in seen[0]


def test_start_that_fails_leaves_nothing_behind(make: Maker) -> None:
    with make():
        second = make()
        with pytest.raises(StoreLocked), second:
            pass
        with pytest.raises(RuntimeError, match="was left already"):
            second.ready()
    assert "livechat-sync" not in {thread.name for thread in threading.enumerate()}


def test_leaving_ends_calls_that_wait_and_all_threads(make: Maker, toy: ToyPlugin) -> None:
    raised: list[BaseException] = []

    def wait_for_ever(handoff_id: str) -> None:
        try:
            running.until_ended(handoff_id)
        except RuntimeError as error:
            raised.append(error)

    with make() as running:
        handoff = active(running, toy)
        waiting = threading.Thread(target=wait_for_ever, args=(handoff.id,))
        waiting.start()
        deadline = time.monotonic() + 5
        while not running._background._calls:
            assert time.monotonic() < deadline
    waiting.join(10)
    assert not waiting.is_alive()
    assert "was left while this call waited" in str(raised[0])
    names = {thread.name for thread in threading.enumerate()}
    assert names.isdisjoint({"livechat-sync", "livechat-watchdog"})


def test_error_in_the_block_comes_out_as_it_is(make: Maker) -> None:
    with pytest.raises(KeyError, match="mine"), make():
        raise KeyError("mine")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Hear interrupts: a program that a shell has put into the background ignores them from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_ends_the_call_and_the_handoff_goes_on(make: Maker, toy: ToyPlugin) -> None:
    heard = threading.Event()

    def interrupt() -> None:
        while not running._background._calls:
            pass
        while True:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            # Python can miss one that comes in the very moment in which it begins to wait for a lock.
            if heard.wait(5):
                return

    with make() as running:
        handoff = active(running, toy)
        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            running.until_ended(handoff.id)
        heard.set()
        interrupting.join()
        assert running.handoff(handoff.id).is_live
        assert running._background._calls == set()
        running.end(handoff.id)
        assert running.until_ended(handoff.id, wait=10).outcome is Outcome.COMPLETED


def test_what_one_process_left_the_next_takes_up(make: Maker, toy: ToyPlugin, channel: PlainChannel) -> None:
    clock = VirtualClock()
    with make(clock=clock) as first:
        handoff = active(first, toy)
    with make(clock=clock) as second:
        second.end(handoff.id)
        assert second.until_ended(handoff.id, wait=10).outcome is Outcome.COMPLETED
        second.wait_idle()
    assert len(channel.ended) == 1


def test_delivery_that_hangs_does_not_keep_the_program_from_ending(
    make: Maker, channel: PlainChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    channel.act = lambda _: release.wait(30)
    with make() as dispatcher:
        dispatcher.request(a_request())
        stop = dispatcher._dispatcher._relay.stop
        monkeypatch.setattr(dispatcher._dispatcher._relay, "stop", lambda: stop(grace=0))
    hanging = [one for one in threading.enumerate() if "channel" in one.name]
    assert all(thread.daemon for thread in hanging)
    release.set()


def test_what_is_kept_about_somebody_is_exported_and_erased(
    dispatcher: sync.Dispatcher, toy: ToyPlugin
) -> None:
    handoff = active(dispatcher, toy)
    dispatcher.user_message(handoff.id, Message.text("something private"))
    assert "something private" in "".join(dispatcher.export(user_id="u-1"))
    dispatcher.erase(user_id="u-1", end_live=True)
    assert "something private" not in "".join(dispatcher.export(user_id="u-1"))
    with pytest.raises(InvalidInput):
        dispatcher.export()
