"""What comes in by itself: polling, vendors' streams, and the reconciler that asks what is true."""

from livechat_sdk.inbound.inflow import Inflow
from livechat_sdk.inbound.means import Means

__all__ = ["Inflow", "Means"]
