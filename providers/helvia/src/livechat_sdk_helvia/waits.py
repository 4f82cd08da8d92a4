"""The inactivity notification: an end user who waits too long for an answer is brought to the team's eyes.

The owner hears of it first, and from a certain alert on everybody who sees the conversation. What is due is
found by one question to the database, whatever number of conversations runs; the rows outlive the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.base import Model, Timestamp, utc_text
from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.desk_settings import SettingsStore
from livechat_sdk_helvia.hub import INBOX, SETTINGS
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.sight import Sight

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["MOST_TRIES", "Alert", "Waits"]

logger = logging.getLogger("livechat_sdk_helvia.waits")

MOST_TRIES: Final = 20
"""Alerts of one wait, at most: whoever has not heard twenty does not hear the next one."""

_LONGEST_PAUSE: Final = 15.0
"""Seconds after which a process looks by itself for what another one has changed."""
_SHORTEST_PAUSE: Final = 0.05
_LISTED: Final = 50


class Alert(Model):
    """An end user who has waited longer than the threshold, as one member sees it."""

    conversation_id: int
    user_label: str
    waiting_since: Timestamp
    tries: int
    owner_name: str | None
    mine: bool


class Waits:
    """Counts alerts when they are due, and lists those that a member is to see."""

    def __init__(self, desk: DeskContext, settings: SettingsStore, sight: Sight) -> None:
        self._desk = desk
        self._settings = settings
        self._sight = sight
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look in the background."""
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Stop looking; whoever starts next goes on from the rows."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def look(self) -> float:
        """Count what is due now and tell the pages; seconds until something may be due again.

        Of several processes that look at the same time one counts, because the count moves the time.
        What was due while nothing ran counts once. Raises ``StoreError``.
        """
        desk = self._desk
        threshold = (await self._settings.get()).idle_reminder_threshold
        if threshold is None:
            return _LONGEST_PAUSE
        now = desk.now()
        since = utc_text(now - timedelta(seconds=threshold))
        oldest = await self._oldest()
        if oldest is not None and oldest <= since:
            count = desk.statement(
                """
                UPDATE desk_idle_waits SET tries = tries + 1, total = total + 1, last_at = :now
                WHERE workspace = :workspace AND integration = :integration
                  AND last_at <= :since AND tries < :most
                """,
                now=utc_text(now),
                since=since,
                most=MOST_TRIES,
            )
            await desk.database.commit([count])
            desk.hub.publish(INBOX, "waits")
            oldest = await self._oldest()
        if oldest is None:
            return min(float(threshold), _LONGEST_PAUSE)
        due_in = (datetime.fromisoformat(oldest) - now).total_seconds() + threshold
        return max(_SHORTEST_PAUSE, min(due_in, float(threshold), _LONGEST_PAUSE))

    async def alerts(self, actor: DeskUser) -> Sequence[Alert]:
        """What ``actor`` is to hear: of their own conversations at once, of others that they see later.

        The longest wait first. Raises ``Forbidden``.
        """
        require(actor, Right.HANDLE)
        settings = await self._settings.get()
        if settings.idle_reminder_threshold is None:
            return []
        view = await self._sight.view(actor)
        rows = await self._desk.fetch(
            f"""
            SELECT c.id, c.user_name, c.user_email, c.user_phone, c.owner_id, owner.name AS owner_name,
                   w.waiting_since, w.tries
            FROM desk_idle_waits w
            JOIN desk_conversations c
              ON c.workspace = w.workspace AND c.integration = w.integration AND c.id = w.conversation_id
            LEFT JOIN desk_users owner
              ON owner.workspace = c.workspace AND owner.integration = c.integration AND owner.id = c.owner_id
            WHERE w.workspace = :workspace AND w.integration = :integration
              AND w.last_at IS NOT NULL AND w.tries > 0 AND c.status = 'started'
              AND (c.owner_id = :reader OR w.tries >= :team_after) AND {view.conversations}
            ORDER BY w.waiting_since, c.id LIMIT :take
            """,
            reader=actor.id,
            team_after=settings.idle_reminder_team_after,
            take=_LISTED,
            **view.params,
        )
        return [
            Alert.model_validate(
                {
                    "conversation_id": row["id"],
                    "user_label": row["user_name"] or row["user_email"] or row["user_phone"] or "Visitor",
                    "waiting_since": row["waiting_since"],
                    "tries": row["tries"],
                    "owner_name": row["owner_name"],
                    "mine": row["owner_id"] == actor.id,
                }
            )
            for row in rows
        ]

    async def _oldest(self) -> str | None:
        row = await self._desk.first(
            """
            SELECT MIN(last_at) AS oldest FROM desk_idle_waits
            WHERE workspace = :workspace AND integration = :integration
              AND last_at IS NOT NULL AND tries < :most
            """,
            most=MOST_TRIES,
        )
        return None if row is None or row["oldest"] is None else str(row["oldest"])

    async def _go_on(self) -> None:
        with self._desk.hub.subscribe(SETTINGS) as changed:
            while not changed.closed:
                try:
                    pause = await self.look()
                except StoreError as error:
                    logger.warning("waiting end users are looked for again: %s", error)
                    pause = _LONGEST_PAUSE
                await changed.wait(pause)
