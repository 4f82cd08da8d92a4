"""The certificate: what a provider has proved, for people, tools and the table in the documentation.

It is a JSON document; ``json_schema()`` describes it. Nothing in it depends on a commit, a machine or a
moment but the times that cases took: two runs of the same versions say the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk_testing.conformance.case import Level, SystemTopic, Tier, Topic

__all__ = [
    "SYSTEM_TIER_RULES",
    "TIER_RULES",
    "AnyCertificate",
    "CaseResult",
    "Certificate",
    "Result",
    "SystemCertificate",
    "json_schema",
    "tier_of",
]

TIER_RULES: Final[dict[Tier, str]] = {
    Tier.RELAYS: (
        "A conversation gets there and back, in order and each message once; it ends where it should; "
        "and nobody but the vendor can speak in it."
    ),
    Tier.SAFE: (
        "Nothing is lost, doubled, mixed up or given away when calls fail, events stray, processes die "
        "or both sides act at once; and what cannot be known is called doubtful."
    ),
    Tier.COMPLETE: (
        "All that is declared is carried in full: signals, files, history, details, any script, any length."
    ),
}
"""What each tier means. A tier is reached when each of its cases, and of the tiers before it, has passed,
does not apply to what the provider declares, or is excused; excuses stand beside the tier."""

SYSTEM_TIER_RULES: Final[dict[Tier, str]] = {
    Tier.RELAYS: "What is asked for gets there and back whole; what is not there, or unsure, is told so.",
    Tier.SAFE: (
        "Nothing is made twice, lost, mixed up or given away when calls fail, answers are late or processes "
        "die; what people write is never more than text; and no handoff waits for it."
    ),
    Tier.COMPLETE: "All that is declared is carried in full: properties, files, any length, any script.",
}
"""The same for ticket systems and CRMs."""


class Result(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    EXCUSED = "excused"
    """Not run: the author of the provider says why."""
    NOT_APPLICABLE = "not_applicable"
    """The provider does not declare what the case needs, or its vendor has no such thing."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaseResult(_Part):
    """One case. ``reason`` is the excuse, why it does not apply, or how it failed."""

    name: str
    topic: Topic | SystemTopic
    tier: Tier
    level: Level
    result: Result
    seconds: float = 0.0
    """Real time that it took."""
    proves: str
    look_at: str = ""
    """Where to look; only of a case that failed."""
    reason: str = ""


class AnyCertificate(_Part, ABC):
    """What one integration type has proved: what all certificates have."""

    schema_version: Literal[1] = 1
    kind: Literal["livechat", "ticketing", "crm"]
    provider: str
    """The integration type; with a dot and the form where it has several (``HELVIA_LIVECHAT.remote``)."""
    distribution: str
    version: str
    """Of the distribution."""
    kit_version: str
    over: Literal["memory", "http"]
    tier: Tier | None
    """The highest tier that was reached."""
    excused: int = 0
    cases: tuple[CaseResult, ...]

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What is promised, in a sentence."""

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that failed."""
        return tuple(case for case in self.cases if case.result is Result.FAILED)

    @property
    def passed(self) -> bool:
        """Whether no case failed."""
        return not self.failed

    def count(self, result: Result, tier: Tier | None = None) -> int:
        """How many cases have this result, in all or in one tier."""
        return sum(case.result is result and tier in {None, case.tier} for case in self.cases)


class Certificate(AnyCertificate):
    """What one provider of live chat has proved."""

    kind: Literal["livechat", "ticketing", "crm"] = "livechat"
    capabilities: Capabilities
    tier_rules: dict[Tier, str] = Field(default_factory=lambda: dict(TIER_RULES))
    outage: str
    """How long our side may be down without losing messages, from what is declared."""

    @property
    def sentence(self) -> str:
        """What is promised, in a sentence."""
        return self.outage


class SystemCertificate(AnyCertificate):
    """What one ticket system or CRM has proved. ``able`` is what it declares, by name."""

    able: dict[str, str | bool | float | None]
    tier_rules: dict[Tier, str] = Field(default_factory=lambda: dict(SYSTEM_TIER_RULES))
    promise: str

    @property
    def sentence(self) -> str:
        """What is promised, in a sentence."""
        return self.promise


def tier_of(cases: tuple[CaseResult, ...]) -> Tier | None:
    """The highest tier none of whose cases failed, nor any of the tiers before it. See ``TIER_RULES``."""
    reached: Tier | None = None
    for tier in Tier:
        if any(case.tier is tier and case.result is Result.FAILED for case in cases):
            break
        reached = tier
    return reached


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a certificate of a live-chat provider."""
    return Certificate.model_json_schema(mode="serialization")
