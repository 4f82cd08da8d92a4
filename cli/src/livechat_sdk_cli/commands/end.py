"""``livechat end``: an operator ends a handoff that does not end by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.domain.handoff import Handoff
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["end"]

_LONGEST_REASON: Final = 1000
"""As long as the reason of an end may be; a longer one would be kept in part."""


def end(
    handoff: Annotated[
        str,
        typer.Argument(
            metavar="HANDOFF",
            help="Id of a handoff, or a beginning that only it has.",
            autocompletion=completing.handoffs,
        ),
    ],
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Why, in your own words: kept with the handoff, and told to the platform and the vendor.",
        ),
    ] = None,
    settings: Annotated[
        Path, typer.Option("--settings", metavar="FILE", help="The settings, for `store` and `workspace`.")
    ] = DEFAULT_FILE,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL|FILE", help="Use this store instead: sqlite:///livechat.db, or its path."),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in the settings.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """End a handoff that is stuck, so that the bot has the conversation again.

    A running server closes the chat at the vendor within seconds; without one, the next one that starts. A
    vendor that does not answer is not waited for. Ending again changes nothing.
    """
    import asyncio

    from livechat_sdk_cli.showing.ending import ending_document, ending_lines, next_line
    from livechat_sdk_cli.stores import find_store

    if reason is not None and len(reason) > _LONGEST_REASON:
        raise CommandError(
            f"the reason has {len(reason)} characters, and {_LONGEST_REASON} are kept",
            code=ExitCode.USAGE,
            next_step="say it in fewer words",
        )
    address = find_store(settings, store=store, workspace=workspace)
    found, changed = asyncio.run(_end(address, handoff, (reason or "").strip() or None))
    if as_json:
        terminal.out_json(ending_document(found, changed=changed))
        return
    for line in ending_lines(found, changed=changed):
        terminal.out(line)
    if following := next_line(found):
        terminal.note(following)


async def _end(address: StoreAddress, wanted: str, reason: str | None) -> tuple[Handoff, bool]:
    """The handoff as it is now, and whether it is this command that ends it."""
    from livechat_sdk.dispatcher.stepping import Stepper
    from livechat_sdk.domain.clock import SystemClock
    from livechat_sdk.domain.handoff import HandoffState
    from livechat_sdk.lifecycle.inputs import EndRequested
    from livechat_sdk_cli.showing.gather import find
    from livechat_sdk_cli.stores import open_clerk

    async with open_clerk(address) as clerk:
        handoff = await find(clerk, address.workspace, wanted)
        if handoff.state in {HandoffState.ENDING, HandoffState.ENDED}:
            return handoff, False
        stepper = Stepper(clerk, SystemClock(), lambda _: None)  # the server does the rest
        submitted = await stepper.submit(handoff.id, EndRequested(by="operator", why="other", raw=reason))
        return submitted.handoff, submitted.refused is None  # refused: it has ended in this moment
