"""Whatever agents and callers do in whatever order: what is told, what is shown and what agents see agree."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contrib.simulators.tests.genesys_bench import DETAILS, GenesysBench
from livechat_sdk_simulators.genesys.human import ENDS
from livechat_sdk_simulators.genesys.simulator import EventSocket
from livechat_sdk_simulators.human import NotPossible

AGENTS = st.sampled_from(["Eleni", "Nikos", None])
_BEGUN = {"user.start": "agent", "acd.start": "acd"}
_OVER = {"user.end": "agent", "acd.end": "acd", "customer.end": "customer"}


class Genesys(RuleBasedStateMachine):
    """One end user, two agents, and a listener who keeps book of the details and of the queue's snapshots."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.bench = GenesysBench()
        self.run(self.bench.log_in())
        self.alive: dict[str, str] = {}
        """Purpose of every leg of agents and queues, by what the details have told."""
        self.over = False
        self.snapshot: dict[str, Any] = {}
        self.written = 0

    def run(self, act: Awaitable[Any]) -> Any:
        async def in_time() -> Any:
            async with asyncio.timeout(20):
                return await act

        return self.loop.run_until_complete(in_time())

    def teardown(self) -> None:
        self.run(self.bench.client.aclose())
        self.loop.close()

    @initialize()
    def begin(self) -> None:
        self.conversation: str = self.run(self.bench.write())
        self.written = 1
        queues = [
            f"v2.routing.queues.{one}.conversations.messages" for one in self.bench.genesys.floor.queues
        ]
        details = [f"{DETAILS}{self.conversation}.{end}" for end in (*_BEGUN, *_OVER)]
        self.socket: EventSocket = self.run(self.bench.socket(*details, *queues))
        self.snapshot = self.shown()
        self.alive = {
            one["id"]: one["purpose"]
            for one in self.snapshot["participants"]
            if one["purpose"] in {"agent", "acd"} and one["state"] != "disconnected"
        }

    def shown(self) -> dict[str, Any]:
        return dict(self.run(self.bench.conversation(self.conversation)))

    def attempt(self, act: Awaitable[Any]) -> None:
        with suppress(NotPossible):
            self.run(act)

    # ------------------------------------------------------------------------------------------- acts
    @rule(agent=AGENTS)
    def accept(self, agent: str | None) -> None:
        self.attempt(self.bench.human.accept("u-1", agent))

    @rule(agent=AGENTS)
    def join(self, agent: str | None) -> None:
        self.attempt(self.bench.human.join("u-1", agent))

    @rule(agent=AGENTS)
    def decline(self, agent: str | None) -> None:
        self.attempt(self.bench.human.decline("u-1", agent))

    @rule(agent=AGENTS)
    def leave(self, agent: str | None) -> None:
        self.attempt(self.bench.human.leave("u-1", agent))

    @rule(to=st.sampled_from(["Eleni", "Nikos", "Billing", "Support"]))
    def transfer(self, to: str) -> None:
        self.attempt(self.bench.human.transfer("u-1", to))

    @rule(agent=AGENTS)
    def say(self, agent: str | None) -> None:
        self.attempt(self.bench.human.say("u-1", "Hello", agent=agent))

    @rule(why=st.sampled_from([None, *ENDS]))
    def end(self, why: str | None) -> None:
        self.attempt(self.bench.human.end("u-1", why))

    @rule()
    def write(self) -> None:
        if self.over:
            self.over = False  # within 72 hours the conversation goes on
        assert self.run(self.bench.write()) == self.conversation
        self.written += 1

    @rule()
    def hang_up(self) -> None:
        customer = [one for one in self.shown()["participants"] if one["purpose"] == "customer"][-1]["id"]
        path = f"/conversations/messages/{self.conversation}/participants/{customer}"
        answer = self.run(self.bench.client.patch(path, json={"state": "disconnected"}))
        assert answer.status_code == (400 if self.over else 202)

    # --------------------------------------------------------------------------------------- agreement
    @invariant()
    def all_agree(self) -> None:
        if hasattr(self, "socket"):
            self.keep_book()
            self.compare_legs()
            self.compare_chats()

    def keep_book(self) -> None:
        for frame in self.run(self.bench.frames(self.socket)):
            body = frame["eventBody"]
            end = frame["topicName"].removeprefix(DETAILS).partition(".")[2]
            if frame["topicName"].startswith("v2.routing"):
                self.snapshot = body
            elif end in _BEGUN:
                assert body["participantId"] not in self.alive
                self.alive[body["participantId"]] = _BEGUN[end]
            elif end == "customer.end":
                assert not self.alive
                self.over = True
            else:
                assert self.alive.pop(body["participantId"]) == _OVER[end]

    def compare_legs(self) -> None:
        shown = self.shown()["participants"]
        states = {one["id"]: one["state"] for one in shown}
        assert {one["id"]: one["state"] for one in self.snapshot["participants"]} == states
        legs = [one for one in shown if one["purpose"] in {"agent", "acd"}]
        assert {one["id"] for one in legs if one["state"] != "disconnected"} == set(self.alive)
        assert all(("endTime" in one) == (one["state"] == "disconnected") for one in shown)
        assert all(("disconnectType" in one) == (one["state"] == "disconnected") for one in shown)

    def compare_chats(self) -> None:
        shown = self.shown()["participants"]
        there = [one["name"] for one in shown if (one["purpose"], one["state"]) == ("agent", "connected")]
        waits = [one for one in shown if (one["purpose"], one["state"]) == ("acd", "connected")]
        assert len(waits) <= 1
        assert not (there and waits)
        assert len(set(there)) == len(there)
        chats = self.run(self.bench.human.chats())
        assert all(one.state == "ended" for one in chats[:-1])
        expected = "ended" if self.over else ("active" if there else "queued")
        assert (chats[-1].state, chats[-1].details["agents"]) == (expected, there)
        texts = sum(len(leg["messages"]) for leg in shown if leg["purpose"] == "customer")
        assert texts >= self.written


Genesys.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestGenesysInAnyOrder = Genesys.TestCase
