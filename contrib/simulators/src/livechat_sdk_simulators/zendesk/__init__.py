"""Zendesk messaging: the Sunshine Conversations API v2, its switchboard, and the agent workspace."""

from __future__ import annotations

from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator, vendor

__all__ = ["ZendeskSimulator", "vendor"]
