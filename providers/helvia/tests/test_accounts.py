"""Where accounts come from, and when they stop working."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk_helvia.accounts import DEMO_ACCOUNTS
from livechat_sdk_helvia.faults import NotSignedIn
from livechat_sdk_helvia.provider import HelviaProvider, tell_on_stderr
from livechat_sdk_helvia.records import Right, Role
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import ACCOUNTS, PASSWORD, Clock, make_provider, start

HERE = "203.0.113.7"


async def desk(
    clock: Clock, memory: MemoryDatabase, announced: list[str] | None = None, **values: Any
) -> HelviaProvider:
    return await start(make_provider(clock, announced, **values), memory)


async def may_enter(provider: HelviaProvider, email: str, password: str) -> bool:
    try:
        await provider.desk.accounts.sign_in(email, password, address=HERE)
    except NotSignedIn:
        return False
    return True


def shown(announcement: str) -> dict[str, str]:
    """Passwords by email, as they were printed."""
    lines = [line.split() for line in announcement.splitlines() if "@" in line]
    return {words[0]: words[1] for words in lines}


async def test_the_first_start_prints_an_admin_and_an_agent_once(
    clock: Clock, memory: MemoryDatabase
) -> None:
    announced: list[str] = []
    provider = await desk(clock, memory, announced)
    [text] = announced
    passwords = shown(text)
    assert list(passwords) == ["admin@desk.local", "agent@desk.local"]
    for email, password in passwords.items():
        assert len(password) >= 20
        assert password not in memory.dump()
        user = await provider.desk.accounts.sign_in(email, password, address=HERE)
        assert user.may(Right.HANDLE)
        assert user.may(Right.ADMINISTER) is (email == "admin@desk.local")
    await desk(clock, memory, announced)
    assert len(announced) == 1
    assert await may_enter(provider, "agent@desk.local", passwords["agent@desk.local"])


async def test_two_first_starts_have_different_passwords(clock: Clock) -> None:
    printed: list[str] = []
    for _ in range(2):
        database = MemoryDatabase()
        await desk(clock, database, printed)
        database.close()
    first, second = (set(shown(text).values()) for text in printed)
    assert not first & second


def test_the_passwords_go_to_stderr_and_into_no_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tell_on_stderr("agent@desk.local   secret")
    captured = capsys.readouterr()
    assert captured.err == "agent@desk.local   secret\n"
    assert captured.out == ""
    assert caplog.text == ""


async def test_listed_accounts_are_made_and_nothing_is_announced(
    clock: Clock, memory: MemoryDatabase
) -> None:
    announced: list[str] = []
    provider = await desk(clock, memory, announced, accounts=ACCOUNTS)
    assert announced == []
    assert await may_enter(provider, "ada@example.org", PASSWORD)
    assert not await may_enter(provider, "ada@demo.example", "demo-agent-ada")


async def test_a_changed_account_takes_effect_at_the_next_start(clock: Clock, memory: MemoryDatabase) -> None:
    await desk(clock, memory, accounts=[ACCOUNTS[0]])
    changed = ACCOUNTS[0] | {"name": "Ada Lang", "roles": ["admin"], "password": "another long password"}
    provider = await desk(clock, memory, accounts=[changed])
    assert not await may_enter(provider, "ada@example.org", PASSWORD)
    user = await provider.desk.accounts.sign_in("ada@example.org", "another long password", address=HERE)
    assert user.name == "Ada Lang"
    assert user.roles == {Role.ADMIN}


async def test_a_changed_password_ends_the_sessions_an_unchanged_one_does_not(
    clock: Clock, memory: MemoryDatabase
) -> None:
    provider = await desk(clock, memory, accounts=ACCOUNTS)
    user = await provider.desk.accounts.sign_in("ada@example.org", PASSWORD, address=HERE)
    token = await provider.desk.sessions.start(user, "page")
    provider = await desk(clock, memory, accounts=ACCOUNTS)
    assert (await provider.desk.sessions.find(token, "page")).user == user
    provider = await desk(clock, memory, accounts=[ACCOUNTS[0] | {"password": "another long password"}])
    with pytest.raises(NotSignedIn):
        await provider.desk.sessions.find(token, "page")


async def test_an_account_that_is_no_longer_listed_is_out_at_once(
    clock: Clock, memory: MemoryDatabase
) -> None:
    provider = await desk(clock, memory, accounts=ACCOUNTS)
    ben = await provider.desk.accounts.sign_in("ben@example.org", PASSWORD, address=HERE)
    token = await provider.desk.sessions.start(ben, "page")
    provider = await desk(clock, memory, accounts=[ACCOUNTS[0]])
    assert not await may_enter(provider, "ben@example.org", PASSWORD)
    with pytest.raises(NotSignedIn):
        await provider.desk.sessions.find(token, "page")
    provider = await desk(clock, memory, accounts=ACCOUNTS)
    assert await may_enter(provider, "ben@example.org", PASSWORD)


async def test_demo_accounts_work_only_while_the_demo_runs(clock: Clock, memory: MemoryDatabase) -> None:
    provider = await desk(clock, memory, demoAccounts=True)
    for account in DEMO_ACCOUNTS:
        assert await may_enter(provider, account.email, account.password)
    announced: list[str] = []
    provider = await desk(clock, memory, announced)
    for account in DEMO_ACCOUNTS:
        assert not await may_enter(provider, account.email, account.password)
    assert len(announced) == 1


async def test_accounts_of_the_first_start_end_when_others_are_listed(
    clock: Clock, memory: MemoryDatabase
) -> None:
    announced: list[str] = []
    await desk(clock, memory, announced)
    password = shown(announced[0])["admin@desk.local"]
    provider = await desk(clock, memory, announced, accounts=ACCOUNTS)
    assert not await may_enter(provider, "admin@desk.local", password)


async def test_the_handler_of_a_conversation_keeps_the_name_after_leaving_the_team(
    clock: Clock, memory: MemoryDatabase
) -> None:
    from providers.helvia.tests.world import make_world

    world = await make_world(clock, memory)
    conversation = await world.accepted(by="ben")
    provider = await desk(clock, memory, accounts=[ACCOUNTS[0]])
    assert (await provider.desk.conversations.get(conversation.id)).owner_name == "Ben Okoro"
