"""Tombstones: salted hashes of the ids of what was erased, so that nothing late recreates the person.

The salt is made at the first erasure and kept in the database. A hash says nothing by itself; whoever holds
the database can still try ids that they know already, which is why tombstones have an age (see retention).

A conversation whose last handoff was erased leaves a row under a pseudonym made from its hash: its owner
number must not go backwards when the conversation goes on, or an old number of the bot would pass again.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.embedded import EmbeddedDatabase, SqlValue, Statement

__all__ = [
    "PSEUDONYM",
    "SALT",
    "chat_digest",
    "is_erased",
    "pseudonym_of",
    "remembered_number",
    "revive_conversation",
    "salt_for_erasing",
    "tombstone",
]

# ruff: noqa: S608 - the SQL is put together from constants of this module only
SALT: Final = "erasure_salt"
"""Name of the row of ``meta`` with the salt."""

PSEUDONYM: Final = "erased:"
"""What the ids of erased conversations begin with."""

_DIGEST_BYTES: Final = 20


def chat_digest(salt: str, workspace: str, integration: str, ref: str) -> str:
    """The hash of one reference of a chat, ours or the vendor's."""
    return _digest(salt, "chat", workspace, integration, ref)


def pseudonym_of(salt: str, workspace: str, conversation_id: str) -> str:
    """The id under which an erased conversation keeps its owner number."""
    return PSEUDONYM + _digest(salt, "conversation", workspace, conversation_id)


def tombstone(workspace: str, digest: str, at: datetime) -> Statement:
    """Keep the hash of an id; one that is erased again is as old as its last erasure."""
    return Statement(
        """
        INSERT INTO tombstones (workspace, digest, erased_at) VALUES (:workspace, :digest, :at)
        ON CONFLICT (workspace, digest) DO UPDATE SET erased_at = excluded.erased_at
        """,
        {"workspace": workspace, "digest": digest, "at": utc_text(at)},
    )


async def _read_salt(database: EmbeddedDatabase) -> str | None:
    """The salt; ``None`` when nothing was ever erased."""
    rows = await database.fetch("SELECT value FROM meta WHERE name = :name", {"name": SALT})
    return str(rows[0]["value"]) if rows else None


async def salt_for_erasing(database: EmbeddedDatabase) -> str:
    """The salt, made now if there is none."""
    salt = await _read_salt(database)
    if salt is None:
        await database.commit(
            [
                Statement(
                    "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING",
                    {"name": SALT, "value": secrets.token_hex(32)},
                )
            ]
        )
        salt = await _read_salt(database)
    if salt is None:
        raise AssertionError("a committed salt is there")
    return salt


async def is_erased(
    database: EmbeddedDatabase, workspace: str, integration: str, refs: Sequence[str]
) -> bool:
    """Whether one of these references belonged to a chat that was erased."""
    salt = await _read_salt(database)
    if salt is None or not refs:
        return False
    digests: dict[str, SqlValue] = {
        f"ref{number}": chat_digest(salt, workspace, integration, ref)
        for number, ref in enumerate(dict.fromkeys(refs))
    }
    marks = ", ".join(f":{name}" for name in digests)
    rows = await database.fetch(
        f"SELECT 1 AS found FROM tombstones WHERE workspace = :workspace AND digest IN ({marks}) LIMIT 1",
        {"workspace": workspace, **digests},
    )
    return bool(rows)


async def remembered_number(database: EmbeddedDatabase, workspace: str, conversation_id: str) -> int:
    """The owner number of a conversation that was erased; 0 when there is none."""
    salt = await _read_salt(database)
    if salt is None:
        return 0
    rows = await database.fetch(
        "SELECT number FROM conversations WHERE workspace = :workspace AND id = :pseudonym",
        {"workspace": workspace, "pseudonym": pseudonym_of(salt, workspace, conversation_id)},
    )
    return int(str(rows[0]["number"])) if rows else 0


async def revive_conversation(database: EmbeddedDatabase, workspace: str, conversation_id: str) -> bool:
    """Give a conversation that goes on after it was erased its owner number back; false when it was not.

    It may have a row already, of a request that lost the race with the erasure: with the number 0.
    """
    if not await remembered_number(database, workspace, conversation_id):
        return False
    names = {
        "workspace": workspace,
        "id": conversation_id,
        "pseudonym": pseudonym_of(await salt_for_erasing(database), workspace, conversation_id),
    }
    await database.commit(
        [
            Statement(
                """
                INSERT INTO conversations (workspace, id, owner, number, updated_at)
                SELECT workspace, :id, owner, number, updated_at FROM conversations
                WHERE workspace = :workspace AND id = :pseudonym
                ON CONFLICT (workspace, id) DO UPDATE SET number = excluded.number
                WHERE conversations.number = 0
                """,
                names,
            ),
            Statement(
                "DELETE FROM conversations WHERE workspace = :workspace AND id = :pseudonym",
                {name: names[name] for name in ("workspace", "pseudonym")},
            ),
        ]
    )
    return True


def _digest(salt: str, *parts: str) -> str:
    joined = "\x00".join(parts)  # no id holds a control character
    return hmac.digest(bytes.fromhex(salt), joined.encode(), "sha256")[:_DIGEST_BYTES].hex()
