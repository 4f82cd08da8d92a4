"""Running revisions. SQLAlchemy and alembic are loaded here and nowhere else, and only to migrate.

The number in ``meta`` says what a database has; there is no second truth beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from livechat_sdk.errors import StoreError

__all__ = ["migrate"]


def migrate(connection: sa.Connection, target: int, tell: Callable[[str], None]) -> None:
    """Bring the tables from where they are to ``target``, in the transaction of the connection."""
    present = int(connection.execute(sa.text("SELECT value FROM meta WHERE name = 'schema'")).scalar_one())
    revisions = _revisions()
    if target not in revisions:
        raise StoreError(f"there is no schema {target}; this release knows 1 to {max(revisions)}")
    with Operations.context(MigrationContext.configure(connection)):
        for number in range(present + 1, target + 1):
            tell(f"to schema {number}: {revisions[number].doc}")
            revisions[number].module.upgrade()
        for number in range(present, target, -1):
            tell(f"back to schema {number - 1}")
            revisions[number].module.downgrade()


def _revisions() -> dict[int, Script]:
    directory = ScriptDirectory(str(Path(__file__).parent))
    return {int(script.revision): script for script in directory.walk_revisions()}
