"""Whatever agents and customer do in whatever order: who polls as the documents say hears all of it, once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.cisco_bench import CiscoBench, Customer, cisco_bench
from livechat_sdk_simulators.human import NotPossible

ACTS = [
    *["say", "say", "type", "stop", "poll", "poll", "lost poll", "send", "leave", "transfer", "end", "wait"],
    *["join Eleni", "join Nikos", "status"],
]


class Listener:
    """A customer who keeps the greatest id as cursor, and knows events by their element and id."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.cursor = 0
        self.known: set[tuple[str, int]] = set()
        self.heard: list[str] = []
        self.there = 0

    async def poll(self) -> None:
        """Ask once, and take what is new in the order of the answer."""
        for event in await self.customer.raw(self.cursor):
            number = int((event.findtext("id") or "").strip())
            self.cursor = max(self.cursor, number)
            if (event.tag, number) in self.known:
                continue
            self.known.add((event.tag, number))
            status = (event.findtext("status") or "").strip()
            if event.tag == "MessageEvent":
                self.heard.append(event.findtext("body") or "")
            elif event.tag == "PresenceEvent":
                self.there += 1 if status == "joined" else -1


async def _do(ccp: CiscoBench, listener: Listener, act: str, number: int, said: list[str]) -> None:
    human, ref = ccp.human, "h-1.1"
    if act == "say":
        await human.say(ref, f"{number}")
        said.append(f"{number}")
    elif act == "lost poll":
        ccp.cisco.faults.script("poll", "drop_after")
        try:
            await listener.poll()
        except httpx.ReadError:
            return
        raise AssertionError("the answer arrived")
    elif act == "wait":
        ccp.clock.advance(20)
        await listener.poll()
    else:
        doing: dict[str, Any] = {
            "type": lambda: human.typing(ref, on=True),
            "stop": lambda: human.typing(ref, on=False),
            "poll": listener.poll,
            "send": lambda: listener.customer.send(f"{number}"),
            "leave": lambda: human.leave(ref),
            "transfer": lambda: human.transfer(ref, f"Agent {number}"),
            "end": lambda: human.end(ref),
            "status": lambda: human.status(ref, "chat_issue"),
            "join Eleni": lambda: human.join(ref, "Eleni"),
            "join Nikos": lambda: human.join(ref, "Nikos"),
        }
        await doing[act]()


async def _play(acts: list[str], server: dict[str, Any]) -> None:
    async with cisco_bench(inactivity_timeout=3600, **server) as ccp:
        listener, said = Listener(await ccp.open()), list[str]()
        for number, act in enumerate(acts):
            try:
                await _do(ccp, listener, act, number, said)
            except NotPossible:
                await listener.poll()
        await listener.poll()
        assert listener.heard == said
        [chat] = await ccp.human.chats()
        assert listener.there == len(chat.details["present"])
        assert (chat.state == "active") == (listener.there > 0)
        cursor = listener.cursor
        await listener.poll()
        assert (listener.cursor, len(listener.heard)) == (cursor, len(said))


@settings(max_examples=80)
@given(
    acts=st.lists(st.sampled_from(ACTS), max_size=25),
    server=st.fixed_dictionaries(
        {},
        optional={
            "ids": st.sampled_from(["backwards", "equal"]),
            "after": st.just("place"),
            "root": st.just("ChatEvents"),
            "blanks": st.just(value=True),
            "encoded_names": st.just(value=True),
            "transfer": st.just("leave_first"),
            "early_messages": st.just("kept"),
        },
    ),
)
def test_every_event_is_heard_once_and_in_the_order_of_the_answers(
    acts: list[str], server: dict[str, Any]
) -> None:
    asyncio.run(_play(acts, server))
