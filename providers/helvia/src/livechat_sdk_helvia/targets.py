"""Whom one may ask to take over a conversation or to join it: members and teams who could answer now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import NotFound, TargetUnavailable
from livechat_sdk_helvia.groups import Group, Groups
from livechat_sdk_helvia.presence import Colleague, Presence, PresenceState
from livechat_sdk_helvia.records import Conversation, DeskUser, Right, from_row
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["Target", "Targets"]

_MEMBERS: Final = (
    "SELECT u.*,"
    + GROUP_ROLES
    + """
    FROM desk_users u
    WHERE u.workspace = :workspace AND u.integration = :integration
    """
)


@dataclass(frozen=True, slots=True)
class Target:
    """A member, or a team. ``present`` of its ``size`` members who could answer can take it now."""

    name: str
    agent: int | None = None
    group: str | None = None
    size: int = 1
    present: int = 0
    state: str = ""
    """Of a member, in words."""

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

    async def listed(self, actor: DeskUser, conversation: Conversation, *, to_own: bool) -> Sequence[Target]:
        """Whom ``actor`` may ask about this conversation: members first, then teams, each by name.

        ``to_own``: whether they are to own it, for which they need room for one more.
        """
        require(actor, Right.HANDLE)
        able = await self._able(conversation)
        members = [self._member(one, to_own=to_own) for one in able]
        return [*members, *[await self._team(able, group, to_own) for group in await self._groups.all()]]

    async def choose(
        self, conversation: Conversation, *, agent: int | None, group: str | None, to_own: bool
    ) -> Target:
        """One member or one team. Raises ``NotFound``, and ``TargetUnavailable`` when nobody is there."""
        if (agent is None) == (group is None):
            raise NotFound("Choose one member or one team.")
        able = await self._able(conversation)
        if group is not None:
            team = await self._team(able, await self._groups.get(group), to_own)
            if not team.size:
                raise TargetUnavailable(f"{team.name} has nobody who could answer.", hint="Choose another.")
            if not team.present:
                raise TargetUnavailable(f"Nobody of {team.name} is available.", hint="Choose another one.")
            return team
        found = [one for one in able if one.id == agent]
        if not found:
            raise NotFound("There is no such member who could answer.", hint="Choose one of the list.")
        target = self._member(found[0], to_own=to_own)
        if not target.present:
            raise TargetUnavailable(
                f"{target.name} is {target.state}.", hint="Choose somebody else, or a team."
            )
        return target

    async def member(self, user_id: int) -> DeskUser | None:
        """Anybody who has, or had, an account."""
        row = await self._desk.first(_MEMBERS + " AND u.id = :id", id=user_id)
        return from_row(DeskUser, row) if row else None

    def _member(self, one: Colleague, *, to_own: bool) -> Target:
        state = one.state(self._desk.now())
        words = {PresenceState.OFFLINE: "not online", PresenceState.AWAY: "away"}
        if state is PresenceState.ONLINE and to_own and one.full:
            return Target(one.name, agent=one.id, state="busy: no room for another conversation")
        return Target(
            one.name,
            agent=one.id,
            present=int(state is PresenceState.ONLINE),
            state=words.get(state, "online"),
        )

    async def _team(self, able: Sequence[Colleague], group: Group, to_own: bool) -> Target:
        ids = {user.id for user in await self._groups.members(group.id)}
        targets = [self._member(one, to_own=to_own) for one in able if one.id in ids]
        present = sum(target.present for target in targets)
        return Target(group.name, group=group.id, size=len(targets), present=present)

    async def _able(self, conversation: Conversation) -> list[Colleague]:
        """Who may handle conversations and does not own this one, by name."""
        return [one for one in await self._presence.all() if one.id != conversation.owner_id]
