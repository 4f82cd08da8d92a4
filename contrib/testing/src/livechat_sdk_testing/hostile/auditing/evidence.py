"""What an audit looks at, collected once: the vendors' truth, the ledger, the end user's screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import Direction, LedgerEntry
from livechat_sdk.domain.outgoing import HandoffEnded, Outgoing, UserMessage
from livechat_sdk.ledger.store import Ownership, Store
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import Happening, What
from livechat_sdk_testing.hostile.vendor import HostileVendor

__all__ = ["Account", "Evidence", "collect"]


@dataclass(frozen=True, slots=True)
class Account:
    """What one vendor says: its log, what it can do, and which messages it still holds for us."""

    traits: Traits
    log: Sequence[Happening]
    holds: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Keys of the agent's messages that we could still get by asking, by chat reference."""

    @classmethod
    def of(cls, vendor: HostileVendor) -> Account:
        """The account of a vendor in this process."""
        holds = {ref: vendor.holds_messages(ref) for ref in vendor.truth.refs()}
        return cls(vendor.traits, tuple(vendor.truth.log), holds)

    def lines(self, ref: str, *whats: What, operation: str | None = None) -> list[Happening]:
        """Lines about one chat, in order."""
        return [
            one
            for one in self.log
            if one.ref == ref
            and (not whats or one.what in whats)
            and (operation is None or one.operation == operation)
        ]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Both sides. ``accounts`` are by integration name.

    ``accepted`` holds, for each handoff, the keys of the end user's messages to which our side said
    ``Accepted``. ``interrupted`` holds (chat reference, message key) of sends that the ledger had noted as
    started when a process died: about those nobody can know, whatever the vendor had answered. ``patience``
    is how many seconds a handoff must go on after a message that did not come by itself, so that somebody
    must have asked the vendor's history for it.
    """

    handoffs: Sequence[Handoff]
    entries: Mapping[str, Sequence[LedgerEntry]]
    accounts: Mapping[str, Account]
    shown: Sequence[Outgoing]
    accepted: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    interrupted: frozenset[tuple[str, str]] = frozenset()
    owners: Mapping[str, Ownership] = field(default_factory=dict[str, Ownership])
    patience: float = 180.0

    def account(self, attempt: Attempt) -> Account | None:
        """The account of the vendor of an attempt; ``None`` for a vendor that is not audited."""
        return self.accounts.get(attempt.integration)

    def attempts(self, handoff: Handoff) -> Iterator[tuple[Attempt, Account]]:
        """The attempts of a handoff at audited vendors."""
        for attempt in handoff.attempts:
            account = self.account(attempt)
            if account is not None:
                yield attempt, account

    def entries_of(self, handoff: Handoff, direction: Direction) -> list[LedgerEntry]:
        """The messages of one direction, in the ledger's order."""
        return [one for one in self.entries.get(handoff.id, ()) if one.direction is direction]

    def messages_shown(self, handoff: Handoff) -> list[UserMessage]:
        """The agent's messages on the end user's screen, in order."""
        return [one for one in self.shown if isinstance(one, UserMessage) and one.handoff_id == handoff.id]

    def ends_shown(self, handoff: Handoff) -> list[HandoffEnded]:
        """The ends of a handoff that the bot's side got."""
        return [one for one in self.shown if isinstance(one, HandoffEnded) and one.handoff_id == handoff.id]


async def collect(
    store: Store,
    vendors: Mapping[str, HostileVendor],
    shown: Sequence[Outgoing],
    *,
    accepted: Mapping[str, Sequence[str]] | None = None,
    interrupted: Iterable[tuple[str, str]] = (),
) -> Evidence:
    """Evidence from a store, the vendors by integration name, and what the channel shows (each key once)."""
    handoffs = await store.handoffs(limit=10_000, newest_first=False)
    conversations = dict.fromkeys(handoff.request.conversation_id for handoff in handoffs)
    return Evidence(
        handoffs=handoffs,
        entries={handoff.id: await store.entries(handoff.id, limit=100_000) for handoff in handoffs},
        accounts={name: Account.of(vendor) for name, vendor in vendors.items()},
        shown=tuple(shown),
        accepted=accepted or {},
        interrupted=frozenset(interrupted),
        owners={conversation: await store.ownership(conversation) for conversation in conversations},
    )
