"""Pages of rows: the link to the next holds a cookie that is encoded twice, and must come back unchanged."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import quote

from livechat_sdk_simulators.dynamics.errors import bad_argument
from livechat_sdk_simulators.dynamics.rows import Row

__all__ = ["Pages"]

_KEPT: Final = 1000


class Pages:
    """The cookies that were given out: where each goes on, and for how many rows a page."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[str, int, int]] = {}

    def begin(self, cookie: str | None, path: str, size: int) -> int:
        """Where a page begins. Raises ``VendorError`` for a cookie that is not as it was given."""
        if cookie is None:
            return 0
        given = self._given.get(cookie)
        if given is None or given[0] != path or given[1] != size:
            raise bad_argument("Malformed XML in the paging cookie, or another page size than before.")
        return given[2]

    def next_token(self, path: str, size: int, begin: int, last: Row) -> str:
        """The value of ``$skiptoken`` for what follows, ready for the link."""
        number = begin // size + 1
        inner = f'<{last.table.key} last="{{{last.id.upper()}}}" mark="{secrets.token_hex(4)}" />'
        position = quote(f'<cookie page="{number - 1}">{inner}</cookie>', safe="")
        cookie = f'<cookie pagenumber="{number}" pagingcookie="{position}" istracking="False" />'
        self._given[cookie] = (path, size, begin)
        for oldest in list(self._given)[:-_KEPT]:
            del self._given[oldest]
        return quote(cookie, safe="=/")
