"""An integration that cannot open chats is left alone for a while, with a reason, over restarts."""

from __future__ import annotations

import asyncio
from typing import Any

from livechat_sdk import AuthError, HandoffState, Outcome, RetryableError, UnavailableError
from livechat_sdk.errors import RejectedError
from livechat_sdk.relay.cooldown_policy import FAILURES_BEFORE
from tests.dispatcher.bench import Bench, Workbench
from tests.dispatcher.test_restart import heirs_of

CHAIN = ("toy", "spare")
DOWN = RetryableError("503", status=503)


async def ask(one: Bench, number: int) -> Any:
    return await one.request(key=f"k-{number}", conversation=f"c-{number}")


async def breaks(one: Bench, times: int = FAILURES_BEFORE) -> None:
    """The first vendor breaks: handoffs go to the second one after trying it in vain."""
    one.vendor.fail["open"] = [DOWN] * 1000
    for number in range(times):
        handoff = await ask(one, number)
        await one.pass_time(8)
        assert (await one.reload(handoff)).integration == "spare"


def opens(one: Bench) -> int:
    return one.vendor.calls.count("open")


async def decision(one: Bench, handoff: Any) -> dict[str, Any]:
    entries = await one.dispatcher.journal(handoff.id)
    return dict(next(entry.detail for entry in entries if entry.kind == "decided"))


async def test_a_vendor_that_is_down_is_left_alone_with_the_reason_in_the_journal(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    await breaks(one)
    before = opens(one)
    handoff = await ask(one, 10)
    assert handoff.integration == "spare"
    assert opens(one) == before, "not even asked"
    told = await decision(one, handoff)
    assert told["to"] == ["spare (fallback)"]
    (reason,) = told["left_out"]
    assert reason.startswith("toy: cooling down until 2026-11-24 09:00:")
    assert "3 failed opens in a row, RetryableError: 503" in reason


async def test_a_restart_does_not_forget_it(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    await breaks(one)
    before = opens(one)
    await one.kill()
    two = await bench.start(chain=CHAIN, **heirs_of(one))
    assert (await ask(two, 10)).integration == "spare"
    assert opens(two) == before


async def test_it_ends_by_itself_with_one_trial_first(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    await breaks(one)
    one.vendor.fail["open"] = []
    await one.pass_time(31)
    reached, may_go_on = asyncio.Event(), asyncio.Event()
    original = one.toy.provider_class.open

    async def slowly(self: Any, opening: Any) -> Any:
        reached.set()
        await may_go_on.wait()
        return await original(self, opening)

    one.toy.provider_class.open = slowly  # type: ignore[method-assign]
    trial = asyncio.create_task(ask(one, 10))
    await reached.wait()
    other = await one.dispatcher.request(_request(11))
    assert other.integration == "spare", "one is enough to find out"
    may_go_on.set()
    tried = await trial
    assert (tried.integration, tried.state) == ("toy", HandoffState.QUEUED)
    (to, _) = (await decision(one, tried))["to"]
    assert to.startswith("toy (first enabled integration of the bot; a trial after 3 failed opens in a row")
    assert (await ask(one, 12)).integration == "toy", "all is well again"
    assert await one.dispatcher.store.cooldowns() == {}


def _request(number: int) -> Any:
    from livechat_sdk import EndUser, HandoffRequest

    return HandoffRequest(
        key=f"k-{number}", conversation_id=f"c-{number}", bot="shop-bot", user=EndUser(id="u-1")
    )


async def test_a_trial_that_fails_makes_it_longer(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    await breaks(one)
    await one.pass_time(31)
    before = opens(one)
    await ask(one, 10)
    await one.pass_time(8)
    assert opens(one) > before
    await one.pass_time(45)
    before = opens(one)
    await ask(one, 11)
    assert opens(one) == before, "twice as long as the first time"


async def test_when_nobody_else_is_left_it_is_asked_all_the_same(bench: Workbench) -> None:
    one = await bench.start()
    one.vendor.fail["open"] = [AuthError("bad key")] * FAILURES_BEFORE
    for number in range(FAILURES_BEFORE):
        assert (await ask(one, number)).outcome is Outcome.FAILED
    handoff = await ask(one, 10)
    assert handoff.state is HandoffState.QUEUED
    (to,) = (await decision(one, handoff))["to"]
    assert "and so is everybody else" in to


async def test_a_vendor_that_names_a_time_is_left_alone_until_then_at_once(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    one.vendor.fail["open"] = [RetryableError("429", status=429, retry_after=100)]
    assert (await ask(one, 1)).integration == "spare"
    await one.pass_time(90)
    assert (await ask(one, 2)).integration == "spare"
    await one.pass_time(11)
    assert (await ask(one, 3)).integration == "toy"


async def test_a_vendor_without_agents_or_that_refuses_one_chat_is_not_left_alone(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    for number, error in enumerate([UnavailableError("queue full"), RejectedError("no such queue")] * 3):
        one.vendor.fail["open"] = [error]
        assert (await ask(one, number)).integration == "spare"
    assert (await ask(one, 10)).integration == "toy"
    assert await one.dispatcher.store.cooldowns() == {}


async def test_a_chat_that_opens_forgets_the_failures_before_it(bench: Workbench) -> None:
    one = await bench.start(chain=CHAIN)
    await breaks(one, FAILURES_BEFORE - 1)
    one.vendor.fail["open"] = []
    await ask(one, 10)
    await breaks(one, FAILURES_BEFORE - 1)
    one.vendor.fail["open"] = []
    assert (await ask(one, 11)).integration == "toy"
