"""Table of what one process tells the others: short-lived, a few rows for each process."""

from __future__ import annotations

from typing import Final

__all__ = ["DDL", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_news"
SCHEMA_VERSION: Final = 1

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_news (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        process TEXT NOT NULL,
        number BIGINT NOT NULL,
        news TEXT NOT NULL,
        told_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, process, number)
    )
    """,
)
"""Rows hold ids of conversations and names of members who type, nothing of end users."""
