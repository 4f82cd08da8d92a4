"""Parley, the example vendor, as ``docs/reference/parley.md`` describes it."""

from __future__ import annotations

from livechat_sdk_simulators.parley.simulator import ParleySimulator, vendor

__all__ = ["ParleySimulator", "vendor"]
