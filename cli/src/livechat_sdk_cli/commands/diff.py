"""``livechat diff OLD NEW``: which stored requests would go elsewhere under other settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import ExitCode
from livechat_sdk_cli.settings import load_settings

if TYPE_CHECKING:
    from livechat_sdk_cli.routing.replaying import Difference
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["diff"]

_EVERY = 100  # requests between two notes of how far it is


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The settings as they are.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The settings as they would be.")],
    store: Annotated[
        str | None,
        typer.Option(metavar="URL|FILE", help="Read this store; without it, the one that OLD names."),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in OLD.")
    ] = None,
    limit: Annotated[
        int,
        typer.Option(metavar="N", help="How many requests to replay, the newest ones.", min=1, max=100_000),
    ] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Replay stored requests under two settings files, and list what would go elsewhere.

    Each request is decided at the time at which it was made, by rules and business hours: plugins,
    availability and cool-downs are left out. Ends with 0 when nothing would change, with 8 when something
    would.
    """
    import asyncio

    from livechat_sdk_cli.stores import find_store

    address = find_store(old, store=store, workspace=workspace)
    if asyncio.run(_diff(old, new, address, limit, as_json=as_json)):
        raise typer.Exit(int(ExitCode.CHECK_FAILED))


async def _diff(old: Path, new: Path, address: StoreAddress, limit: int, *, as_json: bool) -> bool:
    import sys

    from livechat_sdk_cli.routing.offline import Offline
    from livechat_sdk_cli.routing.replaying import compare, stored_requests
    from livechat_sdk_cli.stores import open_reader

    before, after = Offline(load_settings(old)[0]), Offline(load_settings(new)[0])
    found: list[Difference] = []
    count = 0
    async with open_reader(address) as reader:
        handoffs = await reader.handoffs(limit=limit)
        asked = stored_requests(
            reader, address.workspace, handoffs, ask_ledger=before.asks_last_agent or after.asks_last_agent
        )
        async for handoff, one in asked:
            count += 1
            difference = await compare(before, after, handoff, one)
            if difference is not None:
                found.append(difference)
            if count % _EVERY == 0 and sys.stderr.isatty():
                terminal.note(f"{count} of {len(handoffs)} requests, {len(found)} different")
    if as_json:
        terminal.out_json(_document(found, count))
    else:
        _print(found, count)
    return bool(found)


def _document(found: list[Difference], count: int) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "requests": count,
        "different": len(found),
        "differences": [
            {
                "handoff": one.handoff.id,
                "bot": one.handoff.request.bot,
                "at": one.handoff.created_at.isoformat(),
                "old": one.old.document(),
                "new": one.new.document(),
            }
            for one in found
        ],
    }


def _print(found: list[Difference], count: int) -> None:
    from livechat_sdk_cli.showing.gather import prefixes
    from livechat_sdk_cli.showing.words import moment
    from livechat_sdk_cli.tables import Column, table

    if found:
        columns = (
            Column("HANDOFF"),
            Column("REQUESTED (UTC)"),
            Column("BOT", shrinks_to=8),
            Column("OLD", shrinks_to=16),
            Column("NEW", shrinks_to=16),
            Column("NEW BECAUSE OF", shrinks_to=12),
        )
        short = prefixes([one.handoff.id for one in found])
        rows = [
            (
                short[one.handoff.id],
                moment(one.handoff.created_at),
                one.handoff.request.bot,
                one.old.words,
                one.new.words,
                one.new.by,
            )
            for one in found
        ]
        for line in table(columns, rows, terminal.screen()):
            terminal.out(line)
        terminal.out()
    requests = "1 stored request" if count == 1 else f"{count} stored requests"
    told = f"{len(found)} of {requests} would go elsewhere" if found else f"nothing changes for {requests}"
    terminal.out(told)
