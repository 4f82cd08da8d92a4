"""The cases, by group. ``load`` fills ``case.CASES``."""

from __future__ import annotations

from importlib import import_module
from typing import Final

__all__ = ["GROUPS", "load"]

GROUPS: Final = (
    "contract",
    "opening",
    "early",
    "order",
    "duplicates",
    "echo",
    "unknown",
    "texts",
    "attachments",
    "typing",
    "receipts",
    "presence",
    "ending",
    "late",
    "histories",
    "downtime",
    "scripts",
    "failing",
    "statuses",
    "malformed",
    "doubt",
    "webhook_auth",
    "webhook_proofs",
    "secrets",
    "availability",
    "pairs",
    "details",
)
"""Modules of this package, in the order in which their cases are run."""


def load() -> None:
    """Import every group."""
    for group in GROUPS:
        import_module(f"{__name__}.{group}")
