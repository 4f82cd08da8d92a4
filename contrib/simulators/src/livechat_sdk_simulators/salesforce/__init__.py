"""Salesforce: cases, comments, files and contacts over the REST API, and the people who work there."""

from __future__ import annotations

from livechat_sdk_simulators.salesforce.simulator import SalesforceSimulator, vendor

__all__ = ["SalesforceSimulator", "vendor"]
