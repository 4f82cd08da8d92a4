"""The part of a page that a program of this folder makes. People write around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["MadePart"]


@dataclass(frozen=True)
class MadePart:
    """The part of ``page`` between two marks that name its ``program``."""

    page: Path
    program: str

    @property
    def begin(self) -> str:
        """The line before it."""
        return f"<!-- made by {self.program}: begin -->\n"

    @property
    def end(self) -> str:
        """The line after it."""
        return f"<!-- made by {self.program}: end -->\n"

    def within(self, current: str, made: str) -> str:
        """The page ``current`` with ``made`` between the marks. Raises ``ValueError`` when it lacks them."""
        before, begin, rest = current.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not (begin and end):
            raise ValueError(
                f"{self.page.name} needs these two lines, in this order:\n{self.begin}{self.end}"
            )
        return f"{before}{begin}{made}{end}{after}"

    def write(self, made: str) -> None:
        """Bring the page up to date, and say whether anything changed."""
        current = self.page.read_text("utf-8")
        wanted = self.within(current, made)
        self.page.write_text(wanted, "utf-8")
        print(f"{self.page.name}: {'as it was' if wanted == current else 'written anew'}")
