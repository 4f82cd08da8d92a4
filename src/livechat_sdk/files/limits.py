"""How large, how many and of which kinds files may be."""

from __future__ import annotations

from dataclasses import dataclass

from livechat_sdk.files.kinds import DEFAULT_KINDS

__all__ = ["FileLimits"]


@dataclass(frozen=True, slots=True)
class FileLimits:
    """``max_size`` of one file and ``max_total`` of a workspace are in bytes.

    ``kinds`` are media types, with ``*`` allowed.
    """

    max_size: int = 20 * 1024 * 1024
    max_total: int = 20 * 1024 * 1024 * 1024
    max_per_message: int = 10
    kinds: tuple[str, ...] = DEFAULT_KINDS
