"""The record of each live chat of a period, a page at a time, oldest first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.embedded import Row, SqlValue
from livechat_sdk_helvia.analytics.figures import Record
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.analytics.sql import EVENT_TYPE, RESPONSES, seconds_between
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.past import Place

__all__ = ["list_records"]

# ruff: noqa: S608 - the SQL is put together from constants of the desk; values are parameters

_THESE: Final = "c.workspace = :workspace AND c.integration = :integration AND c.id IN ({listed})"

_LAST: Final = """
    SELECT m.conversation_id AS id, MAX(CASE WHEN m.author = 'end-user' THEN m.sent_at END) AS user_at,
           MAX(CASE WHEN m.author = 'end-user' THEN m.seq END) AS user_seq,
           MAX(CASE WHEN m.author = 'agent' THEN m.seq END) AS agent_seq
    FROM desk_messages m
    WHERE m.workspace = :workspace AND m.integration = :integration AND m.conversation_id IN ({listed})
    GROUP BY m.conversation_id
"""

_AGENTS: Final = """
    SELECT p.conversation_id AS id, u.name, u.email FROM desk_participants p
    JOIN desk_users u ON u.workspace = p.workspace AND u.integration = p.integration AND u.id = p.user_id
    WHERE p.workspace = :workspace AND p.integration = :integration AND p.conversation_id IN ({listed})
    ORDER BY p.joined_at, u.id
"""


async def list_records(
    desk: DeskContext, period: Period, *, take: int, after: Place | None
) -> Sequence[Record]:
    """The records that follow the place ``after``, in the order of the requests."""
    where, params = period.where()
    values: dict[str, SqlValue] = dict(params)
    if after is not None:
        where += " AND (c.created_at, c.id) > (:after_at, :after_id)"
        values |= {"after_at": utc_text(after.at), "after_id": after.id}
    rows = await desk.fetch(
        f"""
        SELECT c.id, c.bot, c.created_at, c.ended_at, c.last_at, c.tags, {EVENT_TYPE} AS event,
               {seconds_between("c.created_at", "COALESCE(c.started_at, c.ended_at)")} AS waiting,
               CASE WHEN c.status = 'finished' THEN {seconds_between("c.started_at", "c.ended_at")} END
                   AS duration
        FROM desk_conversations c WHERE {where}
        ORDER BY c.created_at, c.id LIMIT :take
        """,
        take=take,
        **values,
    )
    return await _with_details(desk, rows) if rows else []


async def _with_details(desk: DeskContext, rows: Sequence[Row]) -> list[Record]:
    names: dict[str, SqlValue] = {f"c{number}": row["id"] for number, row in enumerate(rows)}
    listed = ", ".join(f":{name}" for name in names)
    responses: defaultdict[SqlValue, list[int]] = defaultdict(list)
    spoken = RESPONSES.format(where=_THESE.format(listed=listed))
    for row in await desk.fetch(f"{spoken} ORDER BY id, turn", **names):
        responses[row["id"]].append(int(row["seconds"] or 0))
    last = {row["id"]: row for row in await desk.fetch(_LAST.format(listed=listed), **names)}
    agents: defaultdict[SqlValue, dict[str, str]] = defaultdict(dict)
    for row in await desk.fetch(_AGENTS.format(listed=listed), **names):
        agents[row["id"]][str(row["email"])] = str(row["name"])
    return [_record(row, responses[row["id"]], last.get(row["id"]), agents[row["id"]]) for row in rows]


def _record(row: Row, responses: list[int], last: Row | None, agents: Mapping[str, str]) -> Record:
    values: Any = row  # the columns have the types that the statement gives them
    user_seq, agent_seq = ((last or {}).get(name) for name in ("user_seq", "agent_seq"))
    sender: Literal["END_USER", "AGENT"] | None = None
    if user_seq is not None or agent_seq is not None:
        sender = "END_USER" if int(user_seq or 0) > int(agent_seq or 0) else "AGENT"
    user_at = last["user_at"] if last else None
    return Record(
        conversation_id=values["id"],
        place=Place(datetime.fromisoformat(values["created_at"]), values["id"]),
        bot=values["bot"],
        event_type=values["event"],
        waiting_time=values["waiting"],
        duration=values["duration"],
        response_times=tuple(responses),
        updated_at=datetime.fromisoformat(max(values["last_at"], values["ended_at"] or "")),
        last_user_message_at=datetime.fromisoformat(str(user_at)) if user_at else None,
        last_sender=sender,
        agents=dict(agents),
        tags=tuple(json.loads(values["tags"])),
    )
