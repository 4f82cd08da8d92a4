"""``Retry-After``: how long a vendor wants to be left alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["seconds_to_wait"]

_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def seconds_to_wait(value: str | None, now: datetime) -> float | None:
    """The wish in seconds from ``now``, never below 0; ``None`` where there is none or it cannot be read.

    RFC 9110 §10.2.3 knows whole seconds and a date; some vendors send fractions of seconds.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return max((when - now).total_seconds(), 0.0)
    except (ValueError, OverflowError, TypeError):
        return None
