from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.ledger.opening import open_store, sqlite_path
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


def test_the_password_of_another_database_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="'postgresql'") as caught:
        open_store("postgresql://me:hunter2@db/livechat")

    assert "hunter2" not in str(caught.value)


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
assert not {"sqlite3", "cryptography", "fcntl"} & set(sys.modules), "loaded too early"
livechat_sdk.ledger.opening.open_store("sqlite:///x.db")
assert "sqlite3" in sys.modules
assert "cryptography" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
