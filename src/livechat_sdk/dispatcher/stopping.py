"""Stopping integrations in a bounded time, whatever they do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from livechat_sdk.relay.interrupting import interrupt, start

__all__ = ["STOP_SECONDS", "stop_integrations"]

logger = logging.getLogger("livechat_sdk.dispatcher")

STOP_SECONDS = 10.0
"""For how long an integration may close what it has opened, before it is interrupted."""


async def stop_integrations(integrations: Mapping[str, object]) -> None:
    """Call ``stop`` of each that has it, of all at the same time. Raises nothing of theirs.

    One that is not done after ``STOP_SECONDS`` is named in the log and interrupted: what it has open then
    ends with the process.
    """
    stopping: dict[str, asyncio.Task[None]] = {}
    for name, built in integrations.items():
        stop: Callable[[], Awaitable[None]] | None = getattr(built, "stop", None)
        if stop is not None:
            stopping[name] = start(_stopped(name, stop), name=f"stop of integration {name}")
    if not stopping:
        return
    try:
        await asyncio.wait(stopping.values(), timeout=STOP_SECONDS)
        for name in (name for name, task in stopping.items() if not task.done()):
            logger.error(
                "integration %s has not stopped within %g s: it is interrupted, and the end of the process "
                "closes what it has open",
                name,
                STOP_SECONDS,
            )
    finally:
        await interrupt(task for task in stopping.values() if not task.done())


async def _stopped(name: str, stop: Callable[[], Awaitable[None]]) -> None:
    try:
        await stop()
    except Exception:
        logger.exception("integration %s did not stop cleanly", name)
