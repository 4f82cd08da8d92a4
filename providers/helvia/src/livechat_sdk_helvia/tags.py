"""Tags: words of the workspace that members put on conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.errors import Expect
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import Changed, InvalidField
from livechat_sdk_helvia.hub import INBOX, conversation_topic
from livechat_sdk_helvia.records import Conversation, DeskUser, Right, to_json

__all__ = ["MAX_TAG", "MAX_TAGS", "Tags"]

MAX_TAG: Final = 60
"""Longest tag in characters."""

MAX_TAGS: Final = 50
"""Most tags on one conversation."""

_MAX_KNOWN: Final = 2000


class Tags:
    """The workspace's tags, and those of a conversation. Everybody who handles conversations uses them."""

    def __init__(self, desk: DeskContext, conversations: Conversations) -> None:
        self._desk = desk
        self._conversations = conversations

    async def known(self, actor: DeskUser) -> Sequence[str]:
        """The tags of the workspace, in the order of the alphabet."""
        require(actor, Right.HANDLE)
        rows = await self._desk.fetch(
            "SELECT label FROM desk_tags WHERE workspace = :workspace AND integration = :integration"
        )
        return sorted((str(row["label"]) for row in rows), key=lambda label: (label.casefold(), label))

    async def create(self, actor: DeskUser, label: str) -> str:
        """Make a tag known; making it twice is the same as once. Raises ``InvalidField``."""
        require(actor, Right.HANDLE)
        label = _checked(label)
        known = await self.known(actor)
        if label in known:
            return label
        if len(known) >= _MAX_KNOWN:
            raise InvalidField(f"There are {_MAX_KNOWN:,} tags already.", hint="Use one of them.")
        insert = self._desk.statement(
            """
            INSERT INTO desk_tags (workspace, integration, label, made_by, created_at)
            VALUES (:workspace, :integration, :label, :made_by, :now)
            ON CONFLICT (workspace, integration, label) DO NOTHING
            """,
            label=label,
            made_by=actor.id,
            now=self._desk.now_text(),
        )
        await self._desk.database.commit([insert])
        return label

    async def replace(self, actor: DeskUser, conversation_id: int, labels: Sequence[str]) -> Sequence[str]:
        """Give a conversation these tags and no others.

        Raises ``InvalidField`` for one that is neither known in the workspace nor on it already, ``NotFound``
        for a conversation that ``actor`` does not see, ``Changed`` when somebody else tagged it meanwhile.
        """
        require(actor, Right.HANDLE)
        conversation = await self._conversations.seen(actor, conversation_id)
        wanted = list(dict.fromkeys(_checked(label) for label in labels))
        unknown = set(wanted) - set(conversation.tags) - set(await self.known(actor))
        if unknown:
            raise InvalidField(f"There is no tag {min(unknown)!r}.", hint="Make it first.")
        return await self._write(actor, conversation, wanted)

    async def add(self, actor: DeskUser, conversation_id: int, label: str) -> Sequence[str]:
        """Put a tag on a conversation, and make it known if it is new. Raises as ``replace`` does."""
        require(actor, Right.HANDLE)
        conversation = await self._conversations.seen(actor, conversation_id)
        label = await self.create(actor, label)
        if label in conversation.tags:
            return conversation.tags
        return await self._write(actor, conversation, [*conversation.tags, label])

    async def remove(self, actor: DeskUser, conversation_id: int, label: str) -> Sequence[str]:
        """Take a tag from a conversation; it stays known. Raises as ``replace`` does."""
        require(actor, Right.HANDLE)
        conversation = await self._conversations.seen(actor, conversation_id)
        if label not in conversation.tags:
            return conversation.tags
        return await self._write(actor, conversation, [one for one in conversation.tags if one != label])

    async def _write(
        self, actor: DeskUser, conversation: Conversation, labels: Sequence[str]
    ) -> Sequence[str]:
        if len(labels) > MAX_TAGS:
            raise InvalidField(f"A conversation has up to {MAX_TAGS} tags.", hint="Take one off first.")
        update = self._desk.statement(
            """
            UPDATE desk_conversations SET tags = :tags
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND tags = :before
            """,
            expect=1,
            id=conversation.id,
            tags=to_json(labels),
            before=to_json(conversation.tags),
        )
        subject = f"conversation:{conversation.id}"
        told = audit_entry(self._desk, actor, "conversation.tagged", subject, tags=len(labels))
        try:
            await self._desk.database.commit([update, told])
        except Expect as clash:
            raise Changed("Somebody else has just changed the tags.", hint="Do it again.") from clash
        self._desk.hub.publish(conversation_topic(conversation.id), "tags")
        self._desk.hub.publish(INBOX, "lines")
        return labels


def _checked(label: str) -> str:
    return check_text(" ".join(label.split()), limit=MAX_TAG, what="tag")
