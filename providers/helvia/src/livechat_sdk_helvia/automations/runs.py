"""Runs: written with what sets them off, claimed by one process at a time, kept with what came of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from livechat_sdk.domain.base import new_key, utc_text
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.automations.records import Automation, AutomationRun, RunResult
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.hub import RUNS, conversation_topic
from livechat_sdk_helvia.records import Conversation, DeskUser, from_row, to_json

__all__ = ["LEASE", "Ending", "Runs", "moment_statements"]

LEASE: Final = 60.0
"""Seconds that a run belongs to the process that claimed it; longer than any call may take."""

_AT_ONCE: Final = 50
_MAX_KEY: Final = 60
_MAX_ERROR: Final = 500

_SELECT: Final = """
    SELECT * FROM desk_automation_runs WHERE workspace = :workspace AND integration = :integration
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one try. ``later``: seconds after which it is to be taken up again."""

    status: Literal["waiting", "done", "failed", "doubtful"]
    result: RunResult | None = None
    error: str | None = None
    later: float = 0.0
    ticket_key: str | None = None


def moment_statements(
    desk: DeskContext, conversation_id: int, moment: Literal["ended", "missed"], now: str
) -> list[Statement]:
    """Runs of what this moment sets off. They change no row unless the conversation is over in this way.

    To be committed behind the statement that ends the conversation.
    """
    ended = moment == "ended"
    values: dict[str, Any] = {
        "conversation_id": conversation_id,
        "status": "finished" if ended else "unserved",
        "moment": moment,
        "prefix": f"{conversation_id}.{moment}.",
        "now": now,
    }
    automations = desk.statement(
        """
        INSERT INTO desk_automation_runs (workspace, integration, key, automation_id, name, kind,
            conversation_id, handoff_id, moment, inputs, status, tries, due_at, result, created_at)
        SELECT c.workspace, c.integration, CAST(:prefix AS TEXT) || CAST(a.id AS TEXT), a.id, a.name, a.kind,
            c.id, c.handoff_id, CAST(:moment AS TEXT), '{}', 'waiting', 0, CAST(:now AS TEXT), '{}',
            CAST(:now AS TEXT)
        FROM desk_conversations c
        JOIN desk_automations a ON a.workspace = c.workspace AND a.integration = c.integration
        WHERE c.workspace = :workspace AND c.integration = :integration AND c.id = :conversation_id
          AND c.status = :status
          AND ((CAST(:moment AS TEXT) = 'ended' AND a.on_end = 1)
               OR (CAST(:moment AS TEXT) = 'missed' AND a.on_missed = 1))
          AND (a.everywhere = 1 OR EXISTS (
              SELECT 1 FROM desk_automation_bots b
              WHERE b.workspace = a.workspace AND b.integration = a.integration
                AND b.automation_id = a.id AND b.bot = c.bot))
        ON CONFLICT (workspace, integration, key) DO NOTHING
        """,
        **values,
    )
    flows = desk.statement(
        """
        INSERT INTO desk_automation_runs (workspace, integration, key, automation_id, name, kind,
            conversation_id, handoff_id, moment, inputs, status, tries, due_at, result, created_at)
        SELECT c.workspace, c.integration, CAST(:prefix AS TEXT) || CAST(f.id AS TEXT), f.id, f.trigger_type,
            'flow', c.id, c.handoff_id, CAST(:moment AS TEXT), '{}', 'waiting', 0, CAST(:now AS TEXT), '{}',
            CAST(:now AS TEXT)
        FROM desk_conversations c
        JOIN desk_flow_triggers f ON f.workspace = c.workspace AND f.integration = c.integration
        WHERE c.workspace = :workspace AND c.integration = :integration AND c.id = :conversation_id
          AND c.status = :status AND f.trigger_type = :trigger_type
        ON CONFLICT (workspace, integration, key) DO NOTHING
        """,
        trigger_type="livechat-conversation-finished" if ended else "livechat-request-missed",
        **values,
    )
    return [automations, flows]


class Runs:
    """The runs of a desk."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk
        self._me = new_key()

    async def begin(
        self,
        actor: DeskUser,
        automation: Automation,
        conversation: Conversation,
        inputs: Mapping[str, str | int | float],
        key: str | None,
    ) -> AutomationRun:
        """A member has pressed the button. The same ``key`` again is the same run."""
        if key is not None and not (1 <= len(key) <= _MAX_KEY and key.isascii() and key.isalnum()):
            raise InvalidField(f"The key of a run has 1 to {_MAX_KEY} letters and digits.")
        now = self._desk.now_text()
        full = f"{conversation.id}.button.{automation.id}.{key or new_key()}"
        insert = self._desk.statement(
            """
            INSERT INTO desk_automation_runs (workspace, integration, key, automation_id, name, kind,
                conversation_id, handoff_id, moment, started_by, starter_name, inputs, status, tries, due_at,
                result, created_at)
            VALUES (:workspace, :integration, :key, :automation_id, :name, :kind, :conversation_id,
                :handoff_id, 'button', :started_by, :starter_name, :inputs, 'waiting', 0, :now, '{}', :now)
            ON CONFLICT (workspace, integration, key) DO NOTHING
            """,
            expect=1,
            key=full,
            automation_id=automation.id,
            name=automation.name,
            kind=automation.kind,
            conversation_id=conversation.id,
            handoff_id=conversation.handoff_id,
            started_by=actor.id,
            starter_name=actor.name,
            inputs=to_json(dict(inputs)),
            now=now,
        )
        with contextlib.suppress(Expect):  # pressed twice: it is one run
            await self._desk.database.commit(
                [
                    insert,
                    audit_entry(
                        self._desk,
                        actor,
                        "automation.started",
                        f"conversation:{conversation.id}",
                        automation=automation.id,
                    ),
                ]
            )
        self._desk.hub.publish(RUNS, "due")
        self._desk.hub.publish(conversation_topic(conversation.id), "automations")
        run = await self.get(full)
        if run is None:
            raise AssertionError("a committed run is there")
        return run

    async def get(self, key: str) -> AutomationRun | None:
        """One run."""
        row = await self._desk.first(_SELECT + " AND key = :key", key=key)
        return from_row(AutomationRun, row) if row else None

    async def of(self, conversation_id: int) -> Sequence[AutomationRun]:
        """The runs of automations in a conversation, the newest first."""
        rows = await self._desk.fetch(
            _SELECT
            + """
              AND conversation_id = :conversation_id AND kind <> 'flow'
            ORDER BY created_at DESC, key DESC LIMIT :most
            """,
            conversation_id=conversation_id,
            most=_AT_ONCE,
        )
        return [from_row(AutomationRun, row) for row in rows]

    async def due(self) -> Sequence[AutomationRun]:
        """What can be taken up now: what waits, and what another process left in the middle."""
        rows = await self._desk.fetch(
            _SELECT
            + """
              AND status IN ('waiting', 'running') AND due_at <= :now
              AND (leased_until IS NULL OR leased_until <= :now)
            ORDER BY due_at LIMIT :most
            """,
            now=self._desk.now_text(),
            most=_AT_ONCE,
        )
        return [from_row(AutomationRun, row) for row in rows]

    async def next_due(self) -> datetime | None:
        """When something can be taken up next."""
        row = await self._desk.first(
            """
            SELECT MIN(CASE WHEN leased_until > due_at THEN leased_until ELSE due_at END) AS at
            FROM desk_automation_runs
            WHERE workspace = :workspace AND integration = :integration AND status IN ('waiting', 'running')
            """
        )
        return datetime.fromisoformat(str(row["at"])) if row and row["at"] is not None else None

    async def unfinished(self) -> int:
        """How many runs are not over yet."""
        row = await self._desk.first(
            """
            SELECT COUNT(*) AS number FROM desk_automation_runs
            WHERE workspace = :workspace AND integration = :integration AND status IN ('waiting', 'running')
            """
        )
        return int(str(row["number"])) if row else 0

    async def claim(self, run: AutomationRun) -> bool:
        """Take a run for this process; false when another one has it. Committed before anything leaves."""
        now = self._desk.now()
        update = self._desk.statement(
            """
            UPDATE desk_automation_runs
            SET status = 'running', tries = tries + 1, leased_by = :me, leased_until = :until
            WHERE workspace = :workspace AND integration = :integration AND key = :key
              AND status = :status AND tries = :tries AND (leased_until IS NULL OR leased_until <= :now)
            """,
            expect=1,
            key=run.key,
            status=run.status,
            tries=run.tries,
            me=self._me,
            until=utc_text(now + timedelta(seconds=LEASE)),
            now=utc_text(now),
        )
        try:
            await self._desk.database.commit([update])
        except Expect:
            return False
        return True

    async def settle(self, run: AutomationRun, ending: Ending, more: Sequence[Statement] = ()) -> bool:
        """Write down what came of a claimed run; false when it was taken from this process meanwhile."""
        now = self._desk.now()
        over = ending.status != "waiting"
        update = self._desk.statement(
            """
            UPDATE desk_automation_runs
            SET status = :status, leased_by = NULL, leased_until = NULL, due_at = :due_at, error = :error,
                result = :result, ticket_key = COALESCE(:ticket_key, ticket_key), finished_at = :finished_at
            WHERE workspace = :workspace AND integration = :integration AND key = :key
              AND status = 'running' AND leased_by = :me
            """,
            expect=1,
            key=run.key,
            status=ending.status,
            due_at=utc_text(now + timedelta(seconds=ending.later)),
            error=ending.error[:_MAX_ERROR] if ending.error else None,
            result=to_json(ending.result) if ending.result else "{}",
            ticket_key=ending.ticket_key,
            finished_at=utc_text(now) if over else None,
            me=self._me,
        )
        try:
            await self._desk.database.commit([update, *more])
        except Expect:
            return False
        self._desk.hub.publish(conversation_topic(run.conversation_id), "automations")
        return True
