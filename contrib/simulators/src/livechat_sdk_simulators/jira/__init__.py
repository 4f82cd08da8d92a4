"""Jira Service Management Cloud: a site with a service desk over both of its APIs, and who works there."""

from __future__ import annotations

from livechat_sdk_simulators.jira.simulator import JiraSimulator, vendor

__all__ = ["JiraSimulator", "vendor"]
