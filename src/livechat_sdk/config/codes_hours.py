"""Codes for business hours: LC8xx; LC88x are warnings."""

from __future__ import annotations

from typing import Final

__all__ = ["HOURS"]

HOURS: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "LC801",
        "The week of a calendar is missing, or said twice",
        "A calendar has the hours of its week in `weekly`, or in `rows` with perhaps `day_zero`.",
        'Write one of them, such as weekly: {mon-fri: ["09:00-17:00"]}; an empty one is never open.',
    ),
    (
        "LC802",
        "Unknown calendar",
        "Business hours name a calendar that the file does not have.",
        "Take the suggested name, or add the calendar under `calendars:`.",
    ),
    (
        "LC803",
        "A calendar that is named and written at once",
        "`calendar: NAME` takes that calendar as it is. Calendars are not mixed.",
        "Put the key into the calendar that is named, or remove `calendar`.",
    ),
    (
        "LC804",
        "Hours for nobody in particular",
        "An entry of `for` says for which requests of the bot it holds: by queue, group or language.",
        "Add `queue`, `group` or `language`, or put the hours directly under `business_hours`.",
    ),
    (
        "LC805",
        "Hours for the same requests twice",
        "Two entries of `for` have the same queue, group and language, so neither is more specific.",
        "Remove one of them.",
    ),
    (
        "LC806",
        "A row without a length",
        "`opensAt` and `closesAt` are equal, or one midnight (1440, 0): that could mean no time or all day.",
        "Write 0 and 1440 for all day; leave the row out for a closed day.",
    ),
    (
        "LC807",
        "Not a date",
        "Hours of dates stand under a date, a range of dates (both ends included) or a day of every year.",
        "Write 2026-12-24, 2026-08-10/2026-08-14 or 12-24.",
    ),
    (
        "LC808",
        "A date is named twice",
        "Two dates, two ranges or two days of every year name the same day. A date may stand within a range.",
        "Remove one of the two, or shorten one of the ranges.",
    ),
    (
        "LC809",
        "The hours of a date cannot be read",
        "The hours of a date, a holiday or an event are a list of spans; an empty list is a closed day.",
        'Write ["09:00-12:00"], [] for closed, or {hours: […], name: …}.',
    ),
    (
        "LC810",
        "Not a date with a time",
        "Openings and closings go from one time of the calendar's clock to another.",
        "Write 2026-11-30 10:00, or 2026-11-30 for the whole day.",
    ),
    (
        "LC811",
        "The end is not after the beginning",
        "An opening or closing that ends before it begins never holds.",
        "Swap `from` and `to`, or mend one of them.",
    ),
    (
        "LC812",
        "No holidays for this country",
        "Public holidays come from the package `holidays`, which does not know this country.",
        "Write the country's code of ISO 3166, GR for example; or list the days under `dates`.",
    ),
    (
        "LC813",
        "No such part of the country",
        "The package `holidays` knows no such part (state, province, canton) of the country.",
        "Take one of the message, or leave `subdivision` out for the holidays of the whole country.",
    ),
    (
        "LC814",
        "No names in this language",
        "The package `holidays` has the names of this country's holidays in other languages only.",
        "Take one of the message, or leave `language` out; it has no effect but the names.",
    ),
    (
        "LC815",
        "A package for business hours is not installed",
        "Public holidays and company calendars need packages that are not installed with the SDK alone.",
        'Install them: pip install "livechat-sdk[hours]".',
    ),
    (
        "LC816",
        "A company calendar cannot be read",
        "There is no such file, or this user may not read it. A relative path starts where the program does.",
        "Check the path and the rights.",
    ),
    (
        "LC817",
        "A company calendar is too much",
        "A file has at most 1 MB, 2 000 events, 20 000 occurrences, and rules that recur daily at most.",
        "Export fewer years, or only the calendar that has the closed days.",
    ),
    (
        "LC818",
        "A company calendar cannot be understood",
        "The file is no iCalendar file, or an event has no start, an unknown time zone or a broken line.",
        "Export it again, or mend the event that the message names.",
    ),
    (
        "LC819",
        "Hours of events that close",
        "`hours` are the hours of days on which an event opens, and at least one span.",
        "Write `means: open` beside it, or remove `hours`.",
    ),
    (
        "LC881",
        "Which weekday is day 0?",
        "Rows count weekdays from 0 to 6, and nothing in them says where they start. 0 is taken for Sunday.",
        "Write `day_zero: sunday` or `day_zero: monday` beside the rows.",
    ),
    (
        "LC882",
        "A calendar is never used",
        "No bot names this calendar.",
        "Name it under `business_hours` of a bot, or remove it.",
    ),
)
"""Code, title, what it means, what to do."""
