"""The tables of the team: its groups, who is in them, and what is kept about a member beside the account.

Nothing here is about end users. Roles of a group are two columns, so that what somebody may do is one query.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DDL", "GROUP_ROLES", "SCHEMA_NAME", "SCHEMA_VERSION"]

SCHEMA_NAME: Final = "helvia_desk_team"
SCHEMA_VERSION: Final = 1

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS desk_groups (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        gives_agent BIGINT NOT NULL,
        gives_admin BIGINT NOT NULL,
        origin TEXT NOT NULL CHECK (origin IN ('settings', 'desk')),
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_memberships (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        group_id TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        origin TEXT NOT NULL CHECK (origin IN ('settings', 'desk')),
        PRIMARY KEY (workspace, integration, group_id, user_id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_memberships_by_user
    ON desk_memberships (workspace, integration, user_id)
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_members (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        made_here BIGINT NOT NULL,
        capacity BIGINT,
        away BIGINT NOT NULL,
        seen_at TEXT,
        PRIMARY KEY (workspace, integration, user_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_preferences (
        workspace TEXT NOT NULL,
        integration TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        message_sound BIGINT NOT NULL,
        request_sound BIGINT NOT NULL,
        notices BIGINT NOT NULL,
        enter_sends BIGINT NOT NULL,
        PRIMARY KEY (workspace, integration, user_id)
    )
    """,
)

GROUP_ROLES: Final = """
    (SELECT CASE WHEN MAX(g.gives_agent) = 1 THEN 'agent ' ELSE '' END
         || CASE WHEN MAX(g.gives_admin) = 1 THEN 'admin' ELSE '' END
     FROM desk_memberships gm
     JOIN desk_groups g
       ON g.workspace = gm.workspace AND g.integration = gm.integration AND g.id = gm.group_id
     WHERE gm.workspace = u.workspace AND gm.integration = u.integration AND gm.user_id = u.id
    ) AS group_roles
"""
"""A column beside ``desk_users u``: the roles that the account's groups give, as words."""
