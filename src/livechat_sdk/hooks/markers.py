"""Markers of the hook system: the project name that plugins and specs share."""

from __future__ import annotations

from typing import Final

import pluggy

__all__ = ["ENTRY_POINT_GROUP", "HOOK_API", "PROJECT", "hookimpl", "hookspec"]

PROJECT: Final = "livechat_sdk"
"""pluggy's project name, and the prefix of nothing else."""

ENTRY_POINT_GROUP: Final = "livechat_sdk"
"""Entry point group: one entry per plugin module or object."""

HOOK_API: Final = (1, 1)
"""Version of the hook API: minor for new hooks and arguments, major for removals and changed meaning."""

hookspec = pluggy.HookspecMarker(PROJECT)
"""Marks a specification of a hook. Only the SDK itself has any."""
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function or method as an implementation of a hook."""
