"""The same calls for programs without an event loop.

    with sync.Dispatcher.from_file("livechat.yaml", channel=channel) as dispatcher:
        handoff = dispatcher.request(HandoffRequest(...))

One thread in the background runs the event loop with the dispatcher of ``livechat_sdk``; each call here hands
it one coroutine and waits for the answer. Any number of threads may call at the same time. The channel may
have a plain ``def deliver``, which runs in threads of its own.
"""

from __future__ import annotations

from livechat_sdk.sync.channel import PlainChannel
from livechat_sdk.sync.dispatcher import Dispatcher

__all__ = ["Dispatcher", "PlainChannel"]
