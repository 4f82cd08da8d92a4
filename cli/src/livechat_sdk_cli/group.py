"""How every ``livechat`` command ends: with its exit code, and without a traceback unless asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from typer.core import TyperGroup

from livechat_sdk.errors import ConfigurationError, LivechatError
from livechat_sdk_cli import terminal
from livechat_sdk_cli.commanding import ENTRIES, Commands
from livechat_sdk_cli.exits import exit_code_of, next_step_of
from livechat_sdk_cli.manual import HEADINGS

__all__ = ["LivechatGroup", "Root", "report"]

DEBUG: Final = "--debug"
_OURS: Final = "livechat_sdk"


class LivechatGroup(TyperGroup):
    """A command line that ends as ours do. Usage errors, help and ``typer.Exit`` are typer's."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line; leaves with ``SystemExit`` and one of the documented codes.

        ``--debug`` may stand anywhere before ``--``: who needs it has just seen a command fail, and adds it
        where the cursor is.
        """
        words, debug = _take_debug(sys.argv[1:] if args is None else args)
        try:
            return super().main(
                words,
                prog_name=prog_name or "livechat",
                complete_var=complete_var,
                standalone_mode=standalone_mode,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - the last stop of every error
            report(problem, debug=debug)
            sys.exit(exit_code_of(problem))


class Root(LivechatGroup):
    """The root of the command line: it knows its commands, and loads the one that is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings, instead of one long list."""
        under: dict[str, list[tuple[str, str]]] = {heading: [] for heading in HEADINGS}
        width = max(map(len, ENTRIES))
        for name, entry in ENTRIES.items():
            under[entry.heading].append((name.ljust(width), entry.short_help))
        for heading, rows in under.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def _take_debug(args: Sequence[str]) -> tuple[list[str], bool]:
    words = list(args)
    end = words.index("--") if "--" in words else len(words)
    kept = [word for word in words[:end] if word != DEBUG]
    return [*kept, *words[end:]], len(kept) < end


def report(problem: BaseException, *, debug: bool) -> None:
    """Tell the person, on standard error, what ended the command and what to do next."""
    if debug:
        import traceback

        terminal.note("".join(traceback.format_exception(problem)).rstrip())
    if isinstance(problem, KeyboardInterrupt):
        terminal.note("interrupted")
    elif isinstance(problem, ConfigurationError) and any(one.file or one.path for one in problem.problems):
        from livechat_sdk_cli.problems import explain_problems

        explain_problems(problem.problems)
        terminal.error("the settings cannot be used", next_step_of(problem))
    elif isinstance(problem, ConfigurationError):
        # No place in a file: a sentence says more than a list of one.
        terminal.error("; ".join(terminal.visible(one.message) for one in problem.problems))
    elif isinstance(problem, LivechatError):
        terminal.error(terminal.visible(str(problem), lines=True), next_step_of(problem))
    elif isinstance(problem, OSError):
        terminal.error(*_refused_by_the_system(problem))
    else:
        # Only the kind of the error and its place: its text may hold what must not be printed.
        terminal.error(
            f"unexpected {type(problem).__name__} in {_place(problem)}; this is a bug",
            None if debug else f"run it again with {DEBUG} and report what it prints",
        )


def _refused_by_the_system(problem: OSError) -> tuple[str, str]:
    reason = problem.strerror or type(problem).__name__
    if problem.filename is None:
        return reason, f"run it again with {DEBUG} to see where it came from"
    name = terminal.visible(str(problem.filename))
    return f"{name}: {reason}", "check the name, and that this user may use it"


def _place(problem: BaseException) -> str:
    """File and line where it was raised, the innermost that is ours if there is one."""
    frames: list[tuple[Path, int]] = []
    trace = problem.__traceback__
    while trace is not None:
        frames.append((Path(trace.tb_frame.f_code.co_filename), trace.tb_lineno))
        trace = trace.tb_next
    if not frames:
        return "an unknown place"
    ours = [frame for frame in frames if any(part.startswith(_OURS) for part in frame[0].parts)]
    path, line = (ours or frames)[-1]
    parts = path.parts
    package = max(
        (number for number, part in enumerate(parts) if part.startswith(_OURS)), default=len(parts) - 1
    )
    return f"{'/'.join(parts[package:])}:{line}"
