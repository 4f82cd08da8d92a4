"""What the end user is told in English: the source that every other language is translated from.

``SILENT`` where saying nothing is the better default, in every language. ``tools/catalogues.py`` takes the
texts from here; a text that is changed has to be translated anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from livechat_sdk.domain.moments import SILENT, Moment, Silent

__all__ = ["COUNTED", "MONTHS", "PHRASES", "TEXTS", "WEEKDAYS"]

TEXTS: Final[Mapping[Moment, str | Silent]] = {
    # The bot has just said that it hands over, and what is decided now is told within the second.
    Moment.REQUESTED: SILENT,
    # "Waiting" follows as soon as the vendor has the request: two messages in a row would say the same.
    Moment.STARTING: SILENT,
    Moment.WAITING: "Your request is with our team. Someone will be with you as soon as possible.",
    Moment.QUEUE_UPDATE: (
        "[You are number {position} in the queue.[ Estimated wait: {wait}.]|Estimated wait: {wait}."
        "|You are next in the queue.]"
    ),
    # The first question follows at once and speaks for itself.
    Moment.SURVEY_STARTED: SILENT,
    Moment.SURVEY_QUESTION: "{question}",
    Moment.SURVEY_DONE: "Thank you! Someone from our team will be with you soon.",
    Moment.JOINED: "[You are now chatting with {agent}.|You are now chatting with a member of our team.]",
    Moment.TRANSFERRED: (
        "[You are being transferred to {to}.|You are being transferred to another member of our team.]"
        " Please stay in the chat."
    ),
    # Most systems report that the agent has left just before a transfer or the end, which say so themselves.
    Moment.LEFT: SILENT,
    Moment.IDLE_REMINDER: "Are you still there? We are waiting for your reply.",
    Moment.IDLE_CLOSED: (
        "We have closed the chat because we have not heard from you for a while."
        " You can ask for our team again at any time."
    ),
    Moment.AGENT_SILENT: "Thank you for your patience. We are still looking into your request.",
    Moment.FALLBACK: "We are connecting you with another team. One moment, please.",
    # "Ended", or whatever else the outcome is, follows within seconds.
    Moment.ENDING: SILENT,
    Moment.ENDED: "The chat with our team has ended. Thank you for talking to us.",
    Moment.CANCELLED: "Your request to talk to our team has been cancelled.",
    Moment.MISSED: "We are sorry, nobody from our team was able to take your request in time.",
    Moment.OUT_OF_HOURS: "Our team is not available at this hour.[ We are back on {next_opening}.]",
    Moment.UNAVAILABLE: (
        "We are sorry, nobody from our team is available at the moment. Please try again later."
    ),
    Moment.FAILED: (
        "We are sorry, something went wrong with the connection to our team. Please try again soon."
    ),
    Moment.ALREADY_WAITING: (
        "Your request is already with our team. Someone will be with you as soon as possible."
    ),
    Moment.ALREADY_ACTIVE: "You are already chatting with our team. Just write your message here.",
    Moment.UNSUPPORTED: (
        "We are sorry, we could not pass on your message. Please try to send it again as plain text."
    ),
    Moment.FILE_MISSING: "[The file {file} could not be passed on.|A file could not be passed on.]",
    Moment.TICKET_CREATED: "We have opened a ticket for your request. Our team will get back to you.",
}

COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "wait_minutes": ("{number} minute", "{number} minutes"),
    "wait_hours": ("{number} hour", "{number} hours"),
    "ahead": ("{number} person", "{number} people"),
    # Counted by the hour: in several languages "at one" is singular and "at nine" plural.
    "next_opening": ("{weekday} {day} {month} at {time}", "{weekday} {day} {month} at {time}"),
}
"""Values that depend on a number: for one, and for more. Other languages have more forms, or fewer."""

PHRASES: Final[Mapping[str, str]] = {"wait_moment": "less than a minute"}
"""Values that are words and depend on nothing."""

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
