"""Tables of what agents work with: canned responses, transfers and invitations, tags, who has read what.

Rows about a conversation carry ``handoff_id``, so that they are found when the end user is erased, whatever
else has been deleted before them.
"""

from __future__ import annotations

from typing import Final

from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL"]

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_canned (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id BIGINT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        categories TEXT NOT NULL,
        workspace_wide BIGINT NOT NULL,
        bots TEXT NOT NULL,
        owner_id BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
)

PERSONAL: Final[tuple[PersonalTable, ...]] = ()
"""Where rows about end users are. Canned responses are the team's."""
