"""One line of what ``livechat doctor`` found, and the exit code that all of them lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from livechat_sdk.provider.integration import Finding
from livechat_sdk_cli.exits import ExitCode

__all__ = ["Row", "exit_code", "row"]


@dataclass(frozen=True, slots=True)
class Row:
    """A finding, and what it is about: an integration of this ``type``, or something around them all.

    ``code`` is what the command ends with when nothing worse was found; it counts for errors only.
    """

    about: str
    type: str
    finding: Finding
    code: ExitCode


def row(
    about: str,
    check: str,
    status: Literal["ok", "warning", "error"],
    message: str,
    next_step: str = "",
    code: ExitCode = ExitCode.CHECK_FAILED,
) -> Row:
    """What was found about something that is no integration."""
    return Row(about, "", Finding(check, status, message, next_step), code)


def exit_code(rows: Sequence[Row], *, strict: bool) -> ExitCode:
    """The code of the command: of several errors the one with the lowest number, 8 for warnings if strict.

    Refused credentials come first, then what cannot be reached, then what a vendor refused.
    """
    errors = [one.code for one in rows if one.finding.status == "error"]
    if errors:
        return min(errors)
    warned = any(one.finding.status == "warning" for one in rows)
    return ExitCode.CHECK_FAILED if strict and warned else ExitCode.FINE
