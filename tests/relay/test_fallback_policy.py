"""Whom a handoff may go to, in which order, and what makes it go on."""

from __future__ import annotations

import itertools
from datetime import timedelta

from livechat_sdk.domain.handoff import Route
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.relay.failures import FailureKind
from livechat_sdk.relay.fallback_policy import FALLBACK_TABLE, MoveOn, chain_of
from livechat_sdk.relay.retry_policy import RETRY_RULES
from livechat_sdk_testing.builders import NOON


def routes(*names: str) -> list[Route]:
    return [Route(integration=name, bot="shop-bot", why="fallback") for name in names]


def cooling(seconds: float, reason: str = "4 failed opens in a row, 503") -> Cooldown:
    return Cooldown(NOON + timedelta(seconds=seconds), 4, reason)


def test_table_is_total_and_only_an_open_moves_on() -> None:
    assert set(FALLBACK_TABLE) == set(itertools.product(RETRY_RULES, FailureKind))
    moving = {kind for (kind, _), step in FALLBACK_TABLE.items() if step is not MoveOn.STAY}
    assert moving == {"open_chat"}
    nobody = {failure for (_, failure), step in FALLBACK_TABLE.items() if step is MoveOn.NOBODY_THERE}
    assert nobody == {FailureKind.UNAVAILABLE}


def test_order_is_kept_and_who_has_no_agents_is_left_out_with_the_reason() -> None:
    chain = chain_of(routes("one", "two", "three"), ["unknown", "no", "yes"], {}, NOON)
    assert [route.integration for route in chain.routes] == ["one", "three"]
    assert chain.left_out == ["two: no agents"]


def test_who_cools_down_is_left_out_until_it_is_over() -> None:
    cooldowns = {"one": cooling(30), "two": cooling(-1)}
    chain = chain_of(routes("one", "two"), ["yes", "yes"], cooldowns, NOON)
    assert [route.integration for route in chain.routes] == ["two"]
    assert chain.left_out == ["one: cooling down until 2026-11-23 12:00:30 UTC: 4 failed opens in a row, 503"]
    later = chain_of(routes("one", "two"), ["yes", "yes"], cooldowns, NOON + timedelta(seconds=30))
    assert [route.integration for route in later.routes] == ["one", "two"]


def test_when_all_cool_down_the_one_that_is_first_done_is_asked_all_the_same() -> None:
    cooldowns = {"one": cooling(300), "two": cooling(30), "three": cooling(10)}
    chain = chain_of(routes("one", "two", "three"), ["yes", "yes", "no"], cooldowns, NOON)
    (only,) = chain.routes
    assert only.integration == "two"
    assert only.why.startswith("fallback; cooling down until 2026-11-23 12:00:30 UTC")
    assert [reason.split(":")[0] for reason in chain.left_out] == ["three", "one"]


def test_nobody_there_gives_an_empty_chain() -> None:
    chain = chain_of(routes("one"), ["no"], {"one": cooling(30)}, NOON)
    assert (list(chain.routes), chain.left_out) == ([], ["one: no agents"])
