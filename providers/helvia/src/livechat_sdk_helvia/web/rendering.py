"""Pages from templates: everything is escaped, and a missing value is an error instead of a gap."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

__all__ = ["Templates", "ago", "clock", "full_time", "plain_value", "size_words", "web_link"]

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_KIB: Final = 1024


class Templates:
    """The templates of one folder."""

    def __init__(self, folder: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        untyped: Any = self._environment  # jinja2 leaves the type of its filters open
        untyped.filters.update(
            ago=ago,
            bytes=size_words,
            clock=clock,
            full_time=full_time,
            iso=_iso,
            plain_value=plain_value,
            web_link=web_link,
        )

    def text(self, name: str, **values: Any) -> str:
        """A rendered template."""
        return self._environment.get_template(name).render(**values)

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A rendered template as an answer."""
        return HTMLResponse(self.text(name, **values), status_code=status)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(moment: datetime) -> str:
    """Hours and minutes in UTC; the page turns them into the reader's own time."""
    return moment.astimezone(UTC).strftime("%H:%M UTC")


def full_time(moment: datetime) -> str:
    """Day and time in UTC."""
    return moment.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC")


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in one unit; the page keeps it up to date."""
    seconds = max(0, int((now - moment).total_seconds()))
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} d"


def web_link(url: str) -> str | None:
    """``url`` when it is a plain web address, else ``None``: nothing else becomes a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def size_words(size: int) -> str:
    """A number of bytes for people."""
    if size < _KIB:
        return f"{size} B"
    if size < _KIB * _KIB:
        return f"{size / _KIB:.0f} KB"
    return f"{size / _KIB / _KIB:.1f} MB"


def plain_value(value: Any) -> str:
    """A value of free JSON data for people."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
