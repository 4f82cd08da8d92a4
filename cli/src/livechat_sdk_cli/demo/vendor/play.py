"""The handoff that is played: from the bot's history to the end, with everything checked as it goes.

Both sides write in bursts, as people do: several texts before the first has arrived. Where the vendor's
events pass each other, the end user's side may get them in another order; then the times that come along must
tell which was first.
"""

from __future__ import annotations

import json
from secrets import token_hex

from livechat_sdk_cli.demo.people import until
from livechat_sdk_cli.demo.vendor.agents import AgentSide
from livechat_sdk_cli.demo.vendor.checks import differences, fates, overtaken
from livechat_sdk_cli.demo.vendor.following import Followed
from livechat_sdk_cli.demo.vendor.lines import AGENTS, ANSWER, HISTORY, LABEL, RECEIPT, Line
from livechat_sdk_cli.demo.vendor.platform import Platform, Taken
from livechat_sdk_cli.demo.vendor.played import Played
from livechat_sdk_cli.demo.vendor.settings import can_tell
from livechat_sdk_cli.demo.vendor.stage import Stage
from livechat_sdk_cli.demo.vendor.steps import Steps
from livechat_sdk_cli.demo.vendor.talk import PATIENCE, Talk, heard_in
from livechat_sdk_cli.demo.vendor.users import UserSide
from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["play"]


async def play(
    stage: Stage,
    platform: Platform,
    user: UserSide,
    steps: Steps,
    played: Played,
    *,
    kill: bool,
    late: bool,
) -> None:
    """Play it and note everything in ``played``. Raises ``CommandError`` when something never arrives.

    ``kill``: the worker is killed twice. ``late``: the vendor's events may pass each other.
    """
    actors = _Actors(stage, platform, user, steps, played, kill=kill, late=late)
    await actors.begin()
    async with user.follows() as followed:
        await actors.talk()
        await actors.transfer()
        await actors.part(followed)
    await actors.look_back(followed)


class _Actors:
    """Everybody on the stage."""

    def __init__(
        self,
        stage: Stage,
        platform: Platform,
        user: UserSide,
        steps: Steps,
        played: Played,
        *,
        kill: bool,
        late: bool,
    ) -> None:
        self._stage = stage
        self._agents: AgentSide = stage.agents
        self._platform = platform
        self._user = user
        self._steps = steps
        self._kill = kill
        self._late = late or kill
        self._talk = Talk(stage.agents, user, platform, played, passes=late)
        played.order_is_told = stage.able.tells_order
        self._agent = AGENTS[0]
        self._conversation = f"conversation-{token_hex(4)}"
        self.played = played

    # ---------------------------------------------------------------------------------------- the acts
    async def begin(self) -> None:
        """Ask for a human; an agent comes and greets."""
        if not can_tell(self._stage.able):
            self.played.left_out.append(
                "looking up whether a message arrived: what is in doubt is sent again"
            )
        if not self._stage.able.tells_order:
            self.played.left_out.append(
                "times of agents' messages: they are taken to have been said as they come"
            )
        with self._steps.step("the end user asks for a human; the vendor has the chat"):
            await self._user.ask(self._conversation)

            async def opened() -> str | None:
                chats = await self._agents.chats()
                return str(chats[0]["id"]) if chats and await self._is_waiting() else None

            self._agents.chat_id = await until(opened, "the vendor has the chat", PATIENCE)
        with self._steps.step(f"{self._agent} joins and greets"):
            await self._come(self._agent)
            await self._talk.agent_says(
                self._agent, Line("Hello Maria, I am Eleni. What is the order number?")
            )

            async def joined() -> bool:
                return bool((await self._user.view())["state"] == "active")

            await until(joined, "the handoff is active", PATIENCE)

    async def talk(self) -> None:
        """Texts and files, both ways; twice the worker is killed, where that is wanted."""
        with self._steps.step("the end user writes twice in a row; the agent reads it"):
            await self._talk.user_says(Line("It is 4711."), Line("It was due yesterday."))
            await self._agents.may("read")
        with self._steps.step("the end user sends a file"):
            await self._talk.user_says(Line("This is the label:", LABEL))
        await self._agent_answers()
        receipt = Line("This is your receipt:", RECEIPT)
        with self._steps.step("the agent sends a file"):
            if not await self._talk.agent_says(self._agent, receipt):
                self.played.left_out.append("files of agents")
        await self._user_thanks()

    async def _agent_answers(self) -> None:
        if not self._kill:
            with self._steps.step("the agent types and answers, four times in a row"):
                await self._agents.may("typing", on=True)
                await self._talk.agent_says(self._agent, *ANSWER)
            return
        with self._steps.step("the worker is killed while the agent writes; another takes over"):
            await self._agents.may("typing", on=True)
            await self._agents.say(ANSWER[0], self._agent)
            await self._stage.kill_worker()
            for line in ANSWER[1:]:
                await self._agents.say(line, self._agent)
            await self._stage.start_worker()
            await self._talk.arrive(*ANSWER)

    async def _user_thanks(self) -> None:
        thanks = Line("Can it be left with my neighbour?")
        if not self._kill:
            with self._steps.step("the end user writes again"):
                await self._talk.user_says(thanks)
            return
        with self._steps.step("the worker is killed between a message accepted and its arrival"):
            # The call hangs at the vendor, which has applied nothing: whether it arrived, nobody can know.
            await self._agents.script("send", "time_out_before")
            await self._user.write(thanks)

            async def hangs() -> bool:
                return await self._agents.suffers("time_out_before")

            await until(hangs, f"“{thanks.text}” is on its way", PATIENCE)
            await self._stage.kill_worker()
            if heard_in(await self._agents.sees(), thanks) is not None:
                raise _failed(f"“{thanks.text}” was at the vendor before the worker was killed")
            await self._stage.start_worker()
            await self._talk.is_read(thanks)

    async def transfer(self) -> None:
        """Another agent takes over, where the vendor has that."""
        other = AGENTS[1]
        goodbye = Line("It comes tomorrow. Have a nice day!")
        with self._steps.step(f"the chat goes to {other}, who writes"):
            if await self._agents.may("transfer", to=other):
                if (await self._agents.chat())["state"] == "queued":
                    await self._come(other)
                self._agent = other
            else:
                self.played.left_out.append("the transfer to another agent")
            await self._talk.agent_says(self._agent, goodbye)

            async def known() -> bool:
                agent = (await self._user.view())["agent"]
                return agent is None or self._agent in str(agent["name"])

            # Some vendors tell it with the agent's words, others only when they are asked.
            await until(known, f"the handoff names {self._agent} as its agent", PATIENCE)

    async def part(self, followed: Followed) -> None:
        """The agent ends it; the platform has the conversation back, and the stream of events ends."""
        with self._steps.step("the agent ends it; the platform has the end"):
            await self._agents.act("end")

            async def ended() -> Taken | None:
                return next(iter(self._platform.of("handoff.ended")), None)

            end = (await until(ended, "the platform gets the end", PATIENCE)).data
            outcome = end["end"]["outcome"]
            if outcome != "completed":
                self.played.problems.append(f"the outcome is {outcome}, not completed")
            if end["undelivered"]:
                self.played.problems.append(f"{len(end['undelivered'])} messages came back as undelivered")
            if not await self._user.bot_may_speak(self._conversation, end["owner_number"]):
                self.played.problems.append("the bot may not speak after the end")

            async def told() -> bool:
                return followed.ended

            await until(told, "the stream of events ends", PATIENCE)

    async def look_back(self, followed: Followed) -> None:
        """Read the history and compare everything."""
        played = self.played
        with self._steps.step("history, and the check of both sides"):
            played.handoff = await self._user.view()
            played.ledger = await self._user.history()
            played.events = followed.kinds
            heard = self._talk.heard()
            seen = await self._agents.sees()
            shown = json.dumps(await self._agents.chat(), ensure_ascii=False)
            played.overtaken = overtaken(played.from_agents, heard)
            played.problems += [
                *differences(
                    played.from_agents,
                    heard,
                    "the end user's side",
                    late=self._late,
                    told=played.order_is_told,
                ),
                *differences(played.from_user, seen, "the agent's side", preface=True),
                *fates(played.ledger, user=len(played.from_user), agent=len(played.from_agents)),
                *(
                    f"“{one['body']}”, which was said before, is not shown to the agent"
                    for one in HISTORY
                    if one["body"] not in shown
                ),
                *self._of_the_end(),
                *followed.problems,
            ]

    def _of_the_end(self) -> list[str]:
        problems: list[str] = []
        ends = self._platform.of("handoff.ended")
        if len(ends) > 1:
            problems.append(f"the platform was told {len(ends)} times that it ended")
        after = self._platform.taken[self._platform.taken.index(ends[0]) + 1 :]
        late = [one.type for one in after if one.type == "handoff.message"]
        if late:
            problems.append(f"{len(late)} messages came to the end user's side after the end")
        if self._platform.refused:
            problems.append(f"{self._platform.refused} deliveries were not signed as they should be")
        return problems

    # ------------------------------------------------------------------------------- what they all do
    async def _is_waiting(self) -> bool:
        return (await self._user.view())["state"] in {"queued", "active"}

    async def _come(self, agent: str) -> None:
        """Take the chat and open it; at some vendors that is one act."""
        came = [await self._agents.may(act, agent=agent) for act in ("accept", "join")]
        if not any(came):
            raise _failed(f"{agent} cannot come into the chat")
        if (await self._agents.chat())["agent"] is None:
            raise _failed(f"{agent} came, and nobody has the chat")


def _failed(what: str) -> CommandError:
    return CommandError(what, code=ExitCode.CHECK_FAILED, next_step="report it: this is a bug")
