"""Openings at a vendor where a chat cannot be found by our reference: never made twice unseen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import HandoffState, Outcome, RetryableError
from livechat_sdk.domain.chats import Chat
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench, Workbench

BLIND = ToyProvider.capabilities.model_copy(update={"finds_by_ref": False})
NO_ANSWER = RetryableError("no answer within 10 s", operation="open")
NEVER_LEFT = RetryableError("no connection", operation="open", sent=False)


class Vendor:
    """A toy that opens a chat for whoever asks, and does not always say so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.toy = ToyPlugin(capabilities=BLIND)
        self.opened: list[str] = []
        self.errors: list[Exception] = []
        self.hangs: asyncio.Event | None = None
        usual = self.toy.provider_class.open

        async def opens(provider: Any, opening: ChatOpening) -> Chat:
            error = self.errors.pop(0) if self.errors else None
            if error is not NEVER_LEFT:
                self.opened.append(opening.ref)
            if self.hangs is not None:
                self.hangs.set()
                await asyncio.Event().wait()
            if error is not None:
                raise error
            return await usual(provider, opening)

        monkeypatch.setattr(self.toy.provider_class, "open", opens)


async def state_of(one: Bench) -> tuple[HandoffState, Outcome | None]:
    (handoff,) = await one.dispatcher.store.handoffs()
    return handoff.state, handoff.outcome


async def test_an_opening_without_an_answer_goes_on_to_the_next_provider_and_is_made_once(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    vendor.errors = [NO_ANSWER]
    one = await bench.start(toy=vendor.toy, chain=("toy", "spare"))
    handoff = await one.request()
    await one.pass_time(30)
    assert len(vendor.opened) == 1
    handoff = await one.dispatcher.handoff(handoff.id)
    assert [attempt.integration for attempt in handoff.attempts] == ["toy", "spare"]
    assert handoff.state is HandoffState.QUEUED


async def test_without_another_provider_it_has_failed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    vendor.errors = [NO_ANSWER]
    one = await bench.start(toy=vendor.toy)
    await one.request()
    await one.pass_time(120)
    assert len(vendor.opened) == 1
    assert await state_of(one) == (HandoffState.ENDED, Outcome.FAILED)


async def test_what_certainly_opened_nothing_is_made_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    vendor.errors = [NEVER_LEFT, NEVER_LEFT]
    one = await bench.start(toy=vendor.toy)
    await one.request()
    await one.pass_time(30)
    assert len(vendor.opened) == 1
    assert await state_of(one) == (HandoffState.QUEUED, None)


async def test_policy_repeat_opens_again(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Vendor(monkeypatch)
    vendor.errors = [NO_ANSWER]
    one = await bench.start(toy=vendor.toy, livechat={"doubtful": "repeat"})
    await one.request()
    await one.pass_time(30)
    assert len(vendor.opened) == 2
    assert await state_of(one) == (HandoffState.QUEUED, None)


@pytest.mark.parametrize(
    ("policy", "opened", "state"),
    [("hold", 1, HandoffState.ENDED), ("repeat", 2, HandoffState.QUEUED)],
)
async def test_an_opening_that_a_crash_cut_off_may_have_opened_a_chat(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, policy: str, opened: int, state: HandoffState
) -> None:
    vendor = Vendor(monkeypatch)
    vendor.hangs = asyncio.Event()
    one = await bench.start(toy=vendor.toy, livechat={"doubtful": policy})
    asking = asyncio.create_task(one.request())
    await vendor.hangs.wait()
    await one.kill()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    vendor.hangs = None
    heir = await bench.start(toy=vendor.toy, clock=one.clock, livechat={"doubtful": policy})
    await heir.pass_time(60)
    assert len(vendor.opened) == opened
    assert (await state_of(heir))[0] is state


async def test_a_lost_chat_that_shows_life_is_closed_and_not_opened_for_it(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    vendor.errors = [NO_ANSWER]
    one = await bench.start(toy=vendor.toy, chain=("toy", "spare"))
    handoff = await one.request()
    await one.pass_time(10)
    await one.event("accepted", ref=f"{handoff.id}.1")
    await one.pass_time(10)
    assert len(vendor.opened) == 1
    assert "close" in vendor.toy.vendor.calls
