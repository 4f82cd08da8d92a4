"""Addresses of ledgers: which database they name, and where it is. Passwords never show."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from livechat_sdk.errors import ConfigurationError

__all__ = ["PostgresAddress", "is_postgres", "sqlite_path"]

SCHEMES = ("postgresql", "postgres")
_POSSIBLE_POSTGRES = "`postgresql://user:password@host:5432/livechat`"
_POSSIBLE = (
    "`sqlite:///livechat.db` (relative to the working directory), `sqlite:////var/lib/livechat.db` "
    "(absolute) or `postgresql://user:password@host/livechat`"
)


def is_postgres(url: str) -> bool:
    """Whether an address names a PostgreSQL database."""
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in SCHEMES


def sqlite_path(url: str) -> Path:
    """The file that an ``sqlite:///`` address names. Raises ``ConfigurationError`` for any other address."""
    scheme, separator, rest = url.partition("://")
    # Only the scheme is repeated: another database's address holds a password.
    if scheme != "sqlite" or not separator:
        named = f"a store of the kind {scheme!r}" if separator and scheme else "this store address"
        raise ConfigurationError(f"{named} is not possible; what is possible: {_POSSIBLE}")
    path = unquote(rest.partition("?")[0])
    if not path.startswith("/") or path in {"/", "/:memory:"} or path.endswith("/"):
        raise ConfigurationError(f"the store address names no file; write {_POSSIBLE}")
    return Path(path[1:])


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
                f"as %40 %3A %2F); write {_POSSIBLE_POSTGRES}"
            )
        database = unquote(parts.path.lstrip("/"))
        if not database:
            raise ConfigurationError(f"the store address names no database; write {_POSSIBLE_POSTGRES}")
        host = parts.hostname or query.get("host", ["localhost"])[0]
        return cls(url, f"{host}{f':{port}' if port else ''}/{database}")
