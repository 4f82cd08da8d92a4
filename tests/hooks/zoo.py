"""Plugins that misbehave, one in each way that is known."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Coroutine
from typing import Any

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.errors import RejectedError
from livechat_sdk.hooks import hookimpl
from tests.hooks.samples import ROUTE

SECRET = "hunter2-canary"


class Animal:
    """``release`` frees everything that hangs, so that a test leaves nothing behind."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.started = 0


class Good(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        self.started += 1
        return ROUTE


class HangsAsync(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        self.started += 1
        await asyncio.Event().wait()
        return ROUTE


class IgnoresCancelling(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        self.started += 1
        while not self.release.is_set():
            try:
                await asyncio.sleep(0.001)
            except asyncio.CancelledError:
                continue
        return ROUTE


class HangsInThread(Animal):
    """Leaks a thread with each call."""

    @hookimpl
    def livechat_route(self) -> Route:
        self.started += 1
        self.release.wait(30)
        return ROUTE


class HangsInItsAwaitable(Animal):
    """A plain ``def`` that returns an awaitable, which then hangs."""

    @hookimpl
    def livechat_route(self) -> Coroutine[Any, Any, Route]:
        self.started += 1
        return HangsAsync().livechat_route()


class Raises(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        raise ValueError(f"cannot log in with {SECRET}")


class RaisesInThread(Animal):
    @hookimpl
    def livechat_route(self) -> Route:
        raise ValueError(f"cannot log in with {SECRET}")


class RaisesOurError(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        raise RejectedError("no such queue", provider="acme")


class ExitsAsync(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        sys.exit(3)


class ExitsInThread(Animal):
    @hookimpl
    def livechat_route(self) -> Route:
        sys.exit(3)


class RaisesCancelled(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        raise asyncio.CancelledError


class CancelsItself(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        return ROUTE


class ReturnsJunk(Animal):
    @hookimpl
    async def livechat_route(self) -> object:
        return {"integration": "desk", "password": SECRET}


class ReturnsJunkFromThread(Animal):
    @hookimpl
    def livechat_route(self) -> object:
        return 7


class RoutesNowhere(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        return Route(integration="not-in-the-settings", bot="shop")


class ReturnsHalfAnObject(Animal):
    @hookimpl
    async def livechat_route(self) -> Route:
        return Route.model_construct(**dict[str, Any]())


class ReturnsForeignFuture(Animal):
    """A future of another event loop, which can never be awaited here."""

    @hookimpl
    def livechat_route(self) -> Awaitable[Route]:
        loop = asyncio.new_event_loop()
        try:
            return loop.create_future()
        finally:
            loop.close()


class BlocksTheLoop(Animal):
    @hookimpl
    async def livechat_route(self) -> None:
        time.sleep(0.04)  # noqa: ASYNC251 - that is the misbehaviour


class WritesIntoItsArguments(Animal):
    @hookimpl
    async def livechat_route(self, request: HandoffRequest) -> None:
        request.metadata["run"] = SECRET
        request.user.attributes["plan"]["name"] = SECRET
        request.extras["desk"]["vip"] = SECRET
