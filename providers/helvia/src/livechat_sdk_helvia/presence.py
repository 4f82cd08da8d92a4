"""Who is at the desk: with a page open or a program at work, away by a switch, and with room for more.

A page that is open says so again and again; so does a program by what it asks for. Whoever has not been seen
for a while is gone, also when their process was killed: nothing has to be tidied up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from livechat_sdk.domain.base import Timestamp, utc_text
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import AtCapacity
from livechat_sdk_helvia.hub import TEAM
from livechat_sdk_helvia.records import DeskUser, Right, from_row
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["GONE_AFTER", "Colleague", "Presence", "PresenceState", "at_capacity"]

GONE_AFTER: Final = timedelta(seconds=60)
"""Who was not seen for this time is offline. An open page is seen every 15 s, also while it changes."""

_TELL_EVERY: Final = timedelta(seconds=10)

_COLLEAGUE: Final = (
    "SELECT u.*, m.capacity, COALESCE(m.away, 0) AS away, m.seen_at,"
    + GROUP_ROLES
    + """,
    (SELECT COUNT(*) FROM desk_conversations c
     WHERE c.workspace = u.workspace AND c.integration = u.integration AND c.owner_id = u.id
       AND c.status = 'started') AS open
    FROM desk_users u
    LEFT JOIN desk_members m
      ON m.workspace = u.workspace AND m.integration = u.integration AND m.user_id = u.id
    WHERE u.workspace = :workspace AND u.integration = :integration AND u.active = 1
    """
)


class PresenceState(StrEnum):
    """Whether a member is at the desk."""

    ONLINE = "online"
    AWAY = "away"
    """At the desk, and does not want new work now."""
    OFFLINE = "offline"


class Colleague(DeskUser):
    """A member of the team with what others need to know before they hand something over."""

    seen_at: Timestamp | None
    capacity: int | None
    open: int
    """Conversations that they own now."""

    def state(self, now: datetime) -> PresenceState:
        """Where they are at the moment ``now``."""
        if self.seen_at is None or now - self.seen_at >= GONE_AFTER:
            return PresenceState.OFFLINE
        return PresenceState.AWAY if self.away else PresenceState.ONLINE

    @property
    def full(self) -> bool:
        """Whether they own as many conversations as they may."""
        return self.capacity is not None and self.open >= self.capacity


class Presence:
    """Notes who is there, and tells."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk
        self._noted: dict[int, datetime] = {}

    async def seen(self, user: DeskUser) -> None:
        """``user`` is at the desk now. Written down once in 10 s at most."""
        now = self._desk.now()
        before = self._noted.get(user.id)
        if before is not None and now - before < _TELL_EVERY:
            return
        self._noted[user.id] = now
        await self._desk.database.commit([self._note(user.id, utc_text(now))])
        if before is None or now - before >= GONE_AFTER:
            self._desk.hub.publish(TEAM, "team")

    async def left(self, user: DeskUser) -> None:
        """``user`` has signed out: offline at once."""
        self._noted.pop(user.id, None)
        await self._desk.database.commit([self._note(user.id, None)])
        self._desk.hub.publish(TEAM, "team")

    async def switch_away(self, actor: DeskUser, *, away: bool) -> None:
        """Say that ``actor`` wants no new work now, or wants it again. It stays until it is switched back."""
        require(actor, Right.HANDLE)
        upsert = self._desk.statement(
            """
            INSERT INTO desk_members (workspace, integration, user_id, made_here, away)
            VALUES (:workspace, :integration, :user_id, 0, :away)
            ON CONFLICT (workspace, integration, user_id) DO UPDATE SET away = excluded.away
            """,
            user_id=actor.id,
            away=int(away),
        )
        await self._desk.database.commit([upsert])
        self._desk.hub.publish(TEAM, "team")

    async def of(self, user_id: int) -> Colleague | None:
        """One member, if they can sign in."""
        row = await self._desk.first(_COLLEAGUE + " AND u.id = :id", id=user_id)
        return from_row(Colleague, row) if row else None

    async def all(self) -> Sequence[Colleague]:
        """Everybody who may handle conversations, by name."""
        rows = await self._desk.fetch(_COLLEAGUE + " ORDER BY u.name, u.id")
        found = [from_row(Colleague, row) for row in rows]
        return [one for one in found if one.may(Right.HANDLE)]

    def free(self, colleagues: Iterable[Colleague]) -> list[Colleague]:
        """Those who are online, not away, and have room for one more conversation."""
        now = self._desk.now()
        return [one for one in colleagues if one.state(now) is PresenceState.ONLINE and not one.full]

    def room(self, actor: DeskUser) -> list[Statement]:
        """Statements that fail with ``Expect`` when ``actor`` has no room for one more conversation.

        For the beginning of a commit that makes them the owner of one. The first takes hold of the account,
        so that two accepts at once are counted one after the other.
        """
        hold = self._desk.statement(
            """
            UPDATE desk_users SET updated_at = updated_at
            WHERE workspace = :workspace AND integration = :integration AND id = :me
            """,
            expect=1,
            me=actor.id,
        )
        count = self._desk.statement(
            """
            UPDATE desk_users SET updated_at = updated_at
            WHERE workspace = :workspace AND integration = :integration AND id = :me
              AND NOT EXISTS (
                SELECT 1 FROM desk_members m
                WHERE m.workspace = :workspace AND m.integration = :integration AND m.user_id = :me
                  AND m.capacity <= (
                    SELECT COUNT(*) FROM desk_conversations c
                    WHERE c.workspace = :workspace AND c.integration = :integration AND c.owner_id = :me
                      AND c.status = 'started'))
            """,
            expect=1,
            me=actor.id,
        )
        return [hold, count]

    def _note(self, user_id: int, seen_at: str | None) -> Statement:
        return self._desk.statement(
            """
            INSERT INTO desk_members (workspace, integration, user_id, made_here, away, seen_at)
            VALUES (:workspace, :integration, :user_id, 0, 0, :seen_at)
            ON CONFLICT (workspace, integration, user_id) DO UPDATE SET seen_at = excluded.seen_at
            """,
            user_id=user_id,
            seen_at=seen_at,
        )


def at_capacity() -> AtCapacity:
    """What whoever has no room for one more conversation is told."""
    return AtCapacity(
        "You have as many open conversations as you may have at one time.",
        hint="End one or hand it to a colleague first.",
    )
