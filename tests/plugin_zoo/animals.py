"""Plugins that misbehave, in every way that is known and at every hook."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from livechat_sdk import hookimpl

SECRET = "hunter2-canary"
BLOCKED_FOR = 0.4
"""Seconds for which ``blocks`` keeps the event loop: more than the watchdog allows."""


class Animal:
    """One plugin. ``release`` lets go of everything that hangs, so that a test leaves nothing behind."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.started = 0


class Nasty(BaseException):
    """Not an ``Exception``: most handlers let it pass."""


class Prickly:
    """Cannot even be looked at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise ValueError(SECRET)


# ------------------------------------------------------------------------------------------------- behaviours
async def hangs(animal: Animal) -> object:
    return await asyncio.Event().wait()


async def ignores_cancelling(animal: Animal) -> object:
    while not animal.release.is_set():
        try:
            await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            continue
    return None


def hangs_in_thread(animal: Animal) -> object:
    """Leaks a thread with each call."""
    return animal.release.wait(60)


def hangs_in_what_it_gives_back(animal: Animal) -> object:
    return hangs(animal)


async def raises(animal: Animal) -> object:
    raise ValueError(SECRET)


def raises_in_thread(animal: Animal) -> object:
    raise ValueError(SECRET)


async def raises_nastily(animal: Animal) -> object:
    raise Nasty(SECRET)


def raises_nastily_in_thread(animal: Animal) -> object:
    raise Nasty(SECRET)


def interrupts_itself(animal: Animal) -> object:
    raise KeyboardInterrupt


async def exits(animal: Animal) -> object:
    sys.exit(3)


def exits_in_thread(animal: Animal) -> object:
    sys.exit(3)


async def cancels_itself(animal: Animal) -> object:
    raise asyncio.CancelledError


async def answers_junk(animal: Animal) -> object:
    return {"password": SECRET}


def answers_junk_from_thread(animal: Animal) -> object:
    return 7


async def answers_what_cannot_be_looked_at(animal: Animal) -> object:
    return Prickly()


async def blocks(animal: Animal) -> object:
    threading.Event().wait(BLOCKED_FOR)
    return None


@dataclass(frozen=True)
class Kind:
    """One way to misbehave, and how it is counted."""

    behave: Callable[[Animal], object]
    counted_as: str

    def __str__(self) -> str:
        return self.behave.__name__


LATE = [
    Kind(one, "timeouts") for one in (hangs, ignores_cancelling, hangs_in_thread, hangs_in_what_it_gives_back)
]
FAILING = [
    Kind(one, "failures")
    for one in (
        raises,
        raises_in_thread,
        raises_nastily,
        raises_nastily_in_thread,
        interrupts_itself,
        exits,
        exits_in_thread,
        cancels_itself,
    )
]
JUNK = [
    Kind(one, "failures")
    for one in (answers_junk, answers_junk_from_thread, answers_what_cannot_be_looked_at)
]


def bring_up(hook: str, kind: Kind) -> Animal:
    """An animal that misbehaves in one way at one hook; its class, and so the plugin, is named ``Zoo``."""
    behave = kind.behave

    async def asynchronous(self: Animal) -> object:
        self.started += 1
        return await cast("Awaitable[object]", behave(self))

    def plain(self: Animal) -> object:
        self.started += 1
        return behave(self)

    method: Any = asynchronous if asyncio.iscoroutinefunction(behave) else plain
    method.__name__ = hook
    animal: Animal = type("Zoo", (Animal,), {hook: hookimpl(method)})()
    return animal
