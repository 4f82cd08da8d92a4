"""Handoffs that several worker processes race for, and what must be true of each afterwards.

Each race lets two or more things happen at the same moment in different processes. Whichever wins, the audit
must find one writer, one order, one end; and no bot message passes the send gate once a request has been
committed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.crash.audit import Expected, audit
from tests.processes.stage import Stage
from tests.processes.world import Chat, Talk

_ASKS = 6


@dataclass(frozen=True)
class Asked:
    """One question to the send gate. The times are of the machine's steady clock, in the worker."""

    conversation: str
    number: int
    allowed: bool
    began: float


class Races:
    """Plays races on a stage with several workers, and judges them."""

    def __init__(self, stage: Stage, seed: int, *, at_once: int = 40) -> None:
        self._stage = stage
        self._names = list(stage.workers)
        self._random = random.Random(seed)  # noqa: S311  # only has to be the same again
        self._free = asyncio.Semaphore(at_once)
        self._outcomes: dict[str, tuple[str, ...]] = {}
        self._asked: list[Asked] = []
        self._committed: dict[tuple[str, int], float] = {}
        self.played: dict[str, int] = {}

    async def run(self, first: int, count: int) -> None:
        """Play so many conversations, from the one with this number on, many at once."""
        async with asyncio.TaskGroup() as group:
            for number in range(first, first + count):
                group.create_task(self._one(number))

    async def findings(self) -> list[str]:
        """What is wrong."""
        async with self._stage.ledger.reading() as store:
            found = await audit(self._stage.world, store, Expected(self._outcomes, doubts=0))
        return found + self._gate_findings()

    @property
    def gate(self) -> dict[str, int]:
        """How often the send gate was asked, and how often right after a request it said no."""
        return {"asked": len(self._asked), "refused": sum(not asked.allowed for asked in self._asked)}

    def _gate_findings(self) -> list[str]:
        return [
            f"{asked.conversation}: the gate let the bot pass under number {asked.number}, "
            f"{asked.began - committed:.6f} s after the request had been committed"
            for asked in self._asked
            if asked.allowed
            and (committed := self._committed.get((asked.conversation, asked.number))) is not None
            and asked.began >= committed
        ]

    async def _one(self, number: int) -> None:
        async with self._free:
            kind = self._random.choice(list(RACES))
            self.played[kind] = self.played.get(kind, 0) + 1
            talk = self._stage.world.talk(f"c-{number}")
            self._outcomes[talk.id] = await RACES[kind](self, talk)
            end = await talk.handed_back()
            await talk.settle()
            await self._assert_gate_opens(talk, end["owner_number"])

    # ------------------------------------------------------------------------------------------------ races
    async def message_against_join(self, talk: Talk) -> tuple[str, ...]:
        """The end user speaks while the agent joins and speaks."""
        await self._requested(talk, self._some())
        chat = await self._chat(talk)
        await asyncio.gather(
            self._say(talk, 3), self._tell(chat, "joined", name="Ann"), self._agent_says(chat, talk, 2)
        )
        await talk.settle()
        await self._stage.vendor.end(chat)
        return ("completed",)

    async def end_against_send(self, talk: Talk) -> tuple[str, ...]:
        """Everybody ends it and everybody goes on talking."""
        await self._requested(talk, self._some())
        chat = await self._chat(talk)
        await self._tell(chat, "joined", name="Ann")
        await asyncio.gather(
            self._say(talk, 3), self._agent_says(chat, talk, 2), talk.end(), self._stage.vendor.end(chat)
        )
        return ("completed",)

    async def two_accepts(self, talk: Talk) -> tuple[str, ...]:
        """Two agents join at the same moment."""
        await self._requested(talk, self._some())
        chat = await self._chat(talk)
        await talk.say(f"{talk.id}-early")
        await asyncio.gather(
            self._tell(chat, "joined", name="Ann", agent="a-1"),
            self._tell(chat, "joined", name="Bob", agent="a-2"),
            self._tell(chat, "accepted"),
        )
        await self._say(talk, 1)
        await talk.settle()
        await talk.end()
        return ("completed",)

    async def two_accepts_at_a_desk(self, talk: Talk) -> tuple[str, ...]:
        """At a desk that lives in every worker, one agent in each takes the chat: the first one has it."""
        await self._requested(talk, self._some())
        chat = await self._chat(talk)
        vendor = self._stage.vendor
        got = await asyncio.gather(*(vendor.accept(name, chat, f"agent-{name}") for name in self._names))
        (winner,) = [name for name, took in zip(self._names, got, strict=True) if took]
        words: list[str] = await self._stage.world.until(
            lambda: self._told(talk, "joined"), f"{talk.id} is told who has joined"
        )
        await self._say(talk, 1)
        await talk.settle()
        await talk.end()
        if any(f"agent-{winner}" not in text for text in words):
            raise AssertionError(f"{talk.id}: {winner} won, the end user was told {words}")
        return ("completed",)

    async def same_request_everywhere(self, talk: Talk) -> tuple[str, ...]:
        """A bot asks every worker at once with one key."""
        answers = await asyncio.gather(*(self._request(talk, "one", name) for name in self._names))
        (only,) = {answer["id"] for answer in answers}
        talk.requests.append((f"{talk.id}/one", only))
        await self._say(talk, 1)
        await self._chat(talk)
        await talk.end()
        return ("cancelled",)

    async def other_requests_everywhere(self, talk: Talk) -> tuple[str, ...]:
        """A bot asks every worker at once, each time with another key: one wins, the others are told so."""
        answers = await asyncio.gather(*(self._request(talk, name, name) for name in self._names))
        winners = [n for n, answer in zip(self._names, answers, strict=True) if answer["outcome"] is None]
        if len(winners) != 1:
            raise AssertionError(f"{talk.id}: {len(winners)} of {len(answers)} requests won")
        ids = {name: answer["id"] for name, answer in zip(self._names, answers, strict=True)}
        losers = [name for name in self._names if name not in winners]
        talk.requests += [(f"{talk.id}/{name}", ids[name]) for name in (*losers, *winners)]
        await self._chat(talk)
        await self._say(talk, 1)
        await talk.end()
        return (*("already_open" for _ in losers), "cancelled")

    async def one_webhook_everywhere(self, talk: Talk) -> tuple[str, ...]:
        """A vendor repeats one event, to every worker at once."""
        await self._requested(talk, self._some())
        chat = await self._chat(talk)
        await self._everywhere(chat, "joined", name="Ann")
        key = f"{talk.id}-a"
        await asyncio.gather(self._everywhere(chat, "message", key=key, text=key), self._say(talk, 2))
        chat.said.append(key)
        await talk.settle()
        await self._everywhere(chat, "ended")
        chat.ended = True
        return ("completed",)

    # ----------------------------------------------------------------------------------------------- pieces
    def _some(self) -> str:
        return self._random.choice(self._names)

    async def _requested(self, talk: Talk, worker: str) -> None:
        answer = await self._request(talk, "one", worker)
        talk.requests.append((f"{talk.id}/one", answer["id"]))

    async def _request(self, talk: Talk, key: str, worker: str) -> dict[str, Any]:
        """Ask for a human, while other workers are asked whether the bot may speak."""
        asking = [asyncio.create_task(self._ask_gate(talk, self._some(), 0)) for _ in range(_ASKS)]
        answer: dict[str, Any] = await self._stage.world.call(
            "request", worker=worker, key=f"{talk.id}/{key}", conversation=talk.id, bot=talk.bot, wait=0.0
        )
        place = (talk.id, 0)
        self._committed[place] = min(self._committed.get(place, answer["at"]), answer["at"])
        await asyncio.gather(*asking, *(self._ask_gate(talk, name, 0) for name in self._names))
        return answer

    async def _ask_gate(self, talk: Talk, worker: str, number: int) -> bool:
        answer = await self._stage.world.call("gate", worker=worker, conversation=talk.id, number=number)
        self._asked.append(Asked(talk.id, number, answer["allowed"], answer["began"]))
        return bool(answer["allowed"])

    async def _assert_gate_opens(self, talk: Talk, number: int) -> None:
        for name in self._names:
            if await self._ask_gate(talk, name, 0) or not await self._ask_gate(talk, name, number):
                raise AssertionError(f"{talk.id}: {name} does not know that the bot has number {number} now")

    async def _chat(self, talk: Talk) -> Chat:
        chat: Chat = await self._stage.world.until(
            lambda: self._stage.vendor.chat_of(talk.handoff), f"{talk.id} has a chat"
        )
        return chat

    def _told(self, talk: Talk, moment: str) -> list[str]:
        said = self._stage.world.delivered(talk.handoff, "system_message")
        return [one["text"] for one in said if one["moment"] == moment]

    async def _say(self, talk: Talk, count: int) -> None:
        await talk.say(*(f"{talk.id}-m-{number}" for number in range(count)))

    async def _agent_says(self, chat: Chat, talk: Talk, count: int) -> None:
        for number in range(count):
            await self._stage.vendor.say(chat, f"{talk.id}-a-{number}")

    async def _tell(self, chat: Chat, event: str, **fields: str) -> None:
        await self._stage.vendor.tell(chat, event, **fields)

    async def _everywhere(self, chat: Chat, event: str, **fields: str) -> None:
        taken = await asyncio.gather(*self._stage.vendor.tell_each(self._names, chat, event, **fields))
        if sum(taken) != 1:
            raise AssertionError(f"{event} of {chat.ref} was taken {sum(taken)} times")


RACES: Mapping[str, Callable[[Races, Talk], Awaitable[tuple[str, ...]]]] = {
    race.__name__: race
    for race in (
        Races.message_against_join,
        Races.end_against_send,
        Races.two_accepts,
        Races.two_accepts_at_a_desk,
        Races.same_request_everywhere,
        Races.other_requests_everywhere,
        Races.one_webhook_everywhere,
    )
}
"""Every kind of race."""
