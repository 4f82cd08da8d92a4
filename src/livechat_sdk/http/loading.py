"""Loads httpx without its command line, which nobody needs here.

``import httpx`` tries to load the command line too, and where click, rich and pygments are installed, for
whatever else, that takes longer than all the rest of httpx and keeps several megabytes. Where they are not,
httpx goes on without; so it does here. Other programs that call ``httpx`` are not affected.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final, cast

__all__: list[str] = []

_COMMAND_LINE: Final = "httpx._main"


def _load() -> None:
    if "httpx" in sys.modules:
        return
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules[_COMMAND_LINE] = None  # importing it fails as if it were not there
    try:
        import httpx  # noqa: F401 # pyright: ignore[reportUnusedImport]
    finally:
        del modules[_COMMAND_LINE]


_load()
