"""The ready channel: signed webhooks to the platform, repeated by the ledger until they are taken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from pydantic import SecretStr

from livechat_sdk import Dispatcher, HandoffRequest, Message, Registry
from livechat_sdk.config.models import GatewaySettings
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import (
    HandoffEnded,
    Outgoing,
    Receipt,
    SystemMessage,
    Typing,
    UserMessage,
)
from livechat_sdk.errors import ConfigurationError, RejectedError, RetryableError
from livechat_sdk.gateway.channel import WebhookChannel
from livechat_sdk.http import override_transport
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from tests.gateway.platform import OLD_SECRET, SECRET, URL, Platform
from tests.gateway.test_openapi import DOCUMENT
from tests.gateway.world import a_body, some_settings

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ABOUT: dict[str, Any] = {"handoff_id": "h-1", "conversation_id": "c-1", "owner_number": 3}
HELLO = Message.text("Γειά σου", key="evt-1")
MESSAGE = UserMessage(key="h-1.evt-1", message=HELLO, agent_name="Ann", **ABOUT)
EACH: dict[str, Outgoing] = {
    "handoff.message": MESSAGE,
    "handoff.system_message": SystemMessage(
        key="h-1.waiting", text="One moment…", moment=Moment.WAITING, language="en", choices=("Yes",), **ABOUT
    ),
    "handoff.typing": Typing(key="t", on=True, **ABOUT),
    "handoff.receipt": Receipt(key="r", message_key="m-1", status="read", **ABOUT),
    "handoff.ended": HandoffEnded(
        key="h-1.ended",
        end=End(outcome=Outcome.COMPLETED, reason=EndReason(by="agent", why="resolved"), at=NOW),
        ended_at=NOW,
        undelivered=(Message.text("are you there?", key="m-9"),),
        **ABOUT,
    ),
}


@pytest.fixture
def clock() -> VirtualClock:
    """The clock of everybody: the channel, the dispatcher, the platform."""
    return VirtualClock()


@pytest.fixture
def platform(clock: VirtualClock) -> Platform:
    """A platform that takes everything."""
    return Platform(clock.now)


@asynccontextmanager
async def a_channel(platform: Platform, clock: VirtualClock, *secrets: str) -> AsyncIterator[WebhookChannel]:
    """A channel whose calls reach the platform."""
    chosen = [SecretStr(secret) for secret in secrets or (SECRET,)]
    with override_transport(platform, clock=clock):
        async with WebhookChannel(URL, chosen, clock=clock) as channel:
            yield channel


# ---------------------------------------------------------------------------------------- deliveries
@pytest.mark.parametrize("kind", EACH)
async def test_each_kind_is_signed_and_has_the_documented_form(
    platform: Platform, clock: VirtualClock, kind: str
) -> None:
    async with a_channel(platform, clock) as channel:
        await channel.deliver(EACH[kind])
    [request] = platform.requests
    assert (request.method, str(request.url)) == ("POST", URL)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    [document] = platform.taken
    assert document["type"] == kind
    assert document["data"]["key"] == EACH[kind].key
    schema = DOCUMENT["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(document)


def test_api_document_lists_every_kind_and_no_other() -> None:
    assert set(DOCUMENT["webhooks"]) == set(EACH)
    for webhook in DOCUMENT["webhooks"].values():
        assert webhook["post"]["security"] == []
        assert {"webhook-id", "webhook-timestamp", "webhook-signature"} == {
            one["name"] for one in webhook["post"]["parameters"]
        }


async def test_repetition_has_the_same_id_and_body_and_a_new_time(
    platform: Platform, clock: VirtualClock
) -> None:
    async with a_channel(platform, clock) as channel:
        await channel.deliver(MESSAGE)
        await clock.advance(3600)
        await channel.deliver(MESSAGE)
    first, second = platform.requests
    assert first.content == second.content
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 3600
    assert platform.repeated == 1


async def test_ids_differ_even_where_the_vendor_calls_a_message_as_we_call_the_end(
    platform: Platform, clock: VirtualClock
) -> None:
    async with a_channel(platform, clock) as channel:
        await channel.deliver(EACH["handoff.ended"])
        await channel.deliver(MESSAGE.model_copy(update={"key": EACH["handoff.ended"].key}))
    assert len(set(platform.ids)) == 2


async def test_both_secrets_sign_while_one_is_replaced(platform: Platform, clock: VirtualClock) -> None:
    platform.secret = OLD_SECRET
    async with a_channel(platform, clock, SECRET, OLD_SECRET) as channel:
        await channel.deliver(MESSAGE)
        platform.secret = SECRET
        await channel.deliver(MESSAGE)
    assert len(platform.taken) == 2


# ------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize("status", [410, 413, 422])
async def test_what_the_platform_will_never_take_is_refused(
    platform: Platform, clock: VirtualClock, status: int
) -> None:
    platform.answer = lambda _: httpx.Response(status)
    async with a_channel(platform, clock) as channel:
        with pytest.raises(RejectedError, match="platform") as caught:
            await channel.deliver(MESSAGE)
    assert (caught.value.status, len(platform.requests)) == (status, 1)


@pytest.mark.parametrize(
    "status", [301, 302, 400, 401, 403, 404, 405, 408, 409, 425, 429, 500, 502, 503, 504]
)
async def test_everything_else_may_be_mended_and_is_tried_again(
    platform: Platform, clock: VirtualClock, status: int
) -> None:
    platform.answer = lambda _: httpx.Response(status, headers={"location": "https://elsewhere.example"})
    async with a_channel(platform, clock) as channel:
        with pytest.raises(RetryableError) as caught:
            await channel.deliver(MESSAGE)
    assert caught.value.status == status
    assert [str(one.url) for one in platform.requests] == [URL], "one attempt, and no redirect is followed"


@pytest.mark.parametrize(
    ("broken", "sent"),
    [
        (httpx.ConnectError("no"), False),
        (httpx.ConnectTimeout("no"), False),
        (httpx.ReadTimeout("no"), None),
        (httpx.ReadError("no"), None),
        (httpx.RemoteProtocolError("no"), None),
    ],
)
async def test_lost_connections_and_time_outs_are_tried_again(
    platform: Platform, clock: VirtualClock, broken: Exception, sent: bool | None
) -> None:
    platform.answer = lambda _: broken
    async with a_channel(platform, clock) as channel:
        with pytest.raises(RetryableError) as caught:
            await channel.deliver(MESSAGE)
    assert caught.value.sent is sent


@pytest.mark.parametrize(("wish", "obeyed"), [("30", 30), ("90000", 3600)])
async def test_wish_of_the_platform_is_obeyed_up_to_an_hour(
    platform: Platform, clock: VirtualClock, wish: str, obeyed: float
) -> None:
    platform.answer = lambda _: httpx.Response(503, headers={"retry-after": wish})
    async with a_channel(platform, clock) as channel:
        with pytest.raises(RetryableError) as caught:
            await channel.deliver(MESSAGE)
    assert caught.value.retry_after == obeyed


async def test_success_with_a_large_answer_is_a_success(platform: Platform, clock: VirtualClock) -> None:
    platform.answer = lambda _: httpx.Response(200, content=b"x" * 200_000)
    async with a_channel(platform, clock) as channel:
        await channel.deliver(MESSAGE)


async def test_secret_and_words_are_in_no_error(platform: Platform, clock: VirtualClock) -> None:
    platform.answer = lambda request: httpx.Response(500, content=request.headers["webhook-signature"])
    async with a_channel(platform, clock) as channel:
        with pytest.raises(RetryableError) as caught:
            await channel.deliver(MESSAGE)
        assert SECRET not in f"{caught.value!r} {channel!r} {vars(channel)}"
    assert HELLO.body not in str(caught.value)


async def test_scheme_may_be_written_in_capitals(platform: Platform, clock: VirtualClock) -> None:
    with override_transport(platform, clock=clock):
        async with WebhookChannel(f"HTTPS{URL[5:]}", [SecretStr(SECRET)], clock=clock) as channel:
            await channel.deliver(MESSAGE)
    assert [str(one.url) for one in platform.requests] == [URL]


def test_settings_make_the_channel() -> None:
    settings = GatewaySettings.model_validate({"platform": {"url": URL, "secret": SECRET}})
    assert isinstance(WebhookChannel.from_settings(settings), WebhookChannel)
    assert SECRET not in repr(settings)
    with pytest.raises(ConfigurationError, match=r"gateway\.platform"):
        WebhookChannel.from_settings(GatewaySettings())


# -------------------------------------------------------------------------------- through the ledger
@asynccontextmanager
async def a_dispatcher(
    folder: Path, platform: Platform, clock: VirtualClock, toy: ToyPlugin
) -> AsyncIterator[Dispatcher]:
    """A dispatcher whose end user's side is the platform."""
    async with a_channel(platform, clock) as channel:
        settings = some_settings(folder, toy)
        registry = Registry({"toy": toy})
        async with Dispatcher(settings, channel=channel, registry=registry, clock=clock) as dispatcher:
            yield dispatcher


async def _says(dispatcher: Dispatcher, toy: ToyPlugin, *texts: str) -> None:
    for text in texts:
        await dispatcher.webhook("toy", toy.delivery("message", text=text))
    await dispatcher.wait_idle()


async def _has_an_agent(dispatcher: Dispatcher, toy: ToyPlugin) -> str:
    handoff = await dispatcher.request(HandoffRequest.model_validate(a_body()))
    await dispatcher.wait_idle()
    await dispatcher.webhook("toy", toy.delivery("joined"))
    await dispatcher.wait_idle()
    return handoff.id


async def test_platform_that_is_down_for_an_hour_misses_nothing_and_gets_all_in_order(
    tmp_path: Path, platform: Platform, clock: VirtualClock
) -> None:
    toy = ToyPlugin()
    async with a_dispatcher(tmp_path, platform, clock, toy) as dispatcher:
        identity = await _has_an_agent(dispatcher, toy)
        before = len(platform.taken)
        assert before > 0
        platform.answer = lambda _: httpx.Response(503)
        await _says(dispatcher, toy, "one")
        for minute in range(60):
            if minute % 10 == 3:
                await _says(dispatcher, toy, f"minute {minute}")
            await clock.advance(60)
            await dispatcher.wait_idle()
        assert len(platform.taken) == before
    # The process dies and another one takes over, while the platform is still down.
    async with a_dispatcher(tmp_path, platform, clock, toy) as dispatcher:
        await _says(dispatcher, toy, "after the restart")
        platform.answer = lambda _: None
        platform.lose_answers = 2
        for _ in range(10):
            await clock.advance(60)
            await dispatcher.wait_idle()
        await dispatcher.end(identity, by="agent")
        await dispatcher.wait_idle()
        said = ["one", *(f"minute {minute}" for minute in range(3, 60, 10)), "after the restart"]
        assert platform.texts == said
        assert platform.shown[-1]["type"] == "handoff.ended"
        assert platform.repeated == 2, "what was taken and not answered came again, under the same id"
        entries = await dispatcher.entries(identity)
        to_user = [one for one in entries if one.direction is Direction.TO_USER]
        assert {one.fate for one in to_user} == {Fate.SENT}


async def test_message_that_the_platform_refuses_holds_up_no_other(
    tmp_path: Path, platform: Platform, clock: VirtualClock
) -> None:
    toy = ToyPlugin()
    async with a_dispatcher(tmp_path, platform, clock, toy) as dispatcher:
        identity = await _has_an_agent(dispatcher, toy)

        def refuse(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(422) if b"bad words" in request.content else None

        platform.answer = refuse
        await _says(dispatcher, toy, "good", "bad words", "fine")
        assert platform.texts == ["good", "fine"]
        fates = {one.message.body: one.fate for one in await dispatcher.entries(identity)}
        assert (fates["bad words"], fates["fine"]) == (Fate.REFUSED, Fate.SENT)


async def test_end_reaches_a_platform_that_refuses_everything_for_a_day(
    tmp_path: Path, platform: Platform, clock: VirtualClock
) -> None:
    toy = ToyPlugin()
    async with a_dispatcher(tmp_path, platform, clock, toy) as dispatcher:
        identity = await _has_an_agent(dispatcher, toy)
        platform.answer = lambda _: httpx.Response(410)
        await dispatcher.end(identity, by="agent")
        for _ in range(24):
            await clock.advance(3600)
            await dispatcher.wait_idle()
        platform.answer = lambda _: None
        await clock.advance(120)
        await dispatcher.wait_idle()
        [ended] = [one for one in platform.taken if one["type"] == "handoff.ended"]
        assert ended["data"]["end"]["outcome"] == "completed"


async def test_typing_is_sent_once_whatever_becomes_of_it(
    tmp_path: Path, platform: Platform, clock: VirtualClock
) -> None:
    toy = ToyPlugin()
    async with a_dispatcher(tmp_path, platform, clock, toy) as dispatcher:
        await _has_an_agent(dispatcher, toy)
        before = len(platform.requests)
        platform.answer = lambda _: httpx.Response(503)
        await dispatcher.webhook("toy", toy.delivery("typing", on="yes"))
        await dispatcher.wait_idle()
        platform.answer = lambda _: None
        await clock.advance(600)
        await dispatcher.wait_idle()
        tried = [json.loads(one.content)["type"] for one in platform.requests[before:]]
        assert tried == ["handoff.typing"]
