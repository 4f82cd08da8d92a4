"""``livechat new``: a package for a provider or a plugin, out of a template."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.manual import example

if TYPE_CHECKING:
    from livechat_sdk_cli.making.package import Made

__all__ = ["app"]

app = typer.Typer(
    help="Make a package for a provider or a plugin.\n\nIt passes lint, types and the kit at once. Nothing is"
    " fetched from anywhere, and nothing is overwritten.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Kind(StrEnum):
    """The family of hooks that a plugin is for."""

    ROUTING = "routing"
    HOURS = "hours"
    MESSAGES = "messages"
    CRM = "crm"
    TICKETING = "ticketing"
    OBSERVING = "observing"


Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as acme: the package is livechat-sdk-acme.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where; livechat-sdk-NAME here if not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.callback()
def _root() -> None:
    """Make a package for a provider or a plugin."""


@app.command("provider", epilog=example("livechat new provider acme"))
def new_provider(name: Name, out: Out = None, as_json: AsJson = False) -> None:
    """Make a provider: an adapter to one live-chat system.

    It speaks to a made-up vendor in memory, and the kit's whole suite is green. Make its calls those of your
    vendor one after the other.
    """
    from livechat_sdk_cli.making.package import make

    _tell(make("provider", name, out), "made", as_json=as_json)


@app.command("plugin", epilog=example("livechat new plugin acme --kind ticketing"))
def new_plugin(
    name: Name,
    kind: Annotated[Kind, typer.Option("--kind", help="What it is for.")],
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Make a plugin: for where handoffs go, hours, words, contacts, tickets, or watching.

    One for contacts or tickets speaks to a made-up vendor in memory, and the kit's whole suite is green.
    """
    from livechat_sdk_cli.making.package import make

    _tell(make(kind.value, name, out), "made", as_json=as_json)


@app.command("update", epilog=example("livechat new update livechat-sdk-acme"))
def new_update(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The package.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Bring a package to the template of the installed version.

    It has to be a git repository with everything committed. What you have changed stays; where both have
    changed, git's marks show both.
    """
    from livechat_sdk_cli.making.package import update

    _tell(update(folder), "brought up to date", as_json=as_json)


def _tell(made: Made, what: str, *, as_json: bool) -> None:
    if as_json:
        terminal.out_json(made.document())
        return
    for name in made.files:
        terminal.out(terminal.visible(name))
    terminal.note(f"{terminal.visible(str(made.folder))} was {what}; its README says how to check it.")
