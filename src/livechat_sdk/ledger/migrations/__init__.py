"""Bringing the tables of a ledger to another schema, up or down: an operator's work, by command.

This package loads nothing heavy by itself. A new database gets the tables of today directly
(``ledger.schema``); revisions only bring those that are there from one schema to the next. A test proves that
both ways lead to the same tables.
"""

from livechat_sdk.ledger.migrations.ledgers import Status, downgrade, status, upgrade

__all__ = ["Status", "downgrade", "status", "upgrade"]
