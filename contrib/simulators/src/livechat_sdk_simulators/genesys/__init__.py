"""Genesys Cloud: Open Messaging, the notifications WebSocket, routing by attributes, and the agents."""

from __future__ import annotations

from livechat_sdk_simulators.genesys.simulator import GenesysSimulator, vendor

__all__ = ["GenesysSimulator", "vendor"]
