"""``livechat plugins``: what is installed, what it offers, and why something was not loaded."""

from __future__ import annotations

from typing import Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import ExitCode

__all__ = ["plugins"]


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the installed plugins: version, hooks, integration types, and why one was not loaded.

    Exit code 4 when a plugin cannot be used; the list is complete all the same.
    """
    from dataclasses import asdict

    from livechat_sdk_cli.installed import survey
    from livechat_sdk_cli.tables import Column, table

    found = survey()
    if as_json:
        terminal.out_json({"schema_version": 1, "plugins": [asdict(plugin) for plugin in found]})
    else:
        columns = (
            Column("PLUGIN"),
            Column("DISTRIBUTION"),
            Column("VERSION"),
            Column("STATUS"),
            Column("INTEGRATION TYPES", shrinks_to=20),
            Column("HOOKS", shrinks_to=20),
        )
        rows = [
            (
                plugin.name,
                plugin.distribution,
                plugin.version,
                plugin.status.replace("_", " "),
                ", ".join(plugin.integration_types) or "-",
                ", ".join(hook.removeprefix("livechat_") for hook in plugin.hooks) or "-",
            )
            for plugin in found
        ]
        for line in table(columns, rows, terminal.screen()):
            terminal.out(line)
        for plugin in found:
            if plugin.reason:
                terminal.out(f"{plugin.name}: {terminal.visible(plugin.reason)}")
    if not all(plugin.in_order for plugin in found):
        raise typer.Exit(ExitCode.PLUGIN)
