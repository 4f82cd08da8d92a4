"""``livechat certify``: put the installed providers to the proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from livechat_sdk_testing.conformance import AnyCertificate, CaseResult

__all__ = ["certify"]


def certify(
    types: Annotated[
        list[str] | None,
        typer.Argument(metavar="TYPE", help="Integration types; all installed ones if none is named."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write each certificate into this folder: TYPE.json."),
    ] = None,
) -> None:
    """Put providers, ticket systems and CRMs to the proof, each with every case of the conformance kit.

    Works on vendors that are simulated in this process: nothing is sent anywhere. Needs
    livechat-sdk-testing. Exit code 8 when a case fails, or a provider cannot be proved.
    """
    conformance = _kit()
    rigs = conformance.installed_rigs()
    without = [] if types else _without_rig(set(rigs))
    for name in types or ():
        if name not in rigs:
            raise CommandError(
                f"there is nothing to prove {terminal.visible(name)} with; there is for: "
                f"{', '.join(rigs) or 'none'}",
                code=ExitCode.USAGE,
                next_step="its package names a rig in the entry point group livechat_sdk_conformance",
            )
    certificates: list[AnyCertificate] = []
    chosen = list(dict.fromkeys(types or rigs))
    for certificate in conformance.certify_installed(chosen, progress=_progress()):
        certificates.append(certificate)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            text = certificate.model_dump_json(indent=2)
            (out / f"{certificate.provider}.json").write_text(f"{text}\n", "utf-8")
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")  # the last case that was shown
        sys.stderr.flush()
    certificates.sort(key=lambda one: one.provider)
    if as_json:
        terminal.out_json(
            {
                "schema_version": 1,
                "certificates": [one.model_dump(mode="json") for one in certificates],
                "without_rig": without,
            }
        )
    else:
        _tell(certificates, without)
    if without or not all(one.passed for one in certificates):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _kit() -> ModuleType:
    try:
        from livechat_sdk_testing.conformance import installed
    except ModuleNotFoundError as error:
        raise CommandError(
            f"the conformance kit is not installed (no module {error.name!r})",
            code=ExitCode.PLUGIN,
            next_step="pip install livechat-sdk-testing",
        ) from error
    return installed


def _progress() -> Callable[[CaseResult], None] | None:
    """Shows a person which case is being played, on standard error."""
    if not sys.stderr.isatty():
        return None

    def show(result: CaseResult) -> None:
        sys.stderr.write(f"\r\x1b[K{result.result:14} {result.name}")
        sys.stderr.flush()

    return show


def _without_rig(known: set[str]) -> list[str]:
    """Types that are installed and bring no rig."""
    from livechat_sdk_cli.installed import discover_registry

    types = discover_registry().types
    return sorted(name for name in types if name not in known)


def _tell(certificates: Sequence[AnyCertificate], without: Sequence[str]) -> None:
    from livechat_sdk_cli.tables import Column, fields, table
    from livechat_sdk_testing.conformance import Result

    screen = terminal.screen()
    columns = (
        Column("TYPE"),
        Column("DISTRIBUTION", shrinks_to=12),
        Column("VERSION"),
        Column("TIER"),
        Column("PASSED", right=True),
        Column("FAILED", right=True),
        Column("EXCUSED", right=True),
        Column("NOT APPLICABLE", right=True),
    )
    rows = [
        (
            one.provider,
            one.distribution,
            one.version,
            one.tier or "none",
            *(
                str(one.count(result))
                for result in (Result.PASSED, Result.FAILED, Result.EXCUSED, Result.NOT_APPLICABLE)
            ),
        )
        for one in certificates
    ]
    rows += [(name, "-", "-", "not proved", "-", "-", "-", "-") for name in without]
    for line in table(columns, rows, screen):
        terminal.out(line)
    for name in without:
        terminal.out(f"{name}: its package names no rig (entry point group livechat_sdk_conformance)")
    for one in certificates:
        terminal.out()
        terminal.out(f"{one.provider}: {one.sentence}")
        for case in one.cases:
            if case.result is Result.EXCUSED:
                terminal.out(f"excused {case.name}: {terminal.visible(case.reason)}")
        for case in one.failed:
            terminal.out()
            pairs = [
                ("failed", case.name),
                ("proves", case.proves),
                ("found", case.reason),
                ("look at", case.look_at),
            ]
            for line in fields(pairs, screen):
                terminal.out(line)
