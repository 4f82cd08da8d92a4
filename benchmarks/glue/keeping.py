"""The bridge by hand that loses nothing: a message is in SQLite before it is answered, and sent from there.

It is ``glue.bridge`` with what its author adds after the first message was lost: an outbox. What was not sent
when the process ended is sent by the next one. Nobody knows then whether it had arrived: it may be there
twice. Nothing here refers to livechat-sdk.
"""

from __future__ import annotations

import threading
from pathlib import Path

from fastapi import BackgroundTasks, HTTPException
from fastapi.concurrency import run_in_threadpool

from benchmarks.glue.bridge import Bridge, Message

__all__ = ["KeepingBridge"]


class KeepingBridge(Bridge):
    """Conversations, the way to Zendesk, and what is still to go it."""

    def __init__(self, folder: Path, host: str, app_id: str, key_id: str, secret: str) -> None:
        super().__init__(folder, host, app_id, key_id, secret)
        self.turn = threading.Lock()
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS outbox (key TEXT PRIMARY KEY, chat TEXT, text TEXT, sent INTEGER)"
        )
        rows = self.db.execute("SELECT chat, key, text FROM outbox WHERE sent = 0 ORDER BY rowid").fetchall()
        left = [(chat, Message(key=key, text=text)) for chat, key, text in rows]
        threading.Thread(target=self._send_all, args=(left,), daemon=True).start()

    async def add_message(self, identity: str, message: Message, tasks: BackgroundTasks) -> dict[str, str]:
        """Keep a message, then have it sent. The disk blocks, so that is done in a thread."""
        chat = self.chats.get(identity)
        if chat is None:
            raise HTTPException(404)
        if await run_in_threadpool(self.keep, identity, message):
            tasks.add_task(self.send, *chat, message)
        return {"accepted": message.key}

    def keep(self, identity: str, message: Message) -> bool:
        """Write a message down, unless its key is there."""
        with self.turn:
            new = self.db.execute(
                "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, 0)", (message.key, identity, message.text)
            ).rowcount
            self.db.commit()
        return bool(new)

    def send(self, user: str, conversation: str, message: Message) -> bool:
        """Post a message, and note that it is there."""
        sent = super().send(user, conversation, message)
        if sent:
            with self.turn:
                self.db.execute("UPDATE outbox SET sent = 1 WHERE key = ?", (message.key,))
                self.db.commit()
        return sent

    def _send_all(self, left: list[tuple[str, Message]]) -> None:
        for identity, message in left:
            self.send(*self.chats[identity], message)
