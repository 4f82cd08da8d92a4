"""``livechat parked``, ``retry`` and ``drop``: what was given up, and what a person does about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.dispatcher.parking import ParkedActions
    from livechat_sdk.domain.answers import Parked, ParkedAnswer
    from livechat_sdk.ledger.store import Store
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["drop", "parked", "retry"]

_Handoff = Annotated[
    str,
    typer.Argument(
        metavar="HANDOFF",
        help="Id of a handoff, or a beginning that only it has.",
        autocompletion=completing.handoffs,
    ),
]
_Action = Annotated[
    int | None, typer.Argument(metavar="ACTION", help="Number of the action, as `livechat parked` shows it.")
]
_All = Annotated[bool, typer.Option("--all", help="Everything of this handoff that was given up.")]
_Settings = Annotated[
    Path, typer.Option("--settings", metavar="FILE", help="The settings, for `store` and `workspace`.")
]
_Store = Annotated[
    str | None,
    typer.Option(metavar="URL|FILE", help="Use this store instead: sqlite:///livechat.db, or its path."),
]
_Workspace = Annotated[
    str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in the settings.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def parked(
    handoff: Annotated[
        str | None,
        typer.Argument(
            metavar="HANDOFF",
            help="Only of this handoff: its id, or a beginning of it.",
            autocompletion=completing.handoffs,
        ),
    ] = None,
    settings: _Settings = DEFAULT_FILE,
    store: _Store = None,
    workspace: _Workspace = None,
    as_json: _Json = False,
) -> None:
    """List what was given up and waits for a person: messages, deliveries, closings, tickets.

    Reads the store beside a running server and changes nothing.
    """
    import asyncio

    from livechat_sdk_cli.showing.parked import next_lines, parked_document, parked_lines
    from livechat_sdk_cli.stores import find_store

    found, again = asyncio.run(_list(find_store(settings, store=store, workspace=workspace), handoff))
    if as_json:
        terminal.out_json(parked_document(found))
        return
    for line in parked_lines(found, terminal.screen()):
        terminal.out(line)
    for line in next_lines(found, again):
        terminal.note(line)


def retry(
    handoff: _Handoff,
    action: _Action = None,
    everything: _All = False,
    settings: _Settings = DEFAULT_FILE,
    store: _Store = None,
    workspace: _Workspace = None,
    as_json: _Json = False,
) -> None:
    """Try again what was given up: one action, or all of a handoff.

    A running server does it within seconds; without one, the next one that starts. Refused where it makes no
    sense, such as a message to a chat that is over.
    """
    _see_to(handoff, action, everything, settings, store, workspace, again=True, as_json=as_json)


def drop(
    handoff: _Handoff,
    action: _Action = None,
    everything: _All = False,
    settings: _Settings = DEFAULT_FILE,
    store: _Store = None,
    workspace: _Workspace = None,
    as_json: _Json = False,
) -> None:
    """Take what was given up off the list: a person has seen to it.

    The fate of a message does not change: what may have arrived stays doubtful.
    """
    _see_to(handoff, action, everything, settings, store, workspace, again=False, as_json=as_json)


def _see_to(
    handoff: str,
    action: int | None,
    everything: bool,
    settings: Path,
    store: str | None,
    workspace: str | None,
    *,
    again: bool,
    as_json: bool,
) -> None:
    import asyncio

    from livechat_sdk_cli.showing.parked import answer_lines, answers_document
    from livechat_sdk_cli.stores import find_store

    if (action is None) is not everything:
        raise CommandError(
            "name one action, or give --all",
            code=ExitCode.USAGE,
            next_step=f"`livechat parked {handoff}` lists what can be named",
        )
    address = find_store(settings, store=store, workspace=workspace)
    answers = asyncio.run(_carry_out(address, handoff, action, again=again))
    if as_json:
        terminal.out_json(answers_document(answers))
    else:
        for line in answer_lines(answers, "will be tried again" if again else "dropped"):
            terminal.out(line)
    if any(answer.refused for answer in answers):
        if again:
            terminal.note(f"next: `livechat drop {terminal.visible(handoff)} ACTION` takes it off the list")
        raise typer.Exit(ExitCode.CHECK_FAILED)


async def _list(address: StoreAddress, wanted: str | None) -> tuple[Sequence[Parked], Mapping[str, int]]:
    """What was given up; and of each handoff, how much has failed and is tried again."""
    from livechat_sdk_cli.showing.gather import find, troubles
    from livechat_sdk_cli.stores import open_reader

    async with open_reader(address) as reader:
        handoff = await find(reader, address.workspace, wanted) if wanted is not None else None
        parked = await _actions(reader).list(handoff.id if handoff else None)
        found = await troubles(reader, address.workspace)
    again = {one: trouble.tried_again for one, trouble in found.items() if trouble.tried_again}
    return parked, {one: many for one, many in again.items() if handoff is None or one == handoff.id}


async def _carry_out(
    address: StoreAddress, wanted: str, action: int | None, *, again: bool
) -> Sequence[ParkedAnswer]:
    from livechat_sdk_cli.showing.gather import find
    from livechat_sdk_cli.stores import open_clerk

    async with open_clerk(address) as clerk:
        handoff = await find(clerk, address.workspace, wanted)
        actions = _actions(clerk)
        return await (actions.retry if again else actions.drop)(handoff.id, action)


def _actions(store: Store) -> ParkedActions:
    from livechat_sdk.dispatcher.parking import ParkedActions
    from livechat_sdk.dispatcher.stepping import Stepper
    from livechat_sdk.domain.clock import SystemClock

    return ParkedActions(store, Stepper(store, SystemClock(), lambda _: None))  # the server does the rest
