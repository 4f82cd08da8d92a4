"""The settings of system messages: a bot's own words by language and moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar

from pydantic import ConfigDict, RootModel, WithJsonSchema, model_validator

from livechat_sdk.domain.moments import SILENT, Moment, Silent
from livechat_sdk.policies.languages import normal_tag
from livechat_sdk.policies.placeholders import ALLOWED, placeholders_in
from livechat_sdk.policies.settings_troubles import Trouble, refuse

__all__ = ["SystemMessagesSettings"]

_TEXT_LIMIT = 2000
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*", re.ASCII)
_MOMENTS = tuple(moment.value for moment in Moment)

_T = TypeVar("_T")
_MomentName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(_MOMENTS)})]


class _Root(RootModel[_T]):
    """``RootModel`` with our configuration from the start, so that its schema is built at first use."""

    model_config = ConfigDict(frozen=True, defer_build=True, hide_input_in_errors=True)


class SystemMessagesSettings(_Root[dict[str, dict[_MomentName, str | None]]]):
    """Words of one bot: ``{language: {moment: text}}``; ``null`` or ``SILENT`` as text says nothing.

    Languages are BCP 47 tags (``el``, ``pt-BR``). What is left out keeps the built-in words. Placeholders
    must be those that the moment has; ``livechat_sdk.policies.placeholders`` says how a text
    reads well when a value is unknown. Wrong entries raise a ``ValueError`` that names each of them.
    """

    @model_validator(mode="after")
    def _check(self) -> SystemMessagesSettings:
        refuse(type(self).__name__, list(_troubles(self.root)))
        return self

    @property
    def texts(self) -> Mapping[str, Mapping[Moment, str | Silent]]:
        """The words by normalised language and moment."""
        return {
            normal_tag(language): {
                Moment(moment): SILENT if text is None or text.strip() == "SILENT" else text.strip()
                for moment, text in words.items()
            }
            for language, words in self.root.items()
        }


def _troubles(settings: Mapping[str, Mapping[str, str | None]]) -> Iterator[Trouble]:
    seen: dict[str, str] = {}
    for language, words in settings.items():
        if not _TAG.fullmatch(language):
            yield Trouble(
                (language,), f"{language[:40]!r} is no language; use a tag such as 'en', 'el' or 'pt-BR'"
            )
        first = seen.setdefault(normal_tag(language), language)
        if first != language:
            yield Trouble((language,), f"{language!r} and {first!r} are the same language: put them together")
        for moment, text in words.items():
            for message in _text_troubles(language, moment, text):
                yield Trouble((language, moment), message)


def _text_troubles(language: str, moment: str, text: str | None) -> Iterator[str]:
    if moment not in _MOMENTS:
        from difflib import get_close_matches

        close = get_close_matches(moment, _MOMENTS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"the moments are {', '.join(_MOMENTS)}"
        yield f"unknown moment {moment[:40]!r}; {hint}"
        return
    if text is None:
        return
    if not text.strip():
        yield f"the text for {moment} in {language!r} is empty; write null to say nothing"
    if len(text) > _TEXT_LIMIT:
        yield f"the text for {moment} in {language!r} has {len(text)} characters; at most {_TEXT_LIMIT}"
        return
    allowed = ALLOWED[Moment(moment)]
    for name in dict.fromkeys(placeholders_in(text)):
        if name not in allowed:
            known = ", ".join(f"{{{one}}}" for one in sorted(allowed))
            yield f"{{{name[:40]}}} has no value at {moment} (language {language!r}); there is {known}"
