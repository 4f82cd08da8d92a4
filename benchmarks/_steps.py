"""Steps of handoffs for benchmarks of a ledger, and callers that make them as fast as they can."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
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


def messages(handoff: Handoff, steps: int, now: datetime) -> Sequence[Change]:
    """The end user says so many things, one after the other."""
    said: list[Change] = []
    for number in range(steps):
        said.append(message(said[-1].handoff if said else handoff, number, now))
    return said


async def steps_per_second(store: Store, *, callers: int, steps: int) -> float:
    """Let every caller talk in a handoff of its own, as fast as the ledger takes it.

    What is written is made before the clock starts, as the rows of a yardstick are.
    """
    now = datetime.now(UTC)
    created = await asyncio.gather(*(store.create(request(number, now)) for number in range(callers)))

    async def talk(changes: Sequence[Change]) -> None:
        for change in changes:
            await store.apply(change)

    said = [messages(each.handoff, steps, now) for each in created]
    started = time.perf_counter()
    await asyncio.gather(*(talk(each) for each in said))
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
