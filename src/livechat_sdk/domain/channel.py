"""The channel: the end user's side, as the platform offers it to the SDK."""

from __future__ import annotations

import inspect
from typing import Protocol

from livechat_sdk.domain.outgoing import Outgoing

__all__ = ["Channel", "check_channel"]


class Channel(Protocol):
    """Anything that can deliver to the end user's side.

    ``deliver`` may be called again with the same ``key`` after a crash or an error: show it once.
    An exception means "try again later", with growing pauses.
    """

    async def deliver(self, outgoing: Outgoing) -> None:
        """Take one outgoing value; returns when it is safe on the other side."""
        ...


def check_channel(channel: object) -> None:
    """Raise ``TypeError`` for what cannot be a channel, and say what to give instead."""
    if inspect.isclass(channel):
        raise TypeError(f"the channel is the class {channel.__name__}: give an object, {channel.__name__}()")
    if not callable(getattr(channel, "deliver", None)):
        raise TypeError(
            f"the channel is a {type(channel).__name__} without a method `deliver`:"
            " give an object with `async def deliver(self, outgoing)`"
        )
