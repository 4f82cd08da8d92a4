"""Runs durable actions lane by lane and reports each result as an input."""

from livechat_sdk.relay.lanes import Relay

__all__ = ["Relay"]
