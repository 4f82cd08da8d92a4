"""Whom one may ask to take over a conversation or to join it: members and teams who could answer now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import NotFound, TargetUnavailable
from livechat_sdk_helvia.groups import Groups
from livechat_sdk_helvia.records import Conversation, DeskUser, Right, from_row
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["Presence", "Target", "Targets"]

_MEMBERS: Final = (
    "SELECT u.*,"
    + GROUP_ROLES
    + """
    FROM desk_users u
    WHERE u.workspace = :workspace AND u.integration = :integration
    """
)


class Presence(Protocol):
    """Who is at the desk."""

    async def online(self, user_id: int) -> bool:
        """Whether this member can take something on now."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A member, or a team. ``present`` of its ``size`` members who could answer are online."""

    name: str
    agent: int | None = None
    group: str | None = None
    size: int = 1
    present: int = 0

    @property
    def value(self) -> str:
        """The target as a form sends it."""
        return f"team:{self.group}" if self.group is not None else f"member:{self.agent}"


class Targets:
    """Members and teams of the desk, as somebody who needs help sees them."""

    def __init__(self, desk: DeskContext, groups: Groups, presence: Presence) -> None:
        self._desk = desk
        self._groups = groups
        self._presence = presence

    async def listed(self, actor: DeskUser, conversation: Conversation) -> Sequence[Target]:
        """Whom ``actor`` may ask about this conversation: members first, then teams, each by name."""
        require(actor, Right.HANDLE)
        members = [await self._as_target(user) for user in await self._able(conversation)]
        return [*members, *[await self._team(conversation, group.id) for group in await self._groups.all()]]

    async def choose(self, conversation: Conversation, *, agent: int | None, group: str | None) -> Target:
        """One member or one team. Raises ``NotFound``, and ``TargetUnavailable`` when nobody is there."""
        if (agent is None) == (group is None):
            raise NotFound("Choose one member or one team.")
        if group is not None:
            team = await self._team(conversation, group)
            if not team.size:
                raise TargetUnavailable(
                    f"{team.name} has nobody who could answer.", hint="Choose another one."
                )
            if not team.present:
                raise TargetUnavailable(f"Nobody of {team.name} is online.", hint="Choose another one.")
            return team
        found = [user for user in await self._able(conversation) if user.id == agent]
        if not found:
            raise NotFound("There is no such member who could answer.", hint="Choose one of the list.")
        target = await self._as_target(found[0])
        if not target.present:
            raise TargetUnavailable(f"{target.name} is not online.", hint="Choose somebody else, or a team.")
        return target

    async def member(self, user_id: int) -> DeskUser | None:
        """Anybody who has, or had, an account."""
        row = await self._desk.first(_MEMBERS + " AND u.id = :id", id=user_id)
        return from_row(DeskUser, row) if row else None

    async def _as_target(self, user: DeskUser) -> Target:
        return Target(user.name, agent=user.id, present=int(await self._presence.online(user.id)))

    async def _team(self, conversation: Conversation, group_id: str) -> Target:
        group, able = await self._groups.get(group_id), await self._able(conversation, group_id)
        present = sum([await self._presence.online(user.id) for user in able])
        return Target(group.name, group=group.id, size=len(able), present=present)

    async def _able(self, conversation: Conversation, group: str | None = None) -> list[DeskUser]:
        """Who may handle conversations and does not own this one, by name."""
        if group is None:
            rows = await self._desk.fetch(_MEMBERS + " AND u.active = 1 ORDER BY u.name, u.id")
            members = [from_row(DeskUser, row) for row in rows]
        else:
            members = list(await self._groups.members(group))
        return [user for user in members if user.may(Right.HANDLE) and user.id != conversation.owner_id]
