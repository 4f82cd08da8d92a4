"""``livechat export``: what is kept about a person, a conversation or a handoff, as one document."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.owning.subjects import Subject
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["export"]


def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The settings, for `store` and `workspace`.")
    ] = DEFAULT_FILE,
    user: Annotated[str | None, typer.Option(metavar="ID", help="Everything about this end user.")] = None,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Everything about this conversation.")
    ] = None,
    handoff: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Everything about this handoff.", autocompletion=completing.handoffs),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it there, for this user's eyes only; an existing file is never overwritten.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL|FILE", help="Read this store instead: sqlite:///livechat.db, or its path."),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in the settings.")
    ] = None,
) -> None:
    """Export what is kept about a person as one JSON document, for whoever asks for their data.

    Reads the store beside a running server. Session credentials are not in it; notes and names of agents are:
    read it before you hand it on.
    """
    import asyncio

    from livechat_sdk.owning.subjects import Subject
    from livechat_sdk_cli.stores import find_store

    chosen = [one for one in (user, conversation, handoff) if one is not None]
    if len(chosen) != 1:
        raise CommandError(
            "name one of --user, --conversation and --handoff",
            code=ExitCode.USAGE,
            next_step="`livechat export --help` explains the options",
        )
    subject = Subject.of(user_id=user, handoff_id=handoff, conversation_id=conversation)
    if output is not None and output.exists():
        raise _in_the_way(output)
    address = find_store(file, store=store, workspace=workspace)
    asyncio.run(_export(address, subject, output))


async def _export(address: StoreAddress, subject: Subject, output: Path | None) -> None:
    from livechat_sdk.domain.clock import SystemClock
    from livechat_sdk.owning.exporting import export as pieces_of
    from livechat_sdk_cli.stores import open_reader

    async with open_reader(address) as reader:
        pieces = pieces_of(reader, address.workspace, subject, SystemClock().now())
        if output is None:
            async for piece in pieces:
                sys.stdout.write(piece)
            return
        await _write(pieces, output)
    terminal.note(f"written to {terminal.visible(str(output))}")


async def _write(pieces: AsyncIterator[str], output: Path) -> None:
    """Write a file that is there as a whole or not at all. Raises ``CommandError`` when one is in the way."""
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            async for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, output)  # unlike a rename, this never replaces a file
        except FileExistsError:
            raise _in_the_way(output) from None
    finally:
        draft.unlink()


def _in_the_way(output: Path) -> CommandError:
    return CommandError(
        f"{output} exists already and is not overwritten",
        code=ExitCode.USAGE,
        next_step="choose another name, or remove the file",
    )
