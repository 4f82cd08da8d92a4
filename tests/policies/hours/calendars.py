"""Calendars, moments and company calendars for the tests of this folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from livechat_sdk.policies.hours import Answer, Calendar

ATHENS = "Europe/Athens"
OFFICE = {"mon-fri": ["09:00-17:00"]}


def local(text: str, timezone: str = ATHENS, fold: int = 0) -> datetime:
    """A wall time of the zone, such as ``2026-11-23 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)


def office(**more: Any) -> Calendar:
    """Athens, Monday to Friday from nine to five, with ``more``."""
    return Calendar.from_settings({"timezone": ATHENS, "weekly": OFFICE, **more})


def said(answer: Answer) -> tuple[bool, str, str]:
    """Open or not, what decided, and the rule without the zone."""
    return answer.open, answer.kind, answer.rule.removesuffix(f" {ATHENS}")


def event(*lines: str, uid: str = "1") -> str:
    """One event of a company calendar."""
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""])


def company(path: Path, *events: str) -> str:
    """Write a company calendar; returns its path."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n"
    path.write_text(f"{head}{''.join(events)}END:VCALENDAR\r\n", "utf-8")
    return str(path)
