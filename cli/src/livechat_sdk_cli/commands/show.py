"""``livechat show``: one handoff with everything that happened to it, or the list of handoffs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.settings import DEFAULT_FILE, name_and_file

if TYPE_CHECKING:
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["show"]


def show(
    handoff: Annotated[
        str | None,
        typer.Argument(
            metavar="HANDOFF",
            help="Id of a handoff, or a beginning that only it has; all the newest if not given.",
            autocompletion=completing.handoffs,
        ),
    ] = None,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The settings, for `store` and `workspace`.")
    ] = DEFAULT_FILE,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL|FILE",
            help="Read this store instead: an address (sqlite:///…, postgresql://…) or a file's path.",
        ),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in the settings.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="How many handoffs to list.", min=1, max=1000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show a handoff: its state, its timeline, every message with its fate, and what is still open.

    Reads the store beside a running server and changes nothing.
    """
    import asyncio

    from livechat_sdk_cli.stores import find_store

    handoff, file = name_and_file(handoff, file)
    address = find_store(file, store=store, workspace=workspace)
    if handoff is None:
        asyncio.run(_list(address, limit, as_json=as_json))
    else:
        asyncio.run(_show(address, handoff, as_json=as_json))


async def _list(address: StoreAddress, limit: int, *, as_json: bool) -> None:
    from livechat_sdk_cli.showing.document import list_document
    from livechat_sdk_cli.showing.gather import troubles
    from livechat_sdk_cli.showing.text import list_lines
    from livechat_sdk_cli.stores import open_reader

    async with open_reader(address) as reader:
        handoffs = await reader.handoffs(limit=limit)
        found = await troubles(reader, address.workspace)
    if as_json:
        terminal.out_json(list_document(handoffs, found))
        return
    for line in list_lines(handoffs, terminal.screen(), found):
        terminal.out(line)


async def _show(address: StoreAddress, wanted: str, *, as_json: bool) -> None:
    from livechat_sdk.domain.clock import SystemClock
    from livechat_sdk_cli.showing.document import show_document
    from livechat_sdk_cli.showing.gather import find, gather
    from livechat_sdk_cli.showing.text import show_lines
    from livechat_sdk_cli.stores import open_reader

    async with open_reader(address) as reader:
        handoff = await find(reader, address.workspace, wanted)
        shown = await gather(reader, handoff, SystemClock().now())
    if as_json:
        terminal.out_json(show_document(shown))
        return
    for line in show_lines(shown, terminal.screen()):
        terminal.out(line)
