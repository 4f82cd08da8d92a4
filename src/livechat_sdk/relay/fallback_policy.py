"""Which providers a handoff may go to, in which order, and what makes it go on to the next one. Pure.

The chain of a handoff is the route's integration, then the other integrations of the bot in the order of the
settings. Left out, each with the reason in the journal: who has no agents, and who cools down. Are all that
remain cooling down, the one that cools off first is asked all the same: somebody must be.

What an action that was given up means for the chain:

==============  ==================================  ==============================
failure         of ``open_chat``                    of anything else
==============  ==================================  ==============================
unavailable     next provider: nobody was there     stay
all others      next provider: this one is broken   stay
==============  ==================================  ==============================

A chat that is open is left only when the vendor itself says that it is over, or when its agent stays silent:
the lifecycle decides that, because it is no failure of an action.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from livechat_sdk.domain.handoff import Route
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.relay.cooldown_policy import is_cooling
from livechat_sdk.relay.failures import FailureKind
from livechat_sdk.relay.retry_policy import RETRY_RULES

__all__ = ["FALLBACK_TABLE", "Chain", "MoveOn", "chain_of"]


class MoveOn(StrEnum):
    """What an action that was given up means for the chain of providers."""

    STAY = "stay"
    NOBODY_THERE = "nobody_there"
    """The next provider is asked; this one counts as having refused."""
    BROKEN = "broken"
    """The next provider is asked; this one counts as having failed."""


FALLBACK_TABLE: Final[Mapping[tuple[str, FailureKind], MoveOn]] = MappingProxyType(
    {
        (kind, failure): (
            MoveOn.STAY
            if kind != "open_chat"
            else MoveOn.NOBODY_THERE
            if failure is FailureKind.UNAVAILABLE
            else MoveOn.BROKEN
        )
        for kind in RETRY_RULES
        for failure in FailureKind
    },
)
"""Every kind of action with every kind of failure."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Whom to ask, in order, and who was left out for which reason."""

    routes: Sequence[Route]
    left_out: Sequence[str]


def chain_of(
    routes: Sequence[Route], agents: Sequence[str], cooldowns: Mapping[str, Cooldown], now: datetime
) -> Chain:
    """The chain from the possible routes; ``agents`` says of each: yes, no, unknown."""
    left_out = [
        f"{route.integration}: no agents"
        for route, there in zip(routes, agents, strict=True)
        if there == "no"
    ]
    there = [route for route, there in zip(routes, agents, strict=True) if there != "no"]
    cooling = {
        route.integration: cooldown
        for route in there
        if (cooldown := cooldowns.get(route.integration)) is not None and is_cooling(cooldown, now)
    }
    left_out += [f"{name}: {_words(cooldown)}" for name, cooldown in cooling.items()]
    ready = [route for route in there if route.integration not in cooling]
    if ready or not cooling:
        return Chain(ready, left_out)
    first = min(there, key=lambda route: cooling[route.integration].until)
    why = f"{first.why}; {_words(cooling[first.integration])}, and so is everybody else"
    told = [reason for reason in left_out if not reason.startswith(f"{first.integration}: ")]
    return Chain([first.model_copy(update={"why": why[:1000]})], told)


def _words(cooldown: Cooldown) -> str:
    return f"cooling down until {cooldown.until:%Y-%m-%d %H:%M:%S} UTC: {cooldown.reason}"
