"""The ledger on PostgreSQL, for any number of serving processes."""

from livechat_sdk.ledger.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
