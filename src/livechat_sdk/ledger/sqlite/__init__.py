"""The ledger on one SQLite file, for one serving process."""

from livechat_sdk.ledger.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
