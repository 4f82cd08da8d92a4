"""All schemas of the desk: each part of it that stores something has one of its own, with its own version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk.provider.personal import PersonalTable
from livechat_sdk_helvia import (
    schema,
    tables_admin,
    tables_files,
    tables_history,
    tables_news,
    tables_team,
    tables_tools,
    tables_translation,
)
from livechat_sdk_helvia.analytics import tables as analytics
from livechat_sdk_helvia.automations import tables as automations
from livechat_sdk_helvia.callbacks import tables as callbacks
from livechat_sdk_helvia.manager import tables as manager

__all__ = ["SCHEMAS", "Schema"]


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one part of the desk.

    ``ddl`` must be safe to run again. ``personal`` names the tables with rows about end users, so that they
    are erased and exported with the person.
    """

    name: str
    version: int
    ddl: Sequence[str]
    personal: Sequence[PersonalTable] = ()


SCHEMAS: Final = (
    Schema(schema.SCHEMA_NAME, schema.SCHEMA_VERSION, schema.DDL, schema.PERSONAL),
    Schema(tables_admin.SCHEMA_NAME, tables_admin.SCHEMA_VERSION, tables_admin.DDL, tables_admin.PERSONAL),
    Schema("helvia_desk_tools", 1, tables_tools.DDL, tables_tools.PERSONAL),
    Schema(tables_team.SCHEMA_NAME, tables_team.SCHEMA_VERSION, tables_team.DDL),
    Schema(tables_files.SCHEMA_NAME, tables_files.SCHEMA_VERSION, tables_files.DDL, tables_files.PERSONAL),
    Schema(tables_history.SCHEMA_NAME, tables_history.SCHEMA_VERSION, tables_history.DDL),
    Schema(tables_news.SCHEMA_NAME, tables_news.SCHEMA_VERSION, tables_news.DDL),
    Schema(automations.SCHEMA_NAME, automations.SCHEMA_VERSION, automations.DDL, automations.PERSONAL),
    Schema("helvia_desk_translation", 1, tables_translation.DDL, tables_translation.PERSONAL),
    Schema(analytics.SCHEMA_NAME, analytics.SCHEMA_VERSION, analytics.DDL, analytics.PERSONAL),
    Schema(analytics.OPENINGS_NAME, 1, analytics.OPENINGS_DDL),
    Schema(manager.SCHEMA_NAME, manager.SCHEMA_VERSION, manager.DDL),
    Schema(callbacks.SCHEMA_NAME, callbacks.SCHEMA_VERSION, callbacks.DDL, callbacks.PERSONAL),
)
"""In the order in which they are made: a later one may refer to tables of an earlier one."""
