"""Freshdesk: tickets, conversations and contacts over the API v2, and the people who work there."""

from __future__ import annotations

from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator, vendor

__all__ = ["FreshdeskSimulator", "vendor"]
