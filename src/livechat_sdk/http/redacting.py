"""Short pieces of answers that are fit for logs and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

__all__ = ["excerpt", "redacted", "secret_headers"]

MASK: Final = "***"
_SHOWN: Final = 300
_SHORTEST: Final = 4
"""Shorter secrets are not looked for: they would be found everywhere."""

_WORDS: Final = (
    r"token|secret|passw(?:or)?d|pwd|api[_-]?key|access[_-]?key|webhook[_-]?key|authori[sz]ation|credential"
    r"|signature|assertion|session(?:[_-]?id)?|cookie|jwt|otp|nonce"
)
# Everything that repeats has a bound: a hostile body must not make the search slow.
_NAMES: Final = rf"[\w.-]{{0,60}}(?:{_WORDS})s?[\w-]{{0,30}}|sig|key|auth"
_VALUE: Final = r""""(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}\]]+"""
_NAME: Final = re.compile(_NAMES, re.IGNORECASE)
_IN_JSON: Final = re.compile(rf"""(["'](?:{_NAMES})["']\s*:\s*)(?:{_VALUE})""", re.IGNORECASE)
_IN_FORM: Final = re.compile(rf"""(\b(?:{_NAMES}|code)=)[^&\s"'<>;]*""", re.IGNORECASE)
_IN_HEADER: Final = re.compile(r"\b(bearer|basic|digest|token)(\s+)[\w.~+/=-]{4,}", re.IGNORECASE)
_JWT: Final = re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?")
_USERINFO: Final = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@?#]{0,1000}@", re.IGNORECASE)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without the given secrets in their usual spellings, and without what looks like one."""
    for secret in sorted({form for one in secrets for form in _forms(one)}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _IN_JSON.sub(rf'\1"{MASK}"', text)
    text = _IN_FORM.sub(rf"\1{MASK}", text)
    text = _IN_HEADER.sub(rf"\1\2{MASK}", text)
    return _JWT.sub(MASK, text)


def secret_headers(headers: Mapping[str, str]) -> Iterable[str]:
    """The values of headers whose names say that they are secret; of cookies also each value alone."""
    found = [value for name, value in headers.items() if _NAME.fullmatch(name)]
    cookies = [value for name, value in headers.items() if name.lower() == "cookie"]
    return found + [pair.partition("=")[2].strip() for value in cookies for pair in value.split(";")]


def _forms(secret: str) -> set[str]:
    if len(secret) < _SHORTEST:
        return set()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        secret.replace("\\", "\\\\").replace('"', '\\"'),
        secret.replace("/", "\\/"),
    }


def excerpt(body: bytes, secrets: Iterable[str] = (), *, cut: bool = False) -> str | None:
    """The beginning of a body as one line of printable text without secrets; ``None`` if it is empty.

    ``cut``: the body goes on behind what was read, so a secret may be cut in two at its end.
    """
    known = tuple(secrets)
    text = redacted(body.decode("utf-8", "replace"), known)
    if cut:
        text = text[: -max((len(form) for one in known for form in _forms(one)), default=1)]
    text = " ".join(_printable(text).split())
    return (text[:_SHOWN] + "…" if len(text) > _SHOWN else text) or None


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)
