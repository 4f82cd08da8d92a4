"""Waiting for something to change, or for a time to come."""

from __future__ import annotations

import asyncio
from datetime import datetime

from livechat_sdk.domain.clock import Clock

__all__ = ["wait_for_change"]


async def wait_for_change(changed: asyncio.Event, clock: Clock, until: datetime | None) -> None:
    """Return when ``changed`` is set, or when ``until`` has come."""
    if changed.is_set():
        return
    if until is None:
        await changed.wait()
        return
    tasks = [
        asyncio.create_task(clock.sleep_until(until)),
        asyncio.create_task(_wait(changed)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        # gather, because awaiting a cancelled task and suppressing that would swallow our own end too.
        await asyncio.gather(*tasks, return_exceptions=True)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
