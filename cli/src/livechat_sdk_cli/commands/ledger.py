"""``livechat ledger``: the schema of a ledger, and bringing it to another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import ExitCode
from livechat_sdk_cli.manual import example
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.ledger.migrations import Status

__all__ = ["app"]

app = typer.Typer(
    help="Show the schema of the ledger, or bring it to another one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Settings = Annotated[Path, typer.Option("--settings", metavar="FILE", help="The settings, for `store`.")]
_Store = Annotated[
    str | None,
    typer.Option(
        metavar="URL|FILE", help="Use this store instead: an address, or the path of an SQLite file."
    ),
]


@app.command(
    "status", short_help="Show which schema the ledger has.", epilog=example("livechat ledger status")
)
def status(
    settings: _Settings = DEFAULT_FILE,
    store: _Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show which schema the ledger has, which one this release wants, and who works on it.

    Changes nothing. Exit code 8 when this release cannot work with the ledger as it is.
    """
    import asyncio
    from dataclasses import asdict

    from livechat_sdk.ledger import migrations
    from livechat_sdk.ledger.compatibility import Verdict

    found = asyncio.run(migrations.status(_address(settings, store)))
    if as_json:
        terminal.out_json({"schema_version": 1, **asdict(found)})
    else:
        for line in _lines(found):
            terminal.out(line)
    if found.verdict in {Verdict.TOO_OLD, Verdict.TOO_NEW}:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command(
    "upgrade",
    short_help="Bring the ledger to the schema of this release.",
    epilog=example("livechat ledger upgrade"),
)
def upgrade(settings: _Settings = DEFAULT_FILE, store: _Store = None) -> None:
    """Bring the ledger to the schema of this release.

    All of it is one transaction. Workers on PostgreSQL may go on meanwhile if their release can work with the
    new schema. An SQLite file must not be served; it is copied first. A server upgrades its SQLite file by
    itself when it starts, and never a PostgreSQL database.
    """
    import asyncio

    from livechat_sdk.ledger import migrations

    asyncio.run(migrations.upgrade(_address(settings, store), terminal.note))


@app.command(
    "downgrade",
    short_help="Bring the ledger back to an older schema.",
    epilog=example("livechat ledger downgrade --to 1"),
)
def downgrade(
    to: Annotated[int, typer.Option("--to", metavar="SCHEMA", help="What the older release needs.")],
    settings: _Settings = DEFAULT_FILE,
    store: _Store = None,
) -> None:
    """Bring the ledger back to an older schema, before an older release is installed again.

    Stop every server first. Messages, handoffs and what is to be done stay; the older release must be able to
    read documents that were written meanwhile, or it refuses them one by one.
    """
    import asyncio

    from livechat_sdk.ledger import migrations

    asyncio.run(migrations.downgrade(_address(settings, store), to, terminal.note))


def _address(settings: Path, store: str | None) -> str:
    from livechat_sdk_cli.stores import find_store

    return find_store(settings, store=store, workspace=None).url


def _lines(found: Status) -> list[str]:
    from livechat_sdk.ledger.compatibility import Verdict

    next_step = {
        Verdict.EMPTY: "empty: the server makes its tables when it starts",
        Verdict.CURRENT: "as this release wants it",
        Verdict.USABLE: "this release can work with it",
        Verdict.TOO_OLD: "too old for this release: run `livechat ledger upgrade`",
        Verdict.TOO_NEW: "too new for this release: install the release that wrote it, or a newer one",
    }[found.verdict]
    lines = [
        f"ledger   {found.where}",
        f"schema   {'none' if found.schema is None else found.schema} (this release: {found.known})",
        f"verdict  {next_step}",
    ]
    if found.workers is not None:
        older = f", {found.older_workers} of an older release" if found.older_workers else ""
        lines.append(f"workers  {found.workers}{older}")
    return lines
