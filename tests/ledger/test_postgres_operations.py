"""Statements for many rows at once: every combination that a group may need is one that the server takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, combinations

import asyncpg
import pytest

from livechat_sdk.ledger.postgres import operations as op
from livechat_sdk.ledger.postgres.operations import IN_ORDER, Operation, Writes
from livechat_sdk_testing.postgres import PostgresServer

STAGES = [stage for half in IN_ORDER for stage in half]


def parts_of(stage: tuple[Operation, ...]) -> Iterator[tuple[Operation, ...]]:
    return chain.from_iterable(combinations(stage, size) for size in range(1, len(stage) + 1))


def with_rows(*operations: Operation, rows: int = 2) -> Writes:
    writes = Writes()
    for operation in operations:
        for number in range(rows):
            writes.add(operation, *(f"{number}.{column}" for column in range(operation.width)))
    return writes


def test_every_kind_of_row_is_written_once() -> None:
    all_kinds = [value for value in vars(op).values() if isinstance(value, Operation)]
    assert Counter(chain.from_iterable(STAGES)) == Counter(all_kinds)


def test_kinds_of_a_stage_share_a_statement_and_keep_their_own_columns() -> None:
    writes = with_rows(op.MESSAGES, op.OWNERS, op.CHATS)

    [(sql, columns)] = writes.of(IN_ORDER[0])

    assert sql.count("UPDATE conversations") == sql.count("INSERT INTO entries") == 1
    assert len(columns) == op.OWNERS.width + op.MESSAGES.width
    assert columns[: op.OWNERS.width] == [(f"0.{n}", f"1.{n}") for n in range(op.OWNERS.width)]
    assert f"${len(columns) + 1}::" in sql
    assert f"${len(columns) + 2}::" not in sql


def test_stages_come_one_after_the_other() -> None:
    writes = with_rows(op.LANES_RELEASED, op.ACTION_CHANGES)
    first, second = [sql for sql, _ in writes.of(IN_ORDER[1])]
    assert "UPDATE actions" in first
    assert "DELETE FROM lanes" in second


def test_nothing_to_write_is_no_statement() -> None:
    assert [list(Writes().of(half)) for half in IN_ORDER] == [[], []]


@pytest.mark.parametrize("stage", STAGES, ids=map(str, range(len(STAGES))))
async def test_the_server_takes_every_combination(
    postgres_server: PostgresServer, stage: tuple[Operation, ...]
) -> None:
    connection = await asyncpg.connect(await postgres_server.new_database())
    try:
        for some in parts_of(stage):
            [(sql, columns)] = with_rows(*some).of((stage,))
            done = await connection.execute(sql, "nobody", *([] for _ in columns))
            assert done.endswith(" 0")
    finally:
        await connection.close()
