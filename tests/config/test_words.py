"""Settings of languages: nothing is said by accident in a language that nobody has words for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from livechat_sdk.config import load_mapping
from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.moments import Moment
from livechat_sdk.errors import Problem
from livechat_sdk.provider import ChatProvider, IntegrationSettings, IntegrationType

LIMITED, UNLIMITED, BROKEN = "LIMITED_LIVECHAT", "UNLIMITED_LIVECHAT", "BROKEN_LIVECHAT"


def a_type(name: str, limit: int | None, built: list[str]) -> IntegrationType:
    """A type whose vendor takes texts of ``limit`` characters."""
    provider = cast(
        "type[ChatProvider[IntegrationSettings]]",
        type(
            "Stand",
            (ChatProvider,),
            {"type": name, "capabilities": Capabilities(inbound=Inbound.WEBHOOK, text_limit=limit)},
        ),
    )
    provider.__abstractmethods__ = frozenset()  # nothing is asked of it

    def build(context: Any, settings: Any) -> object:
        built.append(context.name)
        if name == BROKEN:
            raise RuntimeError("cannot be built")
        return object.__new__(provider)

    return IntegrationType(type=name, kind="livechat", settings=IntegrationSettings, build=build)


def problems(
    livechat: Mapping[str, Any], built: list[str] | None = None, **integrations: str
) -> list[Problem]:
    """What is said about the languages of one bot."""
    names = integrations or {"desk": UNLIMITED}
    types = [
        a_type(name, {LIMITED: 300}.get(name), [] if built is None else built)
        for name in (LIMITED, UNLIMITED, BROKEN)
    ]
    settings = {
        "integrations": {name: {"type": kind} for name, kind in names.items()},
        "bots": {"shop-bot": {"livechat": {"integrations": list(names), **livechat}}},
    }
    return list(load_mapping(settings, types=types, env={}).problems)


def told(livechat: Mapping[str, Any], **integrations: str) -> list[tuple[str, str]]:
    return [
        (one.code, one.path.partition("livechat.")[2]) for one in problems(livechat, None, **integrations)
    ]


def every(text: str | None, but: tuple[str, ...] = ()) -> dict[str, str | None]:
    return {moment.value: text for moment in Moment if moment.value not in but}


def test_a_language_that_nobody_has_words_for_is_refused_with_the_moments_that_lack_them() -> None:
    (one,) = problems({"languages": ["ja"]})
    assert (one.code, one.severity) == ("LC901", "error")
    assert one.message == (
        "there are no words in 'ja' for requested, starting, waiting, queue_update, survey_started,"
        f" survey_question and {len(Moment) - 6} more"
    )
    assert one.suggestion is not None
    assert "system_messages: {ja: …}" in one.suggestion
    assert "bg, cs, da, de, el" in one.suggestion


def test_a_language_with_all_words_in_the_settings_is_complete() -> None:
    assert told({"language": "ja", "system_messages": {"ja": every("はい。")}}) == []
    assert told({"language": "ja-JP", "system_messages": {"ja": every("はい。")}}) == []
    assert told({"language": "ja", "system_messages": {"ja": every(None)}}) == []


def test_one_moment_that_is_missing_is_enough() -> None:
    (one,) = problems({"language": "ja", "system_messages": {"ja": every("はい。", but=("missed",))}})
    assert one.code == "LC901"
    assert one.message == "there are no words in 'ja' for missed"


def test_words_of_the_wider_language_count_and_english_ones_do_not() -> None:
    assert told(
        {"languages": ["ja"], "system_messages": {"en": every("Yes."), "ja-JP": every("はい。")}}
    ) == [("LC901", "languages[0]")]
    assert told({"language": "en-AU", "languages": ["el-CY"]}) == []


def test_built_in_words_that_nobody_reviewed_are_warned_about_until_somebody_has() -> None:
    (one,) = problems({"languages": ["de"]})
    assert (one.code, one.severity) == ("LC951", "warning")
    assert one.suggestion == "have somebody read them, then write `reviewed: [de]`"
    assert told({"languages": ["de"], "reviewed": ["de"]}) == []
    assert told({"languages": ["de-AT"], "reviewed": ["de-AT"]}) == []


def test_words_that_are_all_a_bots_own_need_no_review() -> None:
    assert told({"languages": ["de"], "system_messages": {"de": every("Ja.")}}) == []
    assert told({"system_messages": {"de": every("Ja.", but=("missed",))}}) == [
        ("LC951", "system_messages.de")
    ]


@pytest.mark.parametrize("languages", [["e!"], 5, "de", [5], None])
def test_what_has_the_wrong_form_is_told_once(languages: Any) -> None:
    assert not [code for code, _ in told({"languages": languages}) if code.startswith("LC9")]


def test_a_text_that_the_vendor_would_not_take_is_refused_with_both_numbers() -> None:
    (one,) = problems({"system_messages": {"en": {"ended": "x" * 301}}}, first=UNLIMITED, second=LIMITED)
    assert (one.code, one.severity, one.path) == (
        "LC902",
        "error",
        "bots.shop-bot.livechat.system_messages.en.ended",
    )
    assert one.message == "301 characters; 'second' takes 300"
    assert told({"system_messages": {"en": {"ended": "x" * 300}}}, first=LIMITED) == []
    assert told({"system_messages": {"en": {"ended": "x" * 301}}}, first=UNLIMITED) == []


def test_a_provider_is_asked_for_its_limit_only_when_a_text_is_long_and_once() -> None:
    built: list[str] = []
    assert problems({"system_messages": {"en": {"ended": "x" * 100}}}, built, one=LIMITED) == []
    assert built == []
    long = {"en": {"ended": "x" * 200, "missed": "x" * 250}, "el": {"ended": "x" * 150}}
    assert problems({"system_messages": long}, built, one=LIMITED) == []
    assert built == ["one"]


def test_a_provider_that_cannot_be_built_says_so_at_the_start_and_not_here() -> None:
    assert told({"system_messages": {"en": {"ended": "x" * 301}}}, one=BROKEN) == []
