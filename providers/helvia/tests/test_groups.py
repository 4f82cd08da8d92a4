"""Groups: where they come from, who is in them, and what their roles give."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk_helvia.accounts import Accounts
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import DeskUser, Right, Role
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import (
    ACCOUNTS,
    Clock,
    World,
    make_provider,
    make_world,
    settings,
    start,
)

BILLING = {"id": "billing", "name": "Billing", "members": ["ada@example.org"]}
LEADS = {"id": "leads", "name": "Team leads", "roles": ["admin"], "members": ["ben@example.org"]}


async def desk(clock: Clock, memory: MemoryDatabase, **values: Any) -> HelviaProvider:
    given: dict[str, Any] = {"accounts": ACCOUNTS} | values
    return await start(make_provider(clock, **given), memory)


async def again(accounts: Accounts, user: DeskUser) -> DeskUser:
    """The same member as the desk knows them now."""
    found = await accounts.get(user.id)
    assert found is not None
    return found


async def names(provider: HelviaProvider, group: str) -> list[str]:
    return [member.name for member in await provider.desk.groups.members(group)]


async def test_groups_of_the_settings_file_have_the_members_that_either_side_lists(
    clock: Clock, memory: MemoryDatabase
) -> None:
    accounts = [ACCOUNTS[0], ACCOUNTS[1] | {"groups": ["billing"]}, *ACCOUNTS[2:]]
    provider = await desk(clock, memory, accounts=accounts, groups=[BILLING, LEADS])
    assert await names(provider, "billing") == ["Ada Marsh", "Ben Okoro"]
    assert await names(provider, "leads") == ["Ben Okoro"]
    billing, leads = await provider.desk.groups.all()
    assert (billing.id, billing.name, billing.size, billing.roles) == ("billing", "Billing", 2, frozenset())
    assert (leads.id, set(leads.roles), leads.editable) == ("leads", {Role.ADMIN}, False)


async def test_groups_follow_the_settings_file_at_the_next_start(
    clock: Clock, memory: MemoryDatabase
) -> None:
    provider = await desk(clock, memory, groups=[BILLING, LEADS])
    changed = BILLING | {"name": "Bills", "members": ["olga@example.org"], "roles": ["agent"]}
    provider = await desk(clock, memory, groups=[changed])
    [only] = await provider.desk.groups.all()
    assert (only.name, set(only.roles)) == ("Bills", {Role.AGENT})
    assert await names(provider, "billing") == ["Olga Roleless"]
    assert await names(provider, "leads") == []
    provider = await desk(clock, memory)
    assert await provider.desk.groups.all() == []
    assert memory.run("SELECT COUNT(*) FROM desk_memberships") == [(0,)]


@pytest.mark.feature("RO-12")
async def test_a_member_has_the_roles_of_their_account_and_of_all_their_groups(
    clock: Clock, memory: MemoryDatabase
) -> None:
    groups = [
        LEADS,
        {"id": "night", "name": "Night shift", "roles": ["agent"], "members": ["olga@example.org"]},
        {"id": "vip", "name": "VIP", "roles": ["admin"], "members": ["olga@example.org"]},
        {"id": "plain", "name": "Plain", "members": ["ada@example.org"]},
    ]
    world = await make_world(clock, memory, groups=groups)
    expected: dict[str, tuple[set[Role], set[Role]]] = {
        "ada": ({Role.AGENT}, set()),
        "ben": ({Role.AGENT}, {Role.ADMIN}),
        "olga": (set(), {Role.AGENT, Role.ADMIN}),
        "ines": ({Role.ADMIN}, set()),
    }
    for name, (own, given) in expected.items():
        person = world.people[name]
        assert (set(person.roles), set(person.group_roles)) == (own, given), name
        assert person.effective_roles == own | given
        assert person.may(Right.ADMINISTER) is (Role.ADMIN in own | given)
        assert person.may(Right.HANDLE) is bool(own | given)


async def test_an_inactive_account_has_no_rights_whatever_its_groups_give(
    clock: Clock, memory: MemoryDatabase
) -> None:
    world = await make_world(clock, memory, groups=[LEADS])
    provider = await desk(clock, memory, accounts=[ACCOUNTS[2]])
    ben = await again(provider.desk.accounts, world.ben)
    assert not ben.may(Right.HANDLE)
    assert not ben.may(Right.ADMINISTER)


async def test_an_admin_makes_changes_and_deletes_a_group(world: World) -> None:
    groups = world.desk.groups
    made = await groups.create(world.ines, " vip ", " Our best ", [Role.AGENT], [world.olga.id])
    assert (made.id, made.name, made.size, made.editable) == ("vip", "Our best", 1, True)
    assert (await again(world.desk.accounts, world.olga)).may(Right.HANDLE)
    assert [group.id for group in await groups.of(world.olga.id)] == ["vip"]
    changed = await groups.change(
        world.ines, "vip", "VIP", [Role.ADMIN, Role.AGENT], [world.ada.id, world.ben.id]
    )
    assert (changed.name, changed.size, set(changed.roles)) == ("VIP", 2, {Role.ADMIN, Role.AGENT})
    assert not (await again(world.desk.accounts, world.olga)).may(Right.HANDLE)
    assert (await again(world.desk.accounts, world.ada)).may(Right.ADMINISTER)
    await groups.delete(world.ines, "vip")
    assert not (await again(world.desk.accounts, world.ada)).may(Right.ADMINISTER)
    with pytest.raises(NotFound):
        await groups.get("vip")


async def test_only_an_admin_changes_groups(quick_world: World) -> None:
    groups = quick_world.desk.groups
    await groups.create(quick_world.ines, "vip", "VIP")
    for nobody in (quick_world.ada, quick_world.olga):
        for attempt in (
            groups.create(nobody, "mine", "Mine", [Role.ADMIN], [nobody.id]),
            groups.change(nobody, "vip", "VIP", [Role.ADMIN], [nobody.id]),
            groups.delete(nobody, "vip"),
        ):
            with pytest.raises(Forbidden):
                await attempt
    assert [group.id for group in await groups.all()] == ["vip"]


async def test_a_group_of_the_settings_file_is_read_only(clock: Clock, memory: MemoryDatabase) -> None:
    world = await make_world(clock, memory, groups=[BILLING])
    for attempt in (
        world.desk.groups.change(world.ines, "billing", "B", [], []),
        world.desk.groups.delete(world.ines, "billing"),
    ):
        with pytest.raises(Forbidden, match="settings file"):
            await attempt
    assert await names(world.provider, "billing") == ["Ada Marsh"]


async def test_what_an_admin_made_outlives_a_start(clock: Clock, memory: MemoryDatabase) -> None:
    world = await make_world(clock, memory)
    await world.desk.groups.create(world.ines, "vip", "VIP", [], [world.ada.id])
    provider = await desk(clock, memory, groups=[BILLING])
    assert await names(provider, "vip") == ["Ada Marsh"]
    taken_over = {"id": "vip", "name": "Very important", "members": ["ben@example.org"]}
    provider = await desk(clock, memory, groups=[taken_over])
    assert not (await provider.desk.groups.get("vip")).editable


@pytest.mark.parametrize(
    ("group_id", "name"),
    [("", "x"), ("two words", "x"), (".hidden", "x"), ("a/b", "x"), ("a" * 101, "x"), ("ok", " ")],
)
async def test_a_wrong_id_or_name_is_refused(quick_world: World, group_id: str, name: str) -> None:
    with pytest.raises(InvalidField):
        await quick_world.desk.groups.create(quick_world.ines, group_id, name)


async def test_ids_and_names_are_taken_once(quick_world: World) -> None:
    groups, ines = quick_world.desk.groups, quick_world.ines
    await groups.create(ines, "vip", "VIP")
    await groups.create(ines, "other", "Other")
    for attempt in (
        groups.create(ines, "vip", "Else"),
        groups.create(ines, "else", "VIP"),
        groups.change(ines, "other", "VIP", [], []),
    ):
        with pytest.raises(InvalidField):
            await attempt
    assert (await groups.change(ines, "vip", "VIP", [], [])).name == "VIP", "one's own name is no other's"


async def test_a_member_who_is_not_there_changes_nothing(quick_world: World) -> None:
    groups, ines = quick_world.desk.groups, quick_world.ines
    await groups.create(ines, "vip", "VIP", [], [quick_world.ada.id])
    with pytest.raises(InvalidField, match="no longer there"):
        await groups.change(ines, "vip", "Else", [Role.ADMIN], [1])
    group = await groups.get("vip")
    assert (group.name, group.size, group.roles) == ("VIP", 1, frozenset())


async def test_nobody_takes_the_admin_role_from_themselves(world: World) -> None:
    groups = world.desk.groups
    await groups.create(world.ines, "leads", "Leads", [Role.ADMIN], [world.ben.id])
    ben = await again(world.desk.accounts, world.ben)
    for attempt in (
        groups.change(ben, "leads", "Leads", [Role.ADMIN], [world.ada.id]),
        groups.change(ben, "leads", "Leads", [], [ben.id]),
        groups.delete(ben, "leads"),
    ):
        with pytest.raises(Forbidden, match="lose the role"):
            await attempt
    assert [member.id for member in await groups.members("leads")] == [ben.id]
    await groups.delete(world.ines, "leads")


@pytest.mark.parametrize(
    ("groups", "accounts", "words"),
    [
        ([BILLING, BILLING | {"name": "Else"}], ACCOUNTS, "same id twice"),
        ([BILLING, BILLING | {"id": "else"}], ACCOUNTS, "same name twice"),
        ([BILLING | {"members": ["nobody@example.org"]}], ACCOUNTS, "no such account"),
        ([], [ACCOUNTS[0] | {"groups": ["billing"]}], "no such group"),
        ([BILLING | {"id": "a b"}], ACCOUNTS, "groups"),
        ([BILLING | {"roles": ["owner"]}], ACCOUNTS, "groups"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    groups: list[dict[str, Any]], accounts: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(groups=groups, accounts=accounts)
