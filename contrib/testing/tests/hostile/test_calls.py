"""Calls to a hostile vendor: what is applied, what the caller learns, what the truth says. All four kinds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from contrib.testing.tests.hostile.bench import KINDS, OneVendor
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.errors import (
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
    UnsupportedFeature,
)
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.provider.interface import ChatDetails
from livechat_sdk_testing.hostile import RETRY_AFTER, Answer, EmbeddedVendor, Fault, What

every_kind = pytest.mark.parametrize("inbound", KINDS)


def keys_at(one: OneVendor, ref: str = "h-1.1") -> list[str]:
    return [received.key for received in one.vendor.chat(ref).received]


def answers(one: OneVendor, operation: str) -> list[Answer | None]:
    return [line.answer for line in one.vendor.truth.of("h-1.1", What.CALLED) if line.operation == operation]


@every_kind
async def test_a_chat_is_opened_used_and_closed(inbound: Inbound) -> None:
    one = OneVendor(inbound, status=True)
    await one.start()
    chat = await one.open()
    await one.send(chat, "u-1")
    await one.provider.update(chat, ChatDetails())
    await one.vendor.join("h-1.1")
    status = await one.provider.status(chat)
    assert (status.state, status.agent and status.agent.name) == ("active", "Ann")
    await one.provider.close(chat, EndReason(by="user", why="resolved"))
    await one.provider.close(chat, EndReason(by="user", why="resolved"))
    status = await one.provider.status(chat)
    assert (status.state, status.ended) == ("ended", EndReason(by="user", why="resolved"))
    assert keys_at(one) == ["u-1"]
    with pytest.raises(RejectedError):
        await one.send(chat, "u-2")


@every_kind
async def test_opening_again_with_the_same_reference_opens_nothing(inbound: Inbound) -> None:
    one = OneVendor(inbound)
    await one.start()
    one.vendor.faults.script("open", Fault.DIE_AFTER_ACCEPT)
    with pytest.raises(RetryableError):
        await one.open()
    chat = await one.open()
    assert chat.vendor_ref == one.vendor.chat("h-1.1").vendor_ref
    assert len(one.vendor.chats) == 1
    assert answers(one, "open") == [Answer.UNCLEAR, Answer.DONE]


@every_kind
@pytest.mark.parametrize("fault", [Fault.ACCEPT_THEN_TIME_OUT, Fault.LOSE, Fault.BREAK])
async def test_a_vendor_without_references_says_that_it_cannot_tell(inbound: Inbound, fault: Fault) -> None:
    one = OneVendor(inbound, knows_ref=False)
    await one.start()
    one.vendor.faults.script("open", fault)
    with pytest.raises((TimeoutError, RetryableError)):
        await one.open()
    with pytest.raises(ProtocolError, match="keeps no references"):
        await one.open()
    assert len(one.vendor.chats) <= 1


@every_kind
@pytest.mark.parametrize("fault", [Fault.NEVER_LEFT, Fault.THROTTLE, Fault.NOBODY, Fault.REFUSE])
async def test_a_clear_failure_of_open_can_be_repeated_without_references(
    inbound: Inbound, fault: Fault
) -> None:
    one = OneVendor(inbound, knows_ref=False)
    await one.start()
    one.vendor.faults.script("open", fault)
    with pytest.raises(ProviderError):
        await one.open()
    assert (await one.open()).vendor_ref == "acme-c1"


NOT_APPLIED = {
    Fault.NEVER_LEFT: (RetryableError, Answer.NOT_DONE),
    Fault.LOSE: (TimeoutError, Answer.UNCLEAR),
    Fault.THROTTLE: (RetryableError, Answer.NOT_DONE),
    Fault.BREAK: (RetryableError, Answer.UNCLEAR),
    Fault.REFUSE: (RejectedError, Answer.NOT_DONE),
}
APPLIED = {Fault.ACCEPT_THEN_TIME_OUT: TimeoutError, Fault.DIE_AFTER_ACCEPT: RetryableError}


@every_kind
@pytest.mark.parametrize("fault", NOT_APPLIED)
async def test_a_send_that_failed_before_is_not_there(inbound: Inbound, fault: Fault) -> None:
    one = OneVendor(inbound)
    await one.start()
    chat = await one.open()
    one.vendor.faults.script("send", fault)
    error, answer = NOT_APPLIED[fault]
    with pytest.raises(error) as raised:
        await one.send(chat, "u-1")
    assert keys_at(one) == []
    assert answers(one, "send") == [answer]
    if fault is Fault.NEVER_LEFT:
        assert getattr(raised.value, "sent", None) is False
    if fault is Fault.THROTTLE:
        assert (getattr(raised.value, "status", 0), getattr(raised.value, "retry_after", 0)) == (
            429,
            RETRY_AFTER,
        )


@every_kind
@pytest.mark.parametrize("fault", APPLIED)
async def test_a_send_whose_answer_was_lost_is_there(inbound: Inbound, fault: Fault) -> None:
    one = OneVendor(inbound)
    await one.start()
    chat = await one.open()
    one.vendor.faults.script("send", fault)
    with pytest.raises(APPLIED[fault]):
        await one.send(chat, "u-1")
    assert keys_at(one) == ["u-1"]
    assert answers(one, "send") == [Answer.UNCLEAR]


@every_kind
@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_AFTER_ACCEPT])
async def test_a_call_that_hangs_returns_to_nobody(inbound: Inbound, fault: Fault) -> None:
    one = OneVendor(inbound)
    await one.start()
    chat = await one.open()
    one.vendor.faults.script("send", fault)
    pending = asyncio.create_task(one.send(chat, "u-1"))
    await one.vendor.hung.wait()
    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)
    assert keys_at(one) == (["u-1"] if fault is Fault.HANG_AFTER_ACCEPT else [])
    assert answers(one, "send") == [Answer.UNCLEAR]
    await one.send(chat, "u-2")
    assert keys_at(one)[-1] == "u-2"


@every_kind
@pytest.mark.parametrize("dedupes", [True, False])
async def test_the_same_key_twice(inbound: Inbound, *, dedupes: bool) -> None:
    one = OneVendor(inbound, dedupes_by_key=dedupes)
    await one.start()
    chat = await one.open()
    await one.send(chat, "u-1")
    await one.send(chat, "u-1")
    assert keys_at(one) == (["u-1"] if dedupes else ["u-1", "u-1"])


@every_kind
async def test_a_look_up_lags_and_is_right_after_that(inbound: Inbound) -> None:
    one = OneVendor(inbound, looks_up_by_key=True, lookup_lag=30.0)
    await one.start()
    chat = await one.open()
    await one.send(chat, "u-1")
    assert one.provider.capabilities.lookup_lag == 30.0
    await one.clock.advance(29)
    assert await one.provider.was_sent(chat, "u-1") is False
    await one.clock.advance(1)
    assert await one.provider.was_sent(chat, "u-1") is True
    assert await one.provider.was_sent(chat, "u-2") is False


@every_kind
async def test_without_a_look_up_nobody_can_tell(inbound: Inbound) -> None:
    one = OneVendor(inbound)
    await one.start()
    chat = await one.open()
    await one.send(chat, "u-1")
    assert await one.provider.was_sent(chat, "u-1") is None
    assert (await one.provider.status(chat)).state == "unknown"
    with pytest.raises(UnsupportedFeature):
        await one.provider.history(chat, one.clock.now())


@every_kind
async def test_early_messages_are_swallowed_where_the_vendor_does_not_keep_them(inbound: Inbound) -> None:
    one = OneVendor(inbound, send_before_join=False)
    await one.start()
    chat = await one.open()
    await one.send(chat, "early")
    await one.vendor.join("h-1.1")
    await one.send(chat, "later")
    assert keys_at(one) == ["later"]
    assert [line.key for line in one.vendor.truth.of("h-1.1", What.SWALLOWED)] == ["early"]


@pytest.mark.parametrize("fault", [Fault.NOBODY, Fault.REFUSE])
async def test_nobody_is_turned_away_from_a_chat_that_is_open_already(fault: Fault) -> None:
    one = OneVendor(Inbound.WEBHOOK)
    one.vendor.faults.script("open", Fault.DIE_AFTER_ACCEPT, fault)
    with pytest.raises(RetryableError):
        await one.open()
    assert (await one.open()).vendor_ref == "acme-c1"


async def test_a_vendor_with_nobody_says_so() -> None:
    one = OneVendor(Inbound.WEBHOOK)
    one.vendor.faults.script("open", Fault.NOBODY)
    with pytest.raises(UnavailableError):
        await one.open()
    assert one.vendor.chats == []


async def test_an_embedded_vendor_needs_its_host() -> None:
    one = OneVendor(Inbound.EMBEDDED)
    with pytest.raises(RetryableError) as raised:
        await one.open()
    assert raised.value.sent is False


async def test_an_embedded_vendor_writes_a_row_for_whatever_happens(tmp_path: Path) -> None:
    one = OneVendor(Inbound.EMBEDDED)
    vendor = one.vendor
    assert isinstance(vendor, EmbeddedVendor)
    store = SqliteStore(tmp_path / "ledger.db")
    await store.open()
    await vendor.start(store, "acme")
    chat = await one.open()
    await vendor.join("h-1.1")
    await one.send(chat, "u-1")
    await vendor.say("h-1.1", "hi", key="a-1")
    rows = await vendor.rows(vendor.chat("h-1.1"))
    assert [(row["line"], row["what"], row["message_key"]) for row in rows] == [
        (1, "agent_joined", ""),
        (2, "received", "u-1"),
        (3, "message_received", "a-1"),
    ]
    assert [kept.event.kind for kept in await store.inbox()] == ["agent_joined", "message_received"]
    vendor.stop()
    await vendor.start(store, "acme")
    await vendor.say("h-1.1", "after a restart")
    assert len(await vendor.rows(vendor.chat("h-1.1"))) == 4
    await store.close()


async def test_what_an_embedded_vendor_could_not_commit_did_not_happen() -> None:
    one = OneVendor(Inbound.EMBEDDED)
    await one.start()
    await one.open()
    one.database.broken = True
    with pytest.raises(OSError, match="no space"):
        await one.vendor.join("h-1.1")
    assert one.vendor.chat("h-1.1").state == "queued"
    assert list(one.vendor.truth.of("h-1.1", What.HAPPENED)) == []
    one.database.broken = False
    await one.vendor.join("h-1.1")
    assert one.vendor.chat("h-1.1").state == "active"


@every_kind
async def test_status_says_what_it_knows_and_nothing_else(inbound: Inbound) -> None:
    one = OneVendor(inbound, status=True, knows_ref=False)
    await one.start()
    chat = await one.open()
    assert (await one.provider.status(chat)).vendor_ref == "acme-c1"
    nameless = chat.model_copy(update={"vendor_ref": None})
    for call in (
        one.provider.status(nameless),
        one.provider.close(nameless, EndReason(by="bot", why="other")),
    ):
        with pytest.raises(RejectedError, match="which chat"):
            await call
    elsewhere = chat.model_copy(update={"ref": "h-9.1"})
    with pytest.raises(RejectedError) as raised:
        await one.provider.status(elsewhere)
    assert raised.value.status == 404
