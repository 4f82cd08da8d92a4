"""Each call as it is recorded, and with every answer that may go wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.provider.interface import AnyProvider, ChatDetails
from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from livechat_sdk_testing.recordings import Recordings
from providers.genesys.tests.bench import (
    CHAT,
    MESSAGE,
    NOW,
    QUEUE,
    RECORDINGS,
    a_webhook,
    an_opening,
    build,
    said,
)

TOKEN = "token/granted"
THERE = (TOKEN, "conversation/with-agent")
REASON = EndReason(by="user", why="resolved")
ROUTE = Route(integration="genesys", bot="b")
DETAILS = ChatDetails(survey=(SurveyAnswer(id="topic", question="What?", answer="My order"),))
QUEUES = [QUEUE, "5c6f7d88-0000-4000-8000-00000000000c"]
RECEIPT = UserReceipt(message_key="a-1", status="delivered")

CALLS = [
    RecordedCall("open", (TOKEN, "open/begun"), lambda one: one.open(an_opening())),
    RecordedCall("send", (*THERE, "send/taken"), lambda one: one.send(CHAT, MESSAGE)),
    RecordedCall(
        "close",
        (*THERE, "close/left"),
        lambda one: one.close(CHAT, REASON),
        fine=frozenset({404}),  # the customer left meanwhile
        reads=False,
    ),
    RecordedCall("typing", (TOKEN, "typing/shown"), lambda one: one.typing(CHAT, on=True)),
    RecordedCall("receipt", (TOKEN, "receipt/delivered"), lambda one: one.receipt(CHAT, RECEIPT)),
    RecordedCall("update", (*THERE, "update/set"), lambda one: one.update(CHAT, DETAILS), reads=False),
    RecordedCall("status", (TOKEN, "conversation/over"), lambda one: one.status(CHAT)),
    RecordedCall(
        "history",
        (*THERE, "messages/of-agent"),
        lambda one: one.history(CHAT, NOW - timedelta(minutes=5)),
    ),
    RecordedCall(
        "look_up",
        (TOKEN, "conversation/waiting", "messages/ours"),
        lambda one: one.was_sent(CHAT, "k-1"),
        fine=frozenset({403}),  # nobody can tell
    ),
    RecordedCall(
        "availability",
        (TOKEN, "availability/somebody"),
        lambda one: one.availability(ROUTE),
        fine=frozenset({403}),  # unknown
    ),
]


def a_provider() -> AnyProvider:
    return build(queueIds=QUEUES, leftText="")  # a farewell is more calls than an end has: see test_calls


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


@pytest.mark.parametrize("one", CALLS, ids=lambda one: one.name)
async def test_whatever_is_answered_it_is_an_answer_or_a_failure_of_the_right_kind(
    one: RecordedCall, recordings: Recordings
) -> None:
    with recordings.replay(*one.recordings):
        provider = a_provider()
        await one.call(provider)
        await provider.stop()
    assert await check_recorded_call(one, recordings, a_provider) >= 12


async def test_set_up_that_is_recorded_has_nothing_wrong(recordings: Recordings) -> None:
    names = ("check/token", "check/integration", "check/flow", "check/typing", "check/queue")
    with recordings.replay(TOKEN, *names) as playing:
        provider = build(queueIds=[QUEUE])
        found = await provider.check()
        await provider.stop()
    assert {one.status for one in found} == {"ok"}
    assert playing.calls == [TOKEN, *names]


async def test_history_and_webhook_of_one_message_are_the_same_event(recordings: Recordings) -> None:
    with recordings.replay(*THERE, "messages/of-agent"):
        provider = a_provider()
        (read,) = await provider.history(CHAT, NOW - timedelta(minutes=5))
        (heard,) = provider.read_webhook(a_webhook(said("Hello", id="a-1")))
        await provider.stop()
    assert (read.id, read.refs) == (heard.id, heard.refs)
