"""The texts of a load, as they are and as they may be shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from livechat_sdk.config.masking import Masks
from livechat_sdk.config.tree import Lines, Span

__all__ = ["View"]


@dataclass(frozen=True, slots=True)
class View:
    """The texts that were read, as they are and as they may be shown."""

    lines: Lines = field(default_factory=lambda: Lines(""), repr=False)
    masks: Masks = field(default_factory=Masks, repr=False)

    @property
    def understood(self) -> bool:
        """Whether the text was a settings document, whatever was wrong with it."""
        return self.masks.known

    def text_of(self, name: str) -> str:
        """The text of one file."""
        return self.lines.text_of(name)

    def line(self, name: str, number: int) -> str:
        """One line of a file, from 1, without secrets."""
        start = self.lines.start_of(name, number)
        return self.masks.quote(self.lines, self.lines.place(start)[0], Span(start, start + 1))[0]
