"""Why a handoff goes where it goes: the reasons that are stored with every decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Model, ShortText, Timestamp
from livechat_sdk.domain.handoff import Route

__all__ = ["MOST_EARLIER", "Earlier", "RoutingReasons", "ShareDrawn", "Target"]

MOST_EARLIER: Final = 20
"""Ended handoffs of a user that are looked at for the last agent."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An ended handoff of the same user: where it was last, and which agent had it last."""

    integration: str
    agent: str
    ended_at: datetime


class Target(Model):
    """Where to: an integration, and what is wanted in there."""

    integration: Identifier
    queue: ShortText | None = None
    group: ShortText | None = None
    agent: ShortText | None = None
    priority: ShortText | None = None
    skills: tuple[ShortText, ...] = ()

    @classmethod
    def of(cls, route: Route) -> Target:
        """The target of a route."""
        return cls.model_construct(
            integration=route.integration,
            queue=route.queue,
            group=route.group,
            agent=route.agent,
            priority=route.priority,
            skills=route.skills,
        )


class ShareDrawn(Model):
    """How a target was drawn among several: ``target`` is its number in the rule's list, from 1."""

    draw: int = Field(ge=0, lt=2**64)
    total: int = Field(ge=1)
    point: int = Field(ge=0)
    target: int = Field(ge=1)


class RoutingReasons(Model):
    """Everything that a decision followed from. ``docs/reference/routing.md`` says what each part means.

    Together with the rules they reproduce the decision. Facts about a person are told by their form only.
    """

    by: Literal["rule", "default", "plugin"]
    at: Timestamp
    rules: ShortText = ""
    """A short name of the rules that were in force."""
    rule: int | None = None
    name: ShortText | None = None
    failed: dict[str, str] = Field(default_factory=dict)
    """Numbers of rules that did not match (``1-3,7``), by the key that failed."""
    unusable: tuple[int, ...] = ()
    errors: dict[str, ShortText] = Field(default_factory=dict)
    seen: dict[str, Any] = Field(default_factory=dict)
    share: ShareDrawn | None = None
    last_agent: dict[str, str] = Field(default_factory=dict)
    candidates: tuple[Identifier, ...] = ()
    chain: tuple[Target, ...] = ()
    closed: tuple[Target, ...] = ()
    passed_over: tuple[Target, ...] = ()

    def in_short(self) -> str:
        """One line for people."""
        match self.by:
            case "rule":
                name = f" ({self.name})" if self.name else ""
                return f"rule {self.rule}{name}"
            case "plugin":
                return "a routing plugin"
            case "default":
                return "no rule matched" if self.failed or self.unusable else "no rules"
