"""What every store refuses of providers that keep their own tables in the ledger's database."""

from __future__ import annotations

from livechat_sdk.errors import StoreError

__all__ = ["check_version", "refuse_foreign"]

_NOT_THEIRS = frozenset(
    {
        *("begin", "commit", "end", "rollback", "savepoint", "release", "abort", "start", "prepare"),
        *("pragma", "attach", "detach", "vacuum", "set", "reset", "copy", "listen", "notify", "lock"),
    }
)


def refuse_foreign(sql: str) -> None:
    """Transactions and the database's settings are the store's: a COMMIT would cut others' work in two."""
    words = sql.split(maxsplit=1)
    if words and words[0].rstrip(";").lower() in _NOT_THEIRS:
        raise StoreError(f"{words[0].upper()} is not allowed here: a statement only reads or changes rows")


def check_version(name: str, stored: int | None, version: int) -> bool:
    """Whether the tables of ``name`` have this version already. Raises ``StoreError`` for a newer one."""
    stored = stored or 0
    if stored > version:
        raise StoreError(
            f"the tables of {name!r} have version {stored}, this release knows up to {version}; "
            "install the release that made them, or a newer one",
        )
    return stored == version
