"""Steps of handoffs for benchmarks of a ledger, and callers that make them as fast as they can."""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from livechat_sdk.domain.handoff import Handoff, HandoffRequest
from livechat_sdk.domain.messages import Direction, Fate, Message
from livechat_sdk.domain.people import EndUser
from livechat_sdk.ledger.sqlite.store import SqliteStore
from livechat_sdk.ledger.store import Change, Store
from livechat_sdk.lifecycle.effects import ChangeOwner, RecordMessage, SendMessage, SetTimer

__all__ = ["seconds_of_commit", "steps_per_second"]


def request(number: int, now: datetime) -> Change:
    """The first step of a handoff."""
    handoff = Handoff(
        id=f"handoff-{number}",
        request=HandoffRequest(
            key=f"request-{number}",
            conversation_id=f"conversation-{number}",
            bot="shop-bot",
            user=EndUser(id=f"user-{number}"),
        ),
        version=1,
        created_at=now,
        state_since=now,
    )
    return Change(handoff, 0, "requested", now, writes=[ChangeOwner(owner="human", number=1)])


def message(handoff: Handoff, number: int, now: datetime) -> Change:
    """The step in which the end user says something."""
    text = Message.text("Where is my order? It should have come on Monday.", key=f"message-{number}")
    return Change(
        handoff.model_copy(update={"version": handoff.version + 1}),
        handoff.version,
        "user_said",
        now,
        writes=[
            RecordMessage(message=text, direction=Direction.TO_PROVIDER, author="user", fate=Fate.PLANNED),
            SetTimer(name="agent_remind", due_at=now),
        ],
        actions=[SendMessage(attempt=1, message_key=text.key)],
    )


async def steps_per_second(store: Store, *, callers: int, steps: int) -> float:
    """Let every caller talk in a handoff of its own, as fast as the ledger takes it."""
    now = datetime.now(UTC)
    created = await asyncio.gather(*(store.create(request(number, now)) for number in range(callers)))

    async def talk(handoff: Handoff) -> None:
        for number in range(steps):
            change = message(handoff, number, now)
            await store.apply(change)
            handoff = change.handoff

    started = time.perf_counter()
    await asyncio.gather(*(talk(each.handoff) for each in created))
    return callers * steps / (time.perf_counter() - started)


async def seconds_of_commit(steps: int) -> float:
    """Seconds of one durable step of one caller on SQLite, over so many steps."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "ledger.db")
        await store.open()
        try:
            return 1 / await steps_per_second(store, callers=1, steps=steps)
        finally:
            await store.close()
