"""The records of one org."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from livechat_sdk_simulators.salesforce.ids import Ids, canonical
from livechat_sdk_simulators.salesforce.schema import Kind

__all__ = ["Record", "Rows", "written"]


def written(moment: datetime) -> str:
    """``moment`` in UTC as Salesforce writes it: ``2026-11-24T09:00:00.000+0000``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


@dataclass(slots=True, eq=False)
class Record:
    """A record: every field of its kind has a value, or none."""

    kind: Kind
    id: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    content: bytes = b""
    """What a file holds."""
    by_api: bool = True

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.values.get(self.kind.title) or self.id)


class Rows:
    """All records, by kind and id, in the order in which they were made."""

    def __init__(self, kinds: Mapping[str, Kind], now: Callable[[], datetime]) -> None:
        self.kinds = kinds
        self._now = now
        self._ids = Ids()
        self._rows: dict[str, dict[str, Record]] = {name: {} for name in kinds}
        self._gone: set[str] = set()

    def of(self, kind: str) -> list[Record]:
        """The records of a kind, oldest first."""
        return list(self._rows[kind].values())

    def get(self, kind: str, record_id: str) -> Record | None:
        """A record by its id, of 15 or 18 characters."""
        known = canonical(record_id)
        return self._rows[kind].get(known) if known is not None else None

    def anywhere(self, record_id: str) -> Record | None:
        """A record of whatever kind."""
        known = canonical(record_id)
        return next(
            (rows[known] for rows in self._rows.values() if known is not None and known in rows), None
        )

    def is_gone(self, record_id: str) -> bool:
        """Whether there was such a record, and it was deleted."""
        return canonical(record_id) in self._gone

    def add(self, kind: str, values: Mapping[str, Any], by: str, *, by_api: bool = True) -> Record:
        """Add a record, made by the user with this id."""
        found, now = self.kinds[kind], written(self._now())
        record = Record(found, self._ids.new(found.prefix), by_api=by_api)
        usual = {name: one.default for name, one in found.fields.items()}
        usual |= {
            name: False for name, one in found.fields.items() if one.type == "boolean" and one.default is None
        }
        system = {
            "Id": record.id,
            "IsDeleted": False,
            "CreatedDate": now,
            "CreatedById": by or record.id,
            "LastModifiedDate": now,
            "LastModifiedById": by or record.id,
            "SystemModstamp": now,
        }
        record.values = {**usual, **values, **system}
        self._rows[kind][record.id] = record
        return record

    def change(self, record: Record, values: Mapping[str, Any], by: str) -> None:
        """Change a record."""
        now = written(self._now())
        record.values |= values
        record.values |= {"LastModifiedDate": now, "LastModifiedById": by, "SystemModstamp": now}

    def remove(self, record: Record) -> None:
        """Delete a record."""
        del self._rows[record.kind.name][record.id]
        self._gone.add(record.id)
