"""The kit over the recordings of Parley: each call, and each with every answer that may go wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contrib.testing.tests.parley.bench import CHAT, MESSAGE, NOW, RECORDINGS, SETTINGS, an_opening
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.provider.interface import AnyProvider, ChatOpening, ChatStatus
from livechat_sdk.registry import Registry
from livechat_sdk_testing.conformance import CaseFailed
from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from livechat_sdk_testing.parley import ParleyPlugin
from livechat_sdk_testing.parley.provider import ParleyProvider

ROUTE = Route(integration="parley", bot="shop-bot", queue="billing")
CALLS = [
    RecordedCall("open", ("token/granted", "open/little-known"), lambda parley: parley.open(an_opening())),
    RecordedCall("send", ("token/granted", "send/taken"), lambda parley: parley.send(CHAT, MESSAGE)),
    RecordedCall(
        "close",
        ("token/granted", "close/ended"),
        lambda parley: parley.close(CHAT, EndReason(by="user", why="abandoned")),
        fine=frozenset({404, 409}),
        reads=False,
    ),
    RecordedCall("typing", ("token/granted", "typing/on"), lambda parley: parley.typing(CHAT, on=True)),
    RecordedCall(
        "receipt",
        ("token/granted", "receipt/read"),
        lambda parley: parley.receipt(CHAT, UserReceipt(message_key="m-3", status="read")),
    ),
    RecordedCall(
        "availability", ("token/granted", "availability/three"), lambda parley: parley.availability(ROUTE)
    ),
    RecordedCall("status", ("token/granted", "status/active"), lambda parley: parley.status(CHAT)),
    RecordedCall(
        "history",
        ("token/granted", "history/nothing"),
        lambda parley: parley.history(CHAT, NOW + timedelta(milliseconds=123)),
    ),
    RecordedCall("look_up", ("token/granted", "look_up/found"), lambda parley: parley.was_sent(CHAT, "k-1")),
]


def parley() -> AnyProvider:
    provider: AnyProvider = Registry({"parley": ParleyPlugin()}).build(SETTINGS)
    return provider


@pytest.mark.parametrize("one", CALLS, ids=lambda one: one.name)
async def test_whatever_is_answered_parley_answers_or_says_what_kind_of_failure_it_was(
    one: RecordedCall,
) -> None:
    assert await check_recorded_call(one, RECORDINGS, parley) >= 14


def with_(provider: type[ParleyProvider]) -> AnyProvider:
    ready = parley()
    return provider(ready.context, ready.settings)


class Trusting(ParleyProvider):
    """Reads an answer without looking at its shape."""

    async def open(self, opening: ChatOpening) -> Chat:
        answer = await self._client.request("open", "POST", "v1/chats", json={"ref": opening.ref})
        return CHAT.model_copy(update={"vendor_ref": answer.json()["id"]})


class Hopeful(ParleyProvider):
    """Takes every error for "not known"."""

    async def status(self, chat: Chat) -> ChatStatus:
        try:
            return await super().status(chat)
        except Exception:  # noqa: BLE001 - the mistake
            return ChatStatus(state="unknown")


async def test_a_provider_that_takes_errors_for_answers_is_found() -> None:
    (one,) = [one for one in CALLS if one.name == "status"]
    with pytest.raises(CaseFailed, match="status 400: the provider takes it for a success"):
        await check_recorded_call(one, RECORDINGS, lambda: with_(Hopeful))


async def test_a_provider_that_does_not_send_what_was_recorded_is_found() -> None:
    (one,) = [one for one in CALLS if one.name == "open"]
    with pytest.raises(CaseFailed, match="open, as recorded, raises"):
        await check_recorded_call(one, RECORDINGS, lambda: with_(Trusting))
