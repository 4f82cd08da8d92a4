from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from livechat_sdk.errors import ConfigurationError, StoreError
from livechat_sdk.ledger.opening import Role, open_store, sqlite_path
from livechat_sdk.ledger.postgres import PostgresStore
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.sqlite import SqliteStore
from tests.ledger.builders import NOW, a_handoff, first_step


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///livechat.db", "livechat.db"),
        ("sqlite:///data/livechat.db", "data/livechat.db"),
        ("sqlite:////var/lib/livechat.db", "/var/lib/livechat.db"),
        ("sqlite:///my%20chats.db", "my chats.db"),
    ],
)
def test_an_address_names_a_file(url: str, path: str) -> None:
    assert sqlite_path(url) == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite://host/livechat.db",
        "sqlite:///:memory:",
        "sqlite:////var/lib/",
        "sqlite:////",
    ],
)
def test_an_address_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="names no file"):
        sqlite_path(url)


@pytest.mark.parametrize("url", ["", "livechat.db", "sqlite:livechat.db", "mysql://host/db", "://"])
def test_any_other_address_is_refused_with_what_is_possible(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sqlite:///livechat\.db"):
        open_store(url)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hunter2@db/livechat",
        "postgresql://me:hunter2@db",
        "postgresql://me:hunt/hunter2@db/livechat",
    ],
)
def test_the_password_in_an_address_that_is_not_possible_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)

    assert "hunter2" not in str(caught.value)
    assert "hunt" not in str(caught.value)


@pytest.mark.parametrize("role", ["worker", "clerk", "reader"])
def test_a_postgresql_store_knows_its_address_and_never_shows_the_password(role: Role) -> None:
    store = open_store("postgresql://me:hunter2@db.example.com:5433/livechat", "acme", role=role)

    assert isinstance(store, PostgresStore)
    assert store.workspace == "acme"
    assert store.address.label == "db.example.com:5433/livechat"
    assert "hunter2" not in repr(store.address)


async def test_every_role_of_sqlite_opens_the_same_way(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    worker = open_store(url)
    await worker.open()
    clerk, reader = open_store(url, role="clerk"), open_store(url, role="reader")
    await clerk.open()
    await reader.open()

    await clerk.create(first_step(a_handoff()))
    with pytest.raises(StoreError, match="reading only"):
        await reader.create(first_step(a_handoff("h2")))

    assert await reader.load("h1") == a_handoff()
    for store in (reader, clerk, worker):
        await store.close()


def test_a_missing_driver_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat_sdk.ledger.opening.find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"livechat-sdk\[postgres\]"):
        open_store("postgresql://db/livechat")


async def test_a_store_opens_from_its_address(tmp_path: Path) -> None:
    store = open_store(
        f"sqlite:///{tmp_path}/a.db", "acme", StoreKeys.from_texts(["k" * 32]), now=lambda: NOW
    )
    assert isinstance(store, SqliteStore)
    assert store.workspace == "acme"
    await store.open()
    assert (await store.create(first_step(a_handoff(workspace="acme")))).status == "created"
    await store.close()
    assert (tmp_path / "a.db").is_file()


def test_the_driver_is_loaded_only_when_a_store_is_made() -> None:
    program = """
import sys
import livechat_sdk.ledger.store, livechat_sdk.ledger.opening, livechat_sdk.ledger.secrets
assert not {"sqlite3", "cryptography", "fcntl", "asyncpg"} & set(sys.modules), "loaded too early"
livechat_sdk.ledger.opening.open_store("sqlite:///x.db")
assert "sqlite3" in sys.modules
livechat_sdk.ledger.opening.check_address("postgresql://db/livechat")
assert not {"cryptography", "asyncpg"} & set(sys.modules), "loaded too early"
"""
    subprocess.run([sys.executable, "-c", program], check=True)
