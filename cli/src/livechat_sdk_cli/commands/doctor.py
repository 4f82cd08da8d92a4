"""``livechat doctor``: whether everything outside the settings is as they say. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.commands.validate import Form
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE, is_file_word

if TYPE_CHECKING:
    from livechat_sdk.config import LivechatFile
    from livechat_sdk.config.documents import IntegrationDocument
    from livechat_sdk.http.listening import Heard
    from livechat_sdk.registry import Registry
    from livechat_sdk_cli.doctor.rows import Row

__all__ = ["doctor"]

LIMIT: Final = 30.0
"""Seconds that the check of one integration may take, unless another limit is given."""

_AROUND: Final = ("store", "public address")


def doctor(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The settings; may be left out before names.",
            autocompletion=completing.integrations_and_files,
        ),
    ] = DEFAULT_FILE,
    integrations: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INTEGRATION",
            help="Only these; all of the settings if none is named.",
            autocompletion=completing.integrations,
        ),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="text for people, json for programs, github for annotations.")
    ] = Form.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as errors.")] = False,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long each integration may take.", min=0.1, max=600),
    ] = LIMIT,
) -> None:
    """Ask every vendor whether the settings are right: credentials, rights, names, field maps.

    Looks at the store, at the address that vendors post to, at the clock and at certificates too. It reads
    only: no chat is opened, no ticket is made, nothing is changed anywhere.
    Exit codes: 0 in order, 3 settings invalid, 5 credentials refused, 6 a vendor or the store is unreachable,
    7 a vendor refused to answer, 8 something is not as the settings say. Of several the lowest counts.
    """
    import asyncio

    from livechat_sdk_cli.doctor.report import document, github_lines, text_lines
    from livechat_sdk_cli.doctor.rows import exit_code
    from livechat_sdk_cli.settings import load_settings, places_of

    file, names = _told_apart(file, integrations or [])
    settings, registry = load_settings(file)
    chosen = _chosen(settings, names)
    rows = asyncio.run(_look(settings, chosen, registry, timeout, everything=not names))
    code = exit_code(rows, strict=strict)
    if as_json or form is Form.JSON:
        terminal.out_json(document(rows, code))
    elif form is Form.GITHUB:
        for line in github_lines(rows, str(file), places_of(file)):
            terminal.out(line)
    else:
        for line in text_lines(rows, terminal.screen()):
            terminal.out(line)
    raise typer.Exit(code)


def _told_apart(file: Path, names: list[str]) -> tuple[Path, list[str]]:
    """The first word is a name where it can be no file: ``livechat doctor acme-zendesk``.

    The settings may then stand behind the names, as they do in other commands.
    """
    looks_like_a_name = not file.suffix and len(file.parts) == 1 and not file.exists()
    if not looks_like_a_name:
        return file, names
    if names and is_file_word(names[-1]):
        return Path(names[-1]), [str(file), *names[:-1]]
    return DEFAULT_FILE, [str(file), *names]


def _chosen(settings: LivechatFile, names: list[str]) -> dict[str, IntegrationDocument]:
    """What to look at. One that is switched off is looked at only when it is named."""
    for name in names:
        if name not in settings.integrations:
            raise CommandError(
                f"the settings have no integration {terminal.visible(name)!r}",
                code=ExitCode.USAGE,
                next_step=f"they have: {', '.join(map(terminal.visible, settings.integrations)) or 'none'}",
            )
    if names:
        return {name: settings.integrations[name] for name in dict.fromkeys(names)}
    off = [name for name, one in settings.integrations.items() if not one.enabled]
    if off:
        terminal.note(
            f"Not looked at, because they are switched off: {', '.join(map(terminal.visible, off))}"
        )
    return {name: one for name, one in settings.integrations.items() if name not in off}


async def _look(
    settings: LivechatFile,
    chosen: dict[str, IntegrationDocument],
    registry: Registry,
    seconds: float,
    *,
    everything: bool,
) -> list[Row]:
    """All checks at the same time; certificates last, when it is known who was called."""
    import asyncio

    from livechat_sdk.http.listening import listen_to_calls
    from livechat_sdk_cli.doctor.integrations import build_all, check_all, takes_webhooks
    from livechat_sdk_cli.doctor.surroundings import (
        check_certificate,
        check_clock,
        check_public_url,
        check_store,
        hosts_with_tls,
    )
    from livechat_sdk_cli.progress import Progress

    built = build_all(chosen, registry)
    webhooks = [name for name, one in built.items() if takes_webhooks(one)]
    types = {name: one.type for name, one in chosen.items()}
    heard: list[Heard] = []
    with (
        Progress("checking", [*built, *(_AROUND if everything else ())]) as progress,
        listen_to_calls(heard.append),
    ):
        async with asyncio.TaskGroup() as group:
            checked = group.create_task(check_all(built, types, seconds=seconds, done=progress.done))
            store = group.create_task(check_store(settings.store)) if everything else None
            public = group.create_task(check_public_url(settings.gateway.public_url, webhooks))
        hosts = sorted({*hosts_with_tls(settings.gateway.public_url, heard)})
        certificates = await asyncio.gather(*(check_certificate(host, port) for host, port in hosts))
    around = [*(store.result() if store else ()), *public.result(), *check_clock(heard)]
    return [*checked.result(), *around, *(row for rows in certificates for row in rows)]
