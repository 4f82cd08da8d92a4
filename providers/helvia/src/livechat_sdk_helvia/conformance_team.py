"""The team at a desk that is put to the proof, embedded or remote: who is in it, and what they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from argon2 import PasswordHasher

from livechat_sdk_helvia.auth import Passwords
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskMessage, DeskUser, from_row
from livechat_sdk_helvia.service import Desk

__all__ = ["AGENTS", "STATES", "member_called", "messages_of", "quick_passwords"]

AGENTS: Final[Mapping[str, str]] = {"Ann": "Ann Marsh", "Beth": "Beth Okoro", "Maria Pappa": "Maria Pappa"}
"""Agents by the names that cases use; the end user sees first names."""

STATES: Final[Mapping[ConversationStatus, str]] = {
    ConversationStatus.PENDING: "queued",
    ConversationStatus.STARTED: "active",
}
"""What a case calls the status of a conversation; every other is ``ended``."""


def quick_passwords() -> Passwords:
    """Hashes that cost nothing, of passwords that protect nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def member_called(desk: Desk, name: str) -> DeskUser:
    """The member whom a case calls ``name``: Ann, for a name that it does not know. Raises ``KeyError``."""
    row = await desk.context.first(
        """
        SELECT * FROM desk_users
        WHERE workspace = :workspace AND integration = :integration AND name = :name
        """,
        name=AGENTS.get(name, AGENTS["Ann"]),
    )
    if row is None:
        raise KeyError(name)
    return from_row(DeskUser, row)


async def messages_of(desk: Desk, conversation: Conversation) -> Sequence[DeskMessage]:
    """All messages, in order."""
    found: list[DeskMessage] = []
    while page := await desk.messages.page(conversation.id, after=found[-1].seq if found else 0):
        found.extend(page)
    return found
