"""What happened in a conversation, from all that is told of its participants, in any order and number.

Notifications come unordered, more than once, and not at all while a socket is down; a conversation that is
asked for tells all at once, perhaps of a moment ago. So nothing is read from the order in which things are
told: facts are put together (``legs``), and whatever follows from them is told once.

- An agent has joined when their leg is connected, or when a queue says that they answered: ringing is none.
- A leg that ends by a transfer is a transfer; any other way the agent has left, if the conversation goes on.
- A conversation is over when its customer is: not when an agent is, who may hand it on or not have answered.
- Where all agents have gone and neither queue nor flow has it, it is over too, after a while (``GRACE``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from livechat_sdk.domain.chats import AgentJoined, AgentLeft, ChatEnded, ChatTransferred, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.people import Agent
from livechat_sdk_genesys.legs import Answered, Facts, Kind, Leg, end_of
from livechat_sdk_genesys.standing import GRACE

__all__ = ["LEFT_AFTER", "Unfolding"]

LEFT_AFTER: Final = timedelta(seconds=4)
"""That an agent has left is told after this, or when asking shows that the conversation goes on: where they
have ended it, that follows at once."""

_MAY_HAVE_IT: Final[tuple[Kind, ...]] = ("agent", "queue", "flow")
"""Who may have a conversation, or come to it: agents whose leg just rings, too."""

_MADE_UP: Final = "user:"
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_FAR_OFF: Final = datetime.max.replace(tzinfo=UTC)


class Unfolding:
    """One conversation. ``hear`` takes facts in, ``told`` gives the events that follow and are new."""

    def __init__(self, integration: str, conversation: str, ref: str | None = None) -> None:
        self.conversation = conversation
        self.ref = ref
        self.ended = False
        self._integration = integration
        self._legs: dict[str, Leg] = {}
        self._answered: set[Answered] = set()
        self._joined: dict[str, Agent] = {}
        """Who was told to have joined, by leg."""
        self._gone: set[str] = set()
        """Legs that were told to have ended."""
        self._gone_since: dict[str, datetime] = {}
        self._settled: set[str] = set()
        """Legs that were seen to be over while the conversation went on, by asking."""
        self._empty_since: datetime | None = None
        self._heard = False
        self._ids: dict[str, int] = {}

    def hear(self, facts: Facts) -> None:
        """Take facts in. Those of another conversation raise ``ValueError``."""
        if facts.conversation != self.conversation:
            raise ValueError("facts of another conversation")
        self.ref = self.ref or facts.ref
        known_before = self._heard
        for leg in facts.legs:
            known = self._legs.get(leg.id)
            self._legs[leg.id] = leg if known is None else known.with_facts(leg)
        self._answered.update(facts.answered)
        self._heard = True
        if facts.asked:
            self._settled.update(leg.id for leg in facts.legs if leg.over)
        if facts.whole and not known_before:
            self._begin()

    def _begin(self) -> None:
        """A conversation that is seen for the first time, and as a whole: what is past is past.

        Whoever listened before has told it. Told again it would overtake what came after it.
        """
        if self._customer_end() is not None:
            return
        for leg in self._agents():
            if leg.over and leg.agent is not None:
                self._joined[leg.id] = leg.agent
                self._gone.add(leg.id)

    @property
    def due(self) -> datetime | None:
        """When time alone will bring something."""
        if self.ended:
            return None
        times = [since + LEFT_AFTER for since in self._gone_since.values()]
        if self._empty_since is not None:
            times.append(self._empty_since + GRACE)
        return min(times, default=None)

    @property
    def leaving(self) -> frozenset[str]:
        """Legs of agents of which it is not told yet that they have left: they may have ended it all."""
        return frozenset() if self.ended else frozenset(self._gone_since)

    @property
    def wants_a_look(self) -> bool:
        """Whether asking for the conversation may tell more: a name, who it was that left, who has it now."""
        unexplained = any(
            leg.over and not leg.connected and leg.how != "no_answer" and leg.id not in self._gone
            for leg in self._of_agents()
            if leg.id not in {one.id for one in self._agents()}
        )
        nameless = any(
            leg.is_there and (leg.agent is None or leg.agent.name is None) for leg in self._agents()
        )
        return not self.ended and (nameless or unexplained or self._empty_since is not None)

    @property
    def is_nameless(self) -> bool:
        """Whether somebody has come who is not told of yet, and whose name is not known."""
        if self.ended or self._customer_end() is not None:
            return False
        agents = self._agents()
        told = self._told_of(agents)
        new = [leg.agent for leg in agents if leg.id not in told]
        return any(agent is not None and agent.name is None for agent in new)

    def told(self, now: datetime) -> list[ProviderEvent]:
        """The events that are new. Nothing follows the end."""
        return [] if self.ended else list(self._told(now))

    # ---- what follows

    def _told(self, now: datetime) -> Iterator[ProviderEvent]:
        agents = self._agents()
        end = self._customer_end()
        yield from self._joins(agents, now, over=end is not None)
        if end is not None:
            self.ended = True
            yield self._end(end_of(end, agents), end.ended_at, now)
            return
        yield from self._leaves(agents, now)
        yield from self._deserted(agents, now)

    def _joins(self, agents: list[Leg], now: datetime, *, over: bool) -> Iterator[ProviderEvent]:
        """Whoever has come. Of a conversation that is over only the last one, and only if nobody was told."""
        told = self._told_of(agents)
        new = [leg for leg in agents if leg.id not in told and leg.agent is not None]
        there = {agent.id for name, agent in told.items() if name not in self._gone}
        if over:
            new = [] if self._joined else new[-1:]
        for leg in new:
            if leg.agent is None:
                continue
            self._joined[leg.id] = leg.agent
            if leg.agent.id in there:
                continue  # who comes back before it is told that they left was never away
            there.add(leg.agent.id)
            yield AgentJoined(**self._envelope(f"joined:{leg.id}", leg.connected_at, now), agent=leg.agent)

    def _leaves(self, agents: list[Leg], now: datetime) -> Iterator[ProviderEvent]:
        """Whoever has gone, where others have it or will have it."""
        there = [leg for leg in agents if leg.is_there]
        told = self._told_of(agents)
        for leg in agents:
            agent = told.get(leg.id)
            if leg.is_there or leg.id in self._gone or agent is None:
                continue
            if leg.how == "transfer" and not there:
                self._done_with(leg)
                queue = next((one.queue for one in self._alive("queue") if one.queue), None)
                moved = self._envelope(f"transferred:{leg.id}", leg.ended_at, now)
                yield ChatTransferred(**moved, to=queue, is_team=True)
                continue
            if agent.id in {one.agent.id for one in there if one.agent is not None}:
                self._done_with(leg)  # and came back
                continue
            since = self._gone_since.setdefault(leg.id, now)
            if there or leg.id in self._settled or now - since >= LEFT_AFTER:
                self._done_with(leg)
                yield AgentLeft(**self._envelope(f"left:{leg.id}", leg.ended_at, now), agent=agent)

    def _done_with(self, leg: Leg) -> None:
        self._gone.add(leg.id)
        self._gone_since.pop(leg.id, None)

    def _deserted(self, agents: list[Leg], now: datetime) -> Iterator[ProviderEvent]:
        """All agents have gone, and nobody else has it: over, when a transfer would have shown by now."""
        has_it = any(leg.is_there for leg in agents) or any(self._alive(one) for one in _MAY_HAVE_IT)
        if not agents or has_it:
            self._empty_since = None
            return
        self._empty_since = self._empty_since or now
        if now - self._empty_since >= GRACE:
            self.ended = True
            left_at = max((leg.ended_at for leg in agents if leg.ended_at is not None), default=None)
            yield self._end(EndReason(by="agent", why="resolved", raw="all agents left"), left_at, now)

    def _end(self, reason: EndReason, at: datetime | None, now: datetime) -> ChatEnded:
        envelope = self._envelope("ended", at, now)
        return ChatEnded(**envelope, by=reason.by, why=reason.why, raw_reason=reason.raw)

    # ---- what is known

    def _agents(self) -> list[Leg]:
        """Legs of agents who have or had the conversation, in the order in which they came.

        A queue that says who answered names a person and not their leg: of those legs of theirs that did not
        just ring, the oldest count, as many as were answered. Where one is lacking it is made up until it
        is told of.
        """
        found: list[Leg] = []
        for user in sorted(
            {leg.agent.id for leg in self._of_agents() if leg.agent is not None} | self._took()
        ):
            answers = sorted(
                (one for one in self._answered if one.user == user),
                key=lambda one: (one.at or _LONG_AGO, one.leg),
            )
            own = [leg for leg in self._of_agents() if leg.agent is not None and leg.agent.id == user]
            found += [leg for leg in own if leg.connected]
            lacking = answers[sum(leg.connected for leg in own) :]
            others = [leg for leg in own if not leg.connected and leg.how != "no_answer"]
            others.sort(
                key=lambda leg: (leg.is_there, leg.ended_at or _FAR_OFF, leg.id not in self._joined, leg.id)
            )
            unmatched: list[Answered] = []
            for answer in lacking:
                leg = next((one for one in others if not _ended_before(one, answer)), None)
                if leg is None:
                    unmatched.append(answer)
                    continue
                others.remove(leg)
                found.append(leg.with_facts(Leg(leg.id, connected=True, connected_at=answer.at)))
            if unmatched:
                last = unmatched[-1]
                name = f"{_made_up(user)}{last.leg}"
                found.append(Leg(name, "agent", Agent(id=user), connected=True, connected_at=last.at))
        return sorted(found, key=lambda leg: (leg.connected_at or leg.ended_at or _LONG_AGO, leg.id))

    def _of_agents(self) -> list[Leg]:
        return [leg for leg in self._legs.values() if leg.kind == "agent" and leg.agent is not None]

    def _took(self) -> set[str]:
        return {one.user for one in self._answered}

    def _told_of(self, agents: list[Leg]) -> dict[str, Agent]:
        """Who was told to have joined, by their legs: also where it was told of another one.

        That one was made up, has turned out to have rung in vain, or came at another time: what was told of
        it is from then on told of the right one.
        """
        present = {leg.id for leg in agents}
        spare = [name for name in self._joined if name not in present and name not in self._gone]
        found: dict[str, Agent] = {}
        for leg in agents:
            if leg.agent is None:
                continue
            if leg.id in self._joined:
                found[leg.id] = self._joined[leg.id]
                continue
            name = next((one for one in spare if self._joined[one].id == leg.agent.id), None)
            if name is not None:
                spare.remove(name)
                del self._joined[name]
                self._joined[leg.id] = found[leg.id] = leg.agent
        return found

    def _alive(self, kind: Kind) -> list[Leg]:
        return [leg for leg in self._legs.values() if leg.kind == kind and leg.is_there]

    def _customer_end(self) -> Leg | None:
        """The leg of the customer, when it is over and no other one goes on."""
        customers = [leg for leg in self._legs.values() if leg.kind == "customer"]
        if not customers or any(leg.is_there for leg in customers):
            return None
        return max(customers, key=lambda leg: (leg.ended_at or _LONG_AGO, leg.id))

    def _envelope(self, what: str, at: datetime | None, now: datetime) -> dict[str, Any]:
        times = self._ids[what] = self._ids.get(what, 0) + 1
        again = f":{times}" if times > 1 else ""
        refs = tuple(ref for ref in (self.ref, self.conversation) if ref)
        return {
            "id": f"{self.conversation}:{what}{again}"[:200],
            "integration": self._integration,
            "refs": refs,
            "vendor_at": at,
            "received_at": now,
        }


def _ended_before(leg: Leg, answer: Answered) -> bool:
    """Whether a leg was over when the queue was answered, so that it is not the one that answered it."""
    return leg.ended_at is not None and answer.at is not None and leg.ended_at < answer.at


def _made_up(user: str) -> str:
    """How the names of legs begin that are made up for somebody."""
    return f"{_MADE_UP}{user}:"
