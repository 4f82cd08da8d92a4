"""Where a call goes: the base URL of the settings, and what lies below it."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from livechat_sdk.errors import ConfigurationError

__all__ = ["Params", "base_of", "target_of"]

_TO_QUOTE: Final = re.compile(r"[^A-Za-z0-9_.~-]")
_QUOTED: Final = {" ": "+"} | {chr(byte): f"%{byte:02X}" for byte in range(256) if byte != ord(" ")}

_LONG: Final = 30_000
"""Characters of a query that is left to httpx, which has a limit for the whole URL."""

Params = Mapping[str, str | int | float | bool | Sequence[str | int | float | bool | None] | None]
"""Fields of the query; a sequence is a field that occurs several times."""


def base_of(base_url: str, provider: str) -> httpx.URL:
    """The base URL, ending in a slash. Raises ``ConfigurationError``."""
    try:
        base = httpx.URL(base_url.rstrip("/") + "/")
    except httpx.InvalidURL:
        base = httpx.URL()
    if base.scheme not in ("https", "http") or not base.host or base.userinfo or base.query or base.fragment:
        raise ConfigurationError(
            f"{provider}: the base URL must be https://HOST[:PORT][/PATH], without user name and query"
        )
    return base


def target_of(base: httpx.URL, path: str, params: Params | None) -> httpx.URL:
    """What ``path`` means below ``base``, or a whole URL as it is. Raises ``httpx.InvalidURL``."""
    whole = path.startswith(("https://", "http://"))
    url = _parsed(path if whole else f"{base}{path.lstrip('/')}")
    if params is None:
        return url
    query = _encoded(params)
    if url.query or len(query) > _LONG:
        return url.copy_merge_params(params)
    try:
        return _with_query(url, query)
    except AttributeError:  # a release of httpx that keeps its URLs otherwise
        return url.copy_merge_params(params)


def _encoded(params: Params) -> str:
    """The query that ``httpx.QueryParams`` makes of these fields, in half the time.

    Queries of vendors are long and have few letters to encode, and ``urllib`` looks each of them up.
    """
    fields: list[str] = []
    for name, value in params.items():
        key = _quoted(name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            fields.append(f"{key}={_text(value)}")
        else:
            fields += [f"{key}={_text(one)}" for one in value]
    return "&".join(fields)


def _text(value: str | float | None) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else _quoted(str(value))


def _quoted(text: str) -> str:
    return _TO_QUOTE.sub(lambda found: _QUOTED[found[0]], text.encode().decode("latin-1"))


def _with_query(url: httpx.URL, query: str) -> httpx.URL:
    """``url`` with a query that is encoded already. Raises ``AttributeError``.

    httpx would look at each character of it three times, which costs as much as all the rest of a short call.
    """
    if not query:
        return url
    made = copy.copy(url)
    made._uri_reference = url._uri_reference._replace(query=query)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return made


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> httpx.URL:
    """A URL, which does not change. Calls of one chat go to a few, and httpx takes its time to read one."""
    url = httpx.URL(text)
    if not url.host:
        raise httpx.InvalidURL("no host")
    return url
