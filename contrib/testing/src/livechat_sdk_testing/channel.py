"""A channel that remembers what it was given."""

from __future__ import annotations

from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import HandoffEnded, Outgoing, SystemMessage, UserMessage

__all__ = ["ChannelDown", "RecordingChannel"]


class ChannelDown(Exception):
    """What ``RecordingChannel`` raises while it is told to be down."""


class RecordingChannel:
    """Keeps every delivery, and every repetition of one apart by its key, as a real channel should."""

    def __init__(self) -> None:
        self.deliveries: list[Outgoing] = []
        """Every call, repetitions included."""
        self.down = False
        """While true, every delivery raises ``ChannelDown``."""

    async def deliver(self, outgoing: Outgoing) -> None:
        """Keep it."""
        if self.down:
            raise ChannelDown("the channel is down")
        self.deliveries.append(outgoing)

    @property
    def shown(self) -> list[Outgoing]:
        """What the end user's side shows: each key once, in the order of first arrival."""
        first: dict[tuple[str, str], Outgoing] = {}
        for outgoing in self.deliveries:
            first.setdefault((outgoing.kind, outgoing.key), outgoing)
        return list(first.values())

    @property
    def texts(self) -> list[str]:
        """The agent's messages that the end user sees, in order."""
        return [one.message.body for one in self.shown if isinstance(one, UserMessage)]

    @property
    def moments(self) -> list[Moment]:
        """The moments at which the end user was told something, in order."""
        return [one.moment for one in self.shown if isinstance(one, SystemMessage) and one.moment is not None]

    @property
    def ended(self) -> list[HandoffEnded]:
        """The ends that were delivered, each once."""
        return [one for one in self.shown if isinstance(one, HandoffEnded)]
