"""What a case is, when it applies, and what it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk_testing.conformance.rig import ManySignatures, Play, Rig

if TYPE_CHECKING:
    from livechat_sdk_testing.conformance.bench import Bench
    from livechat_sdk_testing.conformance.conversation import Conversation

__all__ = [
    "CASES",
    "Case",
    "CaseFailed",
    "Cases",
    "Excuse",
    "Level",
    "Need",
    "SystemTopic",
    "Tier",
    "Topic",
    "declares",
    "faulty",
    "http",
    "inbound",
    "is_a",
    "lacks",
    "outlives",
    "plays",
    "proved_by",
    "queues",
    "same",
    "several_signatures",
    "that",
    "webhooks",
]


class CaseFailed(AssertionError):
    """The provider does not do what the case wants."""


def that(holds: object, what: str) -> None:
    """Raise ``CaseFailed`` with ``what`` went wrong unless ``holds``."""
    if not holds:
        raise CaseFailed(what)


def is_a(value: object, kind: type[object], what: str) -> None:
    """Raise ``CaseFailed`` unless ``value``, which an untyped provider has made, is of ``kind``."""
    if not isinstance(value, kind):
        raise CaseFailed(f"{what}: wanted a {kind.__name__}, found {_short(value)}")


def same(found: object, wanted: object, what: str) -> None:
    """Raise ``CaseFailed`` unless ``found`` is ``wanted``; ``what`` names the thing."""
    if found != wanted:
        raise CaseFailed(f"{what}: wanted {_short(wanted)}, found {_short(found)}")


def _short(value: object) -> str:
    text = repr(value)
    limit = 400
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


@dataclass(frozen=True, slots=True)
class Excuse:
    """A case that a provider does not have to pass, and why. Made by ``excused``."""

    case: str
    reason: str


class Tier(StrEnum):
    """How much a provider has proved. Each tier includes the ones before it."""

    RELAYS = "relays"
    """A conversation gets there and back in order, ends where it should, and nobody else can speak in it."""
    SAFE = "safe"
    """Nothing is lost, doubled, mixed up or given away when calls fail, events stray or processes die."""
    COMPLETE = "complete"
    """All that is declared is carried in full: signals, files, history, any script, any length."""


class Topic(StrEnum):
    """What a case is about. The suite has cases for every one of these."""

    CONTRACT = "the contract of a provider"
    OPENING_TWICE = "opening twice"
    EARLY_EVENTS = "webhook before open returned"
    ORDER = "order"
    DUPLICATES = "duplicates"
    ECHO = "echo of our own messages"
    UNKNOWN_EVENTS = "unknown events"
    LONG_TEXT = "long text"
    ATTACHMENTS = "attachments of every kind, and their limits"
    FAILING_ATTACHMENTS = "attachments that fail"
    TYPING = "typing"
    RECEIPTS = "receipts, which never go back"
    PRESENCE = "agent joined, left, transferred, ended kept apart"
    ENDS = "end from each side"
    END_RACES = "end races"
    LATE_EVENTS = "late events"
    REVIVED = "revived attempts"
    HISTORY = "history of 0, 1 and 1 000 messages"
    DOWNTIME = "missed messages after downtime"
    UNICODE = "Unicode and right-to-left text"
    EXPIRED_AUTH = "auth expired in mid-flight"
    THROTTLING = "429 with and without Retry-After"
    STATUS_CODES = "each 4xx and 5xx"
    MALFORMED = "malformed and truncated bodies"
    TIME_OUTS = "time-outs before and after accept"
    WEBHOOK_AUTH = "webhook authentication by its declared kind"
    SECRETS = "secrets in logs"
    AVAILABILITY = "availability yes, no and unknown"
    TWO_OF_A_TYPE = "two integrations of one type at once"
    DETAILS = "details that come later, and choices"


class SystemTopic(StrEnum):
    """What a case about a ticket system or a CRM is about. Their suites have cases for every one of these."""

    CONTRACT = "the contract of the hooks"
    CONTENT = "what a ticket says"
    FIELDS = "field map, priorities, kinds and states"
    ONCE = "one ticket, one comment"
    VISIBILITY = "who may read a comment"
    FILES = "files of a ticket"
    LIMITS = "limits of subject and text"
    READING = "read, list, link"
    LIFE = "tickets in the life of a handoff"
    LOOK_UP = "finding a contact"
    MATCHES = "none, one and several matches"
    PROPERTIES = "typed properties, choices and links"
    FRESHNESS = "the age of what is known"
    SOURCES = "contacts of several sources"
    DELAY = "slow and dead systems"
    ERASURE = "erasing a person"
    INJECTION = "hostile text"
    STATUS_CODES = "each 4xx and 5xx"
    MALFORMED = "malformed, truncated and HTML answers"
    EXPIRED_AUTH = "auth expired in mid-flight"
    THROTTLING = "429 with and without Retry-After"
    SECRETS = "secrets in logs, errors and addresses"


class Level(StrEnum):
    """How the provider is driven."""

    PROVIDER = "provider"
    """Called directly."""
    DISPATCHER = "dispatcher"
    """By a real ``Dispatcher`` on SQLite, with a clock that only the case moves."""


@dataclass(frozen=True, slots=True)
class Need:
    """A condition of a case. ``missing`` answers why the case does not apply, or ``None`` if it does.

    ``unproved`` answers why it cannot be played though it applies: the case fails then.
    """

    name: str
    missing: Callable[[Capabilities, Rig], str | None] = lambda _, __: None
    unproved: Callable[[Capabilities, Rig], str | None] = lambda _, __: None


def declares(*names: str) -> Need:
    """The capabilities ``names`` are declared."""

    def missing(able: Capabilities, _: Rig) -> str | None:
        absent = [name for name in names if not getattr(able, name)]
        return f"{', '.join(absent)}: not declared" if absent else None

    return Need(f"declares {', '.join(names)}", missing)


def lacks(*names: str) -> Need:
    """The capabilities ``names`` are not declared."""

    def missing(able: Capabilities, _: Rig) -> str | None:
        present = [name for name in names if getattr(able, name)]
        return f"{', '.join(present)}: declared" if present else None

    return Need(f"does not declare {', '.join(names)}", missing)


def inbound(*kinds: Inbound) -> Need:
    """The vendor's events come in one of these ways."""
    listed = " or ".join(kinds)

    def missing(able: Capabilities, _: Rig) -> str | None:
        return None if able.inbound in kinds else f"events come by {able.inbound}, not by {listed}"

    return Need(f"events by {listed}", missing)


def plays(play: Play, capability: str | None = None) -> Need:
    """The vendor's agents can do ``play``. Where ``capability`` promises it, they must."""

    def missing(able: Capabilities, rig: Rig) -> str | None:
        promised = capability is not None and getattr(able, capability)
        return None if promised or play in rig.can else f"agents of this vendor cannot: {play}"

    def unproved(_: Capabilities, rig: Rig) -> str | None:
        if play in rig.can:
            return None
        return f"{capability} is declared, and the rig cannot play it: add {play!r} to what it can"

    return Need(f"agents can {play}", missing, unproved)


def faulty(operation: str, fault: str, **details: object) -> Need:
    """The vendor can be made to fail like this. One that is reached over HTTP must."""
    named = f"{fault} of {operation}"

    def missing(_: Capabilities, rig: Rig) -> str | None:
        able = rig.over == "http" or rig.can_fault(operation, fault, **details)
        return None if able else f"this vendor cannot fail like this: {named}"

    def unproved(_: Capabilities, rig: Rig) -> str | None:
        if rig.can_fault(operation, fault, **details):
            return None
        return f"the rig cannot play a fault that any HTTP call can have: {named}"

    return Need(f"fault {named}", missing, unproved)


http: Final = Need(
    "speaks HTTP", lambda _, rig: None if rig.over == "http" else "the vendor is not reached over HTTP"
)
"""There are statuses and bodies."""


def _makes_webhooks(_: Capabilities, rig: Rig) -> str | None:
    return None if rig.webhooks is not None else "the rig has to say how webhooks are signed (webhooks)"


webhooks: Final = Need("webhooks", inbound(Inbound.WEBHOOK).missing, _makes_webhooks)
"""The vendor sends webhooks."""


def proved_by(*kinds: WebhookAuth) -> Need:
    """Webhooks, and they are proved in one of these ways."""
    listed = " or ".join(kinds)

    def missing(able: Capabilities, rig: Rig) -> str | None:
        if (why := webhooks.missing(able, rig)) is not None:
            return why
        return None if able.webhook_auth in kinds else f"webhooks are proved by {able.webhook_auth}"

    return Need(f"webhooks proved by {listed}", missing, _makes_webhooks)


def _signs_several(able: Capabilities, rig: Rig) -> str | None:
    if (why := webhooks.missing(able, rig)) is not None:
        return why
    return None if isinstance(rig.webhooks, ManySignatures) else "a webhook of this vendor has one proof"


several_signatures: Final = Need("webhooks with several signatures", _signs_several)
"""The vendor may put several signatures on one webhook."""

queues: Final = Need(
    "has queues", lambda _, rig: "the rig names no queue of this vendor" if rig.queue is None else None
)
"""A chat can be opened in a queue that we name."""


def outlives(seconds: float) -> Need:
    """By what is declared, nothing is lost when our side is down for so long."""
    from livechat_sdk_testing.hostile.outage import longest_outage

    def missing(able: Capabilities, _: Rig) -> str | None:
        if able.inbound is Inbound.EMBEDDED:
            return "the vendor rests with our process"
        outage = longest_outage(able)
        return None if outage.survives(seconds) else outage.sentence

    return Need(f"an outage of {seconds:g} seconds loses nothing", missing)


@dataclass(frozen=True)
class Case:
    """One thing that a provider must do. ``name`` is ``group.what``; it never changes once released."""

    name: str
    topic: Topic
    tier: Tier
    level: Level
    proves: str
    look_at: str
    """Where to look when it fails."""
    needs: tuple[Need, ...]
    on_provider: Callable[[Bench], Awaitable[None]] | None = None
    in_conversation: Callable[[Conversation], Awaitable[None]] | None = None
    livechat: tuple[tuple[str, object], ...] = ()
    """Settings of the bot's live chat, for cases in a conversation."""

    @property
    def method(self) -> str:
        """The name of its test."""
        return f"test_{self.name.replace('.', '_')}"

    def missing(self, able: Capabilities, rig: Rig) -> str | None:
        """Why the case does not apply; ``None`` if it does."""
        return next((why for need in self.needs if (why := need.missing(able, rig)) is not None), None)

    def unproved(self, able: Capabilities, rig: Rig) -> str | None:
        """Why the case cannot be played on this rig, though it applies; ``None`` if it can."""
        return next((why for need in self.needs if (why := need.unproved(able, rig)) is not None), None)


CASES: Final[dict[str, Case]] = {}
"""Every case by its name, in the order in which they are run. Filled by ``conformance.cases``."""


class Cases:
    """Adds the cases of one module, which share a group (the first part of their names) and a topic."""

    def __init__(self, group: str, topic: Topic) -> None:
        self._group = group
        self._topic = topic

    def on_provider(
        self,
        name: str,
        tier: Tier,
        proves: str,
        *,
        look_at: str,
        needs: Sequence[Need] = (),
        topic: Topic | None = None,
    ) -> Callable[[Callable[[Bench], Awaitable[None]]], Callable[[Bench], Awaitable[None]]]:
        """Decorate a function that calls the provider directly."""

        def add(run: Callable[[Bench], Awaitable[None]]) -> Callable[[Bench], Awaitable[None]]:
            self._add(
                Case(
                    f"{self._group}.{name}",
                    topic or self._topic,
                    tier,
                    Level.PROVIDER,
                    proves,
                    look_at,
                    tuple(needs),
                    on_provider=run,
                )
            )
            return run

        return add

    def in_conversation(
        self,
        name: str,
        tier: Tier,
        proves: str,
        *,
        look_at: str,
        needs: Sequence[Need] = (),
        topic: Topic | None = None,
        **livechat: object,
    ) -> Callable[[Callable[[Conversation], Awaitable[None]]], Callable[[Conversation], Awaitable[None]]]:
        """Decorate a function that plays a conversation through a dispatcher."""

        def add(
            run: Callable[[Conversation], Awaitable[None]],
        ) -> Callable[[Conversation], Awaitable[None]]:
            self._add(
                Case(
                    f"{self._group}.{name}",
                    topic or self._topic,
                    tier,
                    Level.DISPATCHER,
                    proves,
                    look_at,
                    tuple(needs),
                    in_conversation=run,
                    livechat=tuple(livechat.items()),
                )
            )
            return run

        return add

    @staticmethod
    def _add(case: Case) -> None:
        if case.name in CASES:
            raise ValueError(f"two cases are named {case.name}")
        CASES[case.name] = case
