"""How many calls an account has in a minute, and how many of some kinds. Refused calls count, too."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from livechat_sdk_simulators.calls import Call
from livechat_sdk_simulators.freshdesk.errors import usual
from livechat_sdk_simulators.freshdesk.settings import FreshdeskSettings

__all__ = ["Budget"]

_MINUTE: Final = timedelta(seconds=60)
_PER_INCLUDE: Final = {"list": 2, "read": 1}


class Budget:
    """The calls of one account. The minute begins with the first call."""

    def __init__(self, settings: FreshdeskSettings) -> None:
        self._total = settings.calls_per_minute
        self._rooms = {
            "create": settings.creates_per_minute,
            "update": settings.updates_per_minute,
            "list": settings.lists_per_minute,
        }
        self._begun: datetime | None = None
        self._used = 0
        self._in_room: Counter[str] = Counter()
        self._cost = 1

    def spend(self, calls: int, now: datetime) -> None:
        """Let other programs of the same account use up ``calls``."""
        self._turn(now)
        self._used += calls

    def charge(self, call: Call, now: datetime) -> None:
        """Count a call. Raises ``VendorError`` when there are none left, and then it counts as well."""
        self._turn(now)
        self._cost = cost_of(call)
        self._used += self._cost
        room = self._rooms.get(call.operation)
        self._in_room[call.operation] += 1
        spent = self._total is not None and self._used > self._total
        if spent or (room is not None and self._in_room[call.operation] > room):
            error = usual(429)
            rest = _MINUTE - (now - (self._begun or now))
            error.headers["retry-after"] = str(max(1, ceil(rest.total_seconds())))
            raise error

    def _turn(self, now: datetime) -> None:
        if self._begun is None or now - self._begun >= _MINUTE:
            self._begun, self._used = now, 0
            self._in_room.clear()

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells."""
        if self._total is None:
            return {}
        return {
            "x-ratelimit-total": str(self._total),
            "x-ratelimit-remaining": str(max(0, self._total - self._used)),
            "x-ratelimit-used-currentrequest": str(self._cost),
        }


def cost_of(call: Call) -> int:
    """What a call counts: each ``include`` costs more."""
    asked = [one for one in call.query.get("include", "").split(",") if one]
    return 1 + _PER_INCLUDE.get(call.operation, 0) * len(asked)
