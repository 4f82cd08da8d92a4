"""What a page of the History costs when 10,000 requests are over, and whether walking through them all grows.

A desk on SQLite has 10,000 past conversations in its own tables. A browser that is signed in asks for every
page of the History, 50 lines each, from the newest to the oldest by the link that each page has: session,
rights, what the reader may see, the filters above the list, names of who handled it, and the whole page as
HTML. ``desk_history_of_plain_cpu`` is the processor time of a page, as a multiple of a plain sqlite3 query
with ``LIMIT 50 OFFSET n`` and a loop in a Jinja template over the same columns and pages; that has no
sign-in, no rights and no frame around the list. ``flat_desk_history`` is the time of the last ten pages by
that of the first ten: the oldest page should cost what the newest does. ``desk_history_growth_mb`` is the
memory that the walk adds at its peak. Lower is better. ``python benchmarks/desk_history.py 1000`` measures
another number.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx  # noqa: TID251 - as a browser
from jinja2 import Environment

from benchmarks._past import dispatcher_of, fill, peak_while, the_admin, the_desk

COUNT = 10_000
LINES = 50
EDGE = 10
CPU_GOAL = 3.0
FLAT_GOAL = 1.5
GROWTH_GOAL = 10.0

OLDER = re.compile(r'rel="next" href="([^"]+)"')

ROWS = """
    SELECT c.id, c.created_at, c.user_name, c.user_email, c.bot, c.tags, c.ended_by, u.name AS owner
    FROM desk_conversations c LEFT JOIN desk_users u
      ON u.workspace = c.workspace AND u.integration = c.integration AND u.id = c.owner_id
    WHERE c.status IN ('finished', 'unserved')
    ORDER BY c.created_at DESC, c.id DESC LIMIT ? OFFSET ?
"""
PAGE = """
<!doctype html><title>History</title><table>
<tr><th>Requested<th>User<th>Outcome<th>Handled by<th>Bot<th>Tags<th></tr>
{% for row in rows %}
<tr><td>{{ row.created_at }}</td><td><a href="/history/{{ row.id }}">{{ row.user_name }}</a>
{{ row.user_email }}</td>
<td>{{ row.ended_by }}</td><td>{{ row.owner }}</td><td>{{ row.bot }}</td>
<td>{% for tag in row.tags %}<span class="tag">{{ tag }}</span> {% endfor %}</td>
<td><a href="/conversations/{{ row.id }}">Inbox</a></td></tr>
{% endfor %}
</table>
"""


async def ours(folder: Path, count: int) -> tuple[list[float], float]:
    """Processor seconds of each page, newest first, and megabytes that the walk adds."""
    async with dispatcher_of(folder) as dispatcher:
        provider = the_desk(dispatcher)
        await fill(provider.desk, count)
        session = await provider.desk.sessions.start(await the_admin(provider.desk), "page")
        network = httpx.ASGITransport(app=provider.pages())
        cookie = {"cookie": f"desk_session={session}"}
        async with httpx.AsyncClient(transport=network, base_url="http://desk", headers=cookie) as browser:
            await _walked(browser, EDGE)  # templates are compiled, statements prepared
            with peak_while() as peak:
                costs = await _walked(browser, count // LINES)
    if len(costs) != count // LINES:
        raise AssertionError(f"{len(costs)} pages")
    return costs, peak.grown


async def _walked(browser: httpx.AsyncClient, most: int) -> list[float]:
    costs, address = list[float](), "/history"
    while address and len(costs) < most:
        before = time.process_time()
        page = await browser.get(address)
        costs.append(time.process_time() - before)
        if page.status_code != httpx.codes.OK or page.text.count("outcome outcome-") != LINES:
            raise AssertionError(f"{address}: {page.status_code}")
        older = OLDER.search(page.text)
        address = older[1].replace("&amp;", "&") if older else ""
    return costs


def plain(folder: Path, count: int) -> list[float]:
    """Processor seconds of each page as a short program makes it."""
    template, costs = Environment(autoescape=True).from_string(PAGE), list[float]()
    with closing(sqlite3.connect(folder / "ledger.db")) as database:
        database.row_factory = sqlite3.Row
        for offset in range(0, count, LINES):
            before = time.process_time()
            rows = [dict(row) for row in database.execute(ROWS, (LINES, offset))]
            for row in rows:
                row["tags"] = json.loads(row["tags"])
            text = template.render(rows=rows)
            costs.append(time.process_time() - before)
            if text.count("<tr><td>") != LINES:
                raise AssertionError(f"the page at {offset}")
    return costs


def _milliseconds(costs: Sequence[float]) -> str:
    median, worst = statistics.median(costs), sorted(costs)[int(len(costs) * 0.95)]
    return f"median {1000 * median:.1f} ms, p95 {1000 * worst:.1f} ms of a processor"


def main(count: int) -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk, growth = asyncio.run(ours(folder, count))
        script = plain(folder, count)
    print(f"desk, {len(desk)} pages of {LINES} lines: {_milliseconds(desk)}", file=sys.stderr)
    print(f"plain, {len(script)} pages of {LINES} lines: {_milliseconds(script)}", file=sys.stderr)
    ratio = statistics.median(desk) / statistics.median(script)
    flat = statistics.median(desk[-EDGE:]) / statistics.median(desk[:EDGE])
    for figure, value, goal in (
        ("desk_history_of_plain_cpu", ratio, CPU_GOAL),
        ("flat_desk_history", flat, FLAT_GOAL),
        ("desk_history_growth_mb", growth, GROWTH_GOAL),
    ):
        print(f"{figure} {value:.2f} {goal} {'met' if value <= goal else 'short'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else COUNT)
