"""Which past requests are meant: filters, the outcome, and the place in a long list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from livechat_sdk.domain.base import Model, Timestamp, utc_text
from livechat_sdk.provider.embedded import SqlValue
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.ids import MAX_ID
from livechat_sdk_helvia.records import Conversation, ConversationStatus, to_json

__all__ = ["MAX_SEARCH", "OUTCOME", "Outcome", "PastFilter", "PastRequest", "Place"]

MAX_SEARCH: Final = 200
"""Longest text to search for, in characters."""


_PLACE: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)~(\d{1,16})", re.ASCII)


class Outcome(StrEnum):
    """How a past request ended."""

    RESOLVED = "resolved"
    """A member of the team ended the conversation."""
    LEFT = "left"
    """The end user left it."""
    INACTIVE = "inactive"
    """It was closed because nobody wrote any more."""
    CLOSED = "closed"
    """It was closed from outside the desk: its time was up, the bot or an operator ended it, it failed."""
    MISSED = "missed"
    """Nobody accepted the request in time."""
    WITHDRAWN = "withdrawn"
    """The request ended before anybody accepted it, but not because its time was up."""


OUTCOME: Final = """
    CASE WHEN c.status = 'unserved' AND c.ended_by = 'clock' AND c.ended_why = 'timeout' THEN 'missed'
         WHEN c.status = 'unserved' THEN 'withdrawn'
         WHEN c.ended_by = 'agent' THEN 'resolved'
         WHEN c.ended_by = 'user' THEN 'left'
         WHEN c.ended_by = 'clock' AND c.ended_why = 'inactivity' THEN 'inactive'
         ELSE 'closed' END
"""
"""The outcome as SQL over ``desk_conversations c`` that are past."""


class PastRequest(Model):
    """A line of the History: a request that is over, and the conversation that it was about."""

    request_id: int
    outcome: Outcome
    handlers: tuple[str, ...]
    """Names of the members who were in the conversation, its owner first; none for a missed request."""
    conversation: Conversation

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return Place(self.conversation.created_at, self.conversation.id)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list of past requests, newest first: the moment of a request, and its conversation."""

    at: datetime
    id: int

    def __str__(self) -> str:
        """As a part of an address."""
        return f"{utc_text(self.at)}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` made. Raises ``InvalidField``."""
        found = _PLACE.fullmatch(text)
        try:
            if found is not None:
                return cls(datetime.fromisoformat(found[1]), min(int(found[2]), MAX_ID))
        except ValueError:  # digits that are no day or no time of day
            found = None
        raise InvalidField("This place in the list cannot be read.", hint="Begin at the first page.")


class PastFilter(Model):
    """Conversations by what is known of them. Without any value: every one that is over.

    ``text`` is looked for in name, email, phone and id of the end user, and is compared with the id of the
    conversation. ``since`` and ``until`` are about the moment of the request; ``until`` is not part of the
    span. ``handler`` is the id of a member who was in the conversation.
    """

    statuses: tuple[ConversationStatus, ...] = (ConversationStatus.FINISHED, ConversationStatus.UNSERVED)
    text: str = ""
    outcome: Outcome | None = None
    handler: int | None = None
    bot: str = ""
    tag: str = ""
    since: Timestamp | None = None
    until: Timestamp | None = None

    def where(self) -> tuple[str, Mapping[str, SqlValue]]:
        """Conditions over ``desk_conversations c``, the desk included, and their parameters."""
        names = {f"status_{number}": status.value for number, status in enumerate(self.statuses)}
        listed = ", ".join(f":{name}" for name in names)
        conditions = [
            "c.workspace = :workspace AND c.integration = :integration",
            f"c.status IN ({listed})",
        ]
        params: dict[str, SqlValue] = dict(names)

        def also(condition: str, **values: SqlValue) -> None:
            conditions.append(condition)
            params.update(values)

        if self.since is not None:
            also("c.created_at >= :since", since=utc_text(self.since))
        if self.until is not None:
            also("c.created_at < :until", until=utc_text(self.until))
        if self.bot:
            also("c.bot = :bot", bot=self.bot)
        if self.handler is not None:
            also(_HANDLED, handler=self.handler)
        if self.outcome is not None:
            also(f"({OUTCOME}) = :outcome", outcome=self.outcome.value)
        if self.tag:
            # An element of a JSON list is between quotes, and a quote inside one is never bare.
            also("REPLACE(c.tags, :tag, '') <> c.tags", tag=to_json(self.tag))
        if self.text:
            condition, values = _search(self.text)
            also(condition, **values)
        return " AND ".join(conditions), params


_HANDLED: Final = """EXISTS (SELECT 1 FROM desk_participants p
    WHERE p.workspace = c.workspace AND p.integration = c.integration AND p.conversation_id = c.id
      AND p.user_id = :handler)"""

_SEARCHED: Final = ("c.user_name", "c.user_email", "c.user_phone", "c.user_id")


def _search(text: str) -> tuple[str, Mapping[str, SqlValue]]:
    """A condition that finds ``text`` however it is written.

    Databases fold letters beyond A to Z in different ways or not at all: usual spellings are looked for.
    """
    spellings = dict.fromkeys((text, text.lower(), text.upper(), text.title()))
    params: dict[str, SqlValue] = {f"text_{n}": f"%{_plain(one)}%" for n, one in enumerate(spellings)}
    found = [
        f"{comparison} LIKE :{name} ESCAPE '!'"
        for column in _SEARCHED
        for name, comparison in ((name, column) for name in params)
    ]
    found += [f"LOWER({column}) LIKE LOWER(:text_0) ESCAPE '!'" for column in _SEARCHED]
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 16:  # noqa: PLR2004 - digits of MAX_ID
        found.append("c.id = :text_id")
        params["text_id"] = min(int(number), MAX_ID)
    return f"({' OR '.join(found)})", params


def _plain(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
