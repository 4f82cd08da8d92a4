"""Entry point of the ``livechat`` command: its root, and nothing that takes time to import.

Each command is a module of ``livechat_sdk_cli.commands``, which is loaded when it is asked for (see
``commanding``) and imports what it needs when it runs, so that ``livechat --help`` and completion stay quick.
"""

from __future__ import annotations

import gc
import io
import sys
from typing import Annotated, Final

import typer
from typer.main import get_command

from livechat_sdk_cli import collecting
from livechat_sdk_cli.commands import version
from livechat_sdk_cli.exits import MEANINGS
from livechat_sdk_cli.group import Root

__all__ = ["app", "main"]

_CODES: Final = "\n".join(
    # The backspace in the first line tells typer to keep the lines as they are.
    ["\b", "Exit codes:", *(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())]
)

_HELP: Final = """Hand conversations of a bot to humans and back.

`livechat demo` shows it at work. `livechat COMMAND --help` explains a command, with an example.
"""

app = typer.Typer(
    name="livechat",
    cls=Root,
    help=_HELP,
    epilog=_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the versions of everything installed, and leave.",
            callback=version.print_and_leave,
            is_eager=True,
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an error. May stand anywhere.")
    ] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line; the console script ``livechat`` calls this."""
    collecting.seldom()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number, not a UnicodeEncodeError.
            stream.reconfigure(errors="backslashreplace")
    try:
        get_command(app)()
    finally:
        gc.freeze()  # the process ends: taking apart piece by piece what it loaded is time for nobody
