"""A small chat page for end users, and the SDK's channel behind it: durable, live, on our own files only.

``WebChat`` keeps conversations in the ledger's database, hands what end users write to a bot, and
takes what the SDK delivers. It is made for the demo and for trying things out; a platform brings its
own channel.
"""

from __future__ import annotations

from livechat_sdk_helvia.webchat.chat import WebChat

__all__ = ["WebChat"]
