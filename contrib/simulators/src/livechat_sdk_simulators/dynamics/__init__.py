"""Dynamics 365: a Dataverse environment with contacts and cases over its Web API, and who works there."""

from __future__ import annotations

from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator, vendor

__all__ = ["DynamicsSimulator", "vendor"]
