"""The built-in words of one language, read from a compiled gettext catalogue when they are first needed.

English is the source and needs no file. The others lie beside this module as ``locales/TAG.po``, for
translators and their tools, and as ``locales/TAG.mo``, for us: the standard library reads that with the
plural rules of its language, in about a millisecond, so nothing of Babel is needed where words are said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from livechat_sdk.domain.moments import Moment, Silent
from livechat_sdk.policies.languages import DEFAULT_LANGUAGE, normal_tag, within
from livechat_sdk.policies.texts_en import COUNTED, MONTHS, PHRASES, TEXTS, WEEKDAYS

if TYPE_CHECKING:
    from gettext import GNUTranslations

__all__ = ["LANGUAGES", "LOCALES", "REVIEWED", "Catalogue", "catalogue", "nearest"]

LOCALES: Final = Path(__file__).with_name("locales")
"""The folder of the catalogues."""

LANGUAGES: Final = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fil", "fr", "he", "hr", "hu", "it"),
    *("nl", "no", "pl", "pt", "pt-br", "ro", "ru", "sl", "sr", "sv", "tr", "uk", "zh"),
)
"""Every language that there are built-in words for: those that the platform lists."""

REVIEWED: Final = frozenset({"en", "el"})
"""Languages whose words were read by somebody who answers for them; they may be used unasked."""


class _Counting(Protocol):
    def __call__(self, key: str, number: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of ``language``. ``texts`` lacks the moments that nobody has translated."""

    language: str
    reviewed: bool
    texts: Mapping[Moment, str | Silent]
    phrases: Mapping[str, str]
    weekdays: tuple[str, ...]
    """Monday first."""
    months: tuple[str, ...]
    _counting: _Counting

    def counted(self, key: str, number: int) -> str:
        """The form of a counted value that goes with ``number``; its placeholders are still in it."""
        return self._counting(key, number)


def nearest(language: str) -> Catalogue | None:
    """The catalogue of a language or, without one, of the language that it is a kind of; else ``None``."""
    return next(filter(None, map(catalogue, within(language))), None)


@lru_cache(maxsize=64)
def catalogue(language: str) -> Catalogue | None:
    """The catalogue of exactly this language; ``None`` when there is none."""
    tag = normal_tag(language)
    if tag == DEFAULT_LANGUAGE:
        return Catalogue(tag, True, TEXTS, PHRASES, WEEKDAYS, MONTHS, _english)
    return _read(tag) if tag in LANGUAGES else None


def _english(key: str, number: int) -> str:
    one, more = COUNTED[key]
    return one if number == 1 else more


def _read(tag: str) -> Catalogue:
    from gettext import GNUTranslations, NullTranslations

    class Nothing(NullTranslations):
        """What is asked when a text is not in the catalogue: says so, in place of the English text."""

        def pgettext(self, context: str, message: str) -> str:
            return ""

        def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
            return ""

    with (LOCALES / f"{tag}.mo").open("rb") as stream:
        compiled = GNUTranslations(stream)
    compiled.add_fallback(Nothing())
    texts: dict[Moment, str | Silent] = {}
    for moment, english in TEXTS.items():
        text = english if isinstance(english, Silent) else compiled.pgettext(moment.value, english)
        if text:
            texts[moment] = text
    return Catalogue(
        language=tag,
        reviewed=compiled.info().get("language-team") == "reviewed",
        texts=texts,
        phrases={key: compiled.pgettext(key, english) or english for key, english in PHRASES.items()},
        weekdays=tuple(compiled.pgettext("weekday", day) or day for day in WEEKDAYS),
        months=tuple(compiled.pgettext("month", month) or month for month in MONTHS),
        _counting=_counting(compiled),
    )


def _counting(compiled: GNUTranslations) -> _Counting:
    def count(key: str, number: int, /) -> str:
        one, more = COUNTED[key]
        return compiled.npgettext(key, one, more, number) or _english(key, number)

    return count
