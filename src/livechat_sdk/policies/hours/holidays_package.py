"""Public holidays from the ``holidays`` package, which is loaded when settings name a country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from livechat_sdk.policies.hours.dates import day_number
from livechat_sdk.policies.settings_troubles import Trouble

__all__ = ["NOT_INSTALLED", "PublicHolidays", "holiday_troubles"]

NOT_INSTALLED: Final = 'is not installed; pip install "livechat-sdk[hours]"'


class PublicHolidays:
    """The public holidays of a country, or of a part of it, with their names. Years are worked out once."""

    def __init__(
        self, country: str, subdivision: str | None, language: str | None, *, observed: bool
    ) -> None:
        self._country = country
        self._subdivision = subdivision
        self._language = language
        self._observed = observed
        self._years: dict[int, Mapping[int, str]] = {}

    def of(self, year: int) -> Mapping[int, str]:
        """The holidays of a year: the day, as days since 1 January 1970, and what it is called."""
        if year not in self._years:
            self._years[year] = self._work_out(year)
        return self._years[year]

    def _work_out(self, year: int) -> Mapping[int, str]:
        import holidays

        found = holidays.country_holidays(
            self._country,
            subdiv=self._subdivision,
            language=self._language,
            observed=self._observed,
            years=year,
            expand=False,
        )
        return {day_number(day): name for day, name in found.items()}


def holiday_troubles(country: str, subdivision: str | None, language: str | None) -> Sequence[Trouble]:
    """What is wrong with a choice of holidays, with the path of the key that says it."""
    try:
        import holidays
        from holidays.registry import EntityLoader
    except ImportError:
        return (Trouble(("country",), f"the package of public holidays {NOT_INSTALLED}", "LC815"),)
    codes = set(EntityLoader.get_country_codes())
    if country not in codes:
        close = (
            [country.upper()] if country.upper() in codes else get_close_matches(country.upper(), codes, n=1)
        )
        hint = f"did you mean {close[0]!r}?" if close else "write a code of ISO 3166 such as GR"
        return (Trouble(("country",), f"no holidays are known for {country[:40]!r}; {hint}", "LC812"),)
    troubles: list[Trouble] = []
    found: Any = holidays.country_holidays(country)
    parts: Sequence[str] = found.subdivisions
    if subdivision is not None and subdivision not in parts:
        known = f"use one of {', '.join(parts[:20])}" if parts else "leave it out; the country has none here"
        troubles.append(
            Trouble(("subdivision",), f"{country} has no part {subdivision[:40]!r}; {known}", "LC813")
        )
    languages: Sequence[str] = found.supported_languages or ()
    if language is not None and language not in languages:
        known = f"use one of {', '.join(languages)}" if languages else "leave it out; there is one only"
        message = f"the holidays of {country} have no names in {language[:40]!r}; {known}"
        troubles.append(Trouble(("language",), message, "LC814"))
    return troubles
