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

from livechat_sdk_cli import manual
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
    new,
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
from livechat_sdk_cli.manual import example

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
    cls=LivechatGroup,
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


app.command(
    "demo",
    short_help="Play a handoff on this machine.",
    rich_help_panel=manual.TRY,
    epilog=example("livechat demo"),
)(demo.demo)
app.command(
    "chat",
    short_help="Be the end user, in the terminal.",
    rich_help_panel=manual.TRY,
    epilog=example("livechat chat shop-bot"),
)(chat.chat)
app.command(
    "simulate",
    short_help="Play a vendor on this machine.",
    rich_help_panel=manual.TRY,
    epilog=example("livechat simulate genesys --port 8090"),
)(simulate.simulate)
app.command(
    "serve",
    short_help="Serve the gateway and the desk.",
    rich_help_panel=manual.OPERATE,
    epilog=example("livechat serve livechat.yaml --channel my_platform.channel:Channel"),
)(serve.serve)
app.command(
    "validate",
    short_help="Check settings, list every problem.",
    rich_help_panel=manual.SET_UP,
    epilog=example("livechat validate --strict livechat.yaml"),
)(validate.validate)
app.command(
    "doctor",
    short_help="Ask every vendor whether the settings are right.",
    rich_help_panel=manual.SET_UP,
    epilog=example("livechat doctor acme-zendesk"),
)(doctor.doctor)
app.command(
    "migrate",
    short_help="Bring settings to today's form.",
    rich_help_panel=manual.SET_UP,
    epilog=example("livechat migrate --dry-run livechat.yaml"),
)(migrate.migrate)
app.command(
    "diff",
    short_help="Replay stored requests under other settings.",
    rich_help_panel=manual.SET_UP,
    epilog=example("livechat diff livechat.yaml livechat-new.yaml"),
)(diff.diff)
app.command(
    "show",
    short_help="Show a handoff and the fate of every message.",
    rich_help_panel=manual.OPERATE,
    epilog=example("livechat show h-0123"),
)(show.show)
app.command(
    "parked",
    short_help="List what was given up.",
    rich_help_panel=manual.OPERATE,
    epilog=example("livechat parked"),
)(parked.parked)
app.command(
    "retry",
    short_help="Try again what was given up.",
    rich_help_panel=manual.OPERATE,
    epilog=example("livechat retry h-0123 --all"),
)(parked.retry)
app.command(
    "drop",
    short_help="Take what was given up off the list.",
    rich_help_panel=manual.OPERATE,
    epilog=example("livechat drop h-0123 7"),
)(parked.drop)
app.command(
    "record",
    short_help="Record a provider's calls to a real account.",
    rich_help_panel=manual.DEVELOP,
    epilog=example("livechat record acme-zendesk --operation check"),
)(record.record)
app.command(
    "export",
    short_help="Export what is kept about a person.",
    rich_help_panel=manual.PEOPLE,
    epilog=example("livechat export --user u-1 --output u-1.json"),
)(export.export)
app.command(
    "erase",
    short_help="Erase what is kept about a person.",
    rich_help_panel=manual.PEOPLE,
    epilog=example("livechat erase --older-than 90d --dry-run"),
)(erase.erase)
app.command(
    "certify",
    short_help="Put installed providers to the proof.",
    rich_help_panel=manual.DEVELOP,
    epilog=example("livechat certify ZENDESK_LIVECHAT --out certificates"),
)(certify.certify)
app.command(
    "plugins",
    short_help="List the installed plugins.",
    rich_help_panel=manual.DEVELOP,
    epilog=example("livechat plugins"),
)(plugins.plugins)
app.add_typer(new.app, name="new", rich_help_panel=manual.DEVELOP)
app.add_typer(explain.app, name="explain", rich_help_panel=manual.SET_UP)
app.add_typer(ledger.app, name="ledger", rich_help_panel=manual.OPERATE)
app.command(
    "schema",
    short_help="Print the JSON Schema of livechat.yaml.",
    rich_help_panel=manual.SET_UP,
    epilog=example("livechat schema > livechat.schema.json"),
)(schema.schema)
app.command(
    "version",
    short_help="Print what is installed.",
    rich_help_panel=manual.MORE,
    epilog=example("livechat version --json"),
)(version.version)


def main() -> None:
    """Run the command line; the console script ``livechat`` calls this."""
    # What is imported stays: looking through it for garbage again and again takes a tenth of a short command.
    gc.set_threshold(50_000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number, not a UnicodeEncodeError.
            stream.reconfigure(errors="backslashreplace")
    get_command(app)()
