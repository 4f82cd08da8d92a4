"""So many calls a minute for each token, as the headers of the answers count them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

__all__ = ["Pace"]

_MINUTE: Final = timedelta(seconds=60)
_KEPT: Final = 1000


@dataclass(slots=True)
class _Minute:
    began: datetime
    calls: int = 0


class Pace:
    """Counts the calls of each token in windows of a minute, which begin with the first call."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._minutes: dict[str, _Minute] = {}

    def count(self, token: str, now: datetime) -> int | None:
        """Count a call. ``None``: it may happen; else whole seconds to wait."""
        minute = self._minutes.get(token)
        if minute is None or now - minute.began >= _MINUTE:
            self._minutes.pop(token, None)
            minute = self._minutes[token] = _Minute(now)
            for oldest in list(self._minutes)[:-_KEPT]:
                del self._minutes[oldest]
        if minute.calls >= self._most:
            return self._rest(minute, now)
        minute.calls += 1
        return None

    def headers(self, token: str, now: datetime) -> dict[str, str]:
        """What the answer says of it."""
        minute = self._minutes.get(token)
        if minute is None:
            return {}
        return {
            "inin-ratelimit-count": str(minute.calls),
            "inin-ratelimit-allowed": str(self._most),
            "inin-ratelimit-reset": str(self._rest(minute, now)),
        }

    def _rest(self, minute: _Minute, now: datetime) -> int:
        return max(1, ceil((minute.began + _MINUTE - now).total_seconds()))
