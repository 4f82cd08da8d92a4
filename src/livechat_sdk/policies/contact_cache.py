"""What CRMs have told of end users, kept for a while in the store: any worker finds it, a restart keeps it.

One row for each end user and source, declared as personal: it goes with the person. What is too old is
deleted whenever something is kept, and is never told.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.people import Contact
from livechat_sdk.errors import LivechatError
from livechat_sdk.provider.embedded import EmbeddedDatabase, Statement
from livechat_sdk.provider.personal import PersonalTable, declare_personal

__all__ = ["ContactCache"]

logger = logging.getLogger("livechat_sdk.contacts")

_SCHEMA: Final = "contact_cache"
_SCHEMA_VERSION: Final = 1
_DDL: Final = (
    """CREATE TABLE IF NOT EXISTS contact_cache (
        workspace TEXT NOT NULL, source TEXT NOT NULL, user_id TEXT NOT NULL, asked TEXT NOT NULL,
        contact TEXT NOT NULL, found_at TEXT NOT NULL, PRIMARY KEY (workspace, source, user_id))""",
    """CREATE INDEX IF NOT EXISTS contact_cache_age ON contact_cache (workspace, source, found_at)""",
    """CREATE INDEX IF NOT EXISTS contact_cache_user ON contact_cache (workspace, user_id)""",
)
_PERSONAL: Final = (PersonalTable("contact_cache", "user", "user_id = :user", withheld=("asked",)),)
_TROUBLES: Final = (LivechatError, OSError)


class ContactCache:
    """The contacts of one source. ``seconds``: for how long one is told without asking again.

    Trouble with the store is logged and costs a question to the CRM, never the look-up.
    """

    def __init__(self, database: EmbeddedDatabase, workspace: str, source: str, seconds: float) -> None:
        self._database = database
        self._source = {"workspace": workspace, "source": source}
        self._age = timedelta(seconds=seconds)

    async def prepare(self) -> None:
        """Make the table, and say that it is about people."""
        await self._database.create_tables(_SCHEMA, _SCHEMA_VERSION, _DDL)
        await declare_personal(
            self._database, _SCHEMA, _PERSONAL, workspace=str(self._source["workspace"]), integration=None
        )

    async def get(self, user_id: str, asked: str, now: datetime) -> Contact | None:
        """What is known of an end user; ``asked`` stands for the question, another one has no answer here."""
        try:
            rows = await self._database.fetch(
                "SELECT contact FROM contact_cache WHERE workspace = :workspace AND source = :source"
                " AND user_id = :user AND asked = :asked AND found_at > :oldest",
                {**self._source, "user": user_id, "asked": asked, "oldest": utc_text(now - self._age)},
            )
            return Contact.model_validate_json(str(rows[0]["contact"])) if rows else None
        except (*_TROUBLES, ValidationError) as error:
            logger.warning("%s: the cache cannot be read: %s", self._source["source"], type(error).__name__)
            return None

    async def put(self, user_id: str, asked: str, contact: Contact, now: datetime) -> None:
        """Keep an answer, and delete what is too old."""
        row = {
            **self._source,
            "user": user_id,
            "asked": asked,
            "contact": contact.model_dump_json(),
            "now": utc_text(now),
        }
        try:
            await self._database.commit(
                [
                    Statement(
                        "DELETE FROM contact_cache WHERE workspace = :workspace AND source = :source"
                        " AND found_at <= :oldest",
                        {**self._source, "oldest": utc_text(now - self._age)},
                    ),
                    Statement(
                        "INSERT INTO contact_cache (workspace, source, user_id, asked, contact, found_at)"
                        " VALUES (:workspace, :source, :user, :asked, :contact, :now)"
                        " ON CONFLICT (workspace, source, user_id) DO UPDATE SET asked = excluded.asked,"
                        " contact = excluded.contact, found_at = excluded.found_at",
                        row,
                    ),
                ]
            )
        except _TROUBLES as error:
            logger.warning(
                "%s: the cache cannot be written: %s", self._source["source"], type(error).__name__
            )
