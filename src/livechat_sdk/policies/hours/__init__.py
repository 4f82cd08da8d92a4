"""Business hours: calendars in one time zone, and which of them holds for a request of a bot.

Names are loaded when they are used: settings without hours need none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.bots import BotHours
    from livechat_sdk.policies.hours.calendar import Answer, Calendar

__all__ = ["Answer", "BotHours", "Calendar"]

_HOMES: dict[str, tuple[str, ...]] = {
    "policies.hours.bots": ("BotHours",),
    "policies.hours.calendar": ("Answer", "Calendar"),
}

__getattr__ = loading_from(__name__, _HOMES)
