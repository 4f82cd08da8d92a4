"""The base of every CRM over a toy one: who of several is meant, the cache, and what fails nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.people import SEVERAL, Contact, ContactMatch, EndUser
from livechat_sdk.errors import RetryableError, StoreError
from livechat_sdk.ledger.erasing import Eraser
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.store import Store
from livechat_sdk.policies import contact_source
from livechat_sdk.policies.contact_keys import Key, keys_of
from livechat_sdk.policies.contact_settings import ContactSettings
from livechat_sdk.policies.contact_source import Candidate, ContactSource
from livechat_sdk.provider import NoFiles
from livechat_sdk.provider.embedded import EmbeddedDatabase, Statement
from livechat_sdk.provider.integration import Finding, IntegrationContext
from tests.policies.memory_database import MemoryDatabase

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
ANN = {"id": "1", "name": "Ann", "email": "ann@example.com", "phone": "+30 210 1111111"}


class Crm(ContactSource[ContactSettings]):
    """People in a list; counts how often it is asked."""

    type = "TOY_CRM"

    def __init__(self, people: Sequence[dict[str, str]], name: str = "toy", **settings: Any) -> None:
        self.time = NOW
        context = IntegrationContext(name, now=lambda: self.time)
        super().__init__(context, ContactSettings(type=self.type, name=name, **settings))
        self.people = list(people)
        self.asked: list[str] = []
        self.incomplete: tuple[str, ...] = ()
        self.answer = asyncio.Event()
        self.answer.set()

    def keys(self, user: EndUser) -> Sequence[Key]:
        return keys_of(user, country_prefix="+30")

    async def candidates(self, key: Key) -> Sequence[Candidate]:
        """Everybody: what fits is for the base to find out."""
        self.asked.append(key.kind)
        await self.answer.wait()
        return [
            Candidate(
                match=ContactMatch(id=one["id"], name=one.get("name")),
                known={kind: [one.get(kind)] for kind in ("id", "email", "phone")},
                changed_at=NOW - timedelta(days=int(one.get("age", "0"))),
            )
            for one in self.people
        ]

    async def read(self, contact_id: str, language: str | None = None) -> Contact | None:
        self.asked.append("read")
        for one in self.people:
            if one["id"] == contact_id:
                return Contact(
                    source=self.name, id=one["id"], name=one.get("name"), incomplete=self.incomplete
                )
        return None

    async def check(self) -> Sequence[Finding]:
        return ()


def a_user(**fields: Any) -> EndUser:
    return EndUser(**{"id": "u-1", "email": "ann@example.com", **fields})


@pytest.fixture
async def store(ledger_url: str) -> AsyncIterator[Store]:
    opened = open_store(ledger_url)
    await opened.open()
    yield opened
    await opened.close()


async def started(database: EmbeddedDatabase, *people: dict[str, str], **settings: Any) -> Crm:
    crm = Crm(people or [ANN], **settings)
    await crm.start(_Host(database))
    return crm


@dataclass
class _Host:
    database: EmbeddedDatabase
    files: NoFiles = field(default_factory=NoFiles)

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()


async def find(crm: Crm, user: EndUser | None = None) -> Contact | None:
    return await crm.livechat_find_contact(user or a_user(), "shop-bot")


# ------------------------------------------------------------------------------------------- who it is
async def test_what_a_vendor_takes_for_equal_is_looked_at_again() -> None:
    crm = Crm([{**ANN, "email": "änn@example.com"}, {"id": "2", "email": "ann@example.com.evil"}])
    assert await find(crm) is None


async def test_the_first_key_that_anybody_has_decides() -> None:
    crm = Crm([ANN, {"id": "2", "phone": "+302102222222"}])
    contact = await find(crm, a_user(phone="+302102222222"))
    assert contact is not None
    assert (contact.id, contact.found_at) == ("1", NOW)
    assert crm.asked == ["id", "email", "read"]


async def test_of_several_the_likeliest_comes_first_and_nobody_is_picked() -> None:
    crm = Crm(
        [
            {"id": "old", "email": "ann@example.com", "age": "9"},
            {"id": "new", "email": "ann@example.com"},
            {"id": "named", "email": "ann@example.com", "name": "ANN m", "age": "20"},
            {"id": "phoned", "email": "ANN@example.com", "phone": "210 1111111", "age": "30"},
        ]
    )
    contact = await find(crm, a_user(name="Ann M", phone="+30 2101111111"))
    assert contact is not None
    assert contact.id == SEVERAL
    assert not contact.certain
    assert [one.id for one in contact.matches] == ["phoned", "named", "new", "old"]
    assert contact.matches[0].by == ("e-mail address", "phone number")
    assert "read" not in crm.asked


async def test_who_has_no_key_costs_no_question() -> None:
    crm = Crm([ANN])
    user = EndUser(id="\u2028".join("ab"), email="ann at example", phone="call me", name="Ann")
    assert await find(crm, user) is None
    assert crm.asked == []


async def test_only_its_own_contacts_are_read_by_id() -> None:
    crm = Crm([ANN])
    contact = await crm.livechat_get_contact("toy", "1")
    assert contact is not None
    assert contact.found_at == NOW
    assert await crm.livechat_get_contact("other", "1") is None
    assert await crm.livechat_get_contact("toy", "2") is None


async def test_a_crm_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_source, "SECONDS", 0.05)
    crm = Crm([ANN])
    crm.answer.clear()
    with pytest.raises(RetryableError, match="no contact within"):
        await find(crm)


# ------------------------------------------------------------------------------------------- the cache
async def test_a_contact_is_asked_for_again_when_it_is_old(store: Store) -> None:
    crm = await started(store, cache_for=60)
    first = await find(crm)
    asked = len(crm.asked)
    crm.people[0] = {**ANN, "name": "Ann Married"}
    crm.time += timedelta(seconds=59)
    assert await find(crm) == first
    assert len(crm.asked) == asked
    crm.time += timedelta(seconds=1)
    again = await find(crm)
    assert again is not None
    assert (again.name, again.found_at) == ("Ann Married", crm.time)


async def test_another_worker_and_one_after_a_restart_find_what_was_kept(store: Store) -> None:
    assert await find(await started(store)) is not None
    other = await started(store)
    assert await find(other) is not None
    assert other.asked == []


async def test_what_is_kept_answers_the_same_question_only(store: Store) -> None:
    crm = await started(store, ANN, {"id": "2", "email": "new@example.com"})
    assert await find(crm) is not None
    for user in (a_user(language="el"), a_user(id="u-2"), a_user(email="new@example.com")):
        before = len(crm.asked)
        assert await find(crm, user) is not None
        assert len(crm.asked) > before
    changed = await started(store, cache_for=299)
    assert await find(changed, a_user(email="ann@example.com")) is not None
    assert changed.asked, "other settings, other answers"


async def test_two_sources_keep_apart(store: Store) -> None:
    assert await find(await started(store, name="a")) is not None
    other = await started(store, {**ANN, "name": "Other"}, name="b")
    contact = await find(other)
    assert contact is not None
    assert (contact.source, contact.name) == ("b", "Other")


async def test_half_an_answer_and_nobody_are_not_kept(store: Store) -> None:
    crm = await started(store)
    crm.incomplete = ("cases",)
    assert await find(crm) is not None
    crm.incomplete = ()
    contact = await find(crm)
    assert contact is not None
    assert contact.incomplete == ()
    assert await find(crm, a_user(id="u-3", email="nobody@example.com")) is None
    crm.people.append({"id": "3", "email": "nobody@example.com"})
    assert await find(crm, a_user(id="u-3", email="nobody@example.com")) is not None


async def test_without_a_cache_nothing_is_kept(store: Store) -> None:
    crm = await started(store, cache_for=0)
    await find(crm)
    await find(crm)
    assert crm.asked.count("read") == 2


async def test_what_is_too_old_is_deleted_when_something_is_kept(store: Store) -> None:
    crm = await started(store, ANN, {"id": "2", "email": "b@example.com"}, cache_for=60)
    await find(crm)
    crm.time += timedelta(seconds=60)
    await find(crm, a_user(id="u-2", email="b@example.com"))
    rows = await store.fetch("SELECT user_id FROM contact_cache")
    assert [row["user_id"] for row in rows] == ["u-2"]


async def test_what_is_kept_of_a_person_goes_with_the_person(store: Store) -> None:
    crm = await started(store, ANN, {"id": "2", "email": "b@example.com"})
    await find(crm)
    await find(crm, a_user(id="u-2", email="b@example.com"))
    await Eraser(store, "default").erase_rest("user", "u-1", NOW)
    rows = await store.fetch("SELECT user_id FROM contact_cache")
    assert [row["user_id"] for row in rows] == ["u-2"]


async def test_the_key_of_the_question_does_not_say_what_was_asked(store: Store) -> None:
    crm = await started(store, {"id": "1", "email": "ann@example.com"})
    await find(crm)
    (row,) = await store.fetch("SELECT asked FROM contact_cache")
    assert "ann" not in str(row["asked"])


async def test_trouble_with_the_store_costs_a_question_and_no_contact(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database = MemoryDatabase()
    crm = await started(database)

    async def broken(*_: object, **__: object) -> Any:
        raise StoreError("the disk is full of ann@example.com")

    monkeypatch.setattr(database, "fetch", broken)
    monkeypatch.setattr(database, "commit", broken)
    assert await find(crm) is not None
    assert "cannot be read" in caplog.text
    assert "cannot be written" in caplog.text
    assert "ann@example.com" not in caplog.text
    database.close()


async def test_a_row_that_cannot_be_read_any_more_is_asked_for_again(store: Store) -> None:
    crm = await started(store)
    await find(crm)
    await store.commit([_broken_row()])
    contact = await find(crm)
    assert contact is not None
    assert contact.name == "Ann"


def _broken_row() -> Any:
    return Statement("UPDATE contact_cache SET contact = :contact", {"contact": '{"of": "another release"}'})
