"""Exit codes of the ``livechat`` command, and what a person is told when an error ends it.

The number comes from the error itself (``LivechatError.exit_code``), so that every part of the SDK decides
for its own errors; this module knows what each number means and the next step after each kind of error.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from livechat_sdk.errors import (
    AuthError,
    ConfigurationError,
    Conflict,
    HandoffNotFound,
    LivechatError,
    PluginError,
    ProviderError,
    RetryableError,
)

__all__ = ["INTERRUPTED", "MEANINGS", "CommandError", "ExitCode", "exit_code_of", "next_step_of"]


class ExitCode(IntEnum):
    """What the ``livechat`` command ends with. The numbers are a promise to scripts."""

    FINE = 0
    BUG = 1
    USAGE = 2
    CONFIGURATION = 3
    PLUGIN = 4
    CREDENTIALS = 5
    UNREACHABLE = 6
    REFUSED = 7
    CHECK_FAILED = 8


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.FINE: "fine",
    ExitCode.BUG: "our bug: run it again with --debug and report it",
    ExitCode.USAGE: "wrong usage: unknown option, missing argument, unknown id",
    ExitCode.CONFIGURATION: "the settings are invalid",
    ExitCode.PLUGIN: "a plugin, provider or extra cannot be loaded",
    ExitCode.CREDENTIALS: "credentials were refused",
    ExitCode.UNREACHABLE: "a service, database or file cannot be reached",
    ExitCode.REFUSED: "a vendor refused the call or answered unexpectedly",
    ExitCode.CHECK_FAILED: "a check failed",
}
"""The meaning of each code, for the help and the reference."""

INTERRUPTED: Final = 130
"""Ctrl-C, as shells count it: 128 plus the number of the signal."""


class CommandError(LivechatError):
    """The command cannot do what was asked. ``next_step`` says what to do about it."""

    def __init__(self, message: str, *, code: ExitCode, next_step: str) -> None:
        self.exit_code = int(code)
        self.next_step = next_step
        super().__init__(message)


_NEXT_STEPS: Final[tuple[tuple[type[LivechatError], str], ...]] = (
    # The first class that fits speaks, so the narrower ones come first. Other errors say it themselves.
    (HandoffNotFound, "`livechat show` lists the newest handoffs"),
    (PluginError, "`livechat plugins` lists every plugin, and why one was not loaded"),
    (AuthError, "check the credentials of this integration, then `livechat validate`"),
    (RetryableError, "try again in a moment; the service did not answer in time or is overloaded"),
    (ProviderError, "look the answer up in the vendor's own log; repeating the call changes nothing"),
    (Conflict, "run the command again: something else changed the same data meanwhile"),
)


def exit_code_of(error: BaseException) -> int:
    """The exit code of a command that ended with ``error``.

    An error of the SDK brings its own. What the operating system refused counts as unreachable; anything
    else is a bug of ours.
    """
    if isinstance(error, LivechatError):
        return int(error.exit_code)
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, OSError):
        return ExitCode.UNREACHABLE
    return ExitCode.BUG


def next_step_of(error: LivechatError) -> str | None:
    """What to do about an error; ``None`` when its own text says it already."""
    if isinstance(error, CommandError):
        return error.next_step
    if isinstance(error, ConfigurationError):
        codes = sorted({problem.code for problem in error.problems if problem.severity == "error"})
        return f"mend the settings; `livechat explain code {codes[0]}` says more" if codes else None
    return next((step for kind, step in _NEXT_STEPS if isinstance(error, kind)), None)
