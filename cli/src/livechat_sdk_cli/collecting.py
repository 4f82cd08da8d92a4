"""How often Python's garbage collector looks through the process: seldom, in a command that ends soon.

What a command imports stays to its end: looking through it for garbage again and again takes a tenth of a
short command. One that goes on for hours has garbage, and the collector as Python comes with it.
"""

from __future__ import annotations

import gc
from typing import Final

__all__ = ["as_usual", "seldom"]

_USUAL: Final = gc.get_threshold()


def seldom() -> None:
    """For a command that ends soon."""
    gc.set_threshold(100_000)


def as_usual() -> None:
    """For a command that goes on until somebody ends it."""
    gc.set_threshold(*_USUAL)
