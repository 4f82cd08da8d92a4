"""``livechat erase``: remove what is kept about a person, a conversation or a handoff, or what is old."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.ledger.store import Store
    from livechat_sdk.owning.erasing import Erasing, Erasure
    from livechat_sdk.owning.subjects import Subject
    from livechat_sdk_cli.showing.erasure import Plan
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["erase"]


def erase(  # noqa: PLR0913, PLR0917 - one parameter for each option
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
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Handoffs that ended this long ago, such as 90d.")
    ] = None,
    bot: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --older-than: only handoffs of this bot.",
            autocompletion=completing.bots,
        ),
    ] = None,
    end_live: Annotated[
        bool, typer.Option("--end-live", help="End live handoffs first; a server must be running.")
    ] = False,
    drop_open: Annotated[
        bool, typer.Option("--drop-open", help="Give up what is still to be done for ended handoffs.")
    ] = False,
    compact: Annotated[
        bool | None,
        typer.Option(
            "--compact/--no-compact",
            help="Write the files of the store anew, so that no trace stays in unused space. Nobody can "
            "write meanwhile. By itself for a person on SQLite; given alone, nothing else is done.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document; needs --yes or --dry-run.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL|FILE", help="Use this store instead: sqlite:///livechat.db, or its path."),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in the settings.")
    ] = None,
) -> None:
    """Erase what is kept about a person, with the rows of the desk and the chat page.

    Prints first what will be erased, and what remains at vendors. Works beside a running server and without
    one. Live handoffs are refused, and so is what has something left to be done.
    """
    import asyncio

    from livechat_sdk_cli.stores import find_store

    chosen = [one for one in (user, conversation, handoff, older_than) if one is not None]
    if len(chosen) > 1 or (not chosen and not compact):
        raise _usage("name one of --user, --conversation, --handoff and --older-than")
    if bot is not None and older_than is None:
        raise _usage("--bot goes with --older-than only")
    if older_than is not None and (end_live or drop_open):
        raise _usage("--end-live and --drop-open do not go with --older-than, which leaves both alone")
    if as_json and not (yes or dry_run):
        raise _usage("--json cannot ask: add --yes or --dry-run")
    address = find_store(file, store=store, workspace=workspace)
    if not chosen:
        asyncio.run(_compact(address))
        return
    job = _Job(address, dry_run=dry_run, yes=yes, as_json=as_json)
    if older_than is not None:
        asyncio.run(job.by_age(_seconds(older_than), bot, compact=bool(compact)))
    else:
        from livechat_sdk.owning.subjects import Subject

        subject = Subject.of(user_id=user, handoff_id=handoff, conversation_id=conversation)
        asyncio.run(
            job.by_subject(
                subject,
                end_live=end_live,
                drop_open=drop_open,
                compact=_is_file(address) if compact is None else compact,
            )
        )


class _Job:
    """One run of the command."""

    def __init__(self, address: StoreAddress, *, dry_run: bool, yes: bool, as_json: bool) -> None:
        self._address = address
        self._dry_run = dry_run
        self._yes = yes
        self._as_json = as_json

    async def by_subject(self, subject: Subject, *, end_live: bool, drop_open: bool, compact: bool) -> None:
        """Erase a person, a conversation or a handoff."""
        from livechat_sdk.errors import ErasureRefused
        from livechat_sdk_cli.showing.erasure import Plan
        from livechat_sdk_cli.stores import open_clerk

        async with open_clerk(self._address) as clerk:
            erasing = _erasing(clerk, self._address.workspace)
            plan = Plan(f"{subject.by} {subject.id}", await erasing.holdings(subject))
            erasure = None
            if self._go_on(plan):
                try:
                    erasure = await erasing.erase(
                        subject, end_live=end_live, drop_open=drop_open, compact=compact
                    )
                except ErasureRefused as refusal:
                    raise _in_use(refusal) from None
        self._tell(plan, {"by": subject.by, "id": subject.id}, erasure)

    async def by_age(self, seconds: float, bot: str | None, *, compact: bool) -> None:
        """Erase what is old."""
        from datetime import timedelta

        from livechat_sdk.domain.clock import SystemClock
        from livechat_sdk_cli.showing.erasure import Plan
        from livechat_sdk_cli.showing.words import span
        from livechat_sdk_cli.stores import open_clerk

        async with open_clerk(self._address) as clerk:
            erasing = _erasing(clerk, self._address.workspace)
            before = SystemClock().now() - timedelta(seconds=seconds)
            holdings, kept = await erasing.older_than(before, bot)
            whose = f"bot {bot}" if bot else "all bots"
            plan = Plan(f"{whose}, ended more than {span(seconds)} ago", holdings, kept)
            erasure = None
            if self._go_on(plan) and holdings:
                erasure = await erasing.erase_listed([one.handoff_id for one in holdings], compact=compact)
        self._tell(plan, {"older_than": seconds, "bot": bot}, erasure)

    def _go_on(self, plan: Plan) -> bool:
        """Show the plan; whether it is to be carried out."""
        from livechat_sdk_cli.showing.erasure import plan_lines

        if not self._as_json:
            for line in plan_lines(plan, terminal.screen()):
                terminal.out(line)
        if self._dry_run or self._yes:
            return not self._dry_run
        if not sys.stdin.isatty():
            raise _usage("nobody can be asked here: add --yes, or --dry-run")
        terminal.out()
        if typer.confirm("Erase this? It cannot be undone."):
            return True
        terminal.note("nothing was erased")
        return False

    def _tell(self, plan: Plan, subject: dict[str, Any], erasure: Erasure | None) -> None:
        from livechat_sdk_cli.showing.erasure import done_lines, erasure_document

        copies = _older_copies(self._address)
        if self._as_json:
            terminal.out_json(erasure_document(plan, subject, erasure, copies))
        elif erasure is not None:
            terminal.out()
            for line in done_lines(erasure, copies):
                terminal.out(line)
        if erasure is not None and erasure.clean is False:
            raise _not_clean()


def _erasing(clerk: Store, workspace: str) -> Erasing:
    from livechat_sdk.dispatcher.stepping import Stepper
    from livechat_sdk.domain.clock import SystemClock
    from livechat_sdk.lifecycle.inputs import EndRequested
    from livechat_sdk.owning.erasing import Erasing

    clock = SystemClock()
    stepper = Stepper(clerk, clock, lambda _: None)  # a running server carries out what must be done
    end = EndRequested(by="operator", why="other", raw="to be erased")
    return Erasing(clerk, workspace, clock.now, lambda handoff_id: stepper.submit(handoff_id, end))


async def _compact(address: StoreAddress) -> None:
    from livechat_sdk_cli.stores import open_clerk

    async with open_clerk(address) as clerk:
        clean = await clerk.scrub(compact=True)
    if clean is False:
        raise _not_clean()
    terminal.out("the files of the store are written anew" if clean else "the tables are written anew")


def _seconds(age: str) -> float:
    from pydantic_core import PydanticCustomError

    from livechat_sdk.config.durations import parse_age

    try:
        return parse_age(age)
    except PydanticCustomError as wrong:
        hint = (wrong.context or {}).get("suggestion", "")
        raise _usage(f"--older-than {age}: {wrong.message()}{f'; {hint}' if hint else ''}") from None


def _is_file(address: StoreAddress) -> bool:
    return address.url.startswith("sqlite:")


def _older_copies(address: StoreAddress) -> list[Path]:
    """Copies of the file that migrations have made: they hold what the store held then."""
    from livechat_sdk.ledger.opening import sqlite_path

    if not _is_file(address):
        return []
    path = sqlite_path(address.url)
    return sorted(path.parent.glob(f"{path.name}.before-schema-*"))


def _usage(message: str) -> CommandError:
    return CommandError(
        message, code=ExitCode.USAGE, next_step="`livechat erase --help` explains the options"
    )


def _in_use(refusal: Exception) -> CommandError:
    from livechat_sdk.errors import ErasureRefused

    asked = isinstance(refusal, ErasureRefused) and refusal.asked_to_end
    first = "see that `livechat serve` runs and try again" if asked else "--end-live ends live handoffs first"
    return CommandError(
        str(refusal),
        code=ExitCode.USAGE,
        next_step=f"{first}; --drop-open gives up what is left to do",
    )


def _not_clean() -> CommandError:
    return CommandError(
        "it is erased, but another program is reading an older state: the write-ahead log still holds it",
        code=ExitCode.CHECK_FAILED,
        next_step="run `livechat erase --compact` in a moment",
    )
