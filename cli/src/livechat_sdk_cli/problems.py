"""Problems of the settings, said on standard error when they end a command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from livechat_sdk.errors import Problem
from livechat_sdk_cli import terminal

__all__ = ["explain_problems"]


def explain_problems(problems: Sequence[Problem]) -> None:
    """Every problem with its place, its line and what to do."""
    from livechat_sdk.config.render import render

    if problems:
        terminal.note(render(problems, color=terminal.screen(sys.stderr).colour))
