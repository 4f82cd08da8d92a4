"""How the end user sees members of the team: everything that leaves the desk with a name passes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk.domain.agent_names import AgentNames as Shown
from livechat_sdk.domain.agent_names import HiddenName, hide
from livechat_sdk.domain.people import Agent
from livechat_sdk_helvia.bots import Bots, BotSettings, MemberNames
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.settings import AgentNames

__all__ = ["Masked", "Masking"]

_SALT: Final = "desk"


@dataclass(frozen=True, slots=True)
class Masked:
    """Names of the team as the end users of one bot see them."""

    shown: Shown
    hidden: Sequence[HiddenName] = ()

    def agent(self, user_id: int | str | None, name: str) -> Agent:
        """A member as the end user may see them."""
        return self.shown.shown(Agent(id=str(user_id), name=name))

    def text(self, body: str) -> str:
        """What a member wrote, without full names of members. Single words stay: most are ordinary ones."""
        return hide(body, self.hidden, _SALT, whole=True)


class Masking:
    """Finds out how names are shown: as the bot's settings say, else as the integration's do."""

    def __init__(self, desk: DeskContext, bots: Bots, otherwise: AgentNames) -> None:
        self._desk = desk
        self._bots = bots
        self._otherwise = MemberNames(otherwise.value)

    async def of(self, bot: str) -> Masked:
        """The names for the end users of ``bot``, as it is now."""
        shown = self._shown(await self._bots.get(bot))
        if shown.show == "full":
            return Masked(shown)
        rows = await self._desk.fetch(
            "SELECT id, name FROM desk_users WHERE workspace = :workspace AND integration = :integration"
        )
        members = [Agent(id=str(row["id"]), name=str(row["name"])) for row in rows]
        return Masked(shown, [one for member in members for one in HiddenName.of(member, shown, _SALT)])

    def _shown(self, settings: BotSettings) -> Shown:
        match settings.names or self._otherwise:
            case MemberNames.FULL_NAME:
                return Shown(show="full")
            case MemberNames.FIRST_NAME:
                return Shown(show="first")
            case MemberNames.TEAM_NAME:
                return Shown(show="alias", alias=settings.team_name)
