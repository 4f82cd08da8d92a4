"""Purging: conversations that are over are deleted for good, with everything that belongs to them.

What runs or waits is never touched. What the dispatcher keeps of the same handoffs has its own retention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.embedded import SqlValue, Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.files import Files
from livechat_sdk_helvia.hub import INBOX
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.schemas import SCHEMAS

__all__ = ["Purge", "tables_of_conversations"]

_PORTION: Final = 200
"""Conversations of one commit: small enough that nobody waits for it."""

_OVER: Final = """
    FROM desk_conversations
    WHERE workspace = :workspace AND integration = :integration AND status IN ('finished', 'unserved')
"""


def tables_of_conversations() -> Sequence[str]:
    """Tables with rows of a conversation, in the order of deletion; ``desk_conversations`` is the last.

    They are those that are declared as holding rows about end users. Each has a ``conversation_id``.
    """
    declared = [table.table for schema in reversed(SCHEMAS) for table in schema.personal]
    return [*(table for table in declared if table != "desk_conversations"), "desk_conversations"]


class Purge:
    """Deletes what is over. Only a LiveChat Admin may."""

    def __init__(self, desk: DeskContext, files: Files) -> None:
        self._desk = desk
        self._files = files

    async def count(self, actor: DeskUser, *, before: datetime | None = None, bot: str | None = None) -> int:
        """How many conversations ``run`` would delete now."""
        require(actor, Right.ADMINISTER)
        where, params = _wanted(before, bot)
        row = await self._desk.first(f"SELECT COUNT(*) AS found {where}", **params)
        return int(str(row["found"])) if row else 0

    async def run(self, actor: DeskUser, *, before: datetime | None = None, bot: str | None = None) -> int:
        """Delete conversations that ended before a moment (without one: all that are over); how many.

        ``bot`` leaves those of other bots alone. They go in portions, each as a whole or not at all: what
        was interrupted is finished by running it again.
        """
        require(actor, Right.ADMINISTER)
        where, params = _wanted(before, bot)
        facts = {"conversations": await self.count(actor, before=before, bot=bot), "bot": bot}
        when = utc_text(before) if before else None
        entry = audit_entry(self._desk, actor, "retention.purged", "conversations", before=when, **facts)
        await self._desk.database.commit([entry])
        purged = 0
        while True:
            rows = await self._desk.fetch(
                f"SELECT id {where} ORDER BY id LIMIT :take", take=_PORTION, **params
            )
            if not rows:
                break
            portion = [int(str(row["id"])) for row in rows]
            await self._files.drop(portion)  # before: what is interrupted now is found again by its rows
            await self._desk.database.commit(self._deleting(portion))
            purged += len(rows)
        self._desk.hub.publish(INBOX, "counts")
        return purged

    def _deleting(self, conversations: Sequence[int]) -> list[Statement]:
        names = {f"c{number}": one for number, one in enumerate(conversations)}
        listed = ", ".join(f":{name}" for name in names)
        statements: list[Statement] = []
        for table in tables_of_conversations():
            column = "id" if table == "desk_conversations" else "conversation_id"
            sql = f"""
                DELETE FROM {table}
                WHERE workspace = :workspace AND integration = :integration AND {column} IN ({listed})
            """  # noqa: S608 - names of our own tables and parameters
            statements.append(self._desk.statement(sql, **names))
        return statements


def _wanted(before: datetime | None, bot: str | None) -> tuple[str, Mapping[str, SqlValue]]:
    where, params = _OVER, dict[str, SqlValue]()
    if before is not None:
        where += " AND ended_at < :before"
        params["before"] = utc_text(before)
    if bot is not None:
        where += " AND bot = :bot"
        params["bot"] = bot
    return where, params
