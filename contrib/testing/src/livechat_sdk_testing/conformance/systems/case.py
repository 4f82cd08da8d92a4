"""What a case about a ticket system or a CRM is, when it applies, and the two families of cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from livechat_sdk_testing.conformance.case import Level, SystemTopic, Tier
from livechat_sdk_testing.conformance.listening import Ears
from livechat_sdk_testing.conformance.systems.rig import SystemRig

__all__ = ["Family", "Runs", "SystemCase", "SystemCases", "SystemNeed", "faulty", "http"]

R = TypeVar("R", bound=SystemRig)


class Runs(Protocol):
    """A bench or a conversation."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Entered while the case is played."""
        ...


B = TypeVar("B", bound=Runs)
T = TypeVar("T", bound=Runs)


@dataclass(frozen=True)
class SystemNeed(Generic[R]):
    """A condition of a case. ``missing`` answers why the case does not apply, or ``None`` if it does.

    ``unproved`` answers why it cannot be played though it applies: the case fails then.
    """

    name: str
    missing: Callable[[R], str | None] = lambda _: None
    unproved: Callable[[R], str | None] = lambda _: None


def _over_http(rig: SystemRig) -> str | None:
    return None if rig.over == "http" else "the vendor is not reached over HTTP"


http: Final[SystemNeed[Any]] = SystemNeed("speaks HTTP", _over_http)
"""There are statuses and bodies, and calls can be held up."""


def faulty(operation: str, fault: str, **details: object) -> SystemNeed[Any]:
    """The vendor can be made to fail like this. One that is reached over HTTP must."""
    named = f"{fault} of {operation}"

    def missing(rig: SystemRig) -> str | None:
        able = rig.over == "http" or rig.can_fault(operation, fault, **details)
        return None if able else f"this vendor cannot fail like this: {named}"

    def unproved(rig: SystemRig) -> str | None:
        if rig.can_fault(operation, fault, **details):
            return None
        return f"the rig cannot play a fault that any HTTP call can have: {named}"

    return SystemNeed(f"fault {named}", missing, unproved)


@dataclass(frozen=True)
class SystemCase(Generic[R, B, T]):
    """One thing that an adapter must do. ``name`` is ``group.what``; it never changes once released."""

    name: str
    topic: SystemTopic
    tier: Tier
    level: Level
    proves: str
    look_at: str
    needs: tuple[SystemNeed[R], ...]
    on_bench: Callable[[B], Awaitable[None]] | None = None
    in_conversation: Callable[[T], Awaitable[None]] | None = None
    bot: tuple[tuple[str, Any], ...] = ()
    """Settings of the bot, for cases in a conversation."""

    @property
    def method(self) -> str:
        """The name of its test."""
        return f"test_{self.name.replace('.', '_')}"

    def missing(self, rig: R) -> str | None:
        """Why the case does not apply; ``None`` if it does."""
        return next((why for need in self.needs if (why := need.missing(rig)) is not None), None)

    def unproved(self, rig: R) -> str | None:
        """Why the case cannot be played on this rig, though it applies; ``None`` if it can."""
        return next((why for need in self.needs if (why := need.unproved(rig)) is not None), None)


class Family(Generic[R, B, T]):
    """All cases for one kind of integration, and what they are played on."""

    def __init__(
        self,
        kind: Literal["ticketing", "crm"],
        groups: Sequence[str],
        bench: Callable[[R, Path, Ears], B],
        conversation: Callable[[R, Path, Ears, Mapping[str, Any]], T],
    ) -> None:
        self.kind: Literal["ticketing", "crm"] = kind
        self.bench = bench
        self.conversation = conversation
        self.found: dict[str, SystemCase[R, B, T]] = {}
        self._groups = groups

    @property
    def cases(self) -> Mapping[str, SystemCase[R, B, T]]:
        """Every case by its name, in the order in which they are run."""
        for group in self._groups:
            import_module(f"livechat_sdk_testing.conformance.systems.cases.{group}")
        return self.found


class SystemCases(Generic[R, B, T]):
    """Adds the cases of one module, which share a group (the first part of their names) and a topic."""

    def __init__(self, family: Family[R, B, T], group: str, topic: SystemTopic) -> None:
        self._family = family
        self._group = group
        self._topic = topic

    def on_bench(
        self,
        name: str,
        tier: Tier,
        proves: str,
        *,
        look_at: str,
        needs: Sequence[SystemNeed[R]] = (),
        topic: SystemTopic | None = None,
    ) -> Callable[[Callable[[B], Awaitable[None]]], Callable[[B], Awaitable[None]]]:
        """Decorate a function that calls the hooks directly."""

        def add(run: Callable[[B], Awaitable[None]]) -> Callable[[B], Awaitable[None]]:
            case = SystemCase[R, B, T](
                f"{self._group}.{name}",
                topic or self._topic,
                tier,
                Level.PROVIDER,
                proves,
                look_at,
                tuple(needs),
                on_bench=run,
            )
            self._add(case)
            return run

        return add

    def in_conversation(
        self,
        name: str,
        tier: Tier,
        proves: str,
        *,
        look_at: str,
        needs: Sequence[SystemNeed[R]] = (),
        topic: SystemTopic | None = None,
        **bot: Any,
    ) -> Callable[[Callable[[T], Awaitable[None]]], Callable[[T], Awaitable[None]]]:
        """Decorate a function that plays a handoff through a dispatcher."""

        def add(run: Callable[[T], Awaitable[None]]) -> Callable[[T], Awaitable[None]]:
            case = SystemCase[R, B, T](
                f"{self._group}.{name}",
                topic or self._topic,
                tier,
                Level.DISPATCHER,
                proves,
                look_at,
                tuple(needs),
                in_conversation=run,
                bot=tuple(bot.items()),
            )
            self._add(case)
            return run

        return add

    def _add(self, case: SystemCase[R, B, T]) -> None:
        if case.name in self._family.found:
            raise ValueError(f"two cases are named {case.name}")
        self._family.found[case.name] = case
