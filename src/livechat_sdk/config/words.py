"""Whether a bot has words for every moment in every language that it is to speak, and whether they fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.integrations import Types
from livechat_sdk.config.tree import Path
from livechat_sdk.domain.moments import Moment
from livechat_sdk.policies.catalogue import LANGUAGES, nearest
from livechat_sdk.policies.languages import DEFAULT_LANGUAGE, normal_tag, within
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["check_words"]

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)
_SHORT: Final = 100
"""Characters that every vendor takes: for shorter texts nobody is asked."""
_NAMED: Final = 6
"""Moments, or languages, that a message names at most."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a language is named."""

    tag: str
    path: Path
    at_key: bool = False


def check_words(
    document: Mapping[str, Any],
    types: Types,
    integrations: Mapping[str, IntegrationSettings | None],
    drafts: list[Draft],
) -> None:
    """Write down which words are missing, too long, or read by nobody.

    ``integrations`` are the settings by name, ``None`` for those that cannot be read. What has the wrong form
    is passed over: its own problem is written down already.
    """
    limits = _Limits(types, integrations)
    for name, bot in _mapping(document.get("bots")).items():
        livechat = _mapping(_mapping(bot).get("livechat"))
        path: Path = ("bots", name, "livechat")
        drafts += _of_languages(path, livechat)
        drafts += _too_long(path, livechat, limits)


def _of_languages(path: Path, livechat: Mapping[str, Any]) -> Iterator[Draft]:
    overrides = {
        normal_tag(tag): _mapping(words) for tag, words in _mapping(livechat.get("system_messages")).items()
    }
    reviewed = {normal_tag(one.tag): one for one in _listed((*path, "reviewed"), livechat.get("reviewed"))}
    spoken: dict[str, _Place] = {}
    for place in _named(path, livechat):
        tag = normal_tag(place.tag)
        if tag in spoken:
            if not place.at_key:  # texts for a language that is named elsewhere are no second naming
                yield Draft("LC952", f"{place.tag!r} is named already", place.path)
            continue
        spoken[tag] = place
        yield from _of_one(tag, place, overrides, reviewed.keys())
    known = spoken.keys() | {DEFAULT_LANGUAGE if "language" not in livechat else ""}
    for tag, place in reviewed.items():
        if tag not in known:
            yield Draft("LC953", f"this bot is not to speak {place.tag!r}", place.path)


def _of_one(
    tag: str, place: _Place, overrides: Mapping[str, Mapping[str, Any]], reviewed: Any
) -> Iterator[Draft]:
    own = {moment for part in within(tag) for moment in overrides.get(part, {})}
    built_in = nearest(tag)
    there = own | {moment.value for moment in (built_in.texts if built_in is not None else ())}
    missing = [moment.value for moment in Moment if moment.value not in there]
    if missing:
        where = f"write them under `system_messages: {{{place.tag}: …}}`"
        yield Draft(
            "LC901",
            f"there are no words in {place.tag!r} for {_some(missing)}",
            place.path,
            at_key=place.at_key,
            suggestion=where
            if built_in is not None or own
            else f"{where}; built in are {', '.join(LANGUAGES)}",
        )
    elif built_in is not None and not built_in.reviewed and not {tag, built_in.language} & set(reviewed):
        unread = [moment.value for moment in built_in.texts if moment.value not in own]
        if unread:
            yield Draft(
                "LC951",
                f"nobody has reviewed the built-in words in {built_in.language!r}",
                place.path,
                at_key=place.at_key,
                suggestion=f"have somebody read them, then write `reviewed: [{built_in.language}]`",
            )


def _named(path: Path, livechat: Mapping[str, Any]) -> Iterator[_Place]:
    """Every language that the bot is to speak, at the places where the settings name it."""
    language = livechat.get("language")
    if isinstance(language, str) and _TAG.fullmatch(language):
        yield _Place(language, (*path, "language"))
    yield from _listed((*path, "languages"), livechat.get("languages"))
    for tag in _mapping(livechat.get("system_messages")):
        if _TAG.fullmatch(tag):
            yield _Place(tag, (*path, "system_messages", tag), at_key=True)


def _listed(path: Path, languages: Any) -> Iterator[_Place]:
    for index, tag in _texts(languages):
        if _TAG.fullmatch(tag):
            yield _Place(tag, (*path, index))


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


# --------------------------------------------------------------------------------------------------- lengths
class _Limits:
    """The longest text that each integration's vendor takes, asked of its provider once it matters."""

    def __init__(self, types: Types, integrations: Mapping[str, IntegrationSettings | None]) -> None:
        self._types = types
        self._integrations = integrations
        self._known: dict[str, int | None] = {}

    def of(self, name: str) -> int | None:
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def _ask(self, name: str) -> int | None:
        settings = self._integrations.get(name)
        from livechat_sdk.provider.interface import ChatProvider

        offered = None if settings is None else self._types.get(settings.type)
        if offered is None or offered.kind != "livechat":
            return None
        try:
            provider = offered.build(IntegrationContext(name=name), settings)
        except Exception:  # noqa: BLE001 - a plugin that cannot build fails at the start, with its own words
            return None
        return provider.capabilities.text_limit if isinstance(provider, ChatProvider) else None


def _too_long(path: Path, livechat: Mapping[str, Any], limits: _Limits) -> Iterator[Draft]:
    named = livechat.get("integrations")
    names = [name for _, name in _texts(named)]
    for tag, words in _mapping(livechat.get("system_messages")).items():
        for moment, text in _mapping(words).items():
            if not isinstance(text, str) or len(text) <= _SHORT:
                continue
            for name in names:
                limit = limits.of(name)
                if limit is not None and len(text) > limit:
                    yield Draft(
                        "LC902",
                        f"{len(text)} characters; {name[:60]!r} takes {limit}",
                        (*path, "system_messages", tag, moment),
                        suggestion="shorten it",
                    )
                    break


def _texts(value: Any) -> Iterator[tuple[int, str]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return ((index, item) for index, item in enumerate(items) if isinstance(item, str))


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
