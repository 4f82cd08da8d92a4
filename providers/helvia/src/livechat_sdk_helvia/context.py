"""What every part of the desk's service shares: the database, the clock, ids, live updates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement
from livechat_sdk_helvia.faults import Forbidden, InvalidField
from livechat_sdk_helvia.hub import Hub
from livechat_sdk_helvia.ids import MAX_ID, IdMaker
from livechat_sdk_helvia.records import DeskUser, Right

__all__ = ["MAX_TAKE", "PREVIEW", "DeskContext", "check_text", "page_limits", "require"]

MAX_TAKE: Final = 200
"""Most rows of one answer. The published API has ``skip`` and ``take`` and no maximum."""

_LONGEST_ID: Final = 200
_KEPT: Final = 120

PREVIEW: Final = 160
"""Characters of the last message that a line of the Inbox shows."""


@dataclass(frozen=True)
class DeskContext:
    """One desk: an integration in a workspace."""

    database: EmbeddedDatabase
    workspace: str
    integration: str
    now: Callable[[], datetime]
    new_id: IdMaker
    hub: Hub = field(default_factory=Hub)

    def params(self, **values: SqlValue) -> dict[str, SqlValue]:
        """Parameters of a statement, with the two that begin every key."""
        return {"workspace": self.workspace, "integration": self.integration, **values}

    def statement(self, sql: str, *, expect: int | None = None, **values: SqlValue) -> Statement:
        """A statement on this desk's rows."""
        return Statement(sql, self.params(**values), expect)

    async def fetch(self, sql: str, **values: SqlValue) -> Sequence[Row]:
        """Read rows of this desk."""
        return await self.database.fetch(sql, self.params(**values))

    async def first(self, sql: str, **values: SqlValue) -> Row | None:
        """The first row, or ``None``."""
        rows = await self.fetch(sql, **values)
        return rows[0] if rows else None

    def now_text(self) -> str:
        """The present moment as a column holds it."""
        return utc_text(self.now())

    def event_head(self, event_id: str, refs: Sequence[str]) -> dict[str, Any]:
        """The envelope of a provider event of this desk. An id that is too long keeps its beginning."""
        if len(event_id) > _LONGEST_ID:
            event_id = f"{event_id[:_KEPT]}~{hashlib.sha256(event_id.encode()).hexdigest()[:32]}"
        now = self.now()
        return {
            "id": event_id,
            "integration": self.integration,
            "refs": tuple(refs),
            "vendor_at": now,
            "received_at": now,
        }


def require(actor: DeskUser, right: Right) -> None:
    """Raise ``Forbidden`` unless ``actor`` has ``right``."""
    if not actor.may(right):
        raise Forbidden(
            f"Your account may not {right.value}.",
            hint="Ask for the role LiveChat Agent or LiveChat Admin under Workspace > Users.",
        )


def page_limits(skip: int, take: int) -> tuple[int, int]:
    """Check ``skip`` and ``take`` of a list; raises ``InvalidField``."""
    if not 0 <= skip <= MAX_ID or not 1 <= take <= MAX_TAKE:
        raise InvalidField(f"skip must be 0 or more, and take between 1 and {MAX_TAKE}.")
    return skip, take


def check_text(text: str, *, limit: int, what: str) -> str:
    """``text`` without blank edges; raises ``InvalidField`` when it is empty or longer than ``limit``."""
    stripped = text.strip().replace("\x00", "")
    if not stripped:
        raise InvalidField(f"The {what} is empty.")
    if len(stripped) > limit:
        raise InvalidField(
            f"The {what} has {len(stripped):,} characters; the limit is {limit:,}.",
            hint="Shorten it or split it.",
        )
    return stripped
