"""Telling our own interruption of a call from a call that was cancelled by something else.

An adapter that waits for a task which somebody cancelled (a shared request for a token, for one) raises
``CancelledError`` like one that we interrupt. Whoever took that for the latter would end a lane, or a
listener, of which nobody else knows that it has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from livechat_sdk.errors import RetryableError

__all__ = ["failing_alone"]


@contextmanager
def failing_alone() -> Generator[None]:
    """Raise ``RetryableError`` for a ``CancelledError`` that comes though nobody wants this task to end."""
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RetryableError("it was cancelled from within, and nobody knows what it has done") from error
