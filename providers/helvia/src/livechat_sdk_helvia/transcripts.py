"""Transcripts: what both sides said, as CSV, of one conversation or of many in a zip.

Nothing here reads the table of notes. A zip is made while it is read: a few conversations are in memory at
any time, however many there are.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Row, SqlValue
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.records import Conversation, DeskUser, Right, from_row
from livechat_sdk_helvia.sight import Sight
from livechat_sdk_helvia.zipping import ZipStream

__all__ = ["COLUMNS", "Export", "Progress", "Transcripts", "safe_cell", "transcript_name"]

COLUMNS: Final = ("seq", "sent_at", "author", "name", "type", "text", "attachments")
"""The columns of a transcript; ``docs/reference/desk.md`` says what they hold."""

_BATCH: Final = 100
_MESSAGES: Final = 500
_LINES: Final = 20
"""Conversations and messages that are read at once, and lines that are packed at once."""
_TELL_EVERY: Final = 500
_KEPT: Final = timedelta(days=1)
_BOM: Final = "\ufeff"
_JOB: Final = re.compile(r"[0-9a-f]{16,64}", re.ASCII)
_BEFORE_A_FORMULA: Final = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet may take for the beginning of a formula, in its wide forms too."""


@dataclass(frozen=True, slots=True)
class Export:
    """A download that was started. ``pieces`` can be read once; ``total`` conversations were counted."""

    job: str
    total: int
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many conversations of a download are written; ``finished`` once its last byte is."""

    done: int
    total: int
    finished: bool


def safe_cell(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe before it where it could."""
    start = text.lstrip(" \u00a0\ufeff")[:1]
    return f"'{text}" if start and start in _BEFORE_A_FORMULA else text


def transcript_name(conversation: Conversation) -> str:
    """The name of a transcript: the day of the request (UTC) and the id. Nothing that anybody chose."""
    return f"{utc_text(conversation.created_at)[:10]}-{conversation.id}.csv"


class Transcripts:
    """Gives out what was said."""

    def __init__(self, desk: DeskContext, sight: Sight) -> None:
        self._desk = desk
        self._sight = sight

    async def of(self, actor: DeskUser, conversation: Conversation) -> AsyncIterator[bytes]:
        """The transcript of one conversation, in pieces, for everybody who sees it. Raises ``NotFound``.

        What is checked is checked at once, before the first piece is asked for.
        """
        require(actor, Right.HANDLE)
        await self._sight.check_may_see(actor, conversation)
        entry = audit_entry(self._desk, actor, "transcript.downloaded", f"conversation:{conversation.id}")
        await self._desk.database.commit([entry])
        return self._csv(conversation)

    async def count(self, actor: DeskUser, wanted: PastFilter) -> int:
        """How many conversations a download would have."""
        require(actor, Right.ADMINISTER)
        where, params = wanted.where()
        row = await self._desk.first(
            f"SELECT COUNT(*) AS found FROM desk_conversations c WHERE {where}",  # noqa: S608 - parameters
            **params,
        )
        return int(str(row["found"])) if row else 0

    async def export(self, actor: DeskUser, wanted: PastFilter, *, job: str) -> Export:
        """Start the download of many conversations as a zip; only a LiveChat Admin may.

        ``job`` names the download for ``progress``: 16 to 64 hexadecimal digits, a new one for each download.
        Raises ``NotFound`` for another name.
        """
        require(actor, Right.ADMINISTER)
        if not _JOB.fullmatch(job):
            raise NotFound("This is no name of a download.")
        desk, total = self._desk, await self.count(actor, wanted)
        begun = desk.statement(
            """
            INSERT INTO desk_exports (workspace, integration, job, user_id, total, done, state, at)
            VALUES (:workspace, :integration, :job, :user_id, :total, 0, 'running', :at)
            ON CONFLICT (workspace, integration, job) DO UPDATE
                SET total = excluded.total, done = 0, state = 'running', at = excluded.at
            WHERE desk_exports.user_id = excluded.user_id
            """,
            expect=1,
            job=job,
            user_id=actor.id,
            total=total,
            at=desk.now_text(),
        )
        old = desk.statement(
            """
            DELETE FROM desk_exports
            WHERE workspace = :workspace AND integration = :integration AND at < :old
            """,
            old=utc_text(desk.now() - _KEPT),
        )
        entry = audit_entry(desk, actor, "transcripts.downloaded", "transcripts", conversations=total)
        try:
            await desk.database.commit([old, begun, entry])
        except Expect as clash:
            raise NotFound("This download is somebody else's.") from clash
        return Export(job, total, self._zip(wanted, job, total))

    async def progress(self, actor: DeskUser, job: str) -> Progress:
        """How far one's own download is. Raises ``NotFound``."""
        require(actor, Right.ADMINISTER)
        row = await self._desk.first(
            """
            SELECT done, total, state FROM desk_exports
            WHERE workspace = :workspace AND integration = :integration AND job = :job AND user_id = :user_id
            """,
            job=job,
            user_id=actor.id,
        )
        if row is None:
            raise NotFound("There is no such download.")
        return Progress(int(str(row["done"])), int(str(row["total"])), row["state"] == "done")

    # ----------------------------------------------------------------------------------------------- inside
    async def _zip(self, wanted: PastFilter, job: str, total: int) -> AsyncIterator[bytes]:
        archive, done = ZipStream(self._desk.now()), 0
        try:
            async for batch in self._batches(wanted):
                async for piece in self._packed(archive, batch):
                    yield piece
                done += len(batch)
                if done % _TELL_EVERY < _BATCH:
                    await self._tell(job, done, max(done, total), "running")
            for piece in archive.finish():
                yield piece
        finally:
            archive.close()
        await self._tell(job, done, max(done, total), "done")

    async def _packed(self, archive: ZipStream, batch: Sequence[Conversation]) -> AsyncIterator[bytes]:
        """Some conversations as files of the zip. Their messages come in the same order as they do."""
        waiting = list(reversed(batch))
        current: Conversation | None = None
        lines: list[bytes] = []
        async for message in self._messages([one.id for one in batch]):
            while current is None or message["conversation_id"] != current.id:
                if current is not None:
                    yield archive.add(b"".join(lines)) + archive.end()
                current, lines = waiting.pop(), [_head()]
                yield archive.begin(transcript_name(current))
            lines.append(_line(current, message))
            if len(lines) >= _LINES:
                yield archive.add(b"".join(lines))
                lines = []
        if current is not None:
            yield archive.add(b"".join(lines)) + archive.end()
        while waiting:
            yield archive.begin(transcript_name(waiting.pop())) + archive.add(_head()) + archive.end()

    async def _csv(self, conversation: Conversation) -> AsyncIterator[bytes]:
        yield _head()
        async for message in self._messages([conversation.id]):
            yield _line(conversation, message)

    async def _batches(self, wanted: PastFilter) -> AsyncIterator[Sequence[Conversation]]:
        """Conversations by the time of their requests, some at a time, and those by their id.

        A batch begins at a place of the index by time: each costs the same, however many there are.
        """
        where, params = wanted.where()
        at: tuple[SqlValue, SqlValue] = ("", 0)
        while True:
            rows = await self._desk.fetch(
                f"""
                SELECT c.*, NULL AS owner_name, 0 AS unread FROM desk_conversations c
                WHERE {where} AND (c.created_at, c.id) > (:last_at, :last_id)
                ORDER BY c.created_at, c.id LIMIT :take
                """,  # noqa: S608 - conditions of ours, values are parameters
                last_at=at[0],
                last_id=at[1],
                take=_BATCH,
                **params,
            )
            if not rows:
                return
            yield sorted((from_row(Conversation, row) for row in rows), key=lambda one: one.id)
            at = (rows[-1]["created_at"], rows[-1]["id"])

    async def _messages(self, conversations: Sequence[int]) -> AsyncIterator[Row]:
        """The messages of some conversations, one conversation after the other, as they were said.

        The bounds keep a database that walks the index from going on to the end of the table.
        """
        names = {f"c{number}": one for number, one in enumerate(conversations)}
        listed = ", ".join(f":{name}" for name in names)
        at: tuple[SqlValue, SqlValue] = (min(conversations), 0)
        while True:
            rows: Sequence[Row] = await self._desk.fetch(
                f"""
                SELECT conversation_id, seq, author, author_name, text, attachments, sent_at
                FROM desk_messages
                WHERE workspace = :workspace AND integration = :integration
                  AND conversation_id IN ({listed}) AND conversation_id <= :highest
                  AND (conversation_id, seq) > (:at_id, :at_seq)
                ORDER BY conversation_id, seq LIMIT :take
                """,  # noqa: S608 - names of parameters
                highest=max(conversations),
                at_id=at[0],
                at_seq=at[1],
                take=_MESSAGES,
                **names,
            )
            for row in rows:
                yield row
            if len(rows) < _MESSAGES:
                return
            at = (rows[-1]["conversation_id"], rows[-1]["seq"])

    async def _tell(self, job: str, done: int, total: int, state: str) -> None:
        desk = self._desk
        update = desk.statement(
            """
            UPDATE desk_exports SET done = :done, total = :total, state = :state
            WHERE workspace = :workspace AND integration = :integration AND job = :job
            """,
            job=job,
            done=done,
            total=total,
            state=state,
        )
        await desk.database.commit([update])


def _head() -> bytes:
    return f"{_BOM}{_row(COLUMNS)}".encode()


def _line(conversation: Conversation, message: Row) -> bytes:
    """A message as it stands in its row: a model of each would cost more than everything else here."""
    author, files = str(message["author"]), str(message["attachments"])
    name = message["author_name"] or (conversation.user_label if author == "end-user" else "")
    return _row(
        (
            str(message["seq"]),
            str(message["sent_at"]),
            author,
            str(name),
            "system_message" if author == "system" else "text",
            str(message["text"]),
            "" if files == "[]" else "; ".join(str(one["name"]) for one in json.loads(files)),
        )
    ).encode()


def _row(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([safe_cell(cell) for cell in cells])
    return written.getvalue()
