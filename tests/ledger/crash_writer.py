"""Started by ``test_crash.py`` and killed in the middle: writes, and prints what was acknowledged.

``crash_writer.py DATABASE ROUND``: ten callers talk in ten handoffs, each message in the step that holds it.
"""

from __future__ import annotations

import asyncio
import sys

from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.lifecycle.effects import SaveChat, SendMessage, SetTimer
from livechat_sdk.provider.embedded import Statement
from tests.ledger.builders import Story, a_handoff, an_event, from_user, later


def tell(line: str) -> None:
    """Acknowledge a write to whoever started this program."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def talk(story: Story, round_number: str) -> None:
    """Write until somebody kills this process."""
    handoff_id = story.handoff.id
    number = 0
    while True:
        key = f"{round_number}-{number}"
        await story.step(
            from_user(key, "x" * (number % 7) * 500),
            SetTimer(name=key, due_at=later(number)),
            SaveChat(
                chat=Chat(
                    integration="desk",
                    handoff_id=handoff_id,
                    ref=handoff_id,
                    state={"last": key},
                    secrets={"token": SecretStr(f"canary-{key}")},
                ),
            ),
            actions=[SendMessage(attempt=1, message_key=key)],
            held=(*story.handoff.held, key),
        )
        tell(f"message {handoff_id} {key}")
        row = f"{handoff_id}-{key}"
        insert = Statement("INSERT INTO desk_rows (id) VALUES (:id)", {"id": row}, expect=1)
        await story.store.commit([insert], [an_event(row)])
        tell(f"row {handoff_id} {row}")
        number += 1


async def main(database: str, round_number: str) -> None:
    """Open the ledger, take up or make ten handoffs, and let them talk."""
    store = SqliteStore(database)
    await store.open()
    await store.create_tables("desk", 1, ["CREATE TABLE IF NOT EXISTS desk_rows (id TEXT PRIMARY KEY)"])
    stories: list[Story] = []
    for number in range(10):
        handoff = await store.load(f"h{number}")
        story = Story(store, handoff or a_handoff(f"h{number}", conversation_id=f"c{number}"))
        if handoff is None:
            await story.start()
        stories.append(story)
    await asyncio.gather(*(talk(story, round_number) for story in stories))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
