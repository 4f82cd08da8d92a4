"""What a hostile vendor can do and promises: the knobs of the four fakes."""

from __future__ import annotations

from dataclasses import dataclass

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth

__all__ = ["Traits"]


@dataclass(frozen=True, slots=True)
class Traits:
    """What one vendor can do. Times are in seconds."""

    inbound: Inbound = Inbound.WEBHOOK
    knows_ref: bool = True
    """The vendor keeps our reference, so that opening again finds the chat. Without it, an ``open`` after
    one whose answer was lost raises ``ProtocolError``: nobody can tell."""
    dedupes_by_key: bool = False
    looks_up_by_key: bool = False
    lookup_lag: float = 0.0
    """For so long after a send a look-up does not find it."""
    send_before_join: bool = True
    """Without it, a message that comes before the chat was accepted or joined is swallowed with a friendly
    answer."""
    history: bool = False
    history_keeps: float | None = None
    """How long the history holds a message; ``None``: for ever."""
    status: bool = False
    closes: bool = True
    text_limit: int | None = None
    redelivers_for: float = 3600.0
    """How long a webhook that nobody answered is repeated."""
    session_life: float = 900.0
    """How long a cookie of a polled vendor is good."""
    delay: float = 20.0
    """How late a delayed event is."""

    @property
    def capabilities(self) -> Capabilities:
        """The same, in the words of the provider interface."""
        webhook = self.inbound is Inbound.WEBHOOK
        return Capabilities(
            inbound=self.inbound,
            webhook_auth=WebhookAuth.BODY_HMAC if webhook else WebhookAuth.NONE,
            typing_to_agent=True,
            typing_to_user=True,
            receipts_to_user=True,
            transfer=True,
            queue_position=True,
            update=True,
            text_limit=self.text_limit,
            dedupes_by_key=self.dedupes_by_key,
            looks_up_by_key=self.looks_up_by_key,
            lookup_lag=self.lookup_lag if self.looks_up_by_key else 0.0,
            finds_by_ref=self.knows_ref,
            send_before_join=self.send_before_join,
            closes=self.closes,
            history=self.history,
            status=self.status,
            redelivers_for=self.redelivers_for if webhook else None,
        )
