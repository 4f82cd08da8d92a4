"""Business hours: calendars in one time zone, and which of them holds for a request of a bot."""

from __future__ import annotations

from livechat_sdk.policies.hours.bots import BotHours
from livechat_sdk.policies.hours.calendar import Answer, Calendar

__all__ = ["Answer", "BotHours", "Calendar"]
