"""Whether this release can work with the tables of a database, and what to do if not.

A database says its schema and the oldest schema whose release may still work with it, so that workers of two
releases can run side by side while the tables are brought to the newer schema.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.schema import SCHEMA_VERSION

__all__ = ["OLDEST_USABLE", "Verdict", "judge", "require_usable"]

OLDEST_USABLE: Final = 2
"""The oldest schema with which this release works."""


class Verdict(StrEnum):
    """What this release can do with a database."""

    EMPTY = "empty"
    CURRENT = "current"
    USABLE = "usable"
    """Another schema than this release's own, and good enough."""
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"


def judge(schema: int | None, oldest: int | None) -> Verdict:
    """The verdict on a database with this schema, usable for releases from schema ``oldest`` on."""
    if schema is None:
        return Verdict.EMPTY
    if schema == SCHEMA_VERSION:
        return Verdict.CURRENT
    if schema < SCHEMA_VERSION:
        return Verdict.USABLE if schema >= OLDEST_USABLE else Verdict.TOO_OLD
    return Verdict.USABLE if oldest is not None and oldest <= SCHEMA_VERSION else Verdict.TOO_NEW


def require_usable(where: str, schema: int, oldest: int | None) -> None:
    """Raise ``StoreError``, with the next step, unless this release can work with the database."""
    verdict = judge(schema, oldest)
    if verdict is Verdict.TOO_NEW:
        raise StoreError(
            f"the ledger {where} has schema {schema}, this release knows up to {SCHEMA_VERSION}; "
            "install the release that wrote it, or a newer one"
        )
    if verdict is Verdict.TOO_OLD:
        raise StoreError(
            f"the ledger {where} has schema {schema}, this release needs {OLDEST_USABLE} at least; "
            "run `livechat ledger upgrade`"
        )
