"""Passwords, sessions, and the limit on guessing."""

from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher

from livechat_sdk_helvia.auth import IDLE_LIFETIME, LIFETIME, Passwords, token_hash
from livechat_sdk_helvia.faults import NotSignedIn, TooManyAttempts
from livechat_sdk_helvia.limits import RateLimit
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import PASSWORD, Clock, World, quick_passwords

HERE = "203.0.113.7"


# ----------------------------------------------------------------------------------------------- passwords
async def test_the_hashes_are_argon2id_and_salted() -> None:
    passwords = Passwords()
    first, second = await passwords.hash("hello"), await passwords.hash("hello")
    assert first.startswith("$argon2id$")
    assert first != second
    assert await passwords.matches(first, "hello")
    assert not await passwords.matches(first, "Hello")


async def test_an_unknown_account_is_checked_against_something_too() -> None:
    calls: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's name
            calls.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    assert not await passwords.matches(None, "anything")
    assert len(calls) == 1


@pytest.mark.parametrize("stored", ["", "plain text", "$argon2id$broken"])
async def test_a_broken_hash_lets_nobody_in(stored: str) -> None:
    assert not await quick_passwords().matches(stored, "anything")
    assert quick_passwords().outdated(stored)


async def test_an_endless_password_is_not_even_hashed() -> None:
    passwords = quick_passwords()
    assert not await passwords.matches(await passwords.hash("x" * 1001), "x" * 1001)


# ------------------------------------------------------------------------------------------------ signing in
async def test_whoever_has_the_password_gets_in_whatever_the_case_of_the_email(quick_world: World) -> None:
    user = await quick_world.desk.accounts.sign_in(" ADA@example.org ", PASSWORD, address=HERE)
    assert user == quick_world.ada


async def test_all_failures_look_the_same(quick_world: World) -> None:
    texts: set[tuple[str, str]] = set()
    for email, password in [
        ("ada@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("", ""),
        ("ada@example.org", PASSWORD + " "),
    ]:
        with pytest.raises(NotSignedIn) as refused:
            await quick_world.desk.accounts.sign_in(email, password, address=HERE)
        texts.add((refused.value.message, refused.value.hint))
    assert len(texts) == 1


async def test_after_five_failures_even_the_right_password_waits(quick_world: World) -> None:
    accounts = quick_world.desk.accounts
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await accounts.sign_in("ada@example.org", "wrong", address=HERE)
    with pytest.raises(TooManyAttempts) as refused:
        await accounts.sign_in("ada@example.org", PASSWORD, address="198.51.100.1")
    assert refused.value.retry_after == 300
    assert await accounts.sign_in("ben@example.org", PASSWORD, address=HERE) == quick_world.ben
    quick_world.clock.advance(seconds=301)
    assert await accounts.sign_in("ada@example.org", PASSWORD, address=HERE) == quick_world.ada


async def test_guessing_over_many_accounts_is_stopped_by_the_address(quick_world: World) -> None:
    accounts = quick_world.desk.accounts
    for number in range(30):
        with pytest.raises(NotSignedIn):
            await accounts.sign_in(f"guess{number}@example.org", "wrong", address=HERE)
    with pytest.raises(TooManyAttempts):
        await accounts.sign_in("ada@example.org", PASSWORD, address=HERE)
    assert await accounts.sign_in("ada@example.org", PASSWORD, address="198.51.100.1") == quick_world.ada


async def test_guesses_side_by_side_count_too(quick_world: World) -> None:
    import asyncio

    accounts = quick_world.desk.accounts
    results = await asyncio.gather(
        *(accounts.sign_in("ada@example.org", f"guess {n}", address=HERE) for n in range(20)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, NotSignedIn) for result in results) <= 6
    assert sum(isinstance(result, TooManyAttempts) for result in results) >= 14


async def test_success_forgets_the_failures_of_the_account(quick_world: World) -> None:
    accounts = quick_world.desk.accounts
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(NotSignedIn):
                await accounts.sign_in("ada@example.org", "wrong", address=HERE)
        await accounts.sign_in("ada@example.org", PASSWORD, address=HERE)


async def test_an_old_hash_is_made_anew_at_the_next_login(quick_world: World, memory: MemoryDatabase) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    memory.run("UPDATE desk_users SET password_hash = ? WHERE email = 'ada@example.org'", old)
    await quick_world.desk.accounts.sign_in("ada@example.org", PASSWORD, address=HERE)
    [row] = memory.run("SELECT password_hash FROM desk_users WHERE email = 'ada@example.org'")
    assert row[0] != old
    assert "m=8," in str(row[0])


# --------------------------------------------------------------------------------------------------- limits
def test_the_limit_remembers_a_bounded_number_of_names(clock: Clock) -> None:
    limit = RateLimit(clock.now, limit=1, window=60, what="attempts", remember=3)
    for name in "abcd":
        limit.count(name)
    limit.check("a")  # forgotten: it failed first
    for name in "bcd":
        with pytest.raises(TooManyAttempts):
            limit.check(name)


def test_the_window_slides(clock: Clock) -> None:
    limit = RateLimit(clock.now, limit=2, window=60, what="attempts")
    limit.count("a")
    clock.advance(seconds=40)
    limit.count("a")
    with pytest.raises(TooManyAttempts) as refused:
        limit.check("a")
    assert refused.value.retry_after == 20
    clock.advance(seconds=20)
    limit.check("a")


# ------------------------------------------------------------------------------------------------- sessions
async def test_only_the_hash_of_a_token_is_stored(quick_world: World, memory: MemoryDatabase) -> None:
    token = await quick_world.desk.sessions.start(quick_world.ada, "page")
    assert token not in memory.dump()
    assert token_hash(token) in memory.dump()
    found = await quick_world.desk.sessions.find(token, "page")
    assert found.user == quick_world.ada


async def test_no_password_is_stored_in_clear(quick_world: World, memory: MemoryDatabase) -> None:
    assert quick_world.ada.email in memory.dump()
    assert PASSWORD not in memory.dump()


@pytest.mark.parametrize("token", ["", "guess", "x" * 10_000])
async def test_a_token_that_was_never_given_is_nobody(quick_world: World, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await quick_world.desk.sessions.find(token, "page")


async def test_a_cookie_is_no_bearer_token_and_the_other_way_round(quick_world: World) -> None:
    sessions = quick_world.desk.sessions
    page, api = await sessions.start(quick_world.ada, "page"), await sessions.start(quick_world.ada, "api")
    with pytest.raises(NotSignedIn):
        await sessions.find(page, "api")
    with pytest.raises(NotSignedIn):
        await sessions.find(api, "page")


async def test_a_session_that_is_not_used_ends(quick_world: World) -> None:
    sessions, clock = quick_world.desk.sessions, quick_world.clock
    token = await sessions.start(quick_world.ada, "page")
    clock.advance(seconds=IDLE_LIFETIME.total_seconds() - 1)
    await sessions.find(token, "page")
    clock.advance(seconds=IDLE_LIFETIME.total_seconds() - 1)
    await sessions.find(token, "page")  # using it kept it alive
    token = await sessions.start(quick_world.ada, "page")
    clock.advance(seconds=IDLE_LIFETIME.total_seconds())
    with pytest.raises(NotSignedIn, match="expired"):
        await sessions.find(token, "page")


async def test_a_session_ends_after_a_day_however_much_it_is_used(quick_world: World) -> None:
    sessions, clock = quick_world.desk.sessions, quick_world.clock
    token = await sessions.start(quick_world.ada, "page")
    for _ in range(23):
        clock.advance(hours=1)
        await sessions.find(token, "page")
    clock.advance(seconds=LIFETIME.total_seconds() - 23 * 3600)
    with pytest.raises(NotSignedIn, match="expired"):
        await sessions.find(token, "page")


async def test_expired_sessions_are_deleted_when_somebody_signs_in(
    quick_world: World, memory: MemoryDatabase
) -> None:
    old = await quick_world.desk.sessions.start(quick_world.ada, "page")
    quick_world.clock.advance(days=2)
    await quick_world.desk.sessions.start(quick_world.ben, "page")
    assert token_hash(old) not in memory.dump()


async def test_signing_out_ends_the_session(quick_world: World) -> None:
    token = await quick_world.desk.sessions.start(quick_world.ada, "api")
    await quick_world.desk.sessions.end(token)
    with pytest.raises(NotSignedIn):
        await quick_world.desk.sessions.find(token, "api")


async def test_a_csrf_token_is_its_own_and_compared_whole(quick_world: World) -> None:
    sessions = quick_world.desk.sessions
    first = await sessions.find(await sessions.start(quick_world.ada, "page"), "page")
    second = await sessions.find(await sessions.start(quick_world.ada, "page"), "page")
    assert first.session.has_csrf_token(first.session.csrf_token)
    assert not first.session.has_csrf_token(second.session.csrf_token)
    assert not first.session.has_csrf_token("")
    assert not first.session.has_csrf_token(first.session.csrf_token[:-1])
