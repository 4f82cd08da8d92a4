"""Takes secrets out of what a simulator shows: known values wherever they stand, others by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["MASK", "Mask"]

MASK: Final = "•••"
"""What stands for a secret."""

_SECRET_HEADERS: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "x-auth-token",
        "x-sn-apikey",
    }
)
_NAME: Final = (
    r"(?:[a-z_\-]*(?:secret|password|passwd|token|assertion|authorization|api_?key|apikey)[a-z_\-]*)"
)
_IN_JSON: Final = re.compile(rf'("{_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_IN_FORM: Final = re.compile(rf"((?:^|[?&]){_NAME}=)[^&\s]*", re.IGNORECASE)
_HARMLESS: Final = frozenset({"token_type"})
_SHORTEST: Final = 4
_FIRST: Final = 100  # those of the settings; what is learnt later are tokens, which are forgotten in turn
_MOST: Final = 2000


class Mask:
    """Hides secrets. It can learn more of them at any time, because tokens come and go."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: dict[str, None] = {}
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Hide this value from now on, wherever it stands. One of less than four characters is no secret."""
        if len(secret) >= _SHORTEST:
            self._known[secret] = None
            for oldest in list(self._known)[_FIRST : _FIRST + max(0, len(self._known) - _MOST)]:
                del self._known[oldest]

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _IN_JSON.sub(_json_value, text)
        return _IN_FORM.sub(rf"\g<1>{MASK}", text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers without secrets; names stay."""
        return {
            name: MASK if name.lower() in _SECRET_HEADERS else self.text(value)
            for name, value in headers.items()
        }


def _json_value(match: re.Match[str]) -> str:
    name = match.group(1).split('"')[1]
    return match.group(0) if name.lower() in _HARMLESS else f'{match.group(1)}"{MASK}"'
