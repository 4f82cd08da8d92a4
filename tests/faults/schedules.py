"""Schedules: what happens to several conversations at once, made from a seed, as data that people can read.

A schedule knows nothing of what it will meet: a step that is not possible when its turn comes (an agent
speaks in a chat that does not exist) is skipped. That keeps schedules independent of the code under test, so
that one can be shortened step by step and still means the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk_testing.hostile import FITTING, Fault, Operation, Traits

__all__ = ["WORLD", "Schedule", "Slot", "Step", "make_schedule"]

WORLD: Final = -1
"""The slot of steps that concern everybody: restarts, time, the channel."""

Arg = str | int | float
Planned = tuple[Operation, Fault]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. ``faults`` strike the next calls and events at the slot's first vendor."""

    slot: int
    what: str
    args: tuple[Arg, ...] = ()
    faults: tuple[Planned, ...] = ()

    def __str__(self) -> str:
        who = "everybody" if self.slot == WORLD else f"[{self.slot}]"
        told = " ".join([self.what.replace("_", " "), *map(str, self.args)])
        wrong = ", ".join(f"{operation}: {fault}" for operation, fault in self.faults)
        return f"{who} {told}" + (f" ({wrong})" if wrong else "")


@dataclass(frozen=True, slots=True)
class Slot:
    """One conversation: its vendors, in order, and the settings of its bot."""

    traits: tuple[Traits, ...]
    livechat: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything that happens in one world. Each slot is one schedule of one conversation."""

    seed: int
    slots: tuple[Slot, ...]
    rounds: tuple[tuple[Step, ...], ...]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}"]
        for number, slot in enumerate(self.slots):
            vendors = ", then ".join(map(_describe, slot.traits))
            lines.append(f"  [{number}] {vendors}; {slot.livechat}")
        for number, steps in enumerate(self.rounds, start=1):
            lines.append(f"  round {number}")
            lines += [f"    {step}" for step in steps]
        return "\n".join(lines)


def make_schedule(
    seed: int, *, slots: int = 8, rounds: int = 14, kinds: Sequence[Inbound] = tuple(Inbound)
) -> Schedule:
    """A schedule from a seed: the same seed gives the same one."""
    chance = Random(seed)  # noqa: S311  (chance with a seed is what a schedule wants)
    made = tuple(_slot(chance, kinds[number % len(kinds)], kinds) for number in range(slots))
    return Schedule(seed, made, tuple(_round(chance, number, rounds, made) for number in range(rounds)))


def _slot(chance: Random, kind: Inbound, kinds: Sequence[Inbound]) -> Slot:
    traits = [_traits(chance, kind)]
    if chance.random() < 0.5:
        traits.append(_traits(chance, chance.choice(kinds)))
    livechat: dict[str, Any] = {
        "request_timeout": chance.choice([60, 300, 900]),
        "doubtful": "repeat" if chance.random() < 0.1 else "hold",
    }
    if chance.random() < 0.15:
        livechat["inactivity"] = {"remind_after": 60, "close_after": 240}
    if chance.random() < 0.25:
        then = chance.choice(["fall_back", "requeue"])
        livechat["agent_silence"] = {"remind_after": 60, "release_after": 180, "then": then}
    return Slot(tuple(traits), livechat)


def _traits(chance: Random, kind: Inbound) -> Traits:
    def likely(share: float) -> bool:
        return chance.random() < share

    return Traits(
        inbound=kind,
        knows_ref=likely(0.8),
        dedupes_by_key=likely(0.35),
        looks_up_by_key=(looks_up := likely(0.5)),
        lookup_lag=chance.choice([0.0, 15.0]) if looks_up else 0.0,
        send_before_join=likely(0.6),
        history=likely(0.5),
        status=likely(0.6),
        closes=likely(0.9),
        text_limit=12 if likely(0.2) else None,
        redelivers_for=chance.choice([300.0, 3600.0]),
        session_life=chance.choice([40.0, 900.0]),
    )


# What happens often stands here with more weight: a life must get far enough to be interesting.
_EARLY: Final = {"accepts": 3, "joins": 6, "user_says": 5, "queues": 1, "nothing": 3, "rejects": 0.4}
_LATER: Final = {
    "user_says": 9,
    "says": 9,
    "nothing": 3,
    "joins": 1.5,
    "receipts": 1.5,
    "types": 0.7,
    "transfers": 0.7,
    "leaves": 0.5,
    "fails_message": 0.3,
    "agent_ends": 0.5,
    "vendor_breaks": 0.3,
    "user_ends": 0.3,
    "user_leaves": 0.15,
    "requests": 0.7,
    "revives": 0.7,
    "bot_speaks": 0.5,
    "says_again": 0.5,
    "breaks_stream": 0.4,
    "forgets_sessions": 0.3,
}
_LAST: Final = {**_LATER, "agent_ends": 4, "user_ends": 2, "requests": 2}
_WORLD: Final = {
    "passes": 8,
    "crashes": 2.5,
    "restarts": 1,
    "goes_down": 1,
    "channel_down": 1,
    "channel_up": 2,
}

_CALLS: Final[dict[str, tuple[Operation, ...]]] = {
    "requests": ("open", "open", "open"),
    "user_says": ("send", "send", "send", "was_sent"),
    "joins": ("send", "event"),
    "user_ends": ("close", "close"),
    "user_leaves": ("close",),
}
"""Which calls a step leads to at the vendor; any other step leads to events."""

_ARGS: Final[dict[str, tuple[Arg, ...]]] = {
    "user_says": ("hi", "hi", "a longer text"),
    "passes": (1, 5, 12, 30, 70, 200),
    "goes_down": (1, 5, 12, 30, 70, 200),
    "breaks_stream": (5, 40),
    "crashes": (0, 0, 1, 3, 8, 20, 60),  # turns of the event loop before it dies
    "agent_ends": ("resolved", "resolved", "inactivity"),
    "vendor_breaks": ("error", "transferred_away", "other"),
}

_HANGS: Final = frozenset({Fault.HANG, Fault.HANG_AFTER_ACCEPT})


def _round(chance: Random, number: int, rounds: int, slots: Sequence[Slot]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for slot in range(len(slots)):
        if number == 0:
            steps.append(Step(slot, "requests", (), _faults(chance, "requests", 0.25)))
            continue
        weights = _EARLY if number < 4 else _LAST if number > rounds - 4 else _LATER
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            what = chance.choices(list(weights), list(weights.values()))[0]
            if what != "nothing":
                steps.append(Step(slot, what, _args(chance, what), _faults(chance, what, 0.3)))
    if number and chance.random() < 0.08:
        slot = chance.randrange(len(slots))
        hang = chance.choice([Fault.HANG, Fault.HANG_AFTER_ACCEPT])
        steps.append(Step(slot, "user_says_and_all_dies", (), (("send", hang),)))
    elif number and chance.random() < 0.5:
        what = chance.choices(list(_WORLD), list(_WORLD.values()))[0]
        steps.append(Step(WORLD, what, _args(chance, what)))
    return tuple(steps)


def _args(chance: Random, what: str) -> tuple[Arg, ...]:
    choices = _ARGS.get(what)
    return (chance.choice(choices),) if choices else ()


def _faults(chance: Random, what: str, share: float) -> tuple[Planned, ...]:
    if chance.random() >= share:
        return ()
    operations = _CALLS.get(what, ("event",))
    many = chance.choice([1, 1, 2, len(operations)])
    return tuple(
        (operation, chance.choice([fault for fault in FITTING[operation] if fault not in _HANGS]))
        for operation in operations[:many]
    )


def _describe(traits: Traits) -> str:
    able = ("dedupes_by_key", "looks_up_by_key", "history", "status")
    usual = ("knows_ref", "send_before_join", "closes")
    words = [str(traits.inbound)]
    words += [name for name in able if getattr(traits, name)]
    words += [f"not {name}" for name in usual if not getattr(traits, name)]
    if traits.lookup_lag:
        words.append(f"lag {traits.lookup_lag:.0f}")
    if traits.text_limit:
        words.append(f"text limit {traits.text_limit}")
    return " ".join(words)
