"""The audit log: who did what at the desk, and when. It tells of acts, never of what was said.

An entry is a statement that goes into the same commit as what it tells of, so that neither is there without
the other. Nothing changes or deletes an entry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from livechat_sdk.domain.base import Model, Timestamp, utc_text
from livechat_sdk.provider.embedded import SqlValue, Statement
from livechat_sdk_helvia.context import DeskContext, page_limits, require
from livechat_sdk_helvia.ids import MAX_ID
from livechat_sdk_helvia.records import DeskUser, Right, from_row, parsed_json, to_json

__all__ = ["Audit", "AuditEntry", "AuditFilter", "Fact", "audit_entry"]

Fact = str | int | float | bool | None
"""A fact beside an entry: a number, a flag, a short word. Never what somebody wrote, never a secret."""

NOBODY: Final = "–"
"""Who acted when nobody was signed in."""

_ACTION: Final = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}", re.ASCII)
_LONGEST_FACT: Final = 200

_ENTRIES: Final = """
    SELECT * FROM desk_audit
    WHERE workspace = :workspace AND integration = :integration AND id < :before
"""


class AuditEntry(Model):
    """One act. ``action`` is ``area.verb`` (``note.changed``), ``subject`` is ``kind:id`` or a kind alone."""

    id: int
    at: Timestamp
    actor_id: int | None
    actor_name: str
    action: str
    subject: str
    facts: Annotated[dict[str, Fact], BeforeValidator(parsed_json)]

    @property
    def words(self) -> str:
        """The action for people."""
        return self.action.replace(".", " ").replace("_", " ")

    @property
    def conversation_id(self) -> int | None:
        """The conversation that the entry is about, if it is about one."""
        kind, _, number = self.subject.partition(":")
        return int(number) if kind == "conversation" and number.isdigit() else None


class AuditFilter(Model):
    """Which entries; nothing given means all. ``until`` itself is left out."""

    actor_id: int | None = None
    area: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def audit_entry(
    desk: DeskContext, actor: DeskUser | None, action: str, subject: str, **facts: Fact
) -> Statement:
    """An entry, for the commit of what it tells of. ``actor`` is ``None`` when nobody was signed in.

    Raises ``ValueError`` for an action that is not ``area.verb``: a mistake of ours.
    """
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action!r} is no action: it has the form area.verb")
    short = {
        name: value[:_LONGEST_FACT] if isinstance(value, str) else value for name, value in facts.items()
    }
    return desk.statement(
        """
        INSERT INTO desk_audit (workspace, integration, id, at, actor_id, actor_name, area, action, subject,
                                facts)
        VALUES (:workspace, :integration, :id, :at, :actor_id, :actor_name, :area, :action, :subject, :facts)
        """,
        id=desk.new_id(),
        at=desk.now_text(),
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else NOBODY,
        area=action.partition(".")[0],
        action=action,
        subject=subject[:_LONGEST_FACT],
        facts=to_json(short),
    )


class Audit:
    """Reading the log, which only a LiveChat Admin may; writing it is the part of whoever acts."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    def entry(self, actor: DeskUser | None, action: str, subject: str, **facts: Fact) -> Statement:
        """The same as ``audit_entry`` for this desk."""
        return audit_entry(self._desk, actor, action, subject, **facts)

    async def entries(
        self, actor: DeskUser, wanted: AuditFilter | None = None, *, before: int = MAX_ID, take: int = 50
    ) -> Sequence[AuditEntry]:
        """Entries with a smaller id than ``before``, newest first. Raises ``Forbidden``, ``InvalidField``."""
        require(actor, Right.ADMINISTER)
        page_limits(0, take)
        wanted = wanted or AuditFilter()
        conditions: dict[str, tuple[str, SqlValue]] = {}
        if wanted.actor_id is not None:
            conditions["actor_id"] = ("actor_id = :actor_id", wanted.actor_id)
        if wanted.area is not None:
            conditions["area"] = ("area = :area", wanted.area)
        if wanted.since is not None:
            conditions["since"] = ("at >= :since", utc_text(wanted.since))
        if wanted.until is not None:
            conditions["until"] = ("at < :until", utc_text(wanted.until))
        chosen = "".join(f" AND {condition}" for condition, _ in conditions.values())
        values: dict[str, Any] = {name: value for name, (_, value) in conditions.items()}
        rows = await self._desk.fetch(
            _ENTRIES + chosen + " ORDER BY id DESC LIMIT :take",
            before=before,
            take=take,
            **values,
        )
        return [from_row(AuditEntry, row) for row in rows]

    async def areas(self, actor: DeskUser) -> Sequence[str]:
        """The areas that have entries. Raises ``Forbidden``."""
        require(actor, Right.ADMINISTER)
        rows = await self._desk.fetch(
            """
            SELECT DISTINCT area FROM desk_audit
            WHERE workspace = :workspace AND integration = :integration ORDER BY area
            """
        )
        return [str(row["area"]) for row in rows]

    async def actors(self, actor: DeskUser) -> Sequence[tuple[int, str]]:
        """Who has entries: id and name. Raises ``Forbidden``."""
        require(actor, Right.ADMINISTER)
        rows = await self._desk.fetch(
            """
            SELECT u.id, u.name FROM desk_users u
            WHERE u.workspace = :workspace AND u.integration = :integration AND EXISTS (
                SELECT 1 FROM desk_audit a
                WHERE a.workspace = u.workspace AND a.integration = u.integration AND a.actor_id = u.id
            )
            ORDER BY u.name, u.id
            """
        )
        return [(int(str(row["id"])), str(row["name"])) for row in rows]
