"""The hostile vendor that lives in our process: its rows and its events commit together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import RetryableError
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, Statement
from livechat_sdk.provider.interface import ProviderHost
from livechat_sdk_testing.hostile.events import VendorEvent, read_event
from livechat_sdk_testing.hostile.faults import Fault, Faults
from livechat_sdk_testing.hostile.provider import HostileProvider
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import What
from livechat_sdk_testing.hostile.vendor import HostileVendor, Received, VendorChat

__all__ = ["EmbeddedProvider", "EmbeddedVendor"]

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS hostile_chats (
        integration TEXT NOT NULL, vendor_ref TEXT NOT NULL, ref TEXT NOT NULL, opened_at TEXT NOT NULL,
        PRIMARY KEY (integration, vendor_ref)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS hostile_lines (
        integration TEXT NOT NULL, vendor_ref TEXT NOT NULL, line INTEGER NOT NULL, what TEXT NOT NULL,
        message_key TEXT NOT NULL, document TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (integration, vendor_ref, line)
    )
    """,
)

_ADD_CHAT = """
    INSERT INTO hostile_chats (integration, vendor_ref, ref, opened_at)
    VALUES (:integration, :vendor_ref, :ref, :at)
"""
_ADD_LINE = """
    INSERT INTO hostile_lines (integration, vendor_ref, line, what, message_key, document, at)
    VALUES (:integration, :vendor_ref, :line, :what, :key, :document, :at)
"""
_LINES = """
    SELECT line, what, message_key, document, at FROM hostile_lines
    WHERE integration = :integration AND vendor_ref = :vendor_ref ORDER BY line
"""


class EmbeddedVendor(HostileVendor):
    """Writes a row for whatever happens, in the transaction that takes its event in.

    Its human side works only while a dispatcher runs (``RetryableError`` otherwise): there is nobody else
    who could hold its database.
    """

    def __init__(
        self,
        traits: Traits,
        *,
        now: Callable[[], datetime],
        name: str = "hostile",
        faults: Faults | None = None,
    ) -> None:
        super().__init__(traits, now=now, name=name, faults=faults)
        self.integration = name
        self._integrations: set[str] = set()
        self._database: EmbeddedDatabase | None = None
        self._lines: dict[str, int] = {}

    async def start(self, database: EmbeddedDatabase, integration: str) -> None:
        """Make the tables ready and go on where the rows end."""
        await database.create_tables("hostile", 1, _TABLES)
        self._database = database
        self.integration = integration if not self._integrations else self.integration
        self._integrations.add(integration)
        for chat in self.chats:
            self._lines[chat.vendor_ref] = len(await self.rows(chat))

    def stop(self, integration: str | None = None) -> None:
        """The process ends, or one of several integrations of this vendor in it."""
        self._integrations.discard(integration or self.integration)
        if not self._integrations:
            self._database = None

    def integration_of(self, chat: VendorChat) -> str:
        """The name of the integration that a chat belongs to: the vendor may serve two of one type."""
        routed = chat.opening.route.integration
        return routed if routed in self._integrations else self.integration

    @property
    def database(self) -> EmbeddedDatabase:
        """The ledger's database. Raises ``RetryableError`` while no dispatcher runs."""
        if self._database is None:
            raise RetryableError("the embedded vendor does not run", provider=self.name, sent=False)
        return self._database

    async def rows(self, chat: VendorChat) -> Sequence[Row]:
        """What is stored of a chat, in order."""
        return await self.database.fetch(
            _LINES, {"integration": self.integration_of(chat), "vendor_ref": chat.vendor_ref}
        )

    async def _store_chat(self, chat: VendorChat) -> None:
        params = {
            "integration": self.integration_of(chat),
            "vendor_ref": chat.vendor_ref,
            "ref": chat.ref,
            "at": chat.since.isoformat(),
        }
        await self.database.commit([Statement(_ADD_CHAT, params, expect=1)])

    async def _store_received(self, chat: VendorChat, received: Received) -> None:
        statement = self._line(chat, "received", received.key, {"body": received.body}, received.at)
        await self.database.commit([statement])

    async def _publish(self, chat: VendorChat, event: VendorEvent, fault: Fault | None) -> None:
        statement = self._line(chat, event.kind, event.key, event.document(), event.at)
        if fault in {Fault.WITHHOLD, Fault.LOSE}:
            await self.database.commit([statement])
            self._note_event(What.LOST, event, "embedded", "withheld")
            return
        times = 2 if fault is Fault.REPEAT else 1
        read: ProviderEvent = read_event(event.document(), self.integration_of(chat), self.now())
        await self.database.commit([statement], [read] * times)
        self._note_event(What.HANDED, event, "embedded")

    def _line(self, chat: VendorChat, what: str, key: str, document: object, at: datetime) -> Statement:
        number = self._lines[chat.vendor_ref] = self._lines.get(chat.vendor_ref, 0) + 1
        return Statement(
            _ADD_LINE,
            {
                "integration": self.integration_of(chat),
                "vendor_ref": chat.vendor_ref,
                "line": number,
                "what": what,
                "key": key,
                "document": json.dumps(document),
                "at": at.isoformat(),
            },
            expect=1,
        )


class EmbeddedProvider(HostileProvider):
    """Starts and stops the vendor with the dispatcher."""

    vendor: EmbeddedVendor

    async def start(self, host: ProviderHost) -> None:
        """Make the vendor's tables."""
        await self.vendor.start(host.database, self.name)

    async def stop(self) -> None:
        """Let go of the database."""
        self.vendor.stop(self.name)
