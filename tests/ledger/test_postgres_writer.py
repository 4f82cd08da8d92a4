"""How the writer's connections divide what waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres.jobs import Me, Outcome
from livechat_sdk.ledger.postgres.picture import Needs, Picture
from livechat_sdk.ledger.postgres.writer import GROUP_LIMIT, SMALL_GROUP, Writer, share


class Numbered:
    """A job that writes nothing, and tells which connection decided it."""

    def __init__(self, number: int, company: dict[str, int]) -> None:
        self._number = number
        self._company = company

    @property
    def keys(self) -> frozenset[Hashable]:
        return frozenset({self._number})

    def need(self, needs: Needs) -> None:
        pass

    def needs_all_actions(self, picture: Picture) -> str | None:
        return None

    def decide(self, picture: Picture, me: Me) -> Outcome:
        task = asyncio.current_task()
        by = task.get_name() if task else "nobody"
        self._company[by] = self._company.get(by, 0) + 1
        return Outcome(answer=lambda: by)


@pytest.fixture
async def writer(postgres_url: str) -> AsyncIterator[Writer]:
    address = PostgresAddress.parse(postgres_url)
    writing = Writer(address, "default", me=lambda: Me(None, frozenset()), committed=lambda _: None)
    writing.start()
    yield writing
    await writing.stop()


async def test_what_waits_is_divided_among_the_connections(writer: Writer) -> None:
    company: dict[str, int] = {}
    await asyncio.gather(*(writer.run(Numbered(number, company)) for number in range(4 * SMALL_GROUP)))
    assert sorted(company.values()) == [2 * SMALL_GROUP, 2 * SMALL_GROUP]


async def test_a_few_jobs_share_a_transaction(writer: Writer) -> None:
    company: dict[str, int] = {}
    await asyncio.gather(*(writer.run(Numbered(number, company)) for number in range(SMALL_GROUP)))
    assert list(company.values()) == [SMALL_GROUP]


@given(waiting=st.integers(1, 5000), free=st.integers(1, 8))
def test_a_share_is_fair_and_never_larger_than_a_group(waiting: int, free: int) -> None:
    mine = share(waiting, free)
    assert min(SMALL_GROUP, waiting) <= mine <= GROUP_LIMIT
    assert mine * free >= min(waiting, GROUP_LIMIT)
    if mine not in {SMALL_GROUP, GROUP_LIMIT}:
        assert (mine - 1) * free < waiting
