"""Names of files as they may be shown and saved: what somebody else has chosen is never a path."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["clean_name"]

_LONGEST: Final = (
    120  # characters; in UTF-8 still below the 255 bytes that file systems take, for most scripts
)
_LONGEST_BYTES: Final = 240
_FORBIDDEN: Final = frozenset('<>:"|?*\\/')
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)


def clean_name(name: str, *, default: str = "file") -> str:
    """A name without folders, control and direction characters, and such as no system takes.

    The ending is kept when the name is shortened. What is left of nothing is ``default``.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = unicodedata.normalize("NFC", last)
    kept = "".join(
        "_" if char in _FORBIDDEN else char
        for char in shown
        # Cc, Cf: control and invisible ones, among them those that turn the direction of writing around,
        # which make "gpj.exe" look like "exe.jpg". Cs, Co, Cn: halves of characters, and unassigned ones.
        if not unicodedata.category(char).startswith("C")
    )
    kept = " ".join(kept.split()).strip(" .")
    if kept.partition(".")[0].lower() in _RESERVED:
        kept = f"_{kept}"
    return _shortened(kept) or default


def _shortened(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:  # noqa: PLR2004  # what follows the dot is no ending
        stem, ending = name, ""
    else:
        ending = f".{ending}"
    stem = stem[: _LONGEST - len(ending)]
    while stem and len(f"{stem}{ending}".encode()) > _LONGEST_BYTES:
        stem = stem[:-1]
    return f"{stem}{ending}"
