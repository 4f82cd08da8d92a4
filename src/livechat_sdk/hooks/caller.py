"""Asks plugins, so that none of them can hurt a handoff.

Every call has a time limit. An ``async def`` runs in a task of its own and a ``def`` in a thread of its
plugin's; both are left behind when the limit is over, whether they heed being cancelled or not. Whatever a
plugin raises or answers is counted under its name, and so is an answer that comes too late.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Never, TypeVar, cast

from livechat_sdk.errors import PluginError, ProviderError, RetryableError, UnsupportedFeature
from livechat_sdk.hooks.answers import Junk, Read
from livechat_sdk.hooks.copies import detached
from livechat_sdk.hooks.plugins import Implementation, Plugin
from livechat_sdk.hooks.running import Late, Runner
from livechat_sdk.hooks.stats import Status, TallyBook, describe
from livechat_sdk.hooks.threads import Finished, ThreadsStuck
from livechat_sdk.telemetry import spans

__all__ = ["Caller", "Reply"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

logger = logging.getLogger("livechat_sdk.hooks")
trace_logger = logging.getLogger("livechat_sdk.hooks.trace")


@dataclass(frozen=True, slots=True)
class Reply(Generic[T_co]):
    """What became of asking one plugin. ``answer`` is set when the status is ``ANSWERED``.

    ``detail`` says what went wrong, for people; it holds no text of an error that a plugin raised.
    """

    status: Status
    answer: T_co | None = None
    error: BaseException | None = None
    detail: str = ""


class Caller:
    """Calls implementations for one dispatcher. ``trace`` logs each call: names and durations only."""

    def __init__(self, *, trace: bool = False, blocking_limit: float = 0.25) -> None:
        self.tallies = TallyBook()
        self._trace = trace
        self._runner = Runner(blocking_limit)

    async def first(
        self, implementations: Sequence[Implementation], limit: float, read: Read[T], **arguments: object
    ) -> T | None:
        """Ask one after the other until somebody answers; ``None`` when nobody does."""
        for implementation in implementations:
            reply = await self.ask(implementation, limit, read, arguments)
            _report(implementation, reply)
            if reply.status is Status.ANSWERED:
                return reply.answer
        return None

    async def every(
        self, implementations: Sequence[Implementation], limit: float, read: Read[T], **arguments: object
    ) -> Sequence[tuple[str, T]]:
        """Ask all at the same time; the answers with their plugins' names, in the order of asking."""
        asked = [self.ask(implementation, limit, read, arguments) for implementation in implementations]
        # One needs no task of its own: that is how it is at each change of a handoff where nobody observes.
        replies = [await asked[0]] if len(asked) == 1 else await asyncio.gather(*asked)
        answers: list[tuple[str, T]] = []
        for implementation, reply in zip(implementations, replies, strict=True):
            _report(implementation, reply)
            if reply.status is Status.ANSWERED:
                answers.append((implementation.plugin.name, cast("T", reply.answer)))
        return answers

    async def only(
        self, implementation: Implementation, limit: float, read: Read[T], **arguments: object
    ) -> T | None:
        """Ask one plugin, and raise what goes wrong.

        Raises the plugin's own ``ProviderError`` or ``UnsupportedFeature``; ``RetryableError`` when it is too
        late or stuck; and ``PluginError`` for every other error and for an answer that cannot be used.
        """
        plugin, hook = implementation.plugin.name, implementation.hook
        reply = await self.ask(implementation, limit, read, arguments)
        match reply.status:
            case Status.ANSWERED | Status.ABSTAINED:
                return reply.answer
            case Status.LATE:
                raise RetryableError(reply.detail, provider=plugin, operation=hook)
            case Status.SKIPPED:
                raise RetryableError(reply.detail, provider=plugin, operation=hook, sent=False)
            case Status.FAILED:
                if isinstance(reply.error, ProviderError | PluginError | UnsupportedFeature):
                    raise reply.error
                raise PluginError(plugin, f"{hook}: {reply.detail}") from reply.error

    async def ask(
        self,
        implementation: Implementation,
        limit: float,
        read: Read[T],
        arguments: Mapping[str, object],
    ) -> Reply[T]:
        """Ask one plugin. Raises nothing but the cancellation of whoever waits for the reply."""
        if not spans.are_on():
            return await self._ask(implementation, limit, read, arguments)
        about: spans.Attributes = {
            "livechat.hook": implementation.hook,
            "livechat.plugin": implementation.plugin.name,
        }
        with spans.span(f"livechat.hook {implementation.hook}", about):
            reply = await self._ask(implementation, limit, read, arguments)
            spans.annotate({"livechat.result": reply.status})
        return reply

    async def _ask(
        self,
        implementation: Implementation,
        limit: float,
        read: Read[T],
        arguments: Mapping[str, object],
    ) -> Reply[T]:
        plugin, names = implementation.plugin, implementation.argnames
        given = tuple(arguments[name] if plugin.inline else detached(arguments[name]) for name in names)
        reply: Reply[T] = Reply(Status.ABSTAINED)
        held = 0.0
        started = time.perf_counter()
        try:
            if _is_stuck(plugin):
                reply = _skipped(plugin)
                return reply
            finished = await self._runner.run(implementation, given, limit)
            held = finished.held
            reply = _judge(implementation, finished, read)
        except Late:
            reply = Reply(Status.LATE, detail=f"no answer within {limit:g} s")
        except ThreadsStuck:
            reply = _skipped(plugin)
        finally:
            seconds = time.perf_counter() - started
            tally = self.tallies.of(plugin.name, implementation.hook)
            tally.add(reply.status, seconds)
            # It had the loop for itself, so that nobody could stop waiting: late, though its answer is used.
            tally.timeouts += held > limit
            if self._trace:
                trace_logger.info(
                    "%s %s: %s, %.1f ms", implementation.hook, plugin.name, reply.status, seconds * 1000
                )
        return reply


def _judge(implementation: Implementation, finished: Finished, read: Read[T]) -> Reply[T]:
    if finished.error is not None:
        detail = f"failed with {describe(finished.error, implementation.file)}"
        return Reply(Status.FAILED, error=finished.error, detail=detail)
    if finished.value is None:
        return Reply(Status.ABSTAINED)
    try:
        return Reply(Status.ANSWERED, read(finished.value))
    except Junk as error:
        return Reply(Status.FAILED, error=error, detail=str(error))
    except Exception as error:  # noqa: BLE001 - an object that cannot even be looked at is junk, too
        return Reply(Status.FAILED, error=error, detail=f"its answer cannot be read: {describe(error)}")


def _skipped(plugin: Plugin) -> Reply[Never]:
    where = plugin.stuck_in() or "an earlier call"
    return Reply(Status.SKIPPED, detail=f"skipped, because it is stuck in {where}")


def _is_stuck(plugin: Plugin) -> bool:
    """Whether to skip a plugin; says once that it is stuck, and once that it is back."""
    stuck = plugin.is_stuck()
    if stuck and not plugin.reported_stuck:
        logger.error(
            "plugin %r is stuck in %s and is skipped until that ends", plugin.name, plugin.stuck_in()
        )
    elif plugin.reported_stuck and not stuck:
        logger.warning("plugin %r is no longer stuck and is asked again", plugin.name)
    plugin.reported_stuck = stuck
    return stuck


def _report(implementation: Implementation, reply: Reply[object]) -> None:
    """Log what went wrong; a plugin that is skipped was named when it got stuck."""
    if reply.status not in {Status.FAILED, Status.LATE}:
        return
    logger.log(
        logging.ERROR if reply.status is Status.FAILED else logging.WARNING,
        "plugin %r in %s: %s; it counts as no answer",
        implementation.plugin.name,
        implementation.hook,
        reply.detail,
        # A traceback shows the text of the error, which may hold anything: only for those who ask for it.
        exc_info=reply.error if logger.isEnabledFor(logging.DEBUG) else None,
    )
