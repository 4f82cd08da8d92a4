"""Who may see which requests and conversations: one rule, as SQL, for every list, count, page and action.

Whoever is not to see something is told that it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from livechat_sdk.provider.embedded import SqlValue
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.desk_settings import Mode, SettingsStore
from livechat_sdk_helvia.faults import Forbidden, NotFound
from livechat_sdk_helvia.records import Conversation, DeskUser, Right

# ruff: noqa: S608 - the SQL is put together from constants of this module only

__all__ = ["EVERYTHING", "Sight", "View"]

_AIMED: Final = """(
    (r.target_group IS NULL AND r.target_agent IS NULL)
    OR r.target_agent = :me_text OR LOWER(r.target_agent) = :me_email
    OR EXISTS (
        SELECT 1 FROM desk_memberships mine
        WHERE mine.workspace = r.workspace AND mine.integration = r.integration
          AND mine.group_id = r.target_group AND mine.user_id = :me)
    OR (r.type = 'external' AND NOT EXISTS (
        SELECT 1 FROM desk_users someone
        WHERE someone.workspace = r.workspace AND someone.integration = r.integration AND someone.active = 1
          AND (CAST(someone.id AS TEXT) = r.target_agent OR someone.email = LOWER(r.target_agent)
               OR EXISTS (
                   SELECT 1 FROM desk_memberships theirs
                   WHERE theirs.workspace = r.workspace AND theirs.integration = r.integration
                     AND theirs.group_id = r.target_group AND theirs.user_id = someone.id))))
)"""
"""A request is meant for nobody in particular, for the reader, for a group of theirs, or for nobody who is
known here: then it is for the whole team, else it would be missed because of a wrong name."""

_OFFERED: Final = f"""EXISTS (
    SELECT 1 FROM desk_requests r
    WHERE r.workspace = c.workspace AND r.integration = c.integration AND r.conversation_id = c.id
      AND (r.status = 'new' OR c.status IN ('pending', 'unserved')) AND {_AIMED}
)"""
"""A request about the conversation waits for the reader, or was missed by them."""

_PUBLIC: Final = f"(c.status <> 'pending' OR {_OFFERED})"

_PRIVATE: Final = f"""(
    c.owner_id = :me
    OR EXISTS (
        SELECT 1 FROM desk_participants part
        WHERE part.workspace = c.workspace AND part.integration = c.integration
          AND part.conversation_id = c.id AND part.user_id = :me
          AND (part.status = 'active' OR (c.status = 'finished' AND part.left_at = c.ended_at)))
    OR {_OFFERED}
)"""


@dataclass(frozen=True, slots=True)
class View:
    """What somebody sees now, as conditions: on ``desk_conversations c``, and on ``desk_requests r``.

    ``listed`` is for lists of requests, ``aimed`` says whether a request is theirs to take.
    ``params`` are the parameters of all three.
    """

    conversations: str
    listed: str
    aimed: str
    params: Mapping[str, SqlValue] = field(default_factory=dict[str, SqlValue])


EVERYTHING: Final = View("1 = 1", "1 = 1", "1 = 1")
"""What a LiveChat Admin sees, and the desk itself."""


class Sight:
    """Asks the rule. The mode is read each time: a change takes effect with the next look at anything."""

    def __init__(self, desk: DeskContext, settings: SettingsStore) -> None:
        self._desk = desk
        self._settings = settings

    async def view(self, actor: DeskUser | None) -> View:
        """What ``actor`` sees; ``None`` is the desk itself, which sees everything."""
        if actor is None or actor.may(Right.ADMINISTER):
            return EVERYTHING
        private = (await self._settings.get()).mode is Mode.PRIVATE
        conversations = _PRIVATE if private else _PUBLIC
        listed = f"((r.status = 'new' AND {_AIMED}) OR (r.status <> 'new' AND {_its(conversations)}))"
        params: dict[str, SqlValue] = {"me": actor.id, "me_text": str(actor.id), "me_email": actor.email}
        return View(conversations, listed, _AIMED, params)

    async def may_see(self, actor: DeskUser, conversation: Conversation | int) -> bool:
        """Whether ``actor`` sees a conversation. What is not there is seen by nobody."""
        view = await self.view(actor)
        conversation_id = conversation if isinstance(conversation, int) else conversation.id
        return (
            await self._desk.first(
                f"""
            SELECT 1 AS seen FROM desk_conversations c
            WHERE c.workspace = :workspace AND c.integration = :integration AND c.id = :id
              AND {view.conversations}
            """,
                id=conversation_id,
                **view.params,
            )
            is not None
        )

    async def check_may_see(self, actor: DeskUser, conversation: Conversation | int) -> None:
        """Raise ``NotFound`` unless ``actor`` sees the conversation."""
        if not await self.may_see(actor, conversation):
            number = conversation if isinstance(conversation, int) else conversation.id
            raise NotFound(f"There is no conversation {number} at this desk.")

    async def check_may_see_request(self, actor: DeskUser, request_id: int) -> None:
        """Raise ``NotFound`` unless ``actor`` sees the request in a list, or sees its conversation."""
        view = await self.view(actor)
        if not await self._request(request_id, f"({view.listed} OR {_its(view.conversations)})", view):
            raise NotFound(f"There is no request {request_id} at this desk.")

    async def check_may_take(self, actor: DeskUser, request_id: int) -> None:
        """Raise ``NotFound`` for a request that is not seen, ``Forbidden`` for one that is for somebody else.

        One that was for ``actor`` and is no longer new passes: whoever is late is told who was first.
        """
        view = await self.view(actor)
        if await self._request(request_id, view.aimed, view):
            return
        await self.check_may_see_request(actor, request_id)
        raise Forbidden("This request is meant for somebody else.", hint="They can accept it, or an admin.")

    async def _request(self, request_id: int, condition: str, view: View) -> bool:
        row = await self._desk.first(
            f"""
            SELECT 1 AS seen FROM desk_requests r
            WHERE r.workspace = :workspace AND r.integration = :integration AND r.id = :id AND {condition}
            """,
            id=request_id,
            **view.params,
        )
        return row is not None


def _its(conversations: str) -> str:
    return f"""EXISTS (
        SELECT 1 FROM desk_conversations c
        WHERE c.workspace = r.workspace AND c.integration = r.integration AND c.id = r.conversation_id
          AND {conversations})"""
