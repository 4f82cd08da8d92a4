"""How often the garbage collector looks through a process that serves.

A message makes some hundred objects for a moment, and nearly none of them in a cycle; what was loaded before
the first request (modules, models, settings) stays to the end. As Python comes, its collector runs every few
messages and looks through all of that again and again: a sixth of the processor's time of a busy server.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

__all__ = ["collecting_seldom"]

_PYTHONS_OWN: Final = ((700, 10, 10), (2000, 10, 10), (2000, 10, 0))
"""What releases of Python come with. Other numbers were chosen by somebody, and are left alone."""

_YOUNG: Final = 5_000
"""How many objects there are more than at the last look when the collector looks at the new ones. Not many
more: a request that failed may be held by its error until then, body and all."""


@contextmanager
def collecting_seldom() -> Generator[None]:
    """Leave what is alive now alone, and look at what is new less often, while the context is open.

    Everything that is garbage already is kept so long, too. It holds for the whole process; where somebody
    else has a say in the collector, nothing is changed.
    """
    before = gc.get_threshold()
    if not gc.isenabled() or before not in _PYTHONS_OWN or gc.get_freeze_count():
        yield
        return
    gc.freeze()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        if gc.get_threshold()[0] == _YOUNG:
            gc.set_threshold(*before)
        gc.unfreeze()
