"""The address of a PostgreSQL ledger. Its password never shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from livechat_sdk.errors import ConfigurationError

__all__ = ["PostgresAddress"]

SCHEMES = ("postgresql", "postgres")
_POSSIBLE = "`postgresql://user:password@host:5432/livechat`"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where the database is: the whole address for the driver, a label without secrets for people."""

    url: str = field(repr=False)
    label: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Check an address without connecting. Raises ``ConfigurationError``, which repeats none of it."""
        try:
            parts = urlsplit(url)
            port = parts.port
            query = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError:
            parts = None
            port, query = None, {}
        if parts is None or parts.scheme not in SCHEMES:
            raise ConfigurationError(
                "this store address is not possible (in user and password, characters like @ : / are written "
                f"as %40 %3A %2F); write {_POSSIBLE}"
            )
        database = unquote(parts.path.lstrip("/"))
        if not database:
            raise ConfigurationError(f"the store address names no database; write {_POSSIBLE}")
        host = parts.hostname or query.get("host", ["localhost"])[0]
        return cls(url, f"{host}{f':{port}' if port else ''}/{database}")
