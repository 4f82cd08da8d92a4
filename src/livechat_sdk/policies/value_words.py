"""Values that are written out for people: when it opens next, how long the wait is, how many are before."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from livechat_sdk.policies.catalogue import Catalogue, nearest

__all__ = ["opening_words", "people_words", "wait_words"]

_MINUTE = 60
_HOUR = 3600
_IN_MINUTES_UP_TO = 90 * _MINUTE


def opening_words(moment: datetime, language: str) -> str:
    """Day and time of ``moment`` in the zone that it carries: "Tuesday 24 November at 09:00".

    As the sentence "we are back …" of the built-in words needs it: Greek comes with its article ("την Τρίτη
    24 Νοεμβρίου στις 09:00"). Languages without a catalogue get figures that everybody reads the same way
    ("2026-11-24 09:00").
    """
    words = nearest(language)
    if words is None:
        return f"{moment:%Y-%m-%d %H:%M}"
    parts = {
        "weekday": words.weekdays[moment.weekday()],
        "day": str(moment.day),
        "month": words.months[moment.month - 1],
        "time": f"{moment:%H:%M}",
    }
    text = words.counted("next_opening", moment.hour)
    for name, value in parts.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def wait_words(seconds: float, language: str) -> str:
    """A wait, rounded up so that nobody waits longer than was said: "less than a minute", "4 minutes".

    In hours from an hour and a half on: nobody counts on the minutes of such a guess.
    """
    words = nearest(language)
    if words is None:
        return f"{max(1, ceil(seconds / _MINUTE))} min"
    if seconds < _MINUTE:
        return words.phrases["wait_moment"]
    if seconds <= _IN_MINUTES_UP_TO:
        return _counted(words, "wait_minutes", ceil(seconds / _MINUTE))
    return _counted(words, "wait_hours", ceil(seconds / _HOUR))


def people_words(number: int, language: str) -> str:
    """That many people: "1 person", "3 people"."""
    words = nearest(language)
    return str(number) if words is None else _counted(words, "ahead", number)


def _counted(words: Catalogue, key: str, number: int) -> str:
    return words.counted(key, number).replace("{number}", str(number))
