"""Cool-downs of integrations: written only by who knew the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.domain.base import utc_text
from livechat_sdk.ledger.cooldowns import Cooldown

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["save"]

# ruff: noqa: S608 - the SQL is put together from constants of this module only

_INSERT = """
    INSERT INTO cooldowns (workspace, integration, until, failures, reason) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (workspace, integration) DO NOTHING
"""
_AS_KNOWN = "workspace = $1 AND integration = $2 AND until = $3 AND failures = $4 AND reason = $5"
_DELETE = f"DELETE FROM cooldowns WHERE {_AS_KNOWN}"
_UPDATE = f"UPDATE cooldowns SET until = $6, failures = $7, reason = $8 WHERE {_AS_KNOWN}"


async def save(
    db: Connection, workspace: str, integration: str, before: Cooldown | None, after: Cooldown | None
) -> bool:
    """Replace ``before`` by ``after``; false when somebody else has replaced it."""
    if before is None and after is None:
        return True
    sql = _INSERT if before is None else _DELETE if after is None else _UPDATE
    status = await db.execute(sql, workspace, integration, *_columns(before), *_columns(after))
    return status.endswith(" 1")


def _columns(cooldown: Cooldown | None) -> list[str | int]:
    return [] if cooldown is None else [utc_text(cooldown.until), cooldown.failures, cooldown.reason]
