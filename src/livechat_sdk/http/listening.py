"""Lets somebody listen to the calls that integrations make: which host answered what, and by which clock.

``livechat doctor`` learns so which certificates to look at and how far the clocks are apart, without a call
of its own. It hears no path, no header but ``Date`` and no body: those may carry secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

__all__ = ["Heard", "listen_to_calls", "tell_listener"]


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer. ``date`` is the time of the server, ``at`` ours when the answer began."""

    method: str
    scheme: str
    host: str
    port: int
    status: int
    date: datetime | None
    at: datetime


_listener: ContextVar[Callable[[Heard], object] | None] = ContextVar("livechat_sdk_listener", default=None)


@contextmanager
def listen_to_calls(listener: Callable[[Heard], object]) -> Generator[None]:
    """Tell ``listener`` of every answer to a call of this task, and of tasks that it starts meanwhile."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell_listener(request: httpx.Request, response: httpx.Response) -> None:
    """Pass on what there is to hear; nothing is done while nobody listens."""
    listener = _listener.get()
    if listener is None:
        return
    url = request.url
    listener(
        Heard(
            method=request.method,
            scheme=url.scheme,
            host=url.host,
            port=url.port or (443 if url.scheme == "https" else 80),
            status=response.status_code,
            date=_date(response.headers.get("date")),
            at=datetime.now(UTC),
        )
    )


def _date(text: str | None) -> datetime | None:
    """The header ``Date``; ``None`` where there is none that can be read."""
    if text is None:
        return None
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # a vendor may write anything
        return None
