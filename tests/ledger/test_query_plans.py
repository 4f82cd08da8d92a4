"""Costs stay flat: no statement of a handoff's life walks through a whole table."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    CancelTimer,
    EraseSecrets,
    OpenChat,
    ReturnToBot,
    SaveChat,
    SaveTicket,
    Say,
    SendMessage,
    SetFate,
    SetTimer,
    Unpark,
)
from tests.ledger.builders import NOW, Story, a_handoff, an_attempt, an_event, completion, from_user, later

SAY = Say(key="s1", moment=Moment.WAITING, owner_number=1)


async def live_through(store: SqliteStore) -> None:
    """Use everything that a store does for a handoff."""
    story = Story(store, a_handoff(attempts=(an_attempt(),)))
    created = await story.start(from_user("m1"), SetTimer(name="t", due_at=later(1)), actions=[SAY])
    await store.store_words(created.actions[0], SystemMessage(text="One moment"))
    send = SendMessage(attempt=1, message_key="m1")
    applied = await story.step(CancelTimer(name="u"), actions=[OpenChat(attempt=1), send])
    await store.start_action(applied.actions[1])
    await store.postpone_action(applied.actions[1], not_before=later(1), error="x")
    chat = Chat(integration="desk", handoff_id="h1", ref="h1.1", secrets={"t": SecretStr("x")})
    await story.note(SaveChat(chat=chat), CancelActions(attempt=2))
    dropped = SetFate(message_key="m1", direction=Direction.TO_PROVIDER, fate=Fate.REFUSED)
    await story.note(dropped, completes=completion(applied.actions[1], ActionStatus.FAILED, "no"))
    await story.note(dropped.model_copy(update={"fate": Fate.SENT}))
    await store.commit([], [an_event("e1")])
    await store.keep_unmatched(an_event("e2"), NOW)
    await store.unmatched("desk", ["h1.1", "v1"])
    (waiting,) = await store.inbox()
    await story.note(event=waiting.event, inbox_id=waiting.id)
    (timer,) = await store.due_timers(later(5))
    await story.note(fired=timer)
    await store.next_timer()
    await store.match("desk", ["v1", "v2"])
    await store.chat("h1", 1)
    await store.load("h1")
    await store.entries("h1")
    await store.entry("h1", Direction.TO_PROVIDER, "m1")
    await store.journal("h1")
    await store.actions("h1")
    await store.open_actions()
    await store.claim()
    await store.action(1)
    await store.given_up()
    await store.given_up("h1")
    await story.note(Unpark(action_id=applied.actions[1].id, detail="seen to"))
    await store.save_progress(applied.actions[0], send, {"sequence": 1})
    await cool_down(store)
    await store.open_chats(["desk"])
    await store.chats_open_at("desk")
    await store.save_poll(chat, chat.model_copy(update={"state": {"cursor": 1}}), [an_event("e9")])
    await store.forget_unmatched(NOW)
    await store.ownership("c1")
    await store.handoffs()
    await store.handoffs(states=[HandoffState.QUEUED, HandoffState.ACTIVE])
    await store.tickets("h1")
    ticket = Ticket(source="desk", id="1", key="k")
    await story.end(ReturnToBot(message_keys=("m1",)), EraseSecrets(), SaveTicket(ticket=ticket))
    await store.returned_to_bot("h1")
    await store.forget_inbox(99)


async def cool_down(store: SqliteStore) -> None:
    """Use everything that a store does for an integration that fails."""
    cooldown = Cooldown(NOW, 1, "503")
    await store.save_cooldown("desk", before=None, after=cooldown)
    await store.save_cooldown("desk", before=cooldown, after=Cooldown(NOW, 2, "503"))
    await store.save_cooldown("desk", before=cooldown, after=None)
    await store.cooldowns()


IN_ORDER = (
    *("handoffs_by_age", "handoffs_live_by_age", "actions_open_by_id", "actions_given_up", "timers_due"),
    "sqlite_autoindex_cooldowns_1",  # a row for each integration that fails
)
"""Indexes from whose end a whole workspace is read: oldest first, what is open, given up or due."""


def is_a_walk(step: str) -> bool:
    """Whether a step of a query plan reads more rows than it finds."""
    if step.startswith("SCAN"):
        return True
    whole_workspace = re.search(r" INDEX (\w+) \(workspace=\?\)", step)
    return whole_workspace is not None and whole_workspace[1] not in IN_ORDER


async def test_every_statement_of_a_handoffs_life_finds_its_rows_by_an_index(
    sqlite: SqliteStore, monkeypatch: Any
) -> None:
    statements: set[str] = set()

    def listen(db: sqlite3.Connection) -> None:
        db.set_trace_callback(statements.add)

    assert sqlite._writer is not None
    await sqlite._writer.run(listen)
    read = sqlite._read

    async def read_and_listen(query: Any, *, brief: bool = False) -> Any:
        def listening(db: sqlite3.Connection) -> Any:
            listen(db)
            return query(db)

        return await read(listening, brief=brief)

    monkeypatch.setattr(sqlite, "_read", read_and_listen)

    await live_through(sqlite)

    examined = [each for each in statements if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b", each)]
    assert len(examined) > 40
    walks: list[str] = []
    with closing(sqlite3.connect(sqlite.path)) as db:
        for statement in examined:
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]
            walks += [f"{step}: {statement}" for step in plan if is_a_walk(step)]
    assert not walks, "\n".join(walks)


async def test_every_key_and_index_starts_with_the_workspace(sqlite: SqliteStore) -> None:
    without = {"meta", "embedded_schemas"}  # they describe the file, not what is in it
    others: list[str] = []
    with closing(sqlite3.connect(sqlite.path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for _, index, *_rest in db.execute(f"PRAGMA index_list({table})").fetchall():
                _, _, first = db.execute(f"PRAGMA index_info({index})").fetchone()
                if first != "workspace" and table not in without:
                    others.append(index)
    assert {"handoffs", "entries", "actions", "inbox"} <= set(tables)
    assert others == ["inbox_refs_of_event"]  # ids of events are unique in the whole file


async def test_the_database_itself_allows_one_live_handoff_for_a_conversation(sqlite: SqliteStore) -> None:
    await Story(sqlite).start()
    second = """
        INSERT INTO handoffs
        SELECT workspace, 'h2', 'k2', conversation_id, state, version, bot, user_id, format, created_at,
            updated_at, ended_at, document
        FROM handoffs
    """
    with closing(sqlite3.connect(sqlite.path)) as db, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        db.execute(second)


async def test_a_commit_is_on_the_disk_before_it_returns(sqlite: SqliteStore) -> None:
    writer = sqlite._writer
    assert writer is not None
    full = 2

    assert await writer.run(lambda db: db.execute("PRAGMA synchronous").fetchone()) == (full,)
    assert await writer.run(lambda db: db.execute("PRAGMA journal_mode").fetchone()) == ("wal",)


async def test_what_is_deleted_is_overwritten(sqlite: SqliteStore) -> None:
    writer = sqlite._writer
    assert writer is not None

    assert await writer.run(lambda db: db.execute("PRAGMA secure_delete").fetchone()) == (1,)
