"""Zendesk Support: tickets, people and organizations over the Support API, and the people who work there."""

from __future__ import annotations

from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator, vendor

__all__ = ["ZendeskSupportSimulator", "vendor"]
