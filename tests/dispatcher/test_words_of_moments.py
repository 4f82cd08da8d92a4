"""The words of the settings reach the end user, also at moments about which others are silent."""

from __future__ import annotations

import pytest

from livechat_sdk import Outcome
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.errors import AuthError
from tests.dispatcher.bench import Bench, Workbench

WORDS = {"system_messages": {"en": {moment.value: f"Words of {moment.value}." for moment in Moment}}}


def said(one: Bench) -> list[str]:
    return [out.text for out in one.channel.shown if isinstance(out, SystemMessage)]


def words(*moments: Moment) -> list[str]:
    return [f"Words of {moment.value}." for moment in moments]


@pytest.mark.feature("SM-10", "SM-14", "SM-15", "PL-07")
async def test_a_request_that_is_withdrawn_has_words_from_its_beginning_to_its_end(bench: Workbench) -> None:
    one = await bench.start(livechat=WORDS)
    handoff = await one.request()
    assert said(one) == words(Moment.REQUESTED, Moment.STARTING, Moment.WAITING)
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert said(one)[-1:] == words(Moment.CANCELLED)


@pytest.mark.feature("SM-11")
async def test_a_wish_to_end_is_answered_before_the_end(bench: Workbench) -> None:
    one = await bench.start(livechat=WORDS)
    handoff = await one.active()
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert said(one)[-2:] == words(Moment.ENDING, Moment.ENDED)


@pytest.mark.feature("HO-15", "SM-13")
async def test_a_provider_that_fails_leaves_nobody_without_an_answer(bench: Workbench) -> None:
    one = await bench.start(livechat=WORDS)
    one.vendor.fail["open"] = [AuthError("the key is wrong")]
    handoff = await one.request()
    assert handoff.outcome is Outcome.FAILED
    assert said(one)[-1:] == words(Moment.FAILED)
    assert [ended.end.outcome for ended in one.channel.ended] == [Outcome.FAILED]


@pytest.mark.feature("HO-02")
async def test_each_bot_is_taken_to_its_own_integration(bench: Workbench) -> None:
    bots = {
        "shop-bot": {"livechat": {"integrations": ["toy"]}},
        "bank-bot": {"livechat": {"integrations": ["spare"]}},
    }
    one = await bench.start(settings={"bots": bots})
    shop = await one.request(key="a", conversation="c-a")
    assert (shop.integration, len(one.vendor.opened), len(one.spare.vendor.opened)) == ("toy", 1, 0)
    bank = await one.request(key="b", conversation="c-b", bot="bank-bot")
    assert (bank.integration, len(one.vendor.opened), len(one.spare.vendor.opened)) == ("spare", 1, 1)
