"""What the webhooks to the platform carry: one model for each kind, listed in the API document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from livechat_sdk.domain.outgoing import (
    HandoffEnded,
    Outgoing,
    Receipt,
    SystemMessage,
    Typing,
    UserMessage,
)

__all__ = ["WEBHOOKS", "PlatformWebhook", "payload_of"]


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class MessageWebhook(_Payload):
    """The agent said something: show it to the end user."""

    type: Literal["handoff.message"] = "handoff.message"
    data: UserMessage


class SystemMessageWebhook(_Payload):
    """The SDK itself tells the end user something: that they wait, who they are chatting with, and so on."""

    type: Literal["handoff.system_message"] = "handoff.system_message"
    data: SystemMessage


class TypingWebhook(_Payload):
    """The agent is typing, or stopped. Sent once, whatever becomes of it."""

    type: Literal["handoff.typing"] = "handoff.typing"
    data: Typing


class ReceiptWebhook(_Payload):
    """The agent's side has, or the agent has read, a message of the end user. Sent once."""

    type: Literal["handoff.receipt"] = "handoff.receipt"
    data: Receipt


class EndedWebhook(_Payload):
    """The handoff has ended: the bot owns the conversation again, under the new owner number."""

    type: Literal["handoff.ended"] = "handoff.ended"
    data: HandoffEnded


PlatformWebhook = MessageWebhook | SystemMessageWebhook | TypingWebhook | ReceiptWebhook | EndedWebhook
"""One delivery to the platform, told apart by ``type``."""

WEBHOOKS: Final[Mapping[str, type[PlatformWebhook]]] = {
    "handoff.message": MessageWebhook,
    "handoff.system_message": SystemMessageWebhook,
    "handoff.typing": TypingWebhook,
    "handoff.receipt": ReceiptWebhook,
    "handoff.ended": EndedWebhook,
}
"""The payloads by their type."""


def payload_of(outgoing: Outgoing) -> PlatformWebhook:
    """The payload for something that goes to the end user's side."""
    match outgoing:
        case UserMessage():
            return MessageWebhook(data=outgoing)
        case SystemMessage():
            return SystemMessageWebhook(data=outgoing)
        case Typing():
            return TypingWebhook(data=outgoing)
        case Receipt():
            return ReceiptWebhook(data=outgoing)
        case HandoffEnded():
            return EndedWebhook(data=outgoing)
