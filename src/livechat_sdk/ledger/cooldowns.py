"""What the ledger remembers of an integration that could not open chats, so that every worker knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Cooldown"]


@dataclass(frozen=True, slots=True)
class Cooldown:
    """An integration that has failed: left alone until ``until``, after ``failures`` failed opens in a row.

    ``until`` lies in the past where the failures were too few to leave it alone.
    """

    until: datetime
    failures: int
    reason: str
