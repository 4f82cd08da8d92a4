"""System messages: the words for every moment, in the end user's language, with the bot's own on top.

Every text can be changed or switched off in the settings (docs.helvia.ai/build/livechat).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.moments import SILENT, Moment, Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.catalogue import REVIEWED, catalogue, nearest
from livechat_sdk.policies.languages import DEFAULT_LANGUAGE, language_chain, normal_tag, within
from livechat_sdk.policies.placeholders import fill, with_fallback

if TYPE_CHECKING:
    from livechat_sdk.policies.message_settings import SystemMessagesSettings

__all__ = ["SystemMessages", "SystemMessagesSettings", "fill", "usable"]

if not TYPE_CHECKING:  # type checkers would take every name for granted otherwise

    def __getattr__(name: str) -> Any:
        """Load the settings model when it is asked for: without a settings file nobody pays for it."""
        if name == "SystemMessagesSettings":
            from livechat_sdk.policies.message_settings import SystemMessagesSettings

            return SystemMessagesSettings
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class SystemMessages:
    """Answers ``livechat_system_message`` for every moment: words of the handoff, of the bot, or our own.

    ``overrides``, ``languages`` (the language of a bot whose end user speaks none that we have words for) and
    ``spoken`` (the languages that a bot is to speak) go by bot; bots that are not named get the built-in
    words. Built-in words that nobody has reviewed are said only by bots that are to speak their language. The
    words that a handoff brings are in the language of its end user. Pure: it may run on the event loop.
    Asked last, so that any other plugin comes first.
    """

    def __init__(
        self,
        overrides: Mapping[str, SystemMessagesSettings] | None = None,
        languages: Mapping[str, str] | None = None,
        spoken: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._overrides = {bot: usable(settings.texts) for bot, settings in (overrides or {}).items()}
        self._languages = dict(languages or {})
        self._spoken = {
            bot: frozenset(tag for one in (*tags, self._languages.get(bot, "")) for tag in within(one))
            for bot, tags in (spoken or {}).items()
        }

    @hookimpl(trylast=True)
    def livechat_system_message(
        self, moment: Moment, handoff: Handoff, language: str
    ) -> SystemMessage | Silent:
        """The words for ``moment`` in ``language``, or in the nearest language that has some.

        The placeholders are still in the text; ``fill`` replaces them. The answer's ``language`` is the one
        that was found.
        """
        wanted = language or handoff.language or ""
        for tag, text in self._found(moment, handoff, wanted):
            if text is SILENT:
                return SILENT
            if text is not None:
                return SystemMessage(text=text, language=tag, moment=moment)
        raise AssertionError(f"{DEFAULT_LANGUAGE!r} has words for every moment, {moment} too")

    def _found(
        self, moment: Moment, handoff: Handoff, wanted: str
    ) -> Iterator[tuple[str, str | Silent | None]]:
        request = handoff.request
        bots_own = self._languages.get(request.bot, "")
        if moment in request.system_messages:
            yield normal_tag(wanted or bots_own or DEFAULT_LANGUAGE), _own(request.system_messages[moment])
        overrides = self._overrides.get(request.bot, {})
        may_be_said = REVIEWED | self._spoken.get(request.bot, frozenset())
        for tag in language_chain(wanted, bots_own):
            yield tag, overrides.get(tag, {}).get(moment)
            if tag in may_be_said and (built_in := catalogue(tag)) is not None:
                yield tag, built_in.texts.get(moment)


def _own(text: str | None) -> str | Silent:
    return SILENT if text is None or text.strip() == "SILENT" else text.strip()


def usable(
    texts: Mapping[str, Mapping[Moment, str | Silent]],
) -> Mapping[str, Mapping[Moment, str | Silent]]:
    """Overrides that say the built-in words where a missing value would leave nothing to say."""
    usable: dict[str, dict[Moment, str | Silent]] = {}
    for language, words in texts.items():
        usable[language] = dict(words)
        for moment, text in words.items():
            if not isinstance(text, str) or "{" not in text:
                continue
            built_in = nearest(language)
            fallback = built_in.texts.get(moment) if built_in is not None else None
            if isinstance(fallback, str) and fill(fallback, {}, language):
                usable[language][moment] = with_fallback(text, fallback, language)
    return usable
