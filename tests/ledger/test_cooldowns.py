"""Cool-downs: known to every worker and after a restart, and counted by one at a time."""

from __future__ import annotations

from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.store import Store
from tests.ledger.builders import later
from tests.ledger.conftest import Backend

ONE = Cooldown(later(0), 1, "1 failed open, 503")
TWO = Cooldown(later(30.5), 2, "2 failed opens in a row, 503")


async def test_cool_downs_are_kept_by_integration_over_a_restart(backend: Backend, store: Store) -> None:
    assert await store.cooldowns() == {}
    assert await store.save_cooldown("desk", before=None, after=ONE)
    assert await store.save_cooldown("other", before=None, after=TWO)

    store = await backend.reopen(store)

    assert await store.cooldowns() == {"desk": ONE, "other": TWO}


async def test_only_who_knows_the_present_one_replaces_it(store: Store) -> None:
    assert await store.save_cooldown("desk", before=None, after=ONE)
    assert not await store.save_cooldown("desk", before=None, after=TWO), "somebody was faster"
    assert not await store.save_cooldown("desk", before=TWO, after=None)
    assert await store.save_cooldown("desk", before=ONE, after=TWO)
    assert not await store.save_cooldown("desk", before=ONE, after=None)
    assert await store.cooldowns() == {"desk": TWO}
    assert await store.save_cooldown("desk", before=TWO, after=None)
    assert await store.cooldowns() == {}
    assert not await store.save_cooldown("desk", before=TWO, after=ONE)
    assert await store.save_cooldown("desk", before=None, after=None), "nothing to do"


async def test_cool_downs_belong_to_a_workspace(backend: Backend, store: Store) -> None:
    await store.save_cooldown("desk", before=None, after=ONE)
    await store.close()
    other = await backend.open("another")
    assert await other.cooldowns() == {}
