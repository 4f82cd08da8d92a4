"""The end user's side as tables and values."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator

from livechat_sdk.domain.base import Model, Timestamp
from livechat_sdk.domain.messages import Attachment, Choice
from livechat_sdk.provider.personal import PersonalTable

__all__ = ["DDL", "PERSONAL", "SCHEMA_NAME", "SCHEMA_VERSION", "ChatConversation", "ChatMessage", "Side"]

SCHEMA_NAME: Final = "webchat"
SCHEMA_VERSION: Final = 1

Side = Literal["bot", "waiting", "agent"]
"""Who is on the other side, as far as the channel was told."""

DDL: Final = (
    """
    CREATE TABLE IF NOT EXISTS webchat_conversations (
        workspace TEXT NOT NULL,
        id TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        bot TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('bot', 'waiting', 'agent')),
        agent_name TEXT,
        owner_number BIGINT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (workspace, id),
        UNIQUE (workspace, token_hash)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS webchat_messages (
        workspace TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        seq BIGINT NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('user', 'bot', 'sdk')),
        key TEXT NOT NULL,
        author TEXT NOT NULL CHECK (author IN ('user', 'bot', 'agent', 'system')),
        name TEXT,
        text TEXT NOT NULL,
        attachments TEXT NOT NULL,
        choices TEXT NOT NULL,
        handoff_id TEXT,
        message_key TEXT NOT NULL,
        sent_at TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('sent', 'delivered', 'read')),
        handled BIGINT NOT NULL,
        PRIMARY KEY (workspace, conversation_id, seq),
        UNIQUE (workspace, conversation_id, source, key)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS webchat_messages_unhandled
    ON webchat_messages (workspace, handled, conversation_id, seq)
    """,
)


PERSONAL: Final = (
    PersonalTable(
        "webchat_messages",
        "handoff",
        "handoff_id = :handoff AND conversation_id IN"
        " (SELECT h.conversation_id FROM handoffs AS h WHERE h.workspace = :workspace AND h.id = :handoff)",
    ),
    PersonalTable("webchat_messages", "conversation", "conversation_id = :conversation"),
    PersonalTable("webchat_conversations", "conversation", "id = :conversation", withheld=("token_hash",)),
)
"""Where rows about end users are: what was said in a handoff goes with it, the rest with the last one."""


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class ChatConversation(Model):
    """One end user's conversation, whoever answers in it."""

    id: str
    bot: str
    side: Side
    agent_name: str | None
    owner_number: int
    created_at: Timestamp


class ChatMessage(Model):
    """One line of the conversation. ``status`` is how far it got on the other side."""

    seq: int
    source: Literal["user", "bot", "sdk"]
    key: str
    author: Literal["user", "bot", "agent", "system"]
    name: str | None
    text: str
    attachments: Annotated[tuple[Attachment, ...], BeforeValidator(_parsed)]
    choices: Annotated[tuple[Choice, ...], BeforeValidator(_parsed)]
    handoff_id: str | None
    message_key: str
    sent_at: Timestamp
    status: Literal["sent", "delivered", "read"]
