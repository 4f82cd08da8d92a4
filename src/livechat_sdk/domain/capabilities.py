"""What a provider can carry. Declared once per provider class; everything else follows from it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from livechat_sdk.domain.base import Model

__all__ = ["Capabilities", "Inbound", "WebhookAuth"]


class Inbound(StrEnum):
    """How the vendor's events reach us."""

    WEBHOOK = "webhook"
    POLL = "poll"
    STREAM = "stream"
    EMBEDDED = "embedded"
    """The provider lives in our process and commits its events into our database."""


class WebhookAuth(StrEnum):
    """How a webhook proves who sent it."""

    NONE = "none"
    """There is no webhook, or no way to prove it: the route refuses everything."""
    SHARED_KEY = "shared_key"
    BODY_HMAC = "body_hmac"
    BODY_HMAC_TIME = "body_hmac_time"


class Capabilities(Model):
    """What a provider can do; the conformance kit holds it to each word.

    ``inbound`` is how messages come, ``text_limit`` the largest text in characters (``None``: no limit
    known), ``attachment_limit`` the largest file in bytes, ``attachment_types`` media types with ``*``
    allowed (``image/*``); empty means no attachments.
    """

    inbound: Inbound
    stream: bool = False
    """Beside ``inbound`` there is an event stream: of joins and ends, say, where webhooks bring messages."""
    webhook_auth: WebhookAuth = WebhookAuth.NONE
    typing_to_agent: bool = False
    """``typing`` shows the agent that the end user types."""
    typing_to_user: bool = False
    """``TypingChanged`` comes when the agent types."""
    receipts_to_agent: bool = False
    """``receipt`` tells the vendor what the end user has, or has read."""
    receipts_to_user: bool = False
    """``MessageDelivered`` or ``MessageRead`` come for messages of the end user."""
    attachment_types: tuple[str, ...] = ()
    attachment_limit: int | None = Field(default=None, ge=0)
    attachment_links: Literal["lasting", "fetch"] = "lasting"
    """Links of the vendor's own attachments: the end user can open them as they are, or they expire or need
    credentials and are fetched at once (``ChatProvider.fetch``)."""
    text_limit: int | None = Field(default=None, ge=1)
    choices: bool = False
    """Buttons under a message of the end user's side can be shown to the agent; else they are lines of its
    text. What an agent offers (``Message.choices`` of a ``MessageReceived``) needs no declaration."""
    transfer: bool = False
    """``ChatTransferred`` comes when the chat goes to another agent or team."""
    queue_position: bool = False
    """``QueueUpdated`` comes with the place in the queue."""
    availability: bool = False
    """``availability`` can say whether agents are there, or that nobody knows."""
    update: bool = False
    """Details (survey answers, a late contact) can be added to an open chat."""
    dedupes_by_key: bool = False
    """Sending the same key twice is the vendor's no-op: a doubtful send may be repeated."""
    looks_up_by_key: bool = False
    """``was_sent`` can tell whether a doubtful send arrived."""
    lookup_lag: float = Field(default=0.0, ge=0, le=3600, allow_inf_nan=False)
    """Seconds after a send until which "it is not there" proves nothing, as the vendor states it."""
    finds_by_ref: bool = True
    """``open``, called again for the same ``ref``, finds the chat that is there. Where it cannot, an opening
    whose answer was lost is not repeated: the next provider is asked, unless the policy is ``repeat``."""
    send_before_join: bool = False
    """Messages sent before an agent joins are kept and shown in order."""
    tells_order: bool = False
    """An agent's messages carry the vendor's time (``Message.sent_at``), which says which of them was first
    however their events came. Else they are taken to have been said in the order in which they come."""
    closes: bool = True
    """The chat can be ended from our side."""
    history: bool = False
    """``history`` returns agents' messages that were missed."""
    status: bool = False
    """``status`` tells what is true at the vendor."""
    keeps_for: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Seconds for which the vendor holds what nobody has fetched: its history, or the feed that is polled;
    ``None``: not stated."""
    redelivers_for: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Seconds for which the vendor repeats a webhook that nobody answered; ``None``: not stated."""

    @property
    def listens(self) -> bool:
        """Whether there is an event stream to listen to, alone or beside something else."""
        return self.stream or self.inbound is Inbound.STREAM
