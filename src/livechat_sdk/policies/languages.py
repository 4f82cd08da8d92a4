"""Language tags: their one spelling, and where to look when a language has no words."""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT_LANGUAGE", "language_chain", "normal_tag"]

DEFAULT_LANGUAGE: Final = "en"
"""The language that has words for every moment when no better one has."""


def normal_tag(language: str) -> str:
    """The one spelling of a BCP 47 tag that we compare by: ``pt_BR`` is ``pt-br``."""
    return language.strip().replace("_", "-").lower()


def language_chain(*wanted: str) -> list[str]:
    """Tags to look for, best first: each of ``wanted``, then without its last parts; ``en`` at the end.

    ``language_chain("pt-BR", "el")`` is ``["pt-br", "pt", "el", "en"]``.
    """
    chain: list[str] = []
    for language in (*wanted, DEFAULT_LANGUAGE):
        tag = normal_tag(language)
        while tag:
            chain.append(tag)
            tag = tag.rpartition("-")[0]
    return list(dict.fromkeys(chain))
