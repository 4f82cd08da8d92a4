"""Handoffs by id: callers that wait at the same time share one journey to the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.ledger import rows
from livechat_sdk.ledger.postgres.connections import Pool

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["Loader"]

_HANDOFFS = """
    SELECT h.id, h.document, r.document FROM handoffs AS h
    JOIN requests AS r ON r.workspace = h.workspace AND r.handoff_id = h.id
    WHERE h.workspace = $1 AND h.id = ANY($2)
"""
_MOST = 200


class Loader:
    """Loads handoffs. A caller joins a question that has not been asked yet, never one under way."""

    def __init__(self, pool: Pool, workspace: str) -> None:
        self._pool = pool
        self._workspace = workspace
        self._task: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[Handoff | None]] = {}

    async def load(self, handoff_id: str) -> Handoff | None:
        """One handoff, or ``None``. Raises ``StoreError``."""
        answer = self._answers.get(handoff_id)
        if answer is None:
            answer = self._answers[handoff_id] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask_all(), name="livechat-ledger-loader")
        return await asyncio.shield(answer)

    async def _ask_all(self) -> None:
        while self._answers:
            some = [self._answers.popitem() for _ in range(min(len(self._answers), _MOST))]
            answers = dict(some)
            try:
                found = await self._pool.run(partial(self._fetch, ids=list(answers)))
            except Exception as error:  # noqa: BLE001  # it belongs to those who have asked
                for answer in answers.values():
                    _answer(answer, error)
                continue
            for row in found:
                answer = answers.pop(row[0])
                try:
                    _answer(answer, rows.handoff(row[1:]))
                except Exception as error:  # noqa: BLE001  # one that cannot be read concerns its caller only
                    _answer(answer, error)
            for answer in answers.values():
                _answer(answer, None)

    async def _fetch(self, db: Connection, *, ids: list[str]) -> Sequence[Sequence[Any]]:
        return await db.fetch(_HANDOFFS, self._workspace, ids)


def _answer(future: asyncio.Future[Handoff | None], answer: Handoff | Exception | None) -> None:
    if isinstance(answer, Exception):
        future.set_exception(answer)
        future.exception()  # asked for here, so that nobody is warned when the caller is gone
    else:
        future.set_result(answer)
