"""Cool-downs of integrations: written only by who knew the present one."""

from __future__ import annotations

import sqlite3

from livechat_sdk.domain.base import utc_text
from livechat_sdk.ledger.cooldowns import Cooldown

__all__ = ["save"]


def save(
    db: sqlite3.Connection, workspace: str, integration: str, before: Cooldown | None, after: Cooldown | None
) -> bool:
    """Replace ``before`` by ``after``; false when somebody else has replaced it."""
    if before is None and after is None:
        return True
    if before is None:
        sql = """
            INSERT INTO cooldowns (until, failures, reason, workspace, integration) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, integration) DO NOTHING
        """
    elif after is None:
        sql = "DELETE FROM cooldowns WHERE"
    else:
        sql = "UPDATE cooldowns SET until = ?, failures = ?, reason = ? WHERE"
    values = [*_columns(after), workspace, integration]
    if before is not None:
        sql += " workspace = ? AND integration = ? AND until = ? AND failures = ? AND reason = ?"
        values += _columns(before)
    return db.execute(sql, values).rowcount == 1


def _columns(cooldown: Cooldown | None) -> list[str | int]:
    return [] if cooldown is None else [utc_text(cooldown.until), cooldown.failures, cooldown.reason]
