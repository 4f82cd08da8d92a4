"""Which codes are warnings. It stands apart from the texts of the codes, which a sound file never needs."""

from __future__ import annotations

from typing import Final

__all__ = ["is_warning"]

_WARNINGS: Final = ("LC6", "LC79", "LC88", "LC95")


def is_warning(code: str) -> bool:
    """Whether problems of this code are warnings, which count only under ``--strict``."""
    return code.startswith(_WARNINGS)
