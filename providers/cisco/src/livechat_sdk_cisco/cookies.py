"""The session of one chat: the cookies that its opening has set, sent along by hand.

A jar shared by chats would mix them, and drops a cookie whose path a proxy has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["session_of"]

_PAIR: Final = re.compile(
    r"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100})=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)"
)
_LONGEST: Final = 4000
_MOST: Final = 10


def session_of(set_cookies: Iterable[str]) -> str | None:
    """The header ``Cookie`` for what the headers ``Set-Cookie`` have set; ``None`` if that is no session.

    ``JSESSIONID`` is the session; others are kept for whatever stands in front of the server.
    """
    found: dict[str, str] = {}
    for line in set_cookies:
        pair = _PAIR.fullmatch(line.partition(";")[0].strip().replace('"', ""))
        if pair is not None and len(found) < _MOST:
            found[pair[1]] = pair[2]
    if not any(name.upper() == "JSESSIONID" and value for name, value in found.items()):
        return None
    header = "; ".join(f"{name}={value}" for name, value in found.items() if value)
    return header if len(header) <= _LONGEST else None
