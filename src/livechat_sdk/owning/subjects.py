"""Whose data it is about: an end user, a conversation, or one handoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk.errors import InvalidInput

__all__ = ["Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """An end user, a conversation or a handoff, by its id."""

    by: Literal["user", "handoff", "conversation"]
    id: str

    @classmethod
    def of(
        cls, *, user_id: str | None = None, handoff_id: str | None = None, conversation_id: str | None = None
    ) -> Subject:
        """The subject that exactly one of the ids names. Raises ``InvalidInput``."""
        named: list[Subject] = []
        if user_id is not None:
            named.append(cls("user", user_id))
        if handoff_id is not None:
            named.append(cls("handoff", handoff_id))
        if conversation_id is not None:
            named.append(cls("conversation", conversation_id))
        if len(named) != 1 or not named[0].id:
            raise InvalidInput("name exactly one: a user, a handoff or a conversation, by its id")
        return named[0]
