"""What it costs to export the transcripts of 100,000 conversations, and whether memory grows with them.

A desk on SQLite has 100,000 past conversations of six messages each, in its own tables. The zip is made as
the page and the API make it, and thrown away piece by piece. ``desk_export_growth_mb`` is how much more
memory the whole export needs at its peak than one of the first 10,000 conversations (each in a process of
its own, above what that held at its beginning): nothing should grow. ``desk_export_of_csv_cpu`` is the
processor time of the export, as a multiple of what the csv, zipfile and sqlite3 modules need to write the
same rows into the same files. Lower is better. ``python benchmarks/desk_export.py 2000 20000`` measures
other numbers.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks._past import MESSAGES, dispatcher_of, fill, peak_while, requested_at, the_admin, the_desk
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.transcripts import COLUMNS

FEW, MANY = 10_000, 100_000
GROWTH_GOAL = 5.0
CPU_GOAL = 3.0

ROWS = """
    SELECT c.id, c.created_at, c.user_name, m.seq, m.sent_at, m.author, m.author_name, m.text, m.attachments
    FROM desk_conversations c JOIN desk_messages m
      ON m.workspace = c.workspace AND m.integration = c.integration AND m.conversation_id = c.id
    WHERE c.id <= ? ORDER BY c.id, m.seq
"""


class Nowhere(io.RawIOBase):
    """Takes bytes and keeps none."""

    size = 0

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def write(self, content: Any, /) -> int:
        """Count."""
        self.size += len(content)
        return len(content)


async def ours(folder: Path, count: int) -> int:
    """Export the first ``count`` conversations; bytes of the zip."""
    async with dispatcher_of(folder) as dispatcher:
        desk = the_desk(dispatcher).desk
        admin, wanted = await the_admin(desk), PastFilter(until=requested_at(count + 1))
        size = 0
        before = time.process_time()
        with peak_while() as peak:
            export = await desk.transcripts.export(admin, wanted, job="0123456789abcdef")
            async for piece in export.pieces:
                size += len(piece)
        cpu = time.process_time() - before
    if export.total != count:
        raise AssertionError(f"{export.total} conversations instead of {count}")
    print(json.dumps({"cpu": cpu, "grown": peak.grown, "size": size}), flush=True)
    return size


def plain(folder: Path, count: int) -> None:
    """The same rows into the same files, as a script of one's own would do it."""
    before, out = time.process_time(), Nowhere()
    with (
        closing(sqlite3.connect(folder / "ledger.db")) as database,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        peak_while() as peak,
    ):
        for (number, created, user), rows in groupby(database.execute(ROWS, (count,)), lambda row: row[:3]):
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(COLUMNS)
            for _, _, _, seq, sent, author, name, said, attachments in rows:
                files = "; ".join(one["name"] for one in json.loads(attachments))
                shown = name or (user if author == "end-user" else "")
                writer.writerow((seq, sent, author, shown, "text", said, files))
            archive.writestr(f"{created[:10]}-{number}.csv", "\ufeff" + text.getvalue())
    cpu = time.process_time() - before
    print(json.dumps({"cpu": cpu, "grown": peak.grown, "size": out.size}), flush=True)


def measured(kind: str, folder: Path, count: int) -> dict[str, float]:
    """One export in a process of its own."""
    command = [sys.executable, __file__, kind, str(folder), str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    print(
        f"{kind}, {count:,} conversations of {MESSAGES} messages: {found['cpu']:.1f} s of a processor, "
        f"{found['grown']:.1f} MB more at the peak, {found['size'] / 1e6:.0f} MB of zip",
        file=sys.stderr,
    )
    return found


async def prepared(folder: Path, count: int) -> None:
    """The conversations, in the desk's tables."""
    async with dispatcher_of(folder) as dispatcher:
        await fill(the_desk(dispatcher).desk, count)


def main(few: int, many: int) -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(prepared(folder, many))
        small, large = measured("ours", folder, few), measured("ours", folder, many)
        script = measured("plain", folder, many)
    growth, ratio = max(0.0, large["grown"] - small["grown"]), large["cpu"] / script["cpu"]
    print(f"desk_export_growth_mb {growth:.1f} {GROWTH_GOAL} {'met' if growth <= GROWTH_GOAL else 'short'}")
    print(f"desk_export_of_csv_cpu {ratio:.2f} {CPU_GOAL} {'met' if ratio <= CPU_GOAL else 'short'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        asyncio.run(ours(Path(sys.argv[2]), int(sys.argv[3])))
    elif sys.argv[1:2] == ["plain"]:
        plain(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*(map(int, sys.argv[1:3]) if sys.argv[2:] else (FEW, MANY)))
