"""The channel: the end user's side, as the platform offers it to the SDK."""

from __future__ import annotations

from typing import Protocol

from livechat_sdk.domain.outgoing import Outgoing

__all__ = ["Channel"]


class Channel(Protocol):
    """Anything that can deliver to the end user's side.

    ``deliver`` may be called again with the same ``key`` after a crash or an error: show it once.
    An exception means "try again later", with growing pauses.
    """

    async def deliver(self, outgoing: Outgoing) -> None:
        """Take one outgoing value; returns when it is safe on the other side."""
        ...
