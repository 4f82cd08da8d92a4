"""``livechat ledger``: status, up and down."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cli.tests.helpers import invoke
from livechat_sdk.ledger.opening import open_store


async def make(url: str) -> None:
    store = open_store(url)
    await store.open()
    await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger that a server has made."""
    address = f"sqlite:///{tmp_path / 'livechat.db'}"
    if request.param == "postgresql":
        address = asyncio.run(request.getfixturevalue("postgres_server").new_database(empty=True))
    asyncio.run(make(address))
    return address


def test_ledger_goes_down_and_up_and_says_where_it_is(url: str) -> None:
    fine = invoke("ledger", "status", "--store", url)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert "schema   2 (this release: 2)" in fine.stdout

    down = invoke("ledger", "downgrade", "--to", "1", "--store", url)
    assert (down.returncode, down.stdout) == (0, "")
    assert "has schema 1 now" in down.stderr
    old = invoke("ledger", "status", "--store", url)
    assert old.returncode == 8
    assert "livechat ledger upgrade" in old.stdout
    refused = invoke("show", "--store", url)
    assert refused.returncode == 6
    assert "livechat ledger upgrade" in refused.stderr

    up = invoke("ledger", "upgrade", "--store", url)
    assert up.returncode == 0
    assert "has schema 2 now" in up.stderr
    assert invoke("show", "--store", url).returncode == 0


def test_status_as_json_is_for_scripts(url: str) -> None:
    done = invoke("ledger", "status", "--json", "--store", url)
    found = json.loads(done.stdout)
    workers = 0 if url.startswith("postgresql") else None
    assert {name: found[name] for name in ("schema", "oldest", "known", "verdict", "workers")} == {
        "schema": 2,
        "oldest": 2,
        "known": 2,
        "verdict": "current",
        "workers": workers,
    }


def test_file_that_is_served_is_not_migrated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"

    async def served() -> None:
        store = open_store(url)
        await store.open()
        done = await asyncio.to_thread(invoke, "ledger", "downgrade", "--to", "1", "--store", url)
        assert done.returncode == 6
        assert "is served by process" in done.stderr
        await store.close()

    asyncio.run(served())
    assert invoke("ledger", "status", "--store", url).returncode == 0


def test_missing_file_and_wrong_address_are_clear_errors(tmp_path: Path) -> None:
    missing = invoke("ledger", "status", "--store", tmp_path / "missing.db")
    assert missing.returncode == 6
    assert "missing.db" in missing.stderr
    assert invoke("ledger", "status", "--store", "mysql://host/db").returncode == 3
