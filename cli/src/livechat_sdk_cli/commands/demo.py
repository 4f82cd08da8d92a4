"""``livechat demo``: bot, desk and chat page on this machine, for a person or for a script."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["demo"]

KEPT: Final = Path("livechat-demo")
"""Where the data of the demo is kept, unless another folder is named."""

_NEEDED: Final = {
    "livechat_sdk_helvia",
    "starlette",
    "uvicorn",
    "jinja2",
    "argon2",
    "httpx",
}


def demo(
    script: Annotated[
        bool, typer.Option("--script", help="Play everything by itself, print what happened, and leave.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Port on 127.0.0.1; 8765 if not given, or a free one.", min=1, max=65535
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help=f"Where the data is kept; ./{KEPT} if not given. --script keeps none."
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo kept.")] = False,
) -> None:
    """Play a handoff on this machine: a bot, the desk for the agent and a chat page for the end user.

    Everything listens on 127.0.0.1 only. Ctrl-C ends it; the next demo goes on where this one was.
    """
    if data is None and not script:
        data = KEPT
    if data is not None and fresh:
        for left in data.glob("demo.db*"):
            left.unlink()
    try:
        from livechat_sdk_cli.demo.run import main
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise CommandError(
            f"the demo needs {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk-cli[demo]"',
        ) from missing
    raise typer.Exit(main(script=script, port=port, data=data))
