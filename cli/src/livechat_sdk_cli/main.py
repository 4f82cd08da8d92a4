"""Entry point of the ``livechat`` command: the commands, and nothing that takes time to import.

Each command is a module of ``livechat_sdk_cli.commands`` and imports what it needs when it runs, so that
``livechat --help`` and completion stay quick.
"""

from __future__ import annotations

import gc
import io
import sys
from typing import Annotated, Final

import typer
from typer.main import get_command

from livechat_sdk_cli.commands import (
    certify,
    chat,
    demo,
    diff,
    doctor,
    erase,
    explain,
    export,
    ledger,
    migrate,
    parked,
    plugins,
    record,
    schema,
    serve,
    show,
    simulate,
    validate,
    version,
)
from livechat_sdk_cli.exits import MEANINGS
from livechat_sdk_cli.group import LivechatGroup

__all__ = ["app", "main"]

_CODES: Final = "\n".join(
    # The backspace in the first line tells typer to keep the lines as they are.
    ["\b", "Exit codes:", *(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())]
)

app = typer.Typer(
    name="livechat",
    cls=LivechatGroup,
    help="Hand conversations of a bot to humans and back.",
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


app.command("demo", short_help="Play a handoff on this machine.")(demo.demo)
app.command("chat", short_help="Be the end user, in the terminal.")(chat.chat)
app.command("simulate", short_help="Play a vendor on this machine.")(simulate.simulate)
app.command("serve", short_help="Serve the gateway and the desk.")(serve.serve)
app.command("validate", short_help="Check settings, list every problem.")(validate.validate)
app.command("doctor", short_help="Ask every vendor whether the settings are right.")(doctor.doctor)
app.command("migrate", short_help="Bring settings to today's form.")(migrate.migrate)
app.command("diff", short_help="Replay stored requests under other settings.")(diff.diff)
app.command("show", short_help="Show a handoff and the fate of every message.")(show.show)
app.command("parked", short_help="List what was given up.")(parked.parked)
app.command("retry", short_help="Try again what was given up.")(parked.retry)
app.command("drop", short_help="Take what was given up off the list.")(parked.drop)
app.command("record", short_help="Record a provider's calls to a real account.")(record.record)
app.command("export", short_help="Export what is kept about a person.")(export.export)
app.command("erase", short_help="Erase what is kept about a person.")(erase.erase)
app.command("certify", short_help="Put installed providers to the proof.")(certify.certify)
app.command("plugins", short_help="List the installed plugins.")(plugins.plugins)
app.add_typer(explain.app, name="explain")
app.add_typer(ledger.app, name="ledger")
app.command("schema", short_help="Print the JSON Schema of livechat.yaml.")(schema.schema)
app.command("version", short_help="Print what is installed.")(version.version)


def main() -> None:
    """Run the command line; the console script ``livechat`` calls this."""
    # What is imported stays: looking through it for garbage again and again takes a tenth of a short command.
    gc.set_threshold(50_000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number, not a UnicodeEncodeError.
            stream.reconfigure(errors="backslashreplace")
    get_command(app)()
