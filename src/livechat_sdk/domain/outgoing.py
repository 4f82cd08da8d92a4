"""What the SDK sends to the end user's side through ``channel.deliver``.

Every value has a stable ``key``: a repeated delivery carries the same one, so that a channel which
remembers keys shows nothing twice. ``owner_number`` tells under which ownership it was said.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Model, ShortText, Text, Timestamp
from livechat_sdk.domain.ends import End
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.moments import Moment

__all__ = ["HandoffEnded", "Outgoing", "OutgoingBase", "Receipt", "SystemMessage", "Typing", "UserMessage"]


class OutgoingBase(Model):
    """What every outgoing value carries. ``key`` is the same on every repetition."""

    key: Identifier
    handoff_id: Identifier
    conversation_id: Identifier
    owner_number: int


class UserMessage(OutgoingBase):
    """A message from the agent to the end user."""

    kind: Literal["message"] = "message"
    message: Message
    agent_name: ShortText | None = None


class SystemMessage(OutgoingBase):
    """A message from the SDK itself, at one moment.

    A hook answers with ``SystemMessage(text="…")``; key, ids, moment and owner number are filled in
    by the SDK before it is stored and delivered.
    """

    kind: Literal["system_message"] = "system_message"
    key: str = ""
    handoff_id: str = ""
    conversation_id: str = ""
    owner_number: int = 0
    moment: Moment | None = None
    text: Text
    language: ShortText = ""
    choices: tuple[ShortText, ...] = ()


class Typing(OutgoingBase):
    """The agent is typing, or stopped. Never stored, never repeated."""

    kind: Literal["typing"] = "typing"
    on: bool


class Receipt(OutgoingBase):
    """The agent's side has, or the agent has read, a message of the end user."""

    kind: Literal["receipt"] = "receipt"
    message_key: Identifier
    status: Literal["delivered", "read"]


class HandoffEnded(OutgoingBase):
    """The conversation belongs to the bot again.

    ``undelivered`` are the end user's messages that no human got, in order: the bot should answer
    them. ``owner_number`` is the new number, under which the bot may speak.
    """

    kind: Literal["handoff_ended"] = "handoff_ended"
    end: End
    ended_at: Timestamp
    undelivered: tuple[Message, ...] = ()
    survey: tuple[SurveyAnswer, ...] = ()


Outgoing = Annotated[
    UserMessage | SystemMessage | Typing | Receipt | HandoffEnded, Field(discriminator="kind")
]
"""Anything that goes to the end user's side, told apart by ``kind``."""
