"""A month of made-up live chats, from a seed: as plain facts, as rows, and counted by plain Python."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.service import Desk

BOTS = ("shop-bot", "night-bot", "bank-bot")
_ROWS = 100
_FIRST = datetime(2026, 2, 27, tzinfo=UTC)
_SPAN = timedelta(days=36)


@dataclass
class Talk:
    """What happened in one live chat."""

    id: int
    bot: str
    session: str
    created: datetime
    status: str
    started: datetime | None = None
    ended: datetime | None = None
    by: str | None = None
    why: str | None = None
    owner: int | None = None
    helper: int | None = None
    """Another member who was in it: before a transfer, or invited."""
    tags: tuple[str, ...] = ()
    said: list[tuple[str, datetime]] = field(default_factory=list)
    positive: bool | None = None


def made_up(seed: int, count: int, members: Sequence[int]) -> list[Talk]:
    """``count`` live chats of some weeks around March 2026, in no particular order."""
    dice = random.Random(seed)  # noqa: S311 - made-up figures
    return [_talk(dice, number, members) for number in range(1, count + 1)]


def _talk(dice: random.Random, number: int, members: Sequence[int]) -> Talk:
    created = _FIRST + dice.random() * _SPAN
    talk = Talk(
        number, dice.choices(BOTS, (6, 3, 1))[0], f"session-{dice.randrange(8000)}", created, "finished"
    )
    now = _later(dice, created, 600)
    talk.said = [("end-user", _later(dice, created, 300)) for _ in range(dice.choice((0, 0, 1, 3)))]
    kind = dice.random()
    if kind < 0.01:
        talk.status = "pending"
    elif kind < 0.15:
        talk.status, talk.ended = "unserved", now
        talk.by, talk.why = dice.choice((("clock", "timeout"), ("user", "abandoned"), ("bot", "other")))
    else:
        talk.started, talk.owner = now, dice.choice(members)
        if dice.random() < 0.1:
            talk.helper = dice.choice([one for one in members if one != talk.owner])
        talk.tags = tuple(sorted(dice.sample(("late", "order", "vip"), dice.randrange(3))))
        now = _dialogue(dice, talk, now)
        if kind < 0.17:
            talk.status = "started"
        else:
            talk.ended = _later(dice, now, 900)
            talk.by, talk.why = dice.choice(
                (("agent", "resolved"), ("user", "abandoned"), ("clock", "inactivity"), ("clock", "lifetime"))
            )
            talk.positive = dice.choice((None, None, True, False))
    return talk


def _dialogue(dice: random.Random, talk: Talk, now: datetime) -> datetime:
    for _ in range(dice.randrange(9)):
        now = _later(dice, now, 400)
        author = dice.choice(("end-user", "end-user", "agent", "agent", "system"))
        skewed = author == "end-user" and dice.random() < 0.02
        talk.said.append((author, now + timedelta(hours=3) if skewed else now))
    return now


def _later(dice: random.Random, moment: datetime, seconds: int) -> datetime:
    return moment + timedelta(microseconds=dice.randrange(1, seconds * 1_000_000))


# ------------------------------------------------------------------------------------------------ as rows
async def store(desk: Desk, talks: Sequence[Talk]) -> None:
    """Put them into the desk's tables, many rows at a time."""
    for table, rows in (
        ("desk_conversations", (_conversation(talk) for talk in talks)),
        ("desk_participants", (row for talk in talks for row in _participants(talk))),
        ("desk_messages", (row for talk in talks for row in _messages(talk))),
        ("desk_feedback", (_feedback(talk) for talk in talks if talk.positive is not None)),
    ):
        await desk.context.database.commit([_insert(desk, table, some) for some in _portions(rows)])


def _portions(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS:
            yield some
            some = []
    if some:
        yield some


def _insert(desk: Desk, table: str, rows: Sequence[Mapping[str, Any]]) -> Statement:
    columns = list(rows[0])
    values = ", ".join(
        f"(:workspace, :integration, {', '.join(f':{column}_{n}' for column in columns)})"
        for n in range(len(rows))
    )
    params = {f"{column}_{n}": value for n, row in enumerate(rows) for column, value in row.items()}
    sql = f"INSERT INTO {table} (workspace, integration, {', '.join(columns)}) VALUES {values}"  # noqa: S608
    return desk.context.statement(sql, **params)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _conversation(talk: Talk) -> dict[str, Any]:
    return {
        "id": talk.id,
        "ref": f"ref-{talk.id}",
        "handoff_id": f"handoff-{talk.id}",
        "attempt": 1,
        "platform_conversation": talk.session,
        "status": talk.status,
        "bot": talk.bot,
        "user_id": f"u-{talk.id}",
        "survey": "[]",
        "contacts": "[]",
        "tags": json.dumps(talk.tags),
        "attributes": "{}",
        "history_length": 0,
        "owner_id": talk.owner,
        "created_at": _text(talk.created),
        "started_at": _text(talk.started),
        "ended_at": _text(talk.ended),
        "ended_by": talk.by,
        "ended_why": talk.why,
        "last_at": _text(talk.created),
        "last_text": "",
        "last_author": "system",
    }


def _participants(talk: Talk) -> Iterator[dict[str, Any]]:
    for member in (talk.helper, talk.owner):
        if member is not None:
            yield {
                "conversation_id": talk.id,
                "user_id": member,
                "status": "inactive",
                "is_owner": int(member == talk.owner),
                "joined_at": _text(talk.started),
            }


def _messages(talk: Talk) -> Iterator[dict[str, Any]]:
    for number, (author, at) in enumerate(talk.said, 1):
        yield {
            "id": talk.id * 100 + number,
            "conversation_id": talk.id,
            "seq": number,
            "author": author,
            "key": f"k{number}",
            "text": "words",
            "attachments": "[]",
            "sent_at": _text(at),
        }


def _feedback(talk: Talk) -> dict[str, Any]:
    return {
        "conversation_id": talk.id,
        "handoff_id": f"handoff-{talk.id}",
        "positive": int(bool(talk.positive)),
        "given_at": _text(talk.ended),
    }


# ------------------------------------------------------------------------------ counted by plain Python
def whole_seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))


def responses(talk: Talk) -> list[int]:
    """How long each wait for an answer was: from the accept, then from what came first after an answer."""
    waits: list[int] = []
    waiting = talk.started
    for author, at in talk.said:
        if author == "agent" and waiting is not None:
            waits.append(whole_seconds(waiting, at))
            waiting = None
        elif author == "end-user" and waits:
            waiting = min(waiting, at) if waiting else at
    return waits


def chosen(talks: Sequence[Talk], since: datetime, until: datetime, bots: Sequence[str] = ()) -> list[Talk]:
    return [talk for talk in talks if since <= talk.created < until and (not bots or talk.bot in bots)]


def times(values: Sequence[int]) -> tuple[int, float, int, int]:
    """Count, average, longest, shortest."""
    if not values:
        return 0, 0.0, 0, 0
    return len(values), sum(values) / len(values), max(values), min(values)


def by_day(pairs: Sequence[tuple[datetime, int]], zone: tzinfo) -> dict[date, list[int]]:
    days: defaultdict[date, list[int]] = defaultdict(list)
    for moment, value in pairs:
        days[moment.astimezone(zone).date()].append(value)
    return dict(sorted(days.items()))
