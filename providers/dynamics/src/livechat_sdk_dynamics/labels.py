"""The words of choices in the end user's language, where the environment has them.

A formatted value comes in the language of the application user. What other languages an environment has is in
the metadata of its choices, which change rarely: they are kept for an hour.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from livechat_sdk.errors import ProviderError
from livechat_sdk_dynamics.api import ACCOUNT, Api
from livechat_sdk_dynamics.properties import EntityProperty, Row

__all__ = ["Labels", "language_codes"]

logger = logging.getLogger("livechat_sdk.dynamics")

_KEEP: Final = timedelta(hours=1)
_TABLES: Final[Mapping[str | None, str]] = {None: "contact", ACCOUNT: "account"}
"""What navigation properties lead to, as far as it is known for sure."""

_CODES: Final[Mapping[str, tuple[int, ...]]] = {
    "ar": (1025,),
    "bg": (1026,),
    "cs": (1029,),
    "da": (1030,),
    "de": (1031,),
    "el": (1032,),
    "en": (1033, 2057),
    "es": (3082, 1034),
    "et": (1061,),
    "fi": (1035,),
    "fr": (1036,),
    "he": (1037,),
    "hi": (1081,),
    "hr": (1050,),
    "hu": (1038,),
    "id": (1057,),
    "it": (1040,),
    "ja": (1041,),
    "ko": (1042,),
    "lt": (1063,),
    "lv": (1062,),
    "nb": (1044,),
    "nl": (1043,),
    "no": (1044,),
    "pl": (1045,),
    "pt": (2070, 1046),
    "pt-br": (1046, 2070),
    "ro": (1048,),
    "ru": (1049,),
    "sk": (1051,),
    "sl": (1060,),
    "sr": (2074, 3098),
    "sv": (1053,),
    "th": (1054,),
    "tr": (1055,),
    "uk": (1058,),
    "vi": (1066,),
    "zh": (2052, 1028),
    "zh-hk": (3076, 1028),
    "zh-tw": (1028,),
}
"""Microsoft's numbers of languages (https://learn.microsoft.com/openspecs/windows_protocols/ms-lcid)."""


def language_codes(language: str | None) -> Sequence[int]:
    """The numbers of a language (``el``, ``pt-BR``), the likeliest first."""
    tag = (language or "").strip().lower().replace("_", "-")
    return _CODES.get(tag) or _CODES.get(tag.partition("-")[0]) or ()


class Labels:
    """The words of the choices that are shown; no data about anybody is in here."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[tuple[str, str], tuple[datetime, Mapping[int, Mapping[int, str]]]] = {}

    async def of(
        self, row: Row, properties: Sequence[EntityProperty], language: str | None, now: datetime
    ) -> Mapping[str, str]:
        """The words for the values of choices, by label, where there are some in this language."""
        codes = language_codes(language)
        choices = [one for one in properties if one.kind == "choice"] if codes else []
        words = await asyncio.gather(*(self._word(row, one, codes, now) for one in choices))
        return {one.label: word for one, word in zip(choices, words, strict=True) if word is not None}

    async def _word(
        self, row: Row, wanted: EntityProperty, codes: Sequence[int], now: datetime
    ) -> str | None:
        table = _TABLES.get(wanted.navigation)
        if table is None:
            return None
        place = row if wanted.navigation is None else row.get(wanted.navigation)
        value = cast("Row", place).get(wanted.column) if isinstance(place, Mapping) else None
        if not isinstance(value, int):
            return None
        words = (await self._options(table, wanted.column, now)).get(value, {})
        return next((words[code] for code in codes if words.get(code)), None)

    async def _options(self, table: str, column: str, now: datetime) -> Mapping[int, Mapping[int, str]]:
        known = self._known.get((table, column))
        if known is not None and now - known[0] < _KEEP:
            return known[1]
        try:
            found = await self._api.options(table, column)
        except ProviderError as error:
            logger.info("%s: the words of %s were not read: %s", self._api.provider, column, error)
            found = dict[int, Mapping[int, str]]()
        self._known[table, column] = (now, found)
        return found
