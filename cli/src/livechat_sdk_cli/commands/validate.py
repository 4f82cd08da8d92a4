"""``livechat validate``: every problem of the settings, at once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.config import Loaded
    from livechat_sdk.errors import Problem
    from livechat_sdk.hooks import PluginInfo
    from livechat_sdk.registry import Registry

__all__ = ["Form", "validate"]

STDIN = "-"
STDIN_NAME = "<stdin>"


class Form(StrEnum):
    """How the problems are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def validate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help=f"Settings to check, each on its own; {DEFAULT_FILE} if not given, - for standard input.",
        ),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="text for people, json for programs, github for annotations.")
    ] = Form.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as errors.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can only be meant one way, and show what changed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: show what would change, write nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing about files in order.")] = False,
) -> None:
    """Check settings and list every problem with its place, its code and what to do.

    Works off line: references to the environment are looked up, no vendor is asked.
    Comments and secrets are left alone by `--fix`, and a file is written as a whole or not at all.
    Exit codes: 0 in order, 3 problems, 4 a plugin cannot be loaded (the problems are listed all the same).
    """
    from livechat_sdk_cli.installed import discover_registry

    form = Form.JSON if as_json else form
    registry = discover_registry()
    named = files or [DEFAULT_FILE]
    if dry_run and not fix:
        raise CommandError(
            "--dry-run goes with --fix", code=ExitCode.USAGE, next_step="`livechat validate --fix --dry-run`"
        )
    if fix:
        from livechat_sdk_cli.mending import mend

        results = mend(named, registry, write=not dry_run, aside=form is not Form.TEXT)
    else:
        results = [_load(file, registry) for file in named]
    blocked = {name for _, loaded in results if loaded.settings for name in loaded.settings.plugins.block}
    broken = [one for one in registry.found if one.status == "not_loaded" and one.name not in blocked]
    bad = [name for name, loaded in results if loaded.errors or (strict and loaded.problems)]
    code = ExitCode.PLUGIN if broken else ExitCode.CONFIGURATION if bad else ExitCode.FINE
    if form is Form.JSON:
        terminal.out_json(_document(results, broken, ok=code is ExitCode.FINE))
    elif form is Form.GITHUB:
        _annotate(results, broken)
    else:
        _tell(results, broken, strict=strict, quiet=quiet)
    if code is not ExitCode.FINE:
        raise typer.Exit(code)


def _load(file: Path, registry: Registry) -> tuple[str, Loaded]:
    """The name that problems call the file by, and what came of loading it."""
    from livechat_sdk.config import load_file

    if str(file) == STDIN:
        return STDIN_NAME, _load_stdin(registry)
    return str(file), load_file(file, types=registry.types)


def _load_stdin(registry: Registry) -> Loaded:
    from livechat_sdk.config import Loaded, load_text
    from livechat_sdk.config.files import MAX_BYTES
    from livechat_sdk.errors import Problem

    content = typer.get_binary_stream("stdin").read(MAX_BYTES + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) <= MAX_BYTES:  # a longer one may have been cut inside a character
            message = f"standard input is not UTF-8 (byte {error.start + 1})"
            return Loaded(None, (Problem("LC103", message, file=STDIN_NAME),), STDIN_NAME)
        text = content.decode("utf-8", "replace")
    return load_text(text, types=registry.types, name=STDIN_NAME)


def _document(
    results: Sequence[tuple[str, Loaded]], broken: Sequence[PluginInfo], *, ok: bool
) -> dict[str, Any]:
    """The document of the problems, with what only this command knows: what was checked, and with what."""
    import json

    from livechat_sdk.config.render import render

    document: dict[str, Any] = json.loads(render(_problems(results), "json"))
    document["summary"]["ok"] = ok
    document["summary"]["files"] = [name for name, _ in results]
    document["plugins_not_loaded"] = [
        {"name": one.name, "distribution": one.distribution, "version": one.version, "reason": one.reason}
        for one in broken
    ]
    return document


def _problems(results: Sequence[tuple[str, Loaded]]) -> list[Problem]:
    return [problem for _, loaded in results for problem in loaded.problems]


def _annotate(results: Sequence[tuple[str, Loaded]], broken: Sequence[PluginInfo]) -> None:
    from livechat_sdk.config.render import render

    if problems := _problems(results):
        terminal.out(render(problems, "github"))
    for one in broken:
        reason = terminal.visible(one.reason).replace("%", "%25")
        terminal.out(f"::error title=plugin::plugin {one.name} of {one.distribution} is not loaded: {reason}")


def _tell(
    results: Sequence[tuple[str, Loaded]], broken: Sequence[PluginInfo], *, strict: bool, quiet: bool
) -> None:
    from livechat_sdk.config.render import render, summary

    screen = terminal.screen()
    for name, loaded in results:
        if loaded.problems:
            terminal.out(render(loaded.problems, color=screen.colour))
        if loaded.problems or not quiet:
            verdict = "invalid" if loaded.errors or (strict and loaded.problems) else "valid"
            styled = screen.style(verdict, "bold", "red" if verdict == "invalid" else "green")
            terminal.out(f"{name}: {styled}, {summary(loaded.problems)}")
    for one in broken:
        reason = terminal.visible(one.reason)
        terminal.error(
            f"plugin {one.name} of {one.distribution} {one.version} is not loaded: {reason}",
            "mend or uninstall it, or leave it out with `plugins: {block: [" + one.name + "]}`",
        )
