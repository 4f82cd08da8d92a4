"""Service protection: how many calls one user has, how long they take, and how many at the same moment."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from math import ceil
from typing import Final

from livechat_sdk_simulators.dynamics.errors import throttled
from livechat_sdk_simulators.dynamics.settings import DynamicsSettings

__all__ = ["Limits"]

_WINDOW: Final = 300.0


class Limits:
    """The three limits of the one user whom callers have."""

    def __init__(self, settings: DynamicsSettings) -> None:
        self._settings = settings
        self._calls: deque[datetime] = deque()
        self._refused = 0
        self.others = 0
        """How many other calls of this user are under way: those of programs that nobody sees here."""

    def count(self, now: datetime) -> None:
        """Count a call. Raises ``VendorError``; who carries on all the same waits longer each time."""
        settings = self._settings
        while self._calls and (now - self._calls[0]).total_seconds() >= _WINDOW:
            self._calls.popleft()
        if self.others >= settings.concurrent_calls:
            text = f"Number of concurrent requests exceeded the limit of {settings.concurrent_calls}."
            raise throttled("0x80072326", text, self._wait(now, at_once=True))
        most = settings.requests_per_window
        if most is not None and len(self._calls) >= most:
            text = f"Number of requests exceeded the limit of {most} over time window of 300 seconds."
            raise throttled("0x80072322", text, self._wait(now))
        if (len(self._calls) + 1) * settings.seconds_per_call > settings.execution_seconds:
            most = round(settings.execution_seconds * 1000)
            text = f"Combined execution time of incoming requests exceeded limit of {most} milliseconds."
            raise throttled("0x80072321", text, self._wait(now))
        self._refused = 0
        self._calls.append(now)

    def _wait(self, now: datetime, *, at_once: bool = False) -> int:
        self._refused += 1
        rest = 1.0 if at_once or not self._calls else _WINDOW - (now - self._calls[0]).total_seconds()
        return max(1, ceil(rest)) + self._refused - 1

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells."""
        most = self._settings.requests_per_window
        left = self._settings.execution_seconds - len(self._calls) * self._settings.seconds_per_call
        shown = {"x-ms-ratelimit-time-remaining-xrm-requests": f"{left:.2f}"}
        if most is not None:
            shown["x-ms-ratelimit-burst-remaining-xrm-requests"] = str(max(0, most - len(self._calls)))
        return shown
