"""Parley's words: its answers, and the data of its webhooks, as far as they are read here.

What is not read is not demanded, and what is new is ignored: a vendor adds fields without notice.
Source: ``docs/reference/parley.md``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livechat_sdk.domain.base import Identifier, ShortText, Text, Timestamp
from livechat_sdk.http import Answer

__all__ = [
    "TEXT_LIMIT",
    "WireAgent",
    "WireAvailability",
    "WireChat",
    "WireChats",
    "WireChoice",
    "WireEnd",
    "WireError",
    "WireFile",
    "WireMessage",
    "WireMessages",
    "read",
    "time_text",
]

TEXT_LIMIT = 4000
"""Characters of one text, "Errors and limits"."""


class Wire(BaseModel):
    """Base of everything that Parley says."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True, hide_input_in_errors=True)


class WireAgent(Wire):
    """A human of the support team."""

    id: Identifier
    name: ShortText | None = None


class WireEnd(Wire):
    """Who ended a chat, and why."""

    by: ShortText
    why: ShortText
    at: Timestamp | None = None


class WireChat(Wire):
    """A chat."""

    id: Identifier
    ref: Identifier
    state: ShortText = ""
    agent: WireAgent | None = None
    ended: WireEnd | None = None
    updated_at: Timestamp | None = None


class WireChats(Wire):
    """The answer to a search."""

    chats: tuple[WireChat, ...]


class WireFile(Wire):
    """A file. ``url`` needs no token and expires after an hour."""

    id: Identifier
    name: ShortText
    type: ShortText
    size: int | None = Field(default=None, ge=0)
    url: ShortText


class WireChoice(Wire):
    """A quick reply."""

    label: ShortText
    value: ShortText


class WireMessage(Wire):
    """A message of either side. ``author`` is ``visitor``, ``agent`` or ``system``."""

    id: Identifier
    author: ShortText = Field(alias="from")
    client_key: str | None = None
    text: Text = ""
    files: tuple[WireFile | str, ...] = ()
    """The documents say that a message is sent with ids of files, and not what it is answered with."""
    choices: tuple[WireChoice, ...] = ()
    agent: WireAgent | None = None
    at: Timestamp


class WireMessages(Wire):
    """One page of messages; ``next`` is the cursor of the next one."""

    messages: tuple[WireMessage, ...]
    next: str | None = None


class WireAvailability(Wire):
    """``None`` is not known."""

    agents: int | None = Field(default=None, ge=0)
    waiting: int | None = Field(default=None, ge=0)
    estimate_seconds: float | None = Field(default=None, ge=0)


class WireErrorDetail(Wire):
    """Code and message of an error."""

    code: str
    message: str = ""


class WireError(Wire):
    """An error."""

    error: WireErrorDetail


Read = TypeVar("Read", bound=Wire)


def read(kind: type[Read], answer: Answer) -> Read:
    """An answer as what it should be. Raises ``ProtocolError`` that names the first field that is not."""
    try:
        return kind.model_validate(answer.json())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise answer.unlike_documented(f"{place}: {first['msg']}") from None


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, cut and not rounded: a question "since" never asks too late."""
    moment = moment.astimezone(UTC)
    cut = moment - timedelta(microseconds=moment.microsecond % 1000)
    return f"{cut.strftime('%Y-%m-%dT%H:%M:%S')}.{cut.microsecond // 1000:03}Z"
