"""Moments, outcomes and the platform's own names for them."""

from __future__ import annotations

import re
from typing import get_args

from livechat_sdk.domain.ends import PLATFORM_EVENTS, WHO, WHY, Outcome, Who, Why
from livechat_sdk.domain.moments import SILENT, Moment

LIVE_CHAT_EVENTS = {
    "LIVECHAT_INITIALIZED",
    "LIVECHAT_REQUESTED",
    "LIVECHAT_REQUEST_EXISTS",
    "LIVECHAT_IS_IN_PROGRESS",
    "LIVECHAT_OUT_OF_BUSINESS_HOURS",
    "LIVECHAT_IS_DISABLED",
    "LIVECHAT_REQUEST_ACCEPTED",
    "LIVECHAT_REQUEST_CLOSED",
    "LIVECHAT_REQUEST_MISSED",
    "LIVECHAT_TRANSFERRED",
    "LIVECHAT_TERMINATION_REQUESTED",
    "LIVECHAT_TERMINATED",
    "LIVECHAT_ABANDONED",
    "LIVECHAT_GENERIC_ERROR",
}
"""The members of ``liveChatEventType`` that the end user may be told of (Helvia ``hbf-core.openapi.json``).

Left out: a message passed, somebody types, and the two of the bot's own side before the request.
"""


def events_of_moments() -> dict[str, Moment]:
    """The platform's event that the documentation of each moment names."""
    import inspect

    from livechat_sdk.domain import moments

    source = inspect.getsource(moments.Moment)
    found: dict[str, Moment] = {}
    for name, text in re.findall(r'(\w+) = "\w+"\n    """(.*?)"""', source, re.DOTALL):
        for event in re.findall(r"LIVECHAT_\w+", text):
            assert event not in found, f"{event} is named twice"
            found[event] = Moment[name]
    return found


def test_every_event_of_the_platform_has_its_moment() -> None:
    assert set(events_of_moments()) == LIVE_CHAT_EVENTS


def test_outcomes_name_events_of_the_platform() -> None:
    named = {event for events in PLATFORM_EVENTS.values() for event in events}
    assert named <= LIVE_CHAT_EVENTS


def test_outcome_and_moment_agree_about_the_platform() -> None:
    """The moment at which an outcome is told is the platform's event of that outcome."""
    of_moment = events_of_moments()
    told = {
        Outcome.COMPLETED: {Moment.ENDED},
        Outcome.CANCELLED: {Moment.CANCELLED, Moment.IDLE_CLOSED},
        Outcome.MISSED: {Moment.MISSED},
        Outcome.OUT_OF_HOURS: {Moment.OUT_OF_HOURS},
        Outcome.UNAVAILABLE: {Moment.UNAVAILABLE},
        Outcome.FAILED: {Moment.FAILED},
        Outcome.ALREADY_OPEN: {Moment.ALREADY_WAITING, Moment.ALREADY_ACTIVE},
    }
    for outcome, events in PLATFORM_EVENTS.items():
        assert {of_moment[event] for event in events} == told[outcome]


def test_silent_is_not_the_same_as_no_answer() -> None:
    assert SILENT is not None
    assert not isinstance(SILENT, str)


def test_sets_of_who_and_why_are_closed() -> None:
    assert get_args(Who) == WHO
    assert get_args(Why) == WHY
