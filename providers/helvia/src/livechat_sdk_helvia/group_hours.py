"""Business hours of groups: rows as the platform lists them, for requests that are aimed at a group.

The hours of bots are in the settings file; they hold for every group that has no rows here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from livechat_sdk.domain.base import Model
from livechat_sdk.domain.handoff import OpeningHours
from livechat_sdk.errors import Expect
from livechat_sdk.policies.hours import Calendar
from livechat_sdk.policies.hours.settings import RowSettings
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.desk_settings import SettingsStore
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.records import DeskUser, Right, from_row

__all__ = ["MOST_ROWS", "GroupHours", "HoursRow"]

MOST_ROWS: Final = 100
"""Rows that one group may have."""

_LONGEST_GROUP: Final = 200


class HoursRow(Model):
    """One span of a group's week (API: ``BusinessHours``).

    ``day`` 0 is Sunday and 6 is Saturday; times are minutes of the day, 0 to 1440. ``closes_at`` below
    ``opens_at`` lies on the next day.
    """

    id: int
    group_id: str
    day: int
    opens_at: int
    closes_at: int


class GroupHours:
    """Reads and changes the rows, which LiveChat Admins may, and answers whether a group is open."""

    def __init__(self, desk: DeskContext, settings: SettingsStore) -> None:
        self._desk = desk
        self._settings = settings

    async def all(self, actor: DeskUser) -> Sequence[HoursRow]:
        """The rows of every group, by group and in the order of the week. Raises ``Forbidden``."""
        require(actor, Right.ADMINISTER)
        rows = await self._desk.fetch(
            """
            SELECT * FROM desk_group_hours WHERE workspace = :workspace AND integration = :integration
            ORDER BY group_id, day, opens_at, id
            """
        )
        return [from_row(HoursRow, row) for row in rows]

    async def of(self, actor: DeskUser, group_id: str) -> Sequence[HoursRow]:
        """The rows of one group, in the order of the week. Raises ``Forbidden``."""
        require(actor, Right.ADMINISTER)
        return await self._rows(group_id)

    async def add(self, actor: DeskUser, group_id: str, values: Mapping[str, Any]) -> HoursRow:
        """A new row from ``day``, ``opens_at`` and ``closes_at``. Raises ``Forbidden``, ``InvalidField``."""
        require(actor, Right.ADMINISTER)
        group_id = group_id.strip()
        if not group_id.isprintable() or not 1 <= len(group_id) <= _LONGEST_GROUP:
            raise InvalidField(f"The id of a group has 1 to {_LONGEST_GROUP} printable characters.")
        if len(await self._rows(group_id)) >= MOST_ROWS:
            raise InvalidField(f"A group has {MOST_ROWS} rows at most.")
        row = _checked(self._desk.new_id(), group_id, values)
        insert = self._desk.statement(
            """
            INSERT INTO desk_group_hours (workspace, integration, id, group_id, day, opens_at, closes_at)
            VALUES (:workspace, :integration, :id, :group_id, :day, :opens_at, :closes_at)
            """,
            **row.model_dump(),
        )
        await self._desk.database.commit([insert, self._told(actor, "added", row)])
        return row

    async def change(
        self, actor: DeskUser, group_id: str, row_id: int, values: Mapping[str, Any]
    ) -> HoursRow:
        """Change what ``values`` name. Raises ``Forbidden``, ``NotFound``, ``InvalidField``."""
        require(actor, Right.ADMINISTER)
        known = await self._row(group_id, row_id)
        row = _checked(row_id, group_id, known.model_dump() | dict(values))
        update = self._desk.statement(
            """
            UPDATE desk_group_hours SET day = :day, opens_at = :opens_at, closes_at = :closes_at
            WHERE workspace = :workspace AND integration = :integration AND id = :id
              AND group_id = :group_id
            """,
            expect=1,
            **row.model_dump(),
        )
        await self._write([update, self._told(actor, "changed", row)], row)
        return row

    async def delete(self, actor: DeskUser, group_id: str, row_id: int) -> None:
        """Delete a row. Raises ``Forbidden``, ``NotFound``."""
        require(actor, Right.ADMINISTER)
        row = await self._row(group_id, row_id)
        delete = self._desk.statement(
            """
            DELETE FROM desk_group_hours
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=row_id,
        )
        await self._write([delete, self._told(actor, "deleted", row)], row)

    async def at(self, group_id: str, moment: datetime) -> OpeningHours | None:
        """Whether a group is there at ``moment``, and when that changes; ``None`` for one without rows."""
        rows = await self._rows(group_id)
        if not rows:
            return None
        zone = (await self._settings.get()).timezone
        week = tuple((row.day, row.opens_at, row.closes_at) for row in rows)
        return _calendar(zone, week).at(moment).hours()

    async def _rows(self, group_id: str) -> Sequence[HoursRow]:
        rows = await self._desk.fetch(
            """
            SELECT * FROM desk_group_hours
            WHERE workspace = :workspace AND integration = :integration AND group_id = :group_id
            ORDER BY day, opens_at, id
            """,
            group_id=group_id,
        )
        return [from_row(HoursRow, row) for row in rows]

    async def _row(self, group_id: str, row_id: int) -> HoursRow:
        found = [row for row in await self._rows(group_id) if row.id == row_id]
        if not found:
            raise _missing(group_id, row_id)
        return found[0]

    async def _write(self, statements: Sequence[Statement], row: HoursRow) -> None:
        try:
            await self._desk.database.commit(statements)
        except Expect as clash:
            raise _missing(row.group_id, row.id) from clash

    def _told(self, actor: DeskUser, verb: str, row: HoursRow) -> Statement:
        facts = row.model_dump(include={"day", "opens_at", "closes_at"})
        return audit_entry(self._desk, actor, f"hours.{verb}", f"group:{row.group_id}", **facts)


def _missing(group_id: str, row_id: int) -> NotFound:
    return NotFound(f"The group {group_id[:80]} has no business hours {row_id}.")


def _checked(row_id: int, group_id: str, values: Mapping[str, Any]) -> HoursRow:
    """A row, checked as the settings file checks it. Raises ``InvalidField``."""
    names = ("day", "opens_at", "closes_at")
    missing = [name for name in names if values.get(name) is None]
    if missing:
        raise InvalidField(f"{', '.join(missing)}: missing.")
    if any(isinstance(values[name], bool) for name in names):
        raise InvalidField("Days and minutes are whole numbers.")
    try:
        row = RowSettings.model_validate(
            {"day": values["day"], "opensAt": values["opens_at"], "closesAt": values["closes_at"]}
        )
    except ValidationError as error:
        raise InvalidField.of(error) from error
    return HoursRow(id=row_id, group_id=group_id, day=row.day, opens_at=row.opens_at, closes_at=row.closes_at)


@lru_cache(maxsize=64)
def _calendar(zone: str, week: tuple[tuple[int, int, int], ...]) -> Calendar:
    """The calendar of some rows; kept, because a year of it is worked out when it is first asked."""
    rows = [{"day": day, "opensAt": opens, "closesAt": closes} for day, opens, closes in week]
    return Calendar.from_settings({"timezone": zone, "day_zero": "sunday", "rows": rows})
