"""The team as the desk's other parts see it: groups, who is there, who may see what."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_sdk.domain.handoff import Route
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.groups import Group, Groups
from livechat_sdk_helvia.presence import Colleague, Presence, PresenceState
from livechat_sdk_helvia.records import Conversation, DeskUser, Right
from livechat_sdk_helvia.sight import Sight

__all__ = ["Team"]


class Team:
    """Questions about the team. What is changed is changed in ``Groups``, ``Members`` and ``Presence``."""

    def __init__(self, desk: DeskContext, groups: Groups, presence: Presence, sight: Sight) -> None:
        self._desk = desk
        self._groups = groups
        self._presence = presence
        self._sight = sight

    async def groups(self) -> Sequence[Group]:
        """Every group, by name."""
        return await self._groups.all()

    async def groups_of(self, user_id: int) -> Sequence[Group]:
        """The groups of a member."""
        return await self._groups.of(user_id)

    async def members(self, group_id: str) -> Sequence[DeskUser]:
        """The members of a group who can sign in; nobody for a group that is not there."""
        return await self._groups.members(group_id)

    async def online(self, user_id: int) -> bool:
        """Whether a member is at the desk and not away."""
        found = await self._presence.of(user_id)
        return found is not None and found.state(self._desk.now()) is PresenceState.ONLINE

    async def colleagues(self, actor: DeskUser) -> Sequence[Colleague]:
        """Everybody who may handle conversations, ``actor`` included. Raises ``Forbidden``."""
        require(actor, Right.HANDLE)
        return await self._presence.all()

    async def may_see(self, actor: DeskUser, conversation: Conversation | int) -> bool:
        """Whether ``actor`` may see a conversation now."""
        return await self._sight.may_see(actor, conversation)

    async def check_may_see(self, actor: DeskUser, conversation: Conversation | int) -> None:
        """Raise ``NotFound`` unless ``actor`` may see the conversation."""
        await self._sight.check_may_see(actor, conversation)

    async def somebody_free(self, route: Route) -> bool:
        """Whether somebody who would see a request with this route could take it now."""
        team = await self._presence.all()
        free = self._presence.free(team)
        group, agent = route.group or route.queue, route.agent
        if group is None and agent is None:
            return bool(free)
        members = {member.id for member in await self._groups.members(group)} if group else set[int]()
        named = {one.id for one in team if agent and agent.lower() in {str(one.id), one.email}}
        wanted = members | named
        if not wanted:
            return bool(free)
        return any(one.id in wanted or one.may(Right.ADMINISTER) for one in free)
