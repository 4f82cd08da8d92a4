# What is used of python-dateutil, which comes without types.

from collections.abc import Iterable
from datetime import datetime

def rrulestr(s: str, *, dtstart: datetime, ignoretz: bool = ...) -> Iterable[datetime]: ...
