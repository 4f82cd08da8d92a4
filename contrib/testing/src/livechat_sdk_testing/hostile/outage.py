"""How long our side may be down before messages are lost, from what a provider declares."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livechat_sdk.domain.capabilities import Capabilities, Inbound

__all__ = ["Outage", "longest_outage"]


@dataclass(frozen=True, slots=True)
class Outage:
    """The longest outage of our side in which no message of an agent is lost.

    ``seconds`` may be ``math.inf``: there is no limit, or the vendor states none. ``sentence`` says it to
    people. What an agent says at the moment of ``at`` seconds before our side is back survives exactly if
    ``at <= seconds``.
    """

    seconds: float
    sentence: str

    def survives(self, age: float) -> bool:
        """Whether a message that is ``age`` seconds old when our side comes back still arrives."""
        return age <= self.seconds


def longest_outage(capabilities: Capabilities, *, keeps: float | None = None) -> Outage:
    """What can be promised.

    ``keeps`` is how many seconds the vendor's history (or the feed that is polled) holds a message, where
    that is not what the capabilities say.
    """
    keeps = capabilities.keeps_for if keeps is None else keeps
    limit = math.inf if keeps is None else keeps
    how_long = "states no limit" if keeps is None else f"holds them for {_words(keeps)}"
    if capabilities.inbound is Inbound.EMBEDDED:
        return Outage(
            math.inf,
            "An outage loses nothing, however long: the desk runs in the same process and rests with it.",
        )
    if capabilities.history:
        repeated = capabilities.redelivers_for or 0.0
        seconds = max(limit, repeated)
        return Outage(
            seconds,
            f"{_up_to(seconds)} nothing is lost: missed messages are fetched from the vendor's history, "
            f"which {how_long}.",
        )
    if capabilities.inbound is Inbound.POLL:
        return Outage(
            limit, f"{_up_to(limit)} nothing is lost: the next poll brings it; the vendor {how_long}."
        )
    if capabilities.inbound is Inbound.STREAM:
        return Outage(
            0.0,
            "Every outage loses what is said in it: the stream repeats nothing, and there is no history.",
        )
    repeated = capabilities.redelivers_for or 0.0
    if not repeated:
        return Outage(
            0.0,
            "Every outage loses what is said in it: the vendor states no repetition of webhooks, and there "
            "is no history to ask.",
        )
    return Outage(
        repeated,
        f"{_up_to(repeated)} nothing is lost: the vendor repeats its webhooks for so long. There is no "
        "history to ask, so what is older than that is lost.",
    )


def _up_to(seconds: float) -> str:
    return "In any outage" if math.isinf(seconds) else f"In an outage of up to {_words(seconds)}"


def _words(seconds: float) -> str:
    """The largest unit that gives a whole number: ``10 minutes``, ``90 seconds``, ``2 days``."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"
