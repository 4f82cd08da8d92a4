"""``livechat migrate``: settings of an older form in today's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.config.migrating import Migration

__all__ = ["migrate"]


def migrate(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The settings.")] = DEFAULT_FILE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write here, and leave the old file; it may not exist yet."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, write nothing.")
    ] = False,
) -> None:
    """Bring settings to the form of this release, with their comments, and show what changes.

    Reads files without a version, keys in the platform's spelling (requestTimeout), and integration documents
    of the platform (JSON or YAML, one or a list), which become the integrations of a settings file.
    Exit codes: 0 done or nothing to do, 3 the file cannot be read as settings.
    """
    from livechat_sdk.config.fixing import Change, new_file, write_changes
    from livechat_sdk.config.migrating import migrate_text
    from livechat_sdk_cli.mending import show_diff

    text = _read(file)
    migration = migrate_text(text, str(file))
    if not migration.done:
        terminal.out(f"{file}: of today's form, nothing to do")
        return
    if output is None and file.suffix.lower() == ".json" and not migration.after.lstrip().startswith("{"):
        raise CommandError(
            f"{file} would become YAML",
            code=ExitCode.USAGE,
            next_step="name a new file for it: --output livechat.yaml",
        )
    show_diff(_diff(file, output, migration))
    for one in migration.done:
        terminal.out(f"{file}: {one}")
    if dry_run:
        terminal.out("nothing is written")
    elif output is None:
        write_changes([Change(file, migration.before, migration.after)])
        terminal.out(f"{file}: written; `livechat validate` says what else there is to do")
    else:
        new_file(output, migration.after)
        terminal.out(f"{output}: written; `livechat validate {output}` says what else there is to do")


def _read(file: Path) -> str:
    from livechat_sdk.config.files import MAX_BYTES
    from livechat_sdk.config.reading import Unreadable, decoded
    from livechat_sdk.errors import ConfigurationError, Problem

    with file.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    try:
        return decoded(content)
    except Unreadable as trouble:
        problem = Problem(trouble.draft.code, trouble.draft.message, file=str(file), line=trouble.line)
        raise ConfigurationError([problem]) from None


def _diff(file: Path, output: Path | None, migration: Migration) -> list[str]:
    """What changes, without secrets: both texts are read as settings to know them."""
    from livechat_sdk.config import load_text
    from livechat_sdk.config.fixing import show_change
    from livechat_sdk_cli.installed import discover_registry

    types = discover_registry().types
    views = [
        load_text(text, types=types, name=str(file), folder=file.parent)
        for text in (migration.before, migration.after)
    ]
    shown = show_change(str(file), *views)
    return shown if output is None else [shown[0], f"+++ {output}", *shown[2:]]
