"""System messages: the words for every moment, in the end user's language, with the bot's own on top.

Every text can be changed or switched off in the settings (docs.helvia.ai/build/livechat).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.moments import SILENT, Moment, Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies import texts_el, texts_en
from livechat_sdk.policies.languages import DEFAULT_LANGUAGE, language_chain
from livechat_sdk.policies.placeholders import fill, with_fallback

if TYPE_CHECKING:
    from livechat_sdk.policies.message_settings import SystemMessagesSettings

__all__ = ["CATALOGUE", "SystemMessages", "SystemMessagesSettings", "fill"]

CATALOGUE: Final[Mapping[str, Mapping[Moment, str | Silent]]] = {"en": texts_en.TEXTS, "el": texts_el.TEXTS}
"""The built-in words by language and moment."""


if not TYPE_CHECKING:  # type checkers would take every name for granted otherwise

    def __getattr__(name: str) -> Any:
        """Load the settings model when it is asked for: without a settings file nobody pays for it."""
        if name == "SystemMessagesSettings":
            from livechat_sdk.policies.message_settings import SystemMessagesSettings

            return SystemMessagesSettings
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class SystemMessages:
    """Answers ``livechat_system_message`` for every moment: the bot's words, else the built-in ones.

    ``overrides`` and ``languages`` (the language of a bot whose end user speaks none that we have words
    for) go by bot; bots that are not named get the built-in words. Pure: it may run on the event loop.
    Asked last, so that any other plugin comes first.
    """

    def __init__(
        self,
        overrides: Mapping[str, SystemMessagesSettings] | None = None,
        languages: Mapping[str, str] | None = None,
    ) -> None:
        self._overrides = {bot: _usable(settings.texts) for bot, settings in (overrides or {}).items()}
        self._languages = dict(languages or {})

    @hookimpl(trylast=True)
    def livechat_system_message(
        self, moment: Moment, handoff: Handoff, language: str
    ) -> SystemMessage | Silent:
        """The words for ``moment`` in ``language``, or in the nearest language that has some.

        The placeholders are still in the text; ``fill`` replaces them. The answer's ``language`` is the one
        that was found.
        """
        bot = handoff.request.bot
        overrides = self._overrides.get(bot, {})
        for tag in language_chain(language or handoff.language or "", self._languages.get(bot, "")):
            for source in (overrides, CATALOGUE):
                text = source.get(tag, {}).get(moment)
                if text is SILENT:
                    return SILENT
                if text is not None:
                    return SystemMessage(text=text, language=tag, moment=moment)
        raise AssertionError(f"{DEFAULT_LANGUAGE!r} has words for every moment, {moment} too")


def _usable(
    texts: Mapping[str, Mapping[Moment, str | Silent]],
) -> Mapping[str, Mapping[Moment, str | Silent]]:
    """Overrides that say the built-in words where a missing value would leave nothing to say."""
    usable: dict[str, dict[Moment, str | Silent]] = {}
    for language, words in texts.items():
        usable[language] = dict(words)
        built_in = CATALOGUE.get(language.partition("-")[0], {})
        for moment, text in words.items():
            fallback = built_in.get(moment)
            if isinstance(text, str) and isinstance(fallback, str) and fill(fallback, {}, language):
                usable[language][moment] = with_fallback(text, fallback, language)
    return usable
