from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livechat_sdk.ledger.erasing import Eraser
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.provider import PersonalTable, declare_personal
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.personal import embedded_integrations, personal_tables
from tests.owning.conftest import Start
from tests.owning.world import MARIA, Person

NOTES = PersonalTable("acme_notes", "handoff", "handoff_id = :handoff")
VISITS = PersonalTable("acme_visits", "user", "user_id = :user OR guest_id = :user", withheld=("token",))


AT = datetime(2026, 11, 24, tzinfo=UTC)


def a_visit(workspace: str, user: str, guest: str) -> Statement:
    return Statement(
        "INSERT INTO acme_visits (workspace, user_id, guest_id) VALUES (:workspace, :user, :guest)",
        {"workspace": workspace, "user": user, "guest": guest},
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "ledger.db")
    await opened.open()
    yield opened
    await opened.close()


async def test_nothing_is_declared_in_a_new_ledger(store: SqliteStore) -> None:
    assert await personal_tables(store) == ()
    assert await embedded_integrations(store, "default") == frozenset()


async def test_a_declaration_stays_in_the_database(store: SqliteStore) -> None:
    await declare_personal(store, "acme", [NOTES, VISITS], workspace="default", integration="acme-desk")
    await declare_personal(store, "other", [NOTES], workspace="acme", integration="other-desk")
    reader = SqliteStore.reader(store.path)
    await reader.open()
    assert await personal_tables(reader) == [NOTES, VISITS, NOTES]
    assert await embedded_integrations(reader, "default") == {"acme-desk"}
    assert await embedded_integrations(reader, "acme") == {"other-desk"}
    await reader.close()


async def test_a_later_release_replaces_what_it_declared_before(store: SqliteStore) -> None:
    await declare_personal(store, "acme", [NOTES, VISITS], workspace="default")
    await declare_personal(store, "acme", [VISITS], workspace="default")
    assert await personal_tables(store) == [VISITS]


async def test_the_same_declaration_writes_nothing(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await declare_personal(store, "acme", [NOTES], workspace="default", integration="acme-desk")

    async def refuse(*_: object) -> None:
        raise AssertionError("nothing has changed")

    monkeypatch.setattr(store, "commit", refuse)
    await declare_personal(store, "acme", [NOTES], workspace="default", integration="acme-desk")


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("notes; DROP TABLE handoffs", "handoff_id = :handoff"),
        ("", "handoff_id = :handoff"),
        ("Notes", "handoff_id = :handoff"),
        ("notes", "1 = 1"),
        ("notes", "handoff_id = :user"),
    ],
)
def test_what_cannot_be_a_declaration_is_refused(table: str, where: str) -> None:
    with pytest.raises(ValueError, match=r"no name of a table|does not use :handoff"):
        PersonalTable(table, "handoff", where)


async def test_a_condition_with_or_stays_in_its_workspace(store: SqliteStore) -> None:
    await store.create_tables(
        "acme", 1, ["CREATE TABLE acme_visits (workspace TEXT, user_id TEXT, guest_id TEXT, token TEXT)"]
    )
    await declare_personal(store, "acme", [VISITS], workspace="default")
    rows = [("default", "u1", ""), ("default", "", "u1"), ("acme", "", "u1"), ("default", "u2", "")]
    for workspace, user, guest in rows:
        await store.commit([a_visit(workspace, user, guest)])
    await Eraser(store, "default").erase_rest("user", "u1", AT)
    left = await store.fetch("SELECT workspace, user_id, guest_id FROM acme_visits ORDER BY workspace")
    assert [tuple(row.values()) for row in left] == [("acme", "", "u1"), ("default", "u2", "")]


async def test_rows_are_erased_after_their_provider_has_left_the_settings(
    start: Start, maria: Person
) -> None:
    one = await start()
    visited = await one.visited(maria)
    await one.dispatcher.__aexit__(None, None, None)
    two = await start(
        clock=one.clock,
        integrations={"toy": {"type": "TOY_LIVECHAT", "webhookKey": one.toy.key}},
        bots={"shop-bot": {"livechat": {"integrations": ["toy"]}}},
    )

    erasure = await two.dispatcher.erase(user_id=maria.user_id)

    assert (erasure.handoffs, erasure.remains) == ((visited.id,), ())
    assert await two.rows_about([MARIA, visited.id]) == []
