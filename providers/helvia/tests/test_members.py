"""Accounts that an admin makes and changes at the desk."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound, NotSignedIn
from livechat_sdk_helvia.members import MAX_CAPACITY
from livechat_sdk_helvia.records import Right, Role
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import ACCOUNTS, Clock, World, make_provider, make_world, start

HERE = "203.0.113.7"


@pytest.mark.feature("RO-14")
async def test_an_admin_makes_an_account_that_works_at_once(world: World) -> None:
    await world.desk.groups.create(world.ines, "vip", "VIP", [Role.ADMIN])
    made, password = await world.desk.members.create(
        world.ines, " Zoe@Example.org ", "Zoe New", roles=[Role.AGENT], groups=["vip"], capacity=3
    )
    assert (made.email, made.origin, made.capacity, made.editable) == ("zoe@example.org", "desk", 3, True)
    assert len(password) >= 20
    zoe = await world.desk.accounts.sign_in("zoe@example.org", password, address=HERE)
    assert zoe.effective_roles == {Role.AGENT, Role.ADMIN}
    assert zoe.may(Right.ADMINISTER)
    assert [group.id for group in await world.desk.groups.of(zoe.id)] == ["vip"]


@pytest.mark.feature("RO-14")
async def test_roles_are_given_and_taken_and_hold_at_once(world: World) -> None:
    made, password = await world.desk.members.create(world.ines, "zoe@example.org", "Zoe New")
    zoe = await world.desk.accounts.sign_in("zoe@example.org", password, address=HERE)
    token = await world.desk.sessions.start(zoe, "page")
    assert not zoe.may(Right.HANDLE)
    for roles in ([Role.AGENT], [Role.ADMIN], [Role.AGENT, Role.ADMIN], []):
        changed = await world.desk.members.change(
            world.ines, made.id, name="Zoe Newer", roles=roles, groups=[], capacity=None
        )
        assert (changed.name, set(changed.roles)) == ("Zoe Newer", set(roles))
        now = (await world.desk.sessions.find(token, "page")).user
        assert now.may(Right.HANDLE) is bool(roles), "the session that is open has the new roles"
        assert now.may(Right.ADMINISTER) is (Role.ADMIN in roles)


async def test_a_deactivated_account_is_out_at_once_and_can_come_back(world: World) -> None:
    made, password = await world.desk.members.create(
        world.ines, "zoe@example.org", "Zoe New", roles=[Role.AGENT]
    )
    zoe = await world.desk.accounts.sign_in("zoe@example.org", password, address=HERE)
    tokens = [await world.desk.sessions.start(zoe, kind) for kind in ("page", "api")]
    assert not (await world.desk.members.switch(world.ines, made.id, on=False)).active
    for token, kind in zip(tokens, ("page", "api"), strict=True):
        with pytest.raises(NotSignedIn):
            await world.desk.sessions.find(token, "page" if kind == "page" else "api")
    with pytest.raises(NotSignedIn):
        await world.desk.accounts.sign_in("zoe@example.org", password, address=HERE)
    await world.desk.members.switch(world.ines, made.id, on=True)
    assert (await world.desk.accounts.sign_in("zoe@example.org", password, address=HERE)).id == zoe.id


async def test_a_reset_password_replaces_the_old_one_and_ends_the_sessions(quick_world: World) -> None:
    desk = quick_world.desk
    made, old = await desk.members.create(quick_world.ines, "zoe@example.org", "Zoe New")
    zoe = await desk.accounts.sign_in("zoe@example.org", old, address=HERE)
    token = await desk.sessions.start(zoe, "page")
    with desk.hub.subscribe(f"session:{_hash(token)}") as told:
        new = await desk.members.reset_password(quick_world.ines, made.id)
        assert await told.wait(0.1) == {"ended"}, "an open page learns of it"
    assert new != old
    with pytest.raises(NotSignedIn):
        await desk.sessions.find(token, "page")
    with pytest.raises(NotSignedIn):
        await desk.accounts.sign_in("zoe@example.org", old, address=HERE)
    assert (await desk.accounts.sign_in("zoe@example.org", new, address=HERE)).id == zoe.id


async def test_the_password_is_stored_as_a_hash_only(clock: Clock, memory: MemoryDatabase) -> None:
    world = await make_world(clock, memory)
    made, password = await world.desk.members.create(world.ines, "zoe@example.org", "Zoe New")
    newer = await world.desk.members.reset_password(world.ines, made.id)
    assert password not in memory.dump()
    assert newer not in memory.dump()


async def test_accounts_of_the_settings_file_are_read_only_at_the_desk(quick_world: World) -> None:
    members, ada = quick_world.desk.members, quick_world.ada
    assert (await members.get(quick_world.ines, ada.id)).origin == "settings"
    for attempt in (
        members.change(quick_world.ines, ada.id, name="A", roles=[], groups=[], capacity=None),
        members.switch(quick_world.ines, ada.id, on=False),
        members.reset_password(quick_world.ines, ada.id),
    ):
        with pytest.raises(Forbidden, match="comes from the settings"):
            await attempt


async def test_only_an_admin_sees_and_changes_accounts(quick_world: World) -> None:
    members = quick_world.desk.members
    made, _ = await members.create(quick_world.ines, "zoe@example.org", "Zoe New")
    for nobody in (quick_world.ada, quick_world.olga):
        for attempt in (
            members.all(nobody),
            members.get(nobody, made.id),
            members.create(nobody, "mine@example.org", "Mine", roles=[Role.ADMIN]),
            members.change(nobody, made.id, name="Z", roles=[Role.ADMIN], groups=[], capacity=None),
            members.switch(nobody, made.id, on=False),
            members.reset_password(nobody, made.id),
        ):
            with pytest.raises(Forbidden):
                await attempt


async def test_nobody_locks_themselves_out(quick_world: World) -> None:
    desk = quick_world.desk
    made, password = await desk.members.create(
        quick_world.ines, "zoe@example.org", "Zoe New", roles=[Role.ADMIN]
    )
    zoe = await desk.accounts.sign_in("zoe@example.org", password, address=HERE)
    for attempt in (
        desk.members.change(zoe, made.id, name="Zoe", roles=[Role.AGENT], groups=[], capacity=None),
        desk.members.switch(zoe, made.id, on=False),
    ):
        with pytest.raises(Forbidden, match="lose the role"):
            await attempt
    assert (await desk.members.get(zoe, made.id)).name == "Zoe New"


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"email": "ada@example.org"},
        {"email": "ADA@example.org"},
        {"name": "  "},
        {"name": "n" * 121},
        {"capacity": 0},
        {"capacity": MAX_CAPACITY + 1},
        {"groups": ["nowhere"]},
    ],
)
async def test_a_wrong_account_is_refused_whole(quick_world: World, wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "email": "zoe@example.org",
        "name": "Zoe New",
        "capacity": None,
        "groups": [],
    } | wrong
    before = len(await quick_world.desk.members.all(quick_world.ines))
    with pytest.raises(InvalidField):
        await quick_world.desk.members.create(quick_world.ines, **given)
    assert len(await quick_world.desk.members.all(quick_world.ines)) == before


async def test_an_account_that_is_not_there_is_not_found(quick_world: World) -> None:
    with pytest.raises(NotFound):
        await quick_world.desk.members.get(quick_world.ines, 1)


async def test_an_account_made_at_the_desk_outlives_a_start(clock: Clock, memory: MemoryDatabase) -> None:
    world = await make_world(clock, memory)
    made, password = await world.desk.members.create(
        world.ines, "zoe@example.org", "Zoe New", roles=[Role.AGENT], capacity=2
    )
    provider = await start(make_provider(clock, accounts=[ACCOUNTS[2]]), memory)
    assert (await provider.desk.accounts.sign_in("zoe@example.org", password, address=HERE)).id == made.id
    listed = {"email": "zoe@example.org", "name": "Zoe Listed", "password": "a long enough password"}
    provider = await start(make_provider(clock, accounts=[ACCOUNTS[2], listed]), memory)
    account = await provider.desk.members.get(world.ines, made.id)
    assert (account.origin, account.name, account.capacity) == ("settings", "Zoe Listed", None)


async def test_accounts_of_the_first_start_are_managed_at_the_desk(
    clock: Clock, memory: MemoryDatabase
) -> None:
    provider = await start(make_provider(clock), memory)
    accounts = provider.desk.accounts
    rows = await provider.desk.context.fetch("SELECT id FROM desk_users WHERE email = 'admin@desk.local'")
    admin = await accounts.get(int(str(rows[0]["id"])))
    assert admin is not None
    [agent] = [one for one in await provider.desk.members.all(admin) if one.email == "agent@desk.local"]
    assert (agent.origin, agent.editable) == ("first_start", True)
    await provider.desk.members.switch(admin, agent.id, on=False)
    provider = await start(make_provider(clock), memory)
    assert not (await provider.desk.members.get(admin, agent.id)).active, "a start does not undo it"


def _hash(token: str) -> str:
    from livechat_sdk_helvia.auth import token_hash

    return token_hash(token)


async def test_what_an_admin_does_with_accounts_and_groups_is_in_the_audit_log(quick_world: World) -> None:
    desk, ines = quick_world.desk, quick_world.ines
    await desk.groups.create(ines, "vip", "VIP", [Role.ADMIN])
    made, password = await desk.members.create(ines, "zoe@example.org", "Zoe New", groups=["vip"])
    await desk.members.change(ines, made.id, name="Zoe", roles=[Role.AGENT], groups=[], capacity=None)
    newer = await desk.members.reset_password(ines, made.id)
    await desk.members.switch(ines, made.id, on=False)
    await desk.members.switch(ines, made.id, on=True)
    await desk.groups.change(ines, "vip", "VIP", [], [])
    await desk.groups.delete(ines, "vip")
    entries = [entry for entry in await desk.audit.entries(ines) if entry.actor_id == ines.id]
    told = [(entry.action, entry.subject) for entry in reversed(entries)]
    assert told == [
        ("group.created", "group:vip"),
        ("user.created", f"user:{made.id}"),
        ("user.changed", f"user:{made.id}"),
        ("user.password_reset", f"user:{made.id}"),
        ("user.deactivated", f"user:{made.id}"),
        ("user.activated", f"user:{made.id}"),
        ("group.changed", "group:vip"),
        ("group.deleted", "group:vip"),
    ]
    text = str(entries)
    assert password not in text
    assert newer not in text
