"""When it opens next, in words for people."""

from __future__ import annotations

from datetime import datetime

from livechat_sdk.policies.languages import normal_tag

__all__ = ["opening_words"]

_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# With the article, as the sentence "we open again ..." needs it.
_DAYS_EL = (
    "τη Δευτέρα",
    "την Τρίτη",
    "την Τετάρτη",
    "την Πέμπτη",
    "την Παρασκευή",
    "το Σάββατο",
    "την Κυριακή",
)
_MONTHS_EL = (
    "Ιανουαρίου",
    "Φεβρουαρίου",
    "Μαρτίου",
    "Απριλίου",
    "Μαΐου",
    "Ιουνίου",
    "Ιουλίου",
    "Αυγούστου",
    "Σεπτεμβρίου",
    "Οκτωβρίου",
    "Νοεμβρίου",
    "Δεκεμβρίου",
)


def opening_words(moment: datetime, language: str) -> str:
    """Day and time of ``moment`` in the zone that it carries: "Tuesday 24 November at 09:00".

    Greek comes with its article ("την Τρίτη 24 Νοεμβρίου στις 09:00"); other languages get figures that
    everybody reads the same way ("2026-11-24 09:00").
    """
    clock = f"{moment:%H:%M}"
    match normal_tag(language).partition("-")[0]:
        case "en":
            return f"{_DAYS_EN[moment.weekday()]} {moment.day} {_MONTHS_EN[moment.month - 1]} at {clock}"
        case "el":
            at = "στη" if moment.hour == 1 else "στις"  # one o'clock is singular
            return f"{_DAYS_EL[moment.weekday()]} {moment.day} {_MONTHS_EL[moment.month - 1]} {at} {clock}"
        case _:
            return f"{moment:%Y-%m-%d} {clock}"
