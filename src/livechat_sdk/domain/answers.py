"""What the dispatcher answers to its callers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from livechat_sdk.domain.handoff import Handoff

__all__ = ["Accepted", "BotAvailability", "GateAnswer", "NotLive", "Parked", "ParkedAnswer", "RequestAnswer"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is in the ledger: it will end in exactly one fate. ``duplicate``: it was there already."""

    key: str
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """The handoff of a request. ``created``: this call made it, no earlier one with the same key had."""

    handoff: Handoff
    created: bool


@dataclass(frozen=True, slots=True)
class NotLive:
    """Nothing was stored: no human side owns the conversation. The owner has to handle it."""

    owner: Literal["bot", "human"]
    owner_number: int
    handoff_id: str | None = None
    """The live handoff of this conversation, when it is another one."""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """Whether a bot message may pass, and who owns the conversation."""

    allowed: bool
    owner: Literal["bot", "human"]
    owner_number: int
    handoff_id: str | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """Something that was to be done, was given up, and waits for a person.

    ``doubtful``: it may have been done all the same. ``message_key`` is the message (or ticket) that it is
    about. ``refusal`` says why it cannot be tried again now; ``None`` if it can.
    """

    handoff_id: str
    action_id: int
    kind: str
    doubtful: bool
    error: str
    message_key: str | None
    attempt: int | None
    tries: int
    at: datetime | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class ParkedAnswer:
    """What became of a wish to retry or drop something. ``refused`` says why nothing was changed."""

    parked: Parked
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class BotAvailability:
    """Whether a human could be had now. ``agents`` is three-valued: unknown is an answer."""

    open: bool
    agents: Literal["yes", "no", "unknown"]
    why: str = ""
    next_opening: datetime | None = None
    next_closing: datetime | None = None
    waiting: int | None = None
    estimate: float | None = None
