"""Who is asked, in which order, and what their answers become."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pluggy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.hooks import Hooks, hookimpl
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import RoutingSpecs
from tests.hooks.samples import REQUEST, ROUTE, stat

Place = str
"""``first``, ``last`` or ``plain``."""


class Recorder:
    """Writes its number down when it is asked; answers when it should."""

    def __init__(self, number: int, asked: list[int], *, answers: bool) -> None:
        self.number = number
        self.asked = asked
        self.answers = answers

    def _answer(self) -> Route | None:
        self.asked.append(self.number)
        return Route(integration="desk", bot="shop", why=str(self.number)) if self.answers else None


def _recorder(number: int, place: Place, asked: list[int], *, answers: bool, is_async: bool) -> object:
    mark = hookimpl(tryfirst=place == "first", trylast=place == "last")

    class Plain(Recorder):
        @mark
        def livechat_route(self) -> Route | None:
            return self._answer()

    class Async(Recorder):
        @mark
        async def livechat_route(self) -> Route | None:
            await asyncio.sleep(0)
            return self._answer()

    return (Async if is_async else Plain)(number, asked, answers=answers)


@st.composite
def rooms(draw: st.DrawFn) -> list[tuple[Place, bool, bool, bool]]:
    """Plugins as (place, answers, async, inline)."""
    places = st.sampled_from(["first", "plain", "last"])
    return draw(st.lists(st.tuples(places, st.booleans(), st.booleans(), st.booleans()), max_size=8))


def _pluggys_order(room: list[tuple[Place, bool, bool, bool]]) -> list[int]:
    """The order in which pluggy itself calls plain functions that are registered in this order."""
    manager, asked = pluggy.PluginManager(PROJECT), list[int]()
    manager.add_hookspecs(RoutingSpecs)
    for number, (place, *_) in enumerate(room):
        manager.register(_recorder(number, place, asked, answers=False, is_async=False))
    manager.hook.livechat_route(request=REQUEST, candidates=())
    return asked


@given(rooms())
def test_order_is_pluggys_and_the_first_answer_ends_it(room: list[tuple[Place, bool, bool, bool]]) -> None:
    hooks, asked = Hooks(), list[int]()
    for number, (place, answers, is_async, inline) in enumerate(room):
        hooks.register(_recorder(number, place, asked, answers=answers, is_async=is_async), inline=inline)
    answer = asyncio.run(hooks.route(REQUEST, ["desk"]))
    hooks.close()

    order = _pluggys_order(room)
    first = next((number for number in order if room[number][1]), None)
    assert answer == (None if first is None else Route(integration="desk", bot="shop", why=str(first)))
    assert asked == (order if first is None else order[: order.index(first) + 1])


@given(rooms(), st.data())
def test_order_is_kept_when_a_plugin_leaves(
    room: list[tuple[Place, bool, bool, bool]], data: st.DataObject
) -> None:
    hooks, asked = Hooks(), list[int]()
    for number, (place, *_) in enumerate(room):
        hooks.register(_recorder(number, place, asked, answers=False, is_async=True), str(number))
    gone = data.draw(st.sets(st.sampled_from(range(len(room))))) if room else set[int]()
    for number in gone:
        hooks.unregister(str(number))
    asyncio.run(hooks.route(REQUEST, ["desk"]))
    assert asked == [number for number in _pluggys_order(room) if number not in gone]


async def test_nobody_there_is_no_answer() -> None:
    assert await Hooks().route(REQUEST, ["desk"]) is None
    assert Hooks().stats() == ()


async def test_plugin_registered_later_is_asked_at_once() -> None:
    hooks, asked = Hooks(), list[int]()
    hooks.register(_recorder(1, "plain", asked, answers=True, is_async=False))
    await hooks.route(REQUEST, ["desk"])
    hooks.register(_recorder(2, "plain", asked, answers=True, is_async=False))
    answer = await hooks.route(REQUEST, ["desk"])
    assert answer is not None
    assert (answer.why, asked) == ("2", [1, 2])
    hooks.close()


async def test_implementation_may_take_fewer_arguments_in_any_order() -> None:
    seen: list[object] = []

    class Backwards:
        @hookimpl
        async def livechat_route(self, candidates: tuple[str, ...], request: HandoffRequest) -> None:
            seen.extend((candidates, request.key))

    class Nothing:
        @hookimpl
        def livechat_route(self) -> None:
            seen.append("nothing")

    class OwnArgument:
        @hookimpl
        async def livechat_route(self, request: HandoffRequest, own: str = "mine") -> None:
            seen.append(own)

    hooks = Hooks()
    for plugin in (Backwards(), Nothing(), OwnArgument()):
        hooks.register(plugin)
    await hooks.route(REQUEST, ["desk", "other"])
    assert seen == ["mine", "nothing", ("desk", "other"), "r-1"]
    hooks.close()


def _wrapped(function: Callable[..., Coroutine[Any, Any, Route]]) -> Callable[..., Awaitable[Route]]:
    """A decorator as people write them: a plain function that returns what the async one returns."""

    @functools.wraps(function)
    def wrapper(*arguments: object) -> Awaitable[Route]:
        return function(*arguments)

    return wrapper


class ReturnsAwaitable:
    @hookimpl
    @_wrapped
    async def livechat_route(self, request: HandoffRequest) -> Route:
        await asyncio.sleep(0)
        return Route(integration="desk", bot=request.bot)


class Awaitable_:  # noqa: N801 - it stands for any object that can be awaited and is no coroutine
    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return ROUTE


class ReturnsAwaitableObject:
    @hookimpl
    def livechat_route(self) -> object:
        return Awaitable_()


class ReturnsFuture:
    @hookimpl
    async def livechat_route(self) -> Route:
        future: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, ROUTE)
        return await future


class ReturnsNoneAsync:
    @hookimpl
    @_wrapped
    async def livechat_route(self) -> Any:
        await asyncio.sleep(0)


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("kind", [ReturnsAwaitable, ReturnsAwaitableObject, ReturnsFuture])
async def test_whatever_can_be_awaited_is_awaited(kind: type, inline: bool) -> None:
    hooks = Hooks()
    hooks.register(kind(), "one", inline=inline)
    answer = await hooks.route(REQUEST, ["desk"])
    assert answer is not None
    assert answer.integration == "desk"
    assert stat(hooks, "one").failures == 0
    hooks.close()


async def test_awaitable_that_gives_none_abstains() -> None:
    hooks = Hooks()
    hooks.register(ReturnsAwaitable())
    hooks.register(ReturnsNoneAsync())
    assert await hooks.route(REQUEST, ["desk"]) is not None
    assert (stat(hooks, "ReturnsNoneAsync").calls, stat(hooks, "ReturnsAwaitable").calls) == (1, 1)
    hooks.close()


class SaysWhere:
    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    @hookimpl
    def livechat_route(self) -> None:
        self.thread = threading.current_thread()


async def test_def_runs_in_a_thread_named_after_its_plugin_and_inline_on_the_loop() -> None:
    hooks, threaded, inline = Hooks(), SaysWhere(), SaysWhere()
    hooks.register(threaded, "acme")
    hooks.register(inline, "ours", inline=True)
    await hooks.route(REQUEST, ["desk"])
    assert threaded.thread is not None
    assert threaded.thread.name == "livechat-plugin-acme"
    assert threaded.thread.daemon  # a plugin that hangs does not keep the program from ending
    assert inline.thread is threading.current_thread()
    hooks.close()


WORKSPACE: ContextVar[str] = ContextVar("WORKSPACE", default="none")


async def test_plugins_see_the_context_and_cannot_change_it() -> None:
    seen: list[str] = []

    def look_and_change() -> None:
        seen.append(WORKSPACE.get())
        WORKSPACE.set("changed by a plugin")

    class Plain:
        @hookimpl
        def livechat_route(self) -> None:
            look_and_change()

    class Async:
        @hookimpl
        async def livechat_route(self) -> None:
            look_and_change()

    hooks = Hooks()
    hooks.register(Plain())
    hooks.register(Async())
    WORKSPACE.set("acme")
    await hooks.route(REQUEST, ["desk"])
    assert seen == ["acme", "acme"]
    assert WORKSPACE.get() == "acme"
    hooks.close()


async def test_static_and_class_methods_and_modules_are_plugins() -> None:
    import types

    class Methods:
        @hookimpl
        @staticmethod
        def livechat_route(request: HandoffRequest) -> Route:
            return Route(integration="desk", bot=request.bot, why="static")

    @hookimpl
    async def livechat_route(request: HandoffRequest) -> None:
        assert request.bot == "shop"

    module = types.ModuleType("acme_plugin")
    vars(module)["livechat_route"] = livechat_route
    hooks = Hooks()
    hooks.register(Methods())
    assert hooks.register(module) == "acme_plugin"
    answer = await hooks.route(REQUEST, ["desk"])
    assert answer is not None
    assert answer.why == "static"
    assert stat(hooks, "acme_plugin").calls == 1
    hooks.close()


async def test_hooks_of_two_dispatchers_know_nothing_of_each_other() -> None:
    one, two, asked = Hooks(), Hooks(), list[int]()
    one.register(_recorder(1, "plain", asked, answers=True, is_async=True))
    assert await two.route(REQUEST, ["desk"]) is None
    assert (asked, two.stats(), two.plugins()) == ([], (), {})


def test_hooks_serve_one_event_loop_after_another() -> None:
    hooks, asked = Hooks(), list[int]()
    hooks.register(_recorder(1, "plain", asked, answers=True, is_async=False))
    for _ in range(3):
        assert asyncio.run(hooks.route(REQUEST, ["desk"])) is not None
    hooks.close()
    assert asked == [1, 1, 1]
    assert asyncio.run(hooks.route(REQUEST, ["desk"])) is not None, (
        "hooks can be called after they were closed"
    )
    hooks.close()
