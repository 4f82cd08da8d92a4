"""ServiceNow: an instance with incidents and cases over its Table API, and who works there."""

from __future__ import annotations

from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator, vendor

__all__ = ["ServiceNowSimulator", "vendor"]
