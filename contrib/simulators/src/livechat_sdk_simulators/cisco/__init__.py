"""Cisco Customer Collaboration Platform (CCP): the chat of customers with agents of Unified CCX."""

from __future__ import annotations

from livechat_sdk_simulators.cisco.simulator import CiscoSimulator, vendor

__all__ = ["CiscoSimulator", "vendor"]
