"""Texts and quoted lines without the secrets of a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from livechat_sdk.config.annotations import keys_below, kinds_of
from livechat_sdk.config.documents import MASK, in_address
from livechat_sdk.config.sensitive import Sensitive, model_of, text_of
from livechat_sdk.config.tree import Lines, Span

if TYPE_CHECKING:
    from livechat_sdk.provider.integration import IntegrationType

__all__ = ["Masks"]

_SHORTEST: Final = 4
"""Shorter values are masked where they stand, but not looked for in other texts."""

_CUTS: Final = (40, 60)
"""Messages quote so many characters of a value at most: a longer one is looked for as it is cut, too."""

_WIDTH: Final = 160
"""Characters of a line that are quoted at most."""

_REACH: Final = 10_000
"""Characters before and behind a place that are looked at in a very long line."""

_COMMENT: Final = re.compile(r"(?:^|\s)#(.*)$")
_STRUCTURE: Final = re.compile(
    r"""\s+
    |^(?:---|\.\.\.)(?!\S)                   # where a document begins or ends
    |(?<![^\s\[\]{},:])[\[{"'&*!|>%@`?#-]   # a mark that begins a word
    |[\]}"',](?![^\s\[\]{},:])|,(?=["'])    # a mark that ends one
    |:(?![^\s\[{"'])|(?<=["']):
    |(?<!\w)\$\{[A-Z_][A-Z0-9_]*\}(?!\w)    # the name of a variable""",
    re.VERBOSE,
)
"""What shows how a line is built and cannot be part of a value, as far as anybody can tell from one line."""

_KEY: Final = re.compile(
    r"""(?<![^\s\[{,])(?:(?P<quote>["'])(?P<quoted>[\w.-]{1,60})(?P=quote)(?=\s*:)|(?P<plain>[\w.-]{1,60})(?=\s*:(?:\s|$)))"""
)

_Range = tuple[int, int, str]
"""First character, the one after the last, and what is shown instead."""


@dataclass(slots=True)
class Masks:
    """What must not be shown, and what stands for it.

    ``known`` is false while nobody knows what the text means (it breaks the rules of YAML, say), and
    ``unread`` are the files of which nobody does. Of a line there, only the skeleton is quoted: the space,
    the marks between words, and those keys that are ``names`` of settings. Whatever else seems to be a key
    may be a secret that something is glued to.
    """

    known: bool = False
    names: frozenset[str] = frozenset()
    unread: list[Span] = field(default_factory=list[Span])
    hidden: list[Span] = field(default_factory=list[Span])
    _words: dict[str, dict[str, tuple[str, bool]]] = field(
        default_factory=dict[str, dict[str, tuple[str, bool]]]
    )
    """Words by their first characters: what is shown instead, and whether only a whole word counts."""
    _longest: int = 0

    @classmethod
    def of_text(cls, text: str, types: Mapping[str, IntegrationType] | None = None) -> Masks:
        """The masks for a text that was not understood; ``types`` that occur in it give names of settings."""
        return cls(names=_names_for(text, types or {}))

    @classmethod
    def of(
        cls,
        sensitive: Sensitive,
        unread: Iterable[tuple[str, Span]] = (),
        types: Mapping[str, IntegrationType] | None = None,
    ) -> Masks:
        """The masks for a document that was understood, except for texts ``unread`` with their places.

        Secrets are masked wherever they occur. A value from the environment that is no secret in itself is
        shown as its reference, where it occurs as a word.
        """
        masks = cls(known=True, hidden=sensitive.hidden)
        for text, span in unread:
            masks.names |= _names_for(text, types or {})
            masks.unread.append(span)
        for node in sensitive.filled:
            masks._add(text_of(node.value), node.written or MASK, whole=True)
        for key, shown in sensitive.glued.items():
            masks._add(key, shown, whole=False)
        for secret in sensitive.secrets:
            masks._add(text_of(secret.node.value), MASK, whole=False)
        return masks

    def _add(self, text: str, instead: str, *, whole: bool) -> None:
        # A text may turn up as it is, without the space around it, or with escapes.
        whole_forms = {text, text.strip(), repr(text)[1:-1]}
        for form in whole_forms | {one[:cut] for one in whole_forms for cut in _CUTS if len(one) > cut}:
            if len(form) >= _SHORTEST:
                self._words.setdefault(form[:_SHORTEST], {})[form] = (instead, whole)
                self._longest = max(self._longest, len(form))

    def clean(self, text: str) -> str:
        """A message without secrets, control characters and line breaks."""
        shown = ""
        at = 0
        for start, end, instead in _joined(self._found(text)):
            shown += text[at:start] + instead
            at = end
        return _printable(shown + text[at:])

    def _found(self, text: str) -> list[_Range]:
        found = [(start, end, MASK) for start, end in in_address(text)]
        if self._words:
            for start in range(len(text) - _SHORTEST + 1):
                for word, (instead, whole) in self._words.get(text[start : start + _SHORTEST], {}).items():
                    end = start + len(word)
                    if text.startswith(word, start) and not (
                        whole and (_in_word(text, start) or _in_word(text, end))
                    ):
                        found.append((start, end, instead))
        return found

    def quote(self, lines: Lines, line: int, span: Span) -> tuple[str, int, int]:
        """One line as it may be shown, the column (from 1) to point at in it, and how far to point."""
        whole = lines.bounds(line)
        bounds = Span(max(whole.start, span.start - _REACH), min(whole.end, span.start + _REACH))
        raw = lines.text[bounds.start : bounds.end]
        ranges = self._found(raw)
        # Where a long line is cut, a secret may be cut too, and would not be found.
        if bounds.start > whole.start:
            ranges.append((0, min(self._longest, len(raw)), MASK))
        if bounds.end < whole.end:
            ranges.append((max(0, len(raw) - self._longest), len(raw), MASK))
        if self.known and not any(one.start <= whole.start < one.end for one in self.unread):
            ranges += [
                (max(one.start, bounds.start) - bounds.start, min(one.end, bounds.end) - bounds.start, MASK)
                for one in self.hidden
                if one.start < bounds.end and one.end > bounds.start
            ]
            ranges += [(at.start(1), at.end(1), " …") for at in _COMMENT.finditer(raw) if at[1].strip()]
        else:
            ranges += self._values(raw)
        start = min(span.start, bounds.end) - bounds.start
        end = max(start + 1, min(span.end, bounds.end) - bounds.start)
        return _window(*_replaced(raw, _joined(ranges), start, end))

    def _values(self, raw: str) -> list[_Range]:
        """Everything of a line that may be a value, when nobody knows what is what."""
        shown = [found.span() for found in _STRUCTURE.finditer(raw)]
        shown += [
            found.span() for found in _KEY.finditer(raw) if (found["quoted"] or found["plain"]) in self.names
        ]
        ranges: list[_Range] = []
        at = 0
        for start, end in [*sorted(shown), (len(raw), len(raw))]:
            if start > at:
                ranges.append((at, start, MASK))
            at = max(at, end)
        return ranges


def _names_for(text: str, types: Mapping[str, IntegrationType]) -> frozenset[str]:
    """The names of all settings that a text may have: those of the file, and those of the types in it."""
    from livechat_sdk.config.models import LivechatFile

    found = keys_below(kinds_of(LivechatFile))
    for name in types:
        if name in text:
            found |= keys_below((model_of(types, name),))
    return found


def _in_word(text: str, at: int) -> bool:
    """Whether ``at`` lies inside a word."""
    return 0 < at < len(text) and (text[at - 1].isalnum() and text[at].isalnum())


def _joined(ranges: Iterable[_Range]) -> list[_Range]:
    """Ranges in order, without those inside of others; those that overlap become one, shown as the mask."""
    joined: list[_Range] = []
    for start, end, instead in sorted(ranges, key=lambda one: (one[0], -one[1], one[2])):
        if start >= end or (joined and end <= joined[-1][1]):
            continue
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], end, MASK)
        else:
            joined.append((start, end, instead))
    return joined


def _replaced(raw: str, ranges: list[_Range], start: int, end: int) -> tuple[str, int, int]:
    """``raw`` with the ranges replaced, and where ``start`` and ``end`` have moved to."""
    moves: list[tuple[int, int, int]] = []
    shown = ""
    at = 0
    for low, high, instead in ranges:
        shown += raw[at:low]
        moves.append((low, high, len(shown)))
        shown += instead
        at = high
    shown += raw[at:]

    def moved(place: int, *, is_end: bool) -> int:
        shift = 0
        for (low, high, new), (_, _, instead) in zip(moves, ranges, strict=True):
            if place < low or (is_end and place == low):
                break
            if place < high or (is_end and place == high):
                return new + len(instead) if is_end else new
            shift = new + len(instead) - high
        return place + shift

    first = moved(start, is_end=False)
    return _printable(shown), first, max(first + 1, moved(end, is_end=True))


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a long line around the place, with the column and length for it."""
    if len(text) > _WIDTH:
        low = max(0, min(start - _WIDTH // 3, len(text) - _WIDTH))
        head, tail = "…" if low else "", "…" if low + _WIDTH < len(text) else ""
        text = head + text[low : low + _WIDTH] + tail
        start, end = start - low + len(head), min(end - low + len(head), len(text))
    return text, start + 1, max(1, end - start)


def _printable(text: str) -> str:
    """No control characters, which could change what a terminal shows; tabs and line breaks become spaces."""
    return "".join(
        " "
        if one in "\t\n\r"
        else "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(one) in ("Cc", "Cf", "Cs")
        else one
        for one in text
    )
