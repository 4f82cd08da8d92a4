"""Values that must not be seen, what stands for each, and how to find them whatever their coding."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import quote, quote_plus

__all__ = ["SHORTEST", "Kind", "Knowledge", "is_placeholder_of_ours"]

SHORTEST: Final = 4
"""Values with fewer characters cannot be told from other text.

They are replaced only where they stand alone.
"""

Kind = Literal["secret", "token", "email", "phone", "name", "text"]
"""What a value is; a placeholder says it again."""

_PLACEHOLDERS: Final[dict[Kind, str]] = {
    "secret": "redacted-secret-{}",
    "token": "redacted-token-{}",
    "email": "person-{}@example.com",
    "phone": "+1555010{:04}",
    "name": "Person {}",
    "text": "Text {}",
}
_OURS: Final = re.compile(
    r"redacted-(?:secret|token)-\d+|person-\d+@example\.com|\+1555010\d{4,}|(?:Person|Text) \d+"
)
_WORDS: Final[frozenset[Kind]] = frozenset(("name", "text"))
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_TO_URL_SAFE: Final = str.maketrans("+/", "-_")
_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")


def is_placeholder_of_ours(text: str) -> bool:
    """Whether a text is a placeholder already."""
    return _OURS.fullmatch(text) is not None


class Knowledge:
    """What is known to be secret or personal by now. Its ``repr`` tells only how much."""

    def __init__(self) -> None:
        self._stand_ins: dict[str, str] = {}
        self._words: set[str] = set()
        self._counts: dict[Kind, int] = {}
        self._finder: re.Pattern[str] | None = None
        self._spelled: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._stand_ins)

    def __repr__(self) -> str:
        return f"Knowledge({len(self)} values)"

    def placeholder(self, value: str, kind: Kind) -> str:
        """What stands for ``value``, the same every time."""
        if not value:
            return value
        if value not in self._stand_ins:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if kind in _WORDS:
                self._words.add(value)
            self.learn(value, _PLACEHOLDERS[kind].format(self._counts[kind]))
        return self._stand_ins[value]

    def learn(self, value: str, stand_in: str) -> None:
        """From now on ``stand_in`` stands for ``value``."""
        self._stand_ins[value] = stand_in
        self._finder = None

    def replace(self, text: str) -> str:
        """``text`` with a placeholder in every place where something known stands, however it is spelled."""
        if text in self._stand_ins:
            return self._stand_ins[text]
        finder = self._prepared()
        text = _BASE64.sub(self._decoded, text)
        return finder.sub(lambda found: self._spelled[found[0]], text)

    def _decoded(self, found: re.Match[str]) -> str:
        """A run of base64 in which something known is found becomes a placeholder as a whole."""
        coded = found[0]
        for shift in range(4):  # the run may begin with characters that belong to other text
            piece = coded[shift:].rstrip("=").translate(_TO_URL_SAFE)
            piece = piece[: len(piece) - (len(piece) % 4 == 1)]
            try:
                plain = base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)).decode("latin-1")
            except binascii.Error:
                continue
            if self._prepared().search(plain):
                return self.placeholder(coded, "token")
        return coded

    def _prepared(self) -> re.Pattern[str]:
        """One pattern for everything known: what was replaced is not looked at again."""
        if self._finder is None:
            self._spelled = {}
            whole: list[str] = []
            for value in sorted(self._stand_ins, key=len, reverse=True):  # one may be a part of another
                if len(value) < SHORTEST:
                    continue
                for spelling in _spellings(value):
                    self._spelled.setdefault(spelling, self._stand_ins[value])
                    part = re.escape(spelling)
                    whole.append(rf"(?<!\w){part}(?!\w)" if value in self._words else part)
            self._finder = re.compile("|".join(whole) or r"(?!)")
        return self._finder


def _spellings(value: str) -> Iterator[str]:
    """A value as it is, and as addresses, JSON, XML, hexadecimal and misread text spell it, longest first."""
    percent = {quote(value), quote(value, safe=""), quote_plus(value)}
    every = {
        value,
        *percent,
        *(_PERCENT.sub(lambda found: found[0].lower(), one) for one in percent),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        html.escape(value),
        html.escape(value, quote=False),
        value.encode().hex(),
        value.encode().decode("latin-1"),
    }
    yield from sorted(every, key=len, reverse=True)
