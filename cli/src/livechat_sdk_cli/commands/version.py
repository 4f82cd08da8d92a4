"""``livechat version`` and ``livechat --version``: what is installed here."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import ExitCode

__all__ = ["installed", "print_and_leave", "version"]


def installed() -> dict[str, Any]:
    """Versions of the core, the hook API and every distribution that brings a plugin. Loads no plugin."""
    import platform
    from importlib.metadata import entry_points
    from importlib.metadata import version as version_of

    from livechat_sdk.hooks.markers import ENTRY_POINT_GROUP, HOOK_API

    plugins = {
        entry.dist.name: entry.dist.version
        for entry in entry_points(group=ENTRY_POINT_GROUP)
        if entry.dist is not None
    }
    return {
        "schema_version": 1,
        "livechat_sdk": version_of("livechat-sdk"),
        "hook_api": ".".join(str(number) for number in HOOK_API),
        "python": platform.python_version(),
        "plugins": dict(sorted(plugins.items())),
    }


def _lines() -> list[str]:
    found = installed()
    plugins: dict[str, str] = found["plugins"]
    return [
        f"livechat-sdk {found['livechat_sdk']} (hook API {found['hook_api']}, Python {found['python']})",
        *(f"{name} {number}" for name, number in plugins.items()),
    ]


def print_and_leave(asked: bool) -> None:
    """What ``--version`` does."""
    if asked:
        for line in _lines():
            terminal.out(line)
        raise typer.Exit(ExitCode.FINE)


def version(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Print the versions of livechat-sdk, of its hook API and of the installed plugins."""
    if as_json:
        terminal.out_json(installed())
        return
    for line in _lines():
        terminal.out(line)
