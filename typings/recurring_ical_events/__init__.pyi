# What is used of recurring-ical-events, which comes without types.

from datetime import date
from typing import Any

class CalendarQuery:
    def between(self, start: date, stop: date) -> list[Any]: ...

def of(a_calendar: Any) -> CalendarQuery: ...
