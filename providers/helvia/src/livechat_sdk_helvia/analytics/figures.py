"""The figures of a period, as values. Times are whole seconds, shares are percent from 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from livechat_sdk_helvia.past import Place

__all__ = ["ContentedShare", "MemberFeedback", "Record", "Report", "Share", "Times", "percent"]


def percent(part: int, whole: int) -> float:
    """``part`` of ``whole`` in percent; 0 of nothing."""
    return 100 * part / whole if whole else 0.0


@dataclass(slots=True)
class Times:
    """Times that were added up. Without any, all figures are 0."""

    count: int = 0
    total: int = 0
    shortest: int = 0
    longest: int = 0

    def add(self, count: int, total: int, shortest: int, longest: int) -> None:
        """Add times of which the count, the sum, the least and the most are known."""
        if not count:
            return
        self.shortest = min(self.shortest, shortest) if self.count else shortest
        self.longest = max(self.longest, longest)
        self.count += count
        self.total += total

    @property
    def average(self) -> float:
        """The average in seconds."""
        return self.total / self.count if self.count else 0.0

    @property
    def rounded(self) -> int:
        """The average in whole seconds, half a second upwards."""
        return (2 * self.total + self.count) // (2 * self.count) if self.count else 0


@dataclass(slots=True)
class TimesByDay:
    """Times of a whole period, and of its days. Days without any are not there."""

    whole: Times = field(default_factory=Times)
    days: dict[date, Times] = field(default_factory=dict[date, Times])

    def add(self, day: date, count: int, total: int, shortest: int, longest: int) -> None:
        """Add times of one day."""
        if count:
            self.whole.add(count, total, shortest, longest)
            self.days.setdefault(day, Times()).add(count, total, shortest, longest)

    def averages(self) -> dict[date, int]:
        """The average of each day in whole seconds."""
        return {day: times.rounded for day, times in sorted(self.days.items())}


@dataclass(frozen=True, slots=True)
class Share:
    """Sessions of the bots, as the platform reported them; and how many of those asked for a human.

    ``left_out`` counts sessions that asked for one on days that are left out of all the others.
    """

    sessions: int
    with_request: int
    with_live_chat: int
    left_out: int = 0

    @property
    def containment(self) -> float:
        """Percent of the sessions that asked for no human."""
        return percent(self.sessions - self.with_request, self.sessions)

    @property
    def live_chats(self) -> float:
        """Percent of the sessions that had a live chat."""
        return percent(self.with_live_chat, self.sessions)


@dataclass(slots=True)
class Report:
    """What Analytics says about a period. ``share`` is ``None`` where nobody knows."""

    requests: int = 0
    live_chats: int = 0
    missed: int = 0
    withdrawn: int = 0
    waiting: int = 0
    agent_messages: int = 0
    user_messages: int = 0
    live_chats_by_day: dict[date, int] = field(default_factory=dict[date, int])
    first_response: TimesByDay = field(default_factory=TimesByDay)
    response: TimesByDay = field(default_factory=TimesByDay)
    duration: TimesByDay = field(default_factory=TimesByDay)
    share: Share | None = None

    @property
    def missed_share(self) -> float:
        """Percent of the requests that were missed."""
        return percent(self.missed, self.requests)


@dataclass(frozen=True, slots=True)
class ContentedShare:
    """Feedback that was added up."""

    positive: int = 0
    negative: int = 0

    @property
    def total(self) -> int:
        """How many gave feedback."""
        return self.positive + self.negative

    @property
    def share(self) -> float:
        """Percent of it that is positive."""
        return percent(self.positive, self.total)


@dataclass(frozen=True, slots=True)
class MemberFeedback:
    """Feedback on the conversations of one member."""

    member_id: int
    name: str
    email: str
    feedback: ContentedShare


EventType = Literal[
    "LIVECHAT_REQUESTED",
    "LIVECHAT_REQUEST_ACCEPTED",
    "LIVECHAT_REQUEST_MISSED",
    "LIVECHAT_REQUEST_CLOSED",
    "LIVECHAT_TERMINATED",
    "LIVECHAT_ABANDONED",
]
"""The published names for where a live chat has come to."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one live chat. What has not come to pass is ``None``, or empty."""

    conversation_id: int
    place: Place
    bot: str
    event_type: EventType
    waiting_time: int | None
    duration: int | None
    response_times: tuple[int, ...]
    updated_at: datetime
    last_user_message_at: datetime | None
    last_sender: Literal["END_USER", "AGENT"] | None
    agents: Mapping[str, str]
    """Names of the members who were in it, by their addresses."""
    tags: tuple[str, ...]
