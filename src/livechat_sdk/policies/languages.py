"""Language tags: their one spelling, and where to look when a language has no words."""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT_LANGUAGE", "language_chain", "normal_tag", "within"]

DEFAULT_LANGUAGE: Final = "en"
"""The language that has words for every moment when no better one has."""


_ALSO: Final = {"nb": "no", "iw": "he", "tl": "fil"}
"""Other tags of the same languages: Bokmål, the former one of Hebrew, Tagalog as browsers mean it."""


def normal_tag(language: str) -> str:
    """The one spelling of a BCP 47 tag that we compare by: ``pt_BR`` is ``pt-br``, ``nb`` is ``no``."""
    tag = language.strip().replace("_", "-").lower()
    first, dash, rest = tag.partition("-")
    return f"{_ALSO[first]}{dash}{rest}" if first in _ALSO else tag


def within(language: str) -> list[str]:
    """A tag, and the wider ones that it is part of: ``["pt-br", "pt"]``."""
    chain: list[str] = []
    tag = normal_tag(language)
    while tag:
        chain.append(tag)
        tag = tag.rpartition("-")[0]
    return chain


def language_chain(*wanted: str) -> list[str]:
    """Tags to look for, best first: each of ``wanted``, then without its last parts; ``en`` at the end.

    ``language_chain("pt-BR", "el")`` is ``["pt-br", "pt", "el", "en"]``.
    """
    return list(dict.fromkeys(tag for language in (*wanted, DEFAULT_LANGUAGE) for tag in within(language)))
