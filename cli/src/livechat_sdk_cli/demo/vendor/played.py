"""What was played: what both sides said, what each of them saw, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from livechat_sdk_cli.demo.vendor.lines import Line
from livechat_sdk_cli.demo.vendor.means import Cut
from livechat_sdk_cli.demo.vendor.platform import Taken

__all__ = ["Played"]


@dataclass(slots=True)
class Played:
    """One play, as far as it came."""

    handoff: Mapping[str, Any] = field(default_factory=dict[str, Any])
    from_user: list[Line] = field(default_factory=list[Line])
    from_agents: list[Line] = field(default_factory=list[Line])
    platform: Sequence[Taken] = ()
    chat: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ledger: Sequence[Mapping[str, Any]] = ()
    events: Sequence[str] = ()
    suffered: Mapping[str, int] = field(default_factory=dict[str, int])
    cut: Cut | None = None
    overtaken: list[Line] = field(default_factory=list[Line])
    """What agents said and came after something that they said later."""
    order_is_told: bool = True
    """Whether times tell the order then."""
    left_out: list[str] = field(default_factory=list[str])
    """What this vendor cannot do."""
    problems: list[str] = field(default_factory=list[str])
