"""Scanning what comes in for malware. A scanner that is down lets nothing pass."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, cast

from livechat_sdk.errors import FileRefused, FilesUnavailable

__all__ = ["SCAN_LIMIT", "FileScanner", "FileToScan", "scan_file"]

logger = logging.getLogger("livechat_sdk.files")

SCAN_LIMIT: Final = 30.0
"""Longest time in seconds that a scanner may take for one file."""


@dataclass(frozen=True, slots=True)
class FileToScan:
    """A file that nobody has got yet. ``size`` is in bytes; ``read`` gives its pieces from the beginning."""

    name: str
    media_type: str
    size: int
    digest: str
    """SHA-256 in hexadecimal digits."""
    read: Callable[[], AsyncIterator[bytes]] = field(repr=False)


FileScanner = Callable[[FileToScan], Awaitable[str | None]]
"""Answers ``None`` for a clean file, else what was found, in a few words. Raises when it cannot tell."""


async def scan_file(scanner: FileScanner, file: FileToScan, *, limit: float = SCAN_LIMIT) -> None:
    """Ask a scanner.

    Raises ``FileRefused`` when it found something, ``FilesUnavailable`` when it did not answer; an answer
    that is neither ``None`` nor a text counts as none.
    """
    try:
        async with asyncio.timeout(limit):
            found = cast("object", await scanner(file))
    except TimeoutError:
        raise FilesUnavailable(f"the scanner did not answer within {limit:g} s") from None
    except Exception as error:
        logger.exception("the scanner failed")
        raise FilesUnavailable("the scanner failed; the log says why") from error
    if found is None:
        return
    if not isinstance(found, str):
        raise FilesUnavailable("the scanner's answer is neither None nor a text")
    logger.warning("a file was refused: the scanner found %r", found[:200])
    raise FileRefused("infected", "the scanner refused the file")
