"""Small handoffs, changes and events for the tests of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.chats import AgentJoined, ProviderEvent
from livechat_sdk.domain.handoff import Attempt, Candidate, Handoff, HandoffRequest, HandoffState, Route
from livechat_sdk.domain.messages import Direction, Fate, Message
from livechat_sdk.domain.people import Agent, EndUser
from livechat_sdk.ledger.store import (
    ActionRow,
    ActionStatus,
    Applied,
    Change,
    Completion,
    Created,
    Store,
    TimerRow,
)
from livechat_sdk.lifecycle.effects import Action, ChangeOwner, LedgerWrite, RecordMessage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_handoff(handoff_id: str = "h1", **changes: Any) -> Handoff:
    """A new handoff; ``key``, ``conversation_id`` and ``transcript`` go into its request."""
    request = HandoffRequest(
        key=changes.pop("key", f"key-{handoff_id}"),
        conversation_id=changes.pop("conversation_id", "c1"),
        bot="shop-bot",
        user=EndUser(id="u1", name="Ελένη"),
        transcript=changes.pop("transcript", ()),
    )
    values = {"version": 1, "created_at": NOW, "state_since": NOW, **changes}
    return Handoff(id=handoff_id, request=request, **values)


def an_attempt(
    number: int = 1, *, handoff_id: str = "h1", integration: str = "desk", **changes: Any
) -> Attempt:
    candidate = Candidate(
        route=Route(integration=integration, bot="shop-bot"),
        capabilities=Capabilities(inbound=Inbound.WEBHOOK),
    )
    return Attempt(number=number, ref=f"{handoff_id}.{number}", candidate=candidate, **changes)


def first_step(handoff: Handoff, *more: LedgerWrite, actions: Sequence[Action] = ()) -> Change:
    """The change that creates a handoff and takes the conversation over."""
    owner = ChangeOwner(owner="human", number=handoff.owner_number)
    return Change(handoff, 0, "requested", NOW, writes=(owner, *more), actions=actions)


def from_user(key: str, body: str = "hello", fate: Fate = Fate.HELD, **changes: Any) -> RecordMessage:
    return RecordMessage(
        message=Message(key=key, body=body),
        direction=Direction.TO_PROVIDER,
        author="user",
        fate=fate,
        **changes,
    )


def from_agent(key: str, body: str = "hello", fate: Fate = Fate.PLANNED, **changes: Any) -> RecordMessage:
    return RecordMessage(
        message=Message(key=key, body=body), direction=Direction.TO_USER, author="agent", fate=fate, **changes
    )


def an_event(
    event_id: str = "e1", *, refs: Sequence[str] = ("h1.1",), integration: str = "desk"
) -> ProviderEvent:
    return AgentJoined(
        id=event_id,
        integration=integration,
        refs=tuple(refs),
        received_at=NOW,
        agent=Agent(id="a1", name="Nikos"),
    )


def completion(row: ActionRow, status: ActionStatus, error: str | None = None) -> Completion:
    """The end of an action, as the worker reports it that runs it."""
    return Completion(row.id, status, error, row.fence)


def content_of(folder: Path) -> bytes:
    """Every byte of every file in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@dataclass
class Story:
    """A handoff in a store, and what happens to it step by step."""

    store: Store
    handoff: Handoff = field(default_factory=a_handoff)
    at: datetime = NOW

    async def start(self, *writes: LedgerWrite, actions: Sequence[Action] = ()) -> Created:
        """Create the handoff."""
        return await self.store.create(first_step(self.handoff, *writes, actions=actions))

    async def step(
        self, *writes: LedgerWrite, actions: Sequence[Action] = (), kind: str = "step", **changes: Any
    ) -> Applied:
        """Apply a step that changes the handoff."""
        before = self.handoff
        after = before.model_copy(update={"version": before.version + 1, **changes})
        applied = await self.store.apply(
            Change(after, before.version, kind, self.at, writes=writes, actions=actions)
        )
        self.handoff = after
        return applied

    async def note(
        self,
        *writes: LedgerWrite,
        actions: Sequence[Action] = (),
        completes: Completion | None = None,
        event: ProviderEvent | None = None,
        inbox_id: int | None = None,
        fired: TimerRow | None = None,
        refused: str | None = None,
    ) -> Applied:
        """Apply a step that leaves the handoff as it is."""
        version = self.handoff.version
        return await self.store.apply(
            Change(
                self.handoff,
                version,
                "note",
                self.at,
                writes=writes,
                actions=actions,
                completes=completes,
                event=event,
                inbox_id=inbox_id,
                fired=fired,
                refused=refused,
            ),
        )

    async def end(self, *writes: LedgerWrite, actions: Sequence[Action] = ()) -> Applied:
        """End it: the bot owns the conversation again."""
        number = self.handoff.owner_number + 1
        owner = ChangeOwner(owner="bot", number=number)
        return await self.step(
            *writes, owner, actions=actions, kind="ended", state=HandoffState.ENDED, owner_number=number
        )

    async def fates(self) -> dict[str, tuple[Fate, str | None]]:
        """Fate and detail of every message by key."""
        entries = await self.store.entries(self.handoff.id)
        return {entry.message.key: (entry.fate, entry.detail) for entry in entries}
