"""What the vendor's documents leave open, and what accounts do differently: both ways, over the simulator."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    MessageReceived,
    ProviderEvent,
)
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import RejectedError, RetryableError
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_zendesk import plugin
from livechat_sdk_zendesk.conformance import ZendeskRig
from livechat_sdk_zendesk.provider import ZendeskProvider
from providers.zendesk.tests.bench import MESSAGE, an_opening


class World:
    """One account, an adapter for it, and what the adapter was told."""

    def __init__(self, account: dict[str, Any], settings: dict[str, Any]) -> None:
        self.rig = ZendeskRig(VirtualClock(), account, **settings)
        self.provider = Registry({"zendesk": plugin}).build(self.rig.settings)
        assert isinstance(self.provider, ZendeskProvider)
        self.events: list[ProviderEvent] = []
        self.rig.deliver = self._take

    async def _take(self, delivery: WebhookDelivery) -> int:
        self.events += self.provider.read_webhook(delivery)
        return 200

    async def told(self) -> Sequence[ProviderEvent]:
        """What came since the last time."""
        await self.rig.pump()
        found, self.events = self.events, []
        return found

    @property
    def human(self) -> Any:
        return self.rig.human


@asynccontextmanager
async def a_world(account: dict[str, Any] | None = None, **settings: Any) -> AsyncIterator[World]:
    world = World(account or {}, settings)
    async with world.rig.running():
        try:
            yield world
        finally:
            await world.provider.stop()


def full_opening(ref: str = "h-1.1") -> ChatOpening:
    return an_opening(
        ref=ref,
        handoff_id=ref.partition(".")[0],
        user=EndUser(id="u-1", name="Nikos"),
        transcript=(TranscriptEntry(author="bot", body="Hello"), TranscriptEntry(author="user", body="Hi")),
    )


def of(kind: type[Any], events: Sequence[ProviderEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


ACCOUNTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"default_responder": "bot"}, {"botIntegration": None}),
    ({"standby_events": False}, {"hearBy": "offer"}),
    ({"events_together": False}, {"auth": "jwt"}),
    ({"author_subtypes": True}, {}),
    ({"end_reason": "ticketClosed"}, {}),
    ({"user_end_releases": True, "agent_activities": False}, {}),
    ({"private_attachments": True}, {}),
    ({}, {"supportUser": None, "supportToken": None}),
    ({}, {"ticketWebhookKey": None}),
    ({"ticket_made": "user_message"}, {"firstWords": "I need help"}),
]


@pytest.mark.parametrize(("account", "settings"), ACCOUNTS, ids=str)
async def test_conversation_goes_there_and_back_in_every_kind_of_account(
    account: dict[str, Any], settings: dict[str, Any]
) -> None:
    if settings.get("ticketWebhookKey", "") is None:
        account = account | {"support_webhook_secret": None}
    async with a_world(account, **settings) as world:
        chat = await world.provider.open(full_opening())
        assert len(of(ChatAccepted, await world.told())) == 1
        await world.human.join(chat.ref)
        await world.provider.send(chat, MESSAGE)
        await world.human.say(chat.ref, "good morning", file=("a.png", "image/png", b"\x89PNG"))
        events = await world.told()
        [said] = of(MessageReceived, events)
        assert said.message.body == "good morning"
        assert said.refs[0] == "h-1.1"
        assert said.agent is not None
        assert said.agent.id in {one.agent.id for one in of(AgentJoined, events)}
        file = await world.provider.fetch(chat, said.message.attachments[0])
        assert file is not None
        assert file.content == b"\x89PNG"
        assert "My invoice is wrong" in await world.human.texts(chat.ref)
        await world.human.end(chat.ref)
        assert [(one.by, one.why) for one in of(ChatEnded, await world.told())] == [("agent", "resolved")]


@pytest.mark.parametrize(
    ("why", "who", "reason"),
    [
        ("ended", "agent", "resolved"),
        ("trigger", "agent", "resolved"),
        ("closed", "agent", "resolved"),
        ("email", "agent", "transferred_away"),
        ("user", "user", "abandoned"),
        ("handback", "agent", "resolved"),
        ("removed", "provider", "other"),
    ],
)
@pytest.mark.parametrize(
    "account",
    [{}, {"closing_gives": "next"}, {"user_end_releases": True}, {"end_reason": "ticketClosed"}],
    ids=str,
)
async def test_every_end_is_told_as_one(why: str, who: str, reason: str, account: dict[str, Any]) -> None:
    async with a_world(account) as world:
        chat = await world.provider.open(full_opening())
        await world.human.join(chat.ref)
        await world.told()
        await world.human.end(chat.ref, why)
        ends = of(ChatEnded, await world.told())
        assert (ends[0].by, ends[0].why) == (who, reason)


async def test_solved_is_an_end_only_where_the_settings_say_so() -> None:
    for end_on, wanted in (("closed", []), ("solved", ["solved"])):
        async with a_world(endOn=end_on) as world:
            chat = await world.provider.open(full_opening())
            await world.human.join(chat.ref)
            await world.told()
            await world.human.end(chat.ref, "solved")
            assert [one.raw_reason for one in of(ChatEnded, await world.told())] == wanted


async def test_fields_of_the_ticket_are_there_although_agents_have_control_from_the_start() -> None:
    async with a_world(ticketFields={"11": "language"}, ticketTags=["chat"], group="360001") as world:
        opening = full_opening().model_copy(update={"language": "el"})
        await world.provider.open(opening)
        [chat] = await world.human.chats()
        fields = chat.details["fields"]
        assert fields["group_id"] == "360001"
        assert "chat" in fields["tags"]
        assert "el" in fields.values()


async def test_second_handoff_on_the_same_conversation_gets_its_own_events() -> None:
    async with a_world(conversation="shared") as world:
        first = await world.provider.open(full_opening("h-1.1"))
        await world.human.join("h-1.1")
        await world.human.say("h-1.1", "first")
        await world.human.end("h-1.1")
        events = await world.told()
        assert {event.refs[0] for event in events} == {"h-1.1"}
        second = await world.provider.open(full_opening("h-2.1"))
        assert second.vendor_ref == first.vendor_ref
        await world.human.join("h-2.1")
        await world.human.say("h-2.1", "second")
        events = await world.told()
        assert {event.refs[0] for event in events} == {"h-2.1"}
        assert [one.message.body for one in of(MessageReceived, events)] == ["second"]
        with pytest.raises(RejectedError):
            await world.provider.send(first, MESSAGE)
        assert (await world.provider.status(first)).state == "ended"
        await world.provider.close(first, EndReason(by="clock", why="timeout"))
        assert (await world.provider.status(second)).state == "active"
        assert (await world.provider.send(second, MESSAGE)).vendor_id


async def test_handoff_to_nobody_is_told_at_once_or_afterwards() -> None:
    for how in ("event", "error"):
        async with a_world({"invalid_target": how}, agentWorkspace="nobody") as world:
            try:
                await world.provider.open(full_opening())
            except RejectedError:
                continue
            assert len(of(ChatRejected, await world.told())) == 1


def test_plugin_that_nobody_uses_loads_no_http_client() -> None:
    heavy = "{'httpx', 'aiohttp', 'tenacity'}"
    code = f"import sys, livechat_sdk_zendesk.plugin; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"


async def test_words_of_the_end_user_make_the_ticket_where_the_handover_does_not() -> None:
    for words, made in ((None, False), ("I need help", True)):
        async with a_world({"ticket_made": "user_message"}, firstWords=words, ticketTags=["chat"]) as world:
            await world.provider.open(full_opening())
            [chat] = await world.human.chats()
            assert (chat.details["ticket"] is not None) is made
            if made:
                assert "chat" in chat.details["fields"]["tags"]


@pytest.mark.parametrize("operation", ["user", "conversation", "control", "post", "open"])
@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("drop_before", {}),
        ("drop_after", {}),
        ("time_out_before", {}),
        ("time_out_after", {}),
        ("status", {"status": 503}),
        ("status", {"status": 503, "applied": True}),
        ("status", {"status": 429, "retry_after": 1}),
    ],
    ids=str,
)
async def test_opening_in_bad_weather_makes_everything_once(
    operation: str, fault: str, details: dict[str, Any]
) -> None:
    async with a_world() as world:
        world.rig.faults.script(operation, fault, **details)
        chat = await world.provider.open(full_opening())
        [seen] = await world.human.chats()
        assert (seen.id, seen.ref) == (chat.vendor_ref, "h-1.1")
        assert [page["text"] for page in seen.details["transcript"]] == [
            "Name: Nikos\n\nBot: Hello\nUser: Hi"
        ]
        assert len(of(ChatAccepted, await world.told())) == 1


async def test_opening_that_failed_half_way_goes_on_where_it_was() -> None:
    async with a_world() as world:
        world.rig.faults.script("post", "status", 4, status=503, retry_after=60)
        with pytest.raises(RetryableError):
            await world.provider.open(full_opening())
        world.rig.faults.clear()
        chat = await world.provider.open(full_opening())
        assert (await world.provider.open(full_opening())).vendor_ref == chat.vendor_ref
        [seen] = await world.human.chats()
        assert seen.id == chat.vendor_ref
        assert len(seen.details["transcript"]) == 1
        assert len(of(ChatEnded, await world.told())) == 0


async def test_message_after_an_end_that_was_heard_is_refused_though_one_was_sent_a_moment_ago() -> None:
    async with a_world() as world:
        chat = await world.provider.open(full_opening())
        await world.human.join(chat.ref)
        await world.provider.send(chat, MESSAGE)
        await world.human.end(chat.ref)
        await world.told()
        with pytest.raises(RejectedError):
            await world.provider.send(chat, MESSAGE.model_copy(update={"key": "k-2"}))
