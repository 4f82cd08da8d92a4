"""Who is told of what happens in a conversation: the dispatcher, or the service that opened it.

Everything that the desk commits passes here. Events of a conversation that a service opened become callbacks
in the same transaction; the dispatcher, which knows nothing of it, is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement
from livechat_sdk_helvia.callbacks.bodies import TOLD
from livechat_sdk_helvia.callbacks.queue import queueing_statements
from livechat_sdk_helvia.hub import CALLBACKS, Hub
from livechat_sdk_helvia.manager.service import MINE

__all__ = ["TellingDatabase"]


class TellingDatabase:
    """An ``EmbeddedDatabase``. Without ``tells``, services are told nothing."""

    def __init__(
        self,
        database: EmbeddedDatabase,
        *,
        workspace: str,
        integration: str,
        now: Callable[[], datetime],
        hub: Hub,
        tells: bool,
    ) -> None:
        self._database = database
        self._workspace = workspace
        self._integration = integration
        self._now = now
        self._hub = hub
        self._tells = tells

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        """See ``EmbeddedDatabase.create_tables``."""
        await self._database.create_tables(name, version, ddl)

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        """See ``EmbeddedDatabase.commit``. Callbacks come last, so that statements keep their places."""
        ours = [event for event in events if not event.refs[0].startswith(MINE)]
        if len(ours) == len(events):
            await self._database.commit(statements, events)
            return
        queued = self._queued([event for event in events if event.refs[0].startswith(MINE)])
        if statements or queued or ours:
            await self._database.commit([*statements, *queued], ours)
        if queued:
            self._hub.deliver(CALLBACKS, "due")

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        """See ``EmbeddedDatabase.fetch``."""
        return await self._database.fetch(sql, params)

    def _queued(self, events: Sequence[ProviderEvent]) -> list[Statement]:
        told = [event for event in events if self._tells and isinstance(event, TOLD)]
        return queueing_statements(self._workspace, self._integration, told, utc_text(self._now()))
