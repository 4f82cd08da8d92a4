"""The notifications WebSocket: subscriptions, gaps, renewals."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.chats import AgentJoined, Chat, ChatEnded, ProviderEvent, StreamGap, UnknownEvent
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import AuthError, ProviderError, RejectedError, RetryableError, StoreError
from livechat_sdk.http.sockets import override_sockets
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk_genesys.provider import GenesysProvider
from livechat_sdk_testing.clock import VirtualClock
from providers.genesys.tests.bench import (
    AGENT,
    CHAT,
    CONVERSATION,
    CUSTOMER,
    MESSAGE,
    NOW,
    QUEUE,
    Answers,
    a_customer,
    a_provider,
    a_queue,
    an_agent,
    an_error,
    an_opening,
)

QUEUE_TOPIC = f"v2.routing.queues.{QUEUE}.conversations.messages"
DETAILS = "v2.detail.events.conversation."
KINDS = {"customer.end", "acd.end", "user.end", "user.start", "acd.start"}


class Socket:
    """The vendor's side of one socket."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: list[str] = []
        self.closed = False
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()

    def push(self, topic: str, body: Any) -> None:
        self._frames.put_nowait(json.dumps({"topicName": topic, "version": "2", "eventBody": body}))

    def push_text(self, text: str | None) -> None:
        """Any text; ``None`` cuts the socket."""
        self._frames.put_nowait(text)

    async def receive(self) -> str | None:
        return await self._frames.get()

    async def send(self, text: str) -> None:
        self.sent.append(text)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Host:
    """What the provider may use of its host."""

    chats: list[Chat] = field(default_factory=lambda: [CHAT])
    files: FileOpener = field(default_factory=NoFiles)
    broken: bool = False

    @property
    def database(self) -> EmbeddedDatabase:
        raise AssertionError("this adapter needs no database")

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        assert integration == "genesys"
        if self.broken:
            raise StoreError("the ledger is away")
        return list(self.chats)


@dataclass
class Stream:
    """A provider that listens."""

    provider: GenesysProvider
    answers: Answers
    host: Host
    clock: VirtualClock
    sockets: list[Socket]
    events: list[ProviderEvent] = field(default_factory=list[ProviderEvent])
    failure: Exception | None = None
    task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            async for event in self.provider.listen():
                self.events.append(event)
        except ProviderError as error:
            self.failure = error

    def start(self) -> None:
        self.task = asyncio.create_task(self.run())

    async def pass_time(self, seconds: float = 0.0) -> list[ProviderEvent]:
        """Let time pass; returns what was told in it."""
        before = len(self.events)
        for _ in range(12):
            await self.clock.advance(0)
        left = seconds
        while left > 0:
            step = min(left, 5.0)
            await self.clock.advance(step)
            left -= step
        for _ in range(12):
            await self.clock.advance(0)
        return self.events[before:]

    @property
    def socket(self) -> Socket:
        return self.sockets[-1]

    def topics(self, name: str = "POST subscriptions") -> list[str]:
        return [one["id"] for body in self.answers.of(name) for one in body]

    def detail(
        self, what: str, participant: str = "p", conversation: str = CONVERSATION, **fields: Any
    ) -> None:
        body = {"eventTime": 1_795_000_000_000, "conversationId": conversation, "participantId": participant}
        self.socket.push(f"{DETAILS}{conversation}.{what}", body | fields)

    def answered(self) -> None:
        self.detail("acd.end", "q", acdOutcome="ANSWERED", answeredUserId=AGENT)


@asynccontextmanager
async def a_stream(
    answers: Answers | None = None, *, host: Host | None = None, **settings: Any
) -> AsyncIterator[Stream]:
    answers = answers or Answers(people=[a_customer(), a_queue()])
    clock, sockets = VirtualClock(NOW), list[Socket]()

    async def connect(url: str) -> Socket:
        sockets.append(Socket(url))
        return sockets[-1]

    async with a_provider(answers, **settings) as provider:
        with override_sockets(connect, clock=clock):
            stream = Stream(provider, answers, host or Host(), clock, sockets)
            await provider.start(stream.host)
            stream.start()
            await stream.pass_time()
            try:
                yield stream
            finally:
                assert stream.task is not None
                stream.task.cancel()
                await asyncio.gather(stream.task, return_exceptions=True)
                assert all(one.closed for one in sockets), "a socket was left open"


# ---- who is followed


async def test_channel_is_made_and_every_open_chat_and_queue_is_subscribed_to_and_looked_at_once() -> None:
    async with a_stream(queueIds=[QUEUE]) as stream:
        assert stream.socket.url == "wss://streaming.mypurecloud.ie/channels/ch-1"
        topics = stream.topics()
        assert topics[0] == QUEUE_TOPIC
        assert {one.removeprefix(f"{DETAILS}{CONVERSATION}.") for one in topics[1:]} == KINDS
        await stream.pass_time(60)
        subscriptions = ["POST subscriptions", "POST subscriptions"]  # queues first
        assert stream.answers.names() == ["POST channels", *subscriptions, "GET messages"]
        assert stream.events == []


async def test_chat_that_another_worker_opens_is_followed_within_seconds() -> None:
    async with a_stream(host=Host(chats=[])) as stream:
        assert "POST subscriptions" not in stream.answers.names()
        stream.host.chats.append(CHAT)
        await stream.pass_time(6)
        assert {one.removeprefix(f"{DETAILS}{CONVERSATION}.") for one in stream.topics()} == KINDS


async def test_chat_that_is_opened_here_is_followed_at_once_and_before_the_ledger_has_it() -> None:
    async with a_stream(host=Host(chats=[])) as stream:
        await stream.provider.open(an_opening())
        await stream.pass_time()
        assert {one.removeprefix(f"{DETAILS}{CONVERSATION}.") for one in stream.topics()} == KINDS
        stream.answered()
        stream.detail("user.start", "a", userId=AGENT)
        (joined,) = await stream.pass_time(4)
        assert joined.refs == ("h-1.1", CONVERSATION)


async def test_chat_that_is_closed_is_followed_no_more() -> None:
    async with a_stream() as stream:
        stream.host.chats.clear()
        await stream.pass_time(6)
        stream.answered()
        assert await stream.pass_time(6) == []


async def test_ledger_that_is_away_for_a_while_changes_nothing() -> None:
    async with a_stream() as stream:
        stream.host.broken = True
        await stream.pass_time(20)
        stream.answered()
        assert [one.kind for one in await stream.pass_time(6)] == ["agent_joined"]


async def test_more_chats_than_topics_fit_are_heard_of_the_most_needed_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chats = [
        CHAT.model_copy(update={"handoff_id": f"h-{n}", "ref": f"h-{n}.1", "vendor_ref": f"c-{n}"})
        for n in range(300)
    ]
    with caplog.at_level(logging.WARNING):
        async with a_stream(host=Host(chats=chats)) as stream:
            topics = stream.topics("PUT subscriptions")
            assert len(topics) == 1000
            ends = [one for one in topics if one.endswith(".customer.end")]
            assert len(ends) == 300
    assert caplog.text.count("more topics than a channel holds") == 1


async def test_topics_that_are_not_granted_are_named_once_and_not_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        async with a_stream(
            Answers(people=[a_customer()], refuses="routing.queues"), queueIds=[QUEUE]
        ) as stream:
            await stream.pass_time(60)
            assert stream.answers.names().count("POST subscriptions") == 2
            stream.answered()
            assert [one.kind for one in await stream.pass_time(6)] == ["agent_joined"]
    assert caplog.text.count("notifications of queues are not granted") == 1


async def test_subscription_that_fails_for_a_moment_is_asked_for_again() -> None:
    answers = Answers(people=[a_customer()])
    answers.script("POST subscriptions", *(an_error(503, "service.unavailable") for _ in range(9)))
    async with a_stream(answers) as stream:
        await stream.pass_time(60)
        stream.answered()
        assert [one.kind for one in await stream.pass_time(6)] == ["agent_joined"]


# ---- what is told


async def test_join_has_the_name_that_asking_for_the_conversation_brings() -> None:
    async with a_stream() as stream:
        stream.answers.people = [a_customer(), an_agent("Eleni")]
        stream.answered()
        (joined,) = await stream.pass_time()
        assert isinstance(joined, AgentJoined)
        assert joined.agent == Agent(id=AGENT, name="Eleni")
        assert await stream.pass_time(60) == []


async def test_join_is_told_without_a_name_where_asking_is_refused() -> None:
    answers = Answers(people=[a_customer()])
    async with a_stream(answers) as stream:
        answers.script("GET messages", *(an_error(403, "missing.permissions") for _ in range(9)))
        stream.answered()
        (joined,) = await stream.pass_time(4)
        assert isinstance(joined, AgentJoined)
        assert joined.agent == Agent(id=AGENT)


async def test_conversation_that_cannot_be_asked_for_now_is_asked_for_again() -> None:
    answers = Answers(people=[a_customer(), an_agent("Eleni")])
    answers.script("GET messages", an_error(429, "too.many.requests", **{"Retry-After": "30"}))
    async with a_stream(answers) as stream:
        assert await stream.pass_time(25) == []
        answers.clock.time += timedelta(seconds=30)  # of calls, which the stream does not move
        (joined,) = await stream.pass_time(10)
        assert isinstance(joined, AgentJoined)
        assert joined.agent == Agent(id=AGENT, name="Eleni")


async def test_notification_of_a_queue_tells_all_by_itself() -> None:
    async with a_stream(queueIds=[QUEUE]) as stream:
        stream.socket.push(
            QUEUE_TOPIC, {"id": CONVERSATION, "participants": [a_customer(), an_agent("Eleni")]}
        )
        (joined,) = await stream.pass_time()
        assert isinstance(joined, AgentJoined)
        assert joined.agent.name == "Eleni"
        over = [a_customer(state="disconnected", disconnectType="peer"), an_agent(state="disconnected")]
        stream.socket.push(QUEUE_TOPIC, {"id": CONVERSATION, "participants": over})
        (ended,) = await stream.pass_time()
        assert isinstance(ended, ChatEnded)
        assert ended.by == "agent"
        assert stream.answers.names().count("GET messages") == 1


async def test_conversation_of_a_queue_is_ours_only_if_it_says_so() -> None:
    ours = a_customer(attributes={"livechat_ref": "h-9.1"})
    async with a_stream(queueIds=[QUEUE], host=Host(chats=[])) as stream:
        for conversation, customer in (("c-7", a_customer()), ("c-9", ours)):
            stream.socket.push(QUEUE_TOPIC, {"id": conversation, "participants": [customer, an_agent()]})
        (joined,) = await stream.pass_time(6)
        assert joined.refs == ("h-9.1", "c-9")


async def test_end_is_told_by_the_stream_alone_with_every_question_refused() -> None:
    answers = Answers(people=[a_customer()])
    answers.script("GET messages", *(an_error(403, "missing.permissions") for _ in range(99)))
    async with a_stream(answers) as stream:
        stream.answered()
        stream.detail("user.end", "a", userId=AGENT, disconnectType="CLIENT")
        stream.detail("customer.end", CUSTOMER, disconnectType="PEER")
        events = await stream.pass_time(4)
        assert [one.kind for one in events] == ["agent_joined", "chat_ended"]


async def test_end_is_found_by_asking_alone_with_the_socket_cut_for_its_whole_length() -> None:
    over = [a_customer(state="disconnected", disconnectType="peer"), an_agent(state="disconnected")]
    answers = Answers(people=over)
    async with a_provider(answers) as provider:
        found = await provider.status(CHAT)
    assert found.ended is not None
    assert (found.ended.by, found.ended.why) == ("agent", "resolved")


async def test_event_that_nobody_knows_is_kept_and_noise_is_not() -> None:
    async with a_stream() as stream:
        stream.detail("levitation", "p", height=3)
        stream.detail("levitation", "p", "another-conversation")
        for text in (
            "",
            "[]",
            "{",
            '{"result":"200","status":"subscribed"}',
            '{"topicName":7,"eventBody":{}}',
        ):
            stream.socket.push_text(text)
        stream.socket.push(QUEUE_TOPIC, {"id": [], "participants": "none"})
        stream.socket.push("channel.metadata", {"message": "WebSocket Heartbeat"})
        (unknown,) = await stream.pass_time()
        assert isinstance(unknown, UnknownEvent)
        assert unknown.name == f"{DETAILS}{CONVERSATION}.levitation"
        assert unknown.refs == ("h-1.1", CONVERSATION)


async def test_end_that_was_heard_keeps_later_messages_from_beginning_the_conversation_anew() -> None:
    answers = Answers(people=[a_customer(), an_agent()])
    async with a_stream(answers) as stream:
        await stream.provider.send(CHAT, MESSAGE)
        asked = answers.names().count("GET messages")
        await stream.provider.send(CHAT, MESSAGE.model_copy(update={"key": "k-2"}))
        assert answers.names().count("GET messages") == asked
        answers.people = [a_customer(state="disconnected", disconnectType="peer")]
        stream.detail("customer.end", CUSTOMER, disconnectType="PEER")
        await stream.pass_time()
        with pytest.raises(RejectedError):
            await stream.provider.send(CHAT, MESSAGE.model_copy(update={"key": "k-3"}))


# ---- when the socket does not


async def test_lost_socket_is_replaced_and_the_gap_is_told() -> None:
    async with a_stream() as stream:
        await stream.pass_time(10)
        stream.detail("acd.end", "q", acdOutcome="ANSWERED", answeredUserId=AGENT)
        stream.socket.push_text(None)
        events = await stream.pass_time(6)
        gap = next(one for one in events if isinstance(one, StreamGap))
        assert [one.kind for one in events if one is not gap] == ["agent_joined"], "what came before is told"
        assert gap.since is not None
        assert gap.since <= NOW + timedelta(seconds=10)
        assert len(stream.sockets) == 2
        assert stream.topics().count(f"{DETAILS}{CONVERSATION}.customer.end") == 2
        stream.detail("customer.end", CUSTOMER, disconnectType="PEER")
        assert [one.kind for one in await stream.pass_time()] == ["chat_ended"]


async def test_silence_is_asked_about_and_then_taken_for_a_loss() -> None:
    async with a_stream() as stream:
        first = stream.socket
        await stream.pass_time(50)
        assert first.sent == ['{"message": "ping"}']
        first.push("channel.metadata", {"message": "pong"})
        await stream.pass_time(40)
        assert (len(first.sent), len(stream.sockets)) == (1, 1)
        events = await stream.pass_time(60)
        assert [one.kind for one in events] == ["stream_gap"]
        assert (len(stream.sockets), first.closed) == (2, True)


async def test_channel_that_is_about_to_close_is_replaced_without_a_gap() -> None:
    async with a_stream() as stream:
        first = stream.socket
        first.push("v2.system.socket_closing", {"message": "bye"})
        stream.answered()
        events = await stream.pass_time(4)
        assert [one.kind for one in events] == ["agent_joined"]
        assert (len(stream.sockets), first.closed) == (2, True)
        assert stream.topics().count(f"{DETAILS}{CONVERSATION}.customer.end") == 2
        stream.detail("customer.end", CUSTOMER, disconnectType="PEER")
        assert [one.kind for one in await stream.pass_time()] == ["chat_ended"]


async def test_channel_that_cannot_be_subscribed_replaces_none_and_is_not_left_open() -> None:
    async with a_stream() as stream:
        stream.answers.script("POST subscriptions", an_error(400, "bad.request"))
        stream.socket.push("v2.system.socket_closing", {"message": "bye"})
        await stream.pass_time(1)
        assert isinstance(stream.failure, RejectedError), "whoever listens tries again"
        assert [one.closed for one in stream.sockets] == [True, True]


async def test_channel_is_replaced_before_its_day_is_over() -> None:
    async with a_stream() as stream:
        for _ in range(23 * 60 + 2):
            stream.socket.push("channel.metadata", {"message": "WebSocket Heartbeat"})
            await stream.clock.advance(60)
        await stream.pass_time()
        assert len(stream.sockets) == 2
        assert stream.events == []


async def test_channel_that_the_vendor_has_dropped_is_made_anew() -> None:
    async with a_stream() as stream:
        stream.answers.script("POST subscriptions", an_error(404, "not.found"))
        other = CHAT.model_copy(update={"handoff_id": "h-2", "ref": "h-2.1", "vendor_ref": "c-2"})
        stream.host.chats.append(other)
        events = await stream.pass_time(6)
        assert [one.kind for one in events] == ["stream_gap"]
        assert len(stream.sockets) == 2
        assert f"{DETAILS}c-2.customer.end" in stream.topics()


async def test_channel_that_cannot_be_had_raises_for_whoever_listens_to_wait() -> None:
    answers = Answers()
    answers.script(
        "POST channels", *(an_error(429, "too.many.requests", **{"Retry-After": "30"}) for _ in range(9))
    )
    async with a_stream(answers) as stream:
        assert isinstance(stream.failure, RetryableError)
        assert stream.failure.retry_after == 30.0
    answers = Answers()
    answers.script("POST channels", an_error(403, "missing.permissions"))
    async with a_stream(answers) as stream:
        assert isinstance(stream.failure, AuthError)


async def test_socket_that_is_not_over_tls_is_not_opened() -> None:
    answers = Answers()
    answers.script(
        "POST channels", httpx.Response(200, json={"id": "ch-1", "connectUri": "ws://elsewhere.example/1"})
    )
    async with a_stream(answers) as stream:
        assert stream.failure is not None
        assert "TLS" in str(stream.failure)
        assert stream.sockets == []
