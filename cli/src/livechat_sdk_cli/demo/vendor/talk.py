"""Both sides talk: who writes, how long until it has arrived, and whether a file came along whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk_cli.demo.people import until
from livechat_sdk_cli.demo.vendor.agents import AgentSide
from livechat_sdk_cli.demo.vendor.checks import Heard, as_platform_took
from livechat_sdk_cli.demo.vendor.lines import Line
from livechat_sdk_cli.demo.vendor.platform import Platform
from livechat_sdk_cli.demo.vendor.played import Played
from livechat_sdk_cli.demo.vendor.users import UserSide

__all__ = ["PATIENCE", "Talk", "heard_in"]

PATIENCE: Final = 120.0
"""Seconds for one arrival. A vendor that refuses calls is left alone for longer and longer, and one whose
webhooks found nobody may come again only after a minute."""

_LATE: Final = 2.0


class Talk:
    """What is written, and waited for. All of it is noted in ``played``.

    ``passes``: the second line of an agent who writes several at once comes late, and the others pass it.
    """

    def __init__(
        self, agents: AgentSide, user: UserSide, platform: Platform, played: Played, *, passes: bool
    ) -> None:
        self._agents = agents
        self._user = user
        self._platform = platform
        self._played = played
        self._passes = passes

    async def user_says(self, *lines: Line) -> None:
        """The end user writes, without waiting in between; the agent reads it."""
        for line in lines:
            await self._user.write(line)
        for line in lines:
            await self.is_read(line)

    async def is_read(self, line: Line) -> None:
        """Wait until the agent sees a message of the end user; a file must be whole."""
        self._played.from_user.append(line)

        async def there() -> Heard | None:
            return heard_in(await self._agents.sees(), line)

        seen = await until(there, f"the agent sees “{line.text}”", PATIENCE)
        await self._is_whole(line, seen, "the end user")

    async def agent_says(self, agent: str, *lines: Line) -> bool:
        """An agent writes, without waiting in between; returns whether agents here can write all of it."""
        for number, line in enumerate(lines):
            if number == 1 and self._passes:
                await self._agents.script("webhook", "delay", seconds=_LATE)
            if not await self._agents.say(line, agent):
                return False
        await self.arrive(*lines)
        return True

    async def arrive(self, *lines: Line) -> None:
        """Wait until the platform has messages of the agent; a file must be whole."""
        self._played.from_agents += lines
        for line in lines:

            async def there(line: Line = line) -> Heard | None:
                return heard_in(self.heard(), line)

            came = await until(there, f"the end user's side gets “{line.text}”", PATIENCE)
            await self._is_whole(line, came, "the agent")

    def heard(self) -> list[Heard]:
        """What the end user's side has got of the agents, in order."""
        return [as_platform_took(one.data) for one in self._platform.of("handoff.message")]

    async def _is_whole(self, line: Line, heard: Heard, whose: str) -> None:
        """Open the file of a line as its reader does, and compare it byte for byte."""
        if line.file is None:
            return
        contents = [await self._user.read(link) for link in heard.links]
        if line.file.content not in contents:
            found = ", ".join(f"{len(one)} bytes" for one in contents) or "nothing"
            self._played.problems.append(
                f"the file {line.file.name} of {whose} is not what was sent: {found} in place of "
                f"{len(line.file.content)} bytes"
            )


def heard_in(heard: Sequence[Heard], line: Line) -> Heard | None:
    """Where a line was heard; with its file, if it has one."""
    return next(
        (one for one in heard if line.text in one.text and (line.file is None or one.links)),
        None,
    )
