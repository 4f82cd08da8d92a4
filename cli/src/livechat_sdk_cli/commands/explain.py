"""``livechat explain``: what something means; each of its commands but ``code`` has a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.commands.explain_hours import explain_hours
from livechat_sdk_cli.commands.explain_route import explain_route
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.manual import example

if TYPE_CHECKING:
    from livechat_sdk.config.codes import Code

__all__ = ["app"]

app = typer.Typer(help="Say more about something.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Say more about something."""


app.command("hours", epilog=example('livechat explain hours shop-bot --at "2026-12-24 11:00"'))(explain_hours)
app.command("route", epilog=example("livechat explain route h-0123"))(explain_route)


@app.command("code", epilog=example("livechat explain code LC203"))
def explain_code(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Such as LC203; all codes if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Explain a code of `livechat validate`: what is wrong, why it matters, how to mend it."""
    from livechat_sdk.config.codes import CODES

    chosen = [*CODES.values()] if code is None else [_find(code)]
    if as_json:
        terminal.out_json({"schema_version": 1, "codes": [_document(one) for one in chosen]})
    elif code is None:
        _list(chosen)
    else:
        _explain(chosen[0])


def _find(code: str) -> Code:
    from difflib import get_close_matches

    from livechat_sdk.config.codes import CODES

    wanted = code.strip().upper()
    if wanted in CODES:
        return CODES[wanted]
    close = [one for one in CODES if wanted and one.startswith(wanted)] or get_close_matches(wanted, CODES)
    near = f"; near it are: {', '.join(close[:5])}" if close else ""
    raise CommandError(
        f"there is no code {code!r}{near}",
        code=ExitCode.USAGE,
        next_step="`livechat explain code` lists all of them",
    )


def _document(code: Code) -> dict[str, str]:
    return {
        "code": code.code,
        "severity": _severity(code),
        "title": code.title,
        "explanation": code.explanation,
        "fix": code.fix,
    }


def _severity(code: Code) -> str:
    return "warning" if code.is_warning else "error"


def _list(codes: list[Code]) -> None:
    from livechat_sdk_cli.tables import Column, table

    rows = [(one.code, _severity(one), one.title) for one in codes]
    columns = (Column("CODE"), Column("SEVERITY"), Column("TITLE", shrinks_to=20))
    for line in table(columns, rows, terminal.screen()):
        terminal.out(line)


def _explain(code: Code) -> None:
    from livechat_sdk_cli.tables import fields

    screen = terminal.screen()
    terminal.out(screen.style(f"{code.code} ({_severity(code)}): {code.title}", "bold"))
    terminal.out()
    for line in fields([("what", code.explanation), ("fix", code.fix)], screen):
        terminal.out(line)
