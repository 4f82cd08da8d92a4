"""Flow triggers: addresses that are told of each missed request, or of each conversation that ended."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import Final

from pydantic import SecretStr

from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.automations.checking import check_address
from livechat_sdk_helvia.automations.outside import Outside
from livechat_sdk_helvia.automations.records import TRIGGER_TYPES, FlowTrigger
from livechat_sdk_helvia.automations.runs import Ending
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.records import DeskUser, Right, from_row

__all__ = ["Flows"]

_MOST: Final = 50


class Flows:
    """The registered addresses. Each has a secret of its own, which is shown once, when it is made."""

    def __init__(self, desk: DeskContext, outside: Outside) -> None:
        self._desk = desk
        self._outside = outside

    async def all(self, actor: DeskUser) -> Sequence[FlowTrigger]:
        """Every registered address, for admins."""
        require(actor, Right.ADMINISTER)
        rows = await self._desk.fetch(
            """
            SELECT * FROM desk_flow_triggers WHERE workspace = :workspace AND integration = :integration
            ORDER BY trigger_type, id
            """
        )
        return [from_row(FlowTrigger, row) for row in rows]

    async def register(self, actor: DeskUser, trigger_type: str, address: str) -> tuple[int, str]:
        """Register an address: its id, and the secret that deliveries are signed with.

        Raises ``InvalidField``, also when the store has no key to keep the secret with.
        """
        require(actor, Right.ADMINISTER)
        if trigger_type not in TRIGGER_TYPES:
            raise InvalidField(f"There is no trigger {trigger_type[:60]!r}.")
        if len(await self.all(actor)) >= _MOST:
            raise InvalidField(f"A desk has {_MOST} flow triggers at most.")
        address = check_address(address, self._outside.egress())
        made = self._desk.new_id()
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        insert = self._desk.statement(
            """
            INSERT INTO desk_flow_triggers (workspace, integration, id, trigger_type, address, secret,
                author_id, created_at, delivered, failed)
            VALUES (:workspace, :integration, :id, :trigger_type, :address, :secret, :author_id, :now, 0, 0)
            """,
            id=made,
            trigger_type=trigger_type,
            address=address,
            secret=self._outside.seal(secret, self._place(made)),
            author_id=actor.id,
            now=self._desk.now_text(),
        )
        await self._desk.database.commit([insert, self._told(actor, "registered", made, trigger_type)])
        return made, secret

    async def delete(self, actor: DeskUser, trigger_id: int) -> None:
        """Forget an address; what still waits for it is not delivered. Raises ``NotFound``."""
        require(actor, Right.ADMINISTER)
        delete = self._desk.statement(
            """
            DELETE FROM desk_flow_triggers
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=trigger_id,
        )
        try:
            await self._desk.database.commit([delete, self._told(actor, "deleted", trigger_id)])
        except Expect as clash:
            raise _missing(trigger_id) from clash

    async def target(self, trigger_id: int) -> tuple[str, SecretStr]:
        """Where a delivery goes, and what it is signed with. Raises ``NotFound``, ``StoreError``."""
        row = await self._desk.first(
            """
            SELECT address, secret FROM desk_flow_triggers
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            id=trigger_id,
        )
        if row is None:
            raise _missing(trigger_id)
        secret = self._outside.vault.open(str(row["secret"]), self._place(trigger_id))
        return str(row["address"]), SecretStr(secret)

    def counted(self, trigger_id: int, ending: Ending) -> Statement:
        """Count a delivery that is over, in the transaction that says so."""
        done = ending.status == "done"
        return self._desk.statement(
            """
            UPDATE desk_flow_triggers
            SET delivered = delivered + :delivered, failed = failed + :failed, last_error = :error,
                last_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            id=trigger_id,
            delivered=int(done),
            failed=int(not done),
            error=ending.error,
            now=self._desk.now_text(),
        )

    def _told(self, actor: DeskUser, verb: str, trigger_id: int, trigger_type: str = "") -> Statement:
        return audit_entry(
            self._desk, actor, f"flow_trigger.{verb}", f"flow_trigger:{trigger_id}", trigger=trigger_type
        )

    def _place(self, trigger_id: int) -> str:
        return f"{self._desk.workspace}/{self._desk.integration}/flow/{trigger_id}"


def _missing(trigger_id: int) -> NotFound:
    return NotFound(f"There is no flow trigger {trigger_id} at this desk.")
