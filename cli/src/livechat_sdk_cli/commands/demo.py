"""``livechat demo``: bot, desk and chat page on this machine, for a person or for a script."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from shutil import rmtree
from typing import Annotated, Final

import typer

from livechat_sdk_cli.commands.simulate import find_vendor
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


class Without(StrEnum):
    """What a play can do without."""

    STREAM = "stream"
    ASKING = "asking"


def demo(  # noqa: PLR0913, PLR0917 - one for each option
    script: Annotated[
        bool, typer.Option("--script", help="Play everything by itself, print what happened, and leave.")
    ] = False,
    provider: Annotated[
        str | None,
        typer.Option(
            metavar="VENDOR",
            help="With this vendor's simulator in place of the desk; see `livechat simulate`.",
        ),
    ] = None,
    faults: Annotated[
        bool,
        typer.Option(
            "--faults",
            help="Two of ten of the vendor's events come twice, one late; one call of five is refused.",
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Which faults: the same ones for the same number.", min=0)
    ] = None,
    kill: Annotated[
        bool, typer.Option("--kill", help="The worker is killed twice in mid-chat, and another takes over.")
    ] = False,
    without: Annotated[
        Without | None,
        typer.Option(
            "--without",
            help="The vendor's stream of events is cut, or asking it is refused, from beginning to end.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Port on 127.0.0.1; 8765 if not given, or a free one.", min=1, max=65535
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=f"Where the data is kept; ./{KEPT} if not given. --script keeps none, unless it failed.",
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo kept.")] = False,
) -> None:
    """Play a handoff on this machine: a bot, the desk for the agent and a chat page for the end user.

    With --provider the agent is at a vendor: its simulator runs in a process of its own. With --script too,
    vendor and worker are processes, as they are deployed, and what both sides saw is compared.

    Everything listens on 127.0.0.1 only. Ctrl-C ends it; the next demo goes on where this one was.
    """
    scripted = {
        "--faults": faults,
        "--kill": kill,
        "--seed": seed is not None,
        "--without": without is not None,
        "--json": as_json,
    }
    if misplaced := [name for name, given in scripted.items() if given and not (script and provider)]:
        raise CommandError(
            f"{misplaced[0]} goes with --provider and --script",
            code=ExitCode.USAGE,
            next_step=f"livechat demo --provider genesys --script {misplaced[0]}",
        )
    if data is None and not script:
        data = KEPT if provider is None else KEPT.with_name(f"{KEPT}-{provider}")
    if provider is not None:
        find_vendor(provider)
    if data is not None and fresh:
        for left in [*data.glob("demo.db*"), *data.glob("livechat.db*")]:
            left.unlink() if left.is_file() else rmtree(left)
    with _told_what_is_missing():
        if provider is None:
            from livechat_sdk_cli.demo.run import main

            raise typer.Exit(main(script=script, port=port, data=data))
        if not script:
            from livechat_sdk_cli.demo.vendor.person import serve

            raise typer.Exit(serve(provider, port=port, data=data or KEPT))
        from livechat_sdk_cli.demo.vendor.report import Setting
        from livechat_sdk_cli.demo.vendor.run import script as play

        setting = Setting(
            provider,
            faults=faults,
            kill=kill,
            seed=1 if seed is None else seed,
            port=port,
            without=None if without is None else without.value,
        )
        raise typer.Exit(play(setting, data, as_json=as_json))


@contextmanager
def _told_what_is_missing() -> Generator[None]:
    """Say which extra brings what the demo needs."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise CommandError(
            f"the demo needs {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk-cli[demo]"',
        ) from missing
