"""Counts, durations, and the trace of calls."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import pytest

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.hooks import Hooks, HookStat, hookimpl
from livechat_sdk.hooks.manager import TRACE_VARIABLE
from livechat_sdk.hooks.stats import Status, TallyBook, describe
from tests.hooks import zoo
from tests.hooks.samples import HANDOFF, REQUEST, USER


def test_tallies_tell_statuses_apart() -> None:
    book = TallyBook()
    for status in (*Status, Status.ANSWERED):
        book.of("acme", "livechat_route").add(status, 0.5)
    assert book.snapshot() == (
        HookStat("acme", "livechat_route", calls=5, failures=1, timeouts=1, skipped=1, seconds=2.5),
    )


def test_snapshot_is_sorted_and_does_not_change_afterwards() -> None:
    book = TallyBook()
    book.of("b", "livechat_route").add(Status.ANSWERED, 1)
    book.of("a", "livechat_route").add(Status.ANSWERED, 1)
    book.of("a", "livechat_get_contact").add(Status.ANSWERED, 1)
    before = book.snapshot()
    book.of("a", "livechat_route").add(Status.FAILED, 1)
    assert [(one.plugin, one.hook, one.calls) for one in before] == [
        ("a", "livechat_get_contact", 1),
        ("a", "livechat_route", 1),
        ("b", "livechat_route", 1),
    ]


async def test_each_hook_of_a_plugin_is_counted_by_itself() -> None:
    class Two:
        @hookimpl
        async def livechat_route(self) -> None: ...
        @hookimpl
        async def livechat_handoff_changed(self) -> None: ...

    hooks = Hooks()
    hooks.register(Two())
    await hooks.route(REQUEST, ["desk"])
    for cause in ("one", "two"):
        await hooks.handoff_changed(None, HANDOFF, cause)
    counted = {one.hook: one for one in hooks.stats()}
    assert {hook: one.calls for hook, one in counted.items()} == {
        "livechat_route": 1,
        "livechat_handoff_changed": 2,
    }
    assert all(0 < one.seconds < 1 for one in counted.values())


class Leaky:
    """Takes and gives back things that must not be in a log."""

    @hookimpl
    async def livechat_route(self, request: HandoffRequest, candidates: Sequence[str]) -> Route:
        return Route(integration="desk", bot="shop", why=zoo.SECRET)


async def test_trace_names_every_call_with_its_result_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(TRACE_VARIABLE, "1")
    caplog.set_level(logging.INFO, logger="livechat_sdk.hooks.trace")
    hooks = Hooks(hook_timeout=0.02)
    for plugin in (Leaky(), zoo.HangsAsync(), zoo.Raises(), zoo.BlocksTheLoop()):
        hooks.register(plugin)
    user = USER.model_copy(update={"email": "maria@example.org"})
    await hooks.route(REQUEST.model_copy(update={"user": user}), ["desk"])
    traced = [record.getMessage() for record in caplog.records if record.name == "livechat_sdk.hooks.trace"]
    assert [re.sub(r"\d+\.\d ms", "N ms", line) for line in traced] == [
        "livechat_route BlocksTheLoop: abstained, N ms",
        "livechat_route Raises: failed, N ms",
        "livechat_route HangsAsync: late, N ms",
        "livechat_route Leaky: answered, N ms",
    ]
    assert "maria" not in caplog.text
    assert zoo.SECRET not in caplog.text


@pytest.mark.parametrize("value", ["", "0", None])
async def test_nothing_is_traced_unless_asked_for(
    value: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if value is None:
        monkeypatch.delenv(TRACE_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(TRACE_VARIABLE, value)
    caplog.set_level(logging.DEBUG, logger="livechat_sdk.hooks")
    hooks = Hooks()
    hooks.register(Leaky())
    await hooks.route(REQUEST, ["desk"])
    assert caplog.records == []


def test_error_is_described_without_its_text_at_the_last_line_of_the_plugin() -> None:
    def fail() -> None:
        int(zoo.SECRET)

    with pytest.raises(ValueError, match=zoo.SECRET) as raised:
        fail()
    line = fail.__code__.co_firstlineno + 1
    assert describe(raised.value, __file__) == f"ValueError at {__file__}:{line}"
    assert describe(ValueError(zoo.SECRET)) == "ValueError"
