"""One registered plugin: its name, its implementations, and what runs in it right now."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pluggy import HookimplOpts

from livechat_sdk.hooks.threads import PluginThreads

if TYPE_CHECKING:
    import asyncio

    from livechat_sdk.hooks.tasks import Guarded

__all__ = ["ABANDONED_TASKS", "CLEANUP_SECONDS", "Found", "Implementation", "Plugin", "default_name"]

ABANDONED_TASKS: Final = 16
"""So many coroutines of one plugin may go on after their time limit before it counts as stuck."""

CLEANUP_SECONDS: Final = 1.0
"""So long may a coroutine go on after it was cancelled, to close what it opened."""


@dataclass(frozen=True, slots=True)
class Found:
    """A function of a plugin that is marked with ``hookimpl``."""

    attribute: str
    hook: str
    function: Callable[..., object]
    options: HookimplOpts

    @property
    def is_async(self) -> bool:
        """Whether it is an ``async def``."""
        return inspect.iscoroutinefunction(self.function)


class Plugin:
    """What pluggy holds for a plugin.

    pluggy compares plugins by value, so that two integrations with equal settings would be one; this
    stands for the plugin instead and is equal to nothing else. pluggy finds the implementations as
    attributes here.
    """

    def __init__(
        self,
        name: str,
        target: object,
        found: Sequence[Found],
        *,
        inline: bool,
        selectable: bool,
        threads: int,
    ) -> None:
        self.name = name
        self.target = target
        self.inline = inline
        self.selectable = selectable
        self.hooks = tuple(sorted({one.hook for one in found}))
        self.threads = PluginThreads(name, threads)
        self.reported_stuck = False
        self._overdue: dict[asyncio.Task[object], tuple[str, Guarded]] = {}
        self._options: dict[str, HookimplOpts] = {}
        self._async: set[object] = {one.function for one in found if one.is_async}
        for one in found:
            # A prefix, because an implementation may have any name when it says `specname`.
            attribute = f"impl_{one.attribute}"
            self._options[attribute] = {**one.options, "specname": one.hook}
            setattr(self, attribute, one.function)

    def __repr__(self) -> str:
        return f"Plugin({self.name!r})"

    def options(self, attribute: str) -> HookimplOpts | None:
        """The options of one attribute; ``None`` for what is no implementation."""
        return self._options.get(attribute)

    def is_async(self, function: object) -> bool:
        """Whether one of its implementations is an ``async def``."""
        return function in self._async

    def is_stuck(self) -> bool:
        """Whether asking it is pointless: its threads, or too many coroutines, hang past their time limit."""
        return len(self._overdue) >= ABANDONED_TASKS or self.threads.is_stuck()

    def stuck_in(self) -> str:
        """Hooks whose calls hang, for people."""
        labels = {*self.threads.overdue(), *(hook for hook, _ in self._overdue.values())}
        return ", ".join(sorted(labels))

    def abandon(
        self, task: asyncio.Task[object], guarded: Guarded, hook: str, late: Callable[[float], None]
    ) -> None:
        """Cancel ``task`` and wait for it no longer; ``late(seconds)`` is called if it answers after all.

        It has ``CLEANUP_SECONDS`` to end by itself.
        """
        import asyncio

        since = time.monotonic()
        self._overdue[task] = (hook, guarded)
        last_call = asyncio.get_running_loop().call_later(CLEANUP_SECONDS, _kill, task, guarded)

        def ended(done: asyncio.Task[object]) -> None:
            last_call.cancel()
            del self._overdue[done]
            # Looking at the exception keeps asyncio from reporting it as never retrieved.
            if not done.cancelled() and done.exception() is None:
                late(time.monotonic() - since)

        task.add_done_callback(ended)
        task.cancel()

    def close(self) -> None:
        """End what can be ended: idle threads, and coroutines that were abandoned."""
        self.threads.close()
        for task, (_, guarded) in tuple(self._overdue.items()):
            _kill(task, guarded)


def _kill(task: asyncio.Task[object], guarded: Guarded) -> None:
    guarded.doomed = True
    task.cancel()


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's implementation of one hook, ready to be called."""

    plugin: Plugin
    hook: str
    function: Callable[..., Any]
    argnames: tuple[str, ...]
    is_async: bool

    @property
    def file(self) -> str | None:
        """The source file that it is written in, when there is one."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return code.co_filename if inspect.iscode(code) else None


def default_name(plugin: object) -> str:
    """The name of a plugin that is registered without one: of the module, or of the object's class."""
    if inspect.ismodule(plugin):
        return plugin.__name__
    return type(plugin).__name__
