"""System messages: complete languages, overrides, fallback between languages, strict settings."""

from __future__ import annotations

import re
from typing import Any

import pluggy
import pytest
from pydantic import BaseModel, ValidationError

from livechat_sdk.domain.moments import SILENT, Moment
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.people import EndUser
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import SystemMessageSpecs
from livechat_sdk.policies import system_messages
from livechat_sdk.policies.catalogue import LANGUAGES, Catalogue, catalogue
from livechat_sdk.policies.languages import language_chain
from livechat_sdk.policies.placeholders import ALLOWED, fill, placeholders_in
from livechat_sdk.policies.system_messages import SystemMessages, SystemMessagesSettings
from tests.policies.makers import a_handoff, a_request

EVERY_TEXT = [
    pytest.param(language, moment, id=f"{language}-{moment}") for language in LANGUAGES for moment in Moment
]
SILENT_BY_DEFAULT = {
    *(Moment.REQUESTED, Moment.STARTING, Moment.SURVEY_STARTED),
    *(Moment.LEFT, Moment.ENDING),
}
VALUES: dict[str, Any] = {
    "agent": "Maria",
    "ahead": 2,
    "file": "invoice.pdf",
    "name": "Eleni",
    "next_opening": "2026-11-24T09:00:00+02:00",
    "position": 3,
    "question": "Which order?",
    "to": "Billing",
    "wait": 240,
}


def words_of(language: str) -> Catalogue:
    found = catalogue(language)
    assert found is not None
    return found


def settings_of(root: Any) -> SystemMessagesSettings:
    return SystemMessagesSettings.model_validate(root)


def told(
    plugin: SystemMessages, moment: Moment, language: str, params: dict[str, Any] | None = None
) -> str | None:
    """What the end user of ``shop-bot`` reads; ``None`` for silence."""
    answer = plugin.livechat_system_message(moment, a_handoff(), language)
    if not isinstance(answer, SystemMessage):
        assert answer is SILENT
        return None
    return fill(answer.text, params or {}, answer.language)


BACK_ON_SATURDAY = (
    "Η ομάδα μας δεν είναι διαθέσιμη αυτή την ώρα."
    " Θα είμαστε ξανά κοντά σας το Σάββατο 28 Νοεμβρίου στις 09:00."
)


# ------------------------------------------------------------------------------------------ built-in words
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_moment_has_words_or_silence_in_every_language(language: str) -> None:
    texts = words_of(language).texts
    assert set(texts) == set(Moment)
    assert {moment for moment, text in texts.items() if text is SILENT} == SILENT_BY_DEFAULT


@pytest.mark.parametrize(("language", "moment"), EVERY_TEXT)
def test_built_in_words_use_allowed_placeholders_and_read_well_with_and_without_values(
    language: str, moment: Moment
) -> None:
    text = words_of(language).texts[moment]
    if not isinstance(text, str):
        return
    assert set(placeholders_in(text)) <= ALLOWED[moment]
    full = fill(text, VALUES, language)
    bare = fill(text, {}, language)
    for name in placeholders_in(text):
        shown = {"next_opening": "24", "wait": "4"}.get(name, str(VALUES[name]))
        assert shown in full
    for said in (full, bare) if moment is not Moment.SURVEY_QUESTION else (full,):
        assert re.fullmatch(r"[¡¿]?[^\W\d_].*[.!?;。]", said), said
        assert not re.search(r"[\[\]{}|]|\s\s|\s[.,]|\.\.", said), said
        assert language == "fr" or not re.search(r"\s[!?;:]", said), said
        assert len(said) < 180


@pytest.mark.parametrize("moment", Moment)
def test_greek_words_are_greek_and_english_words_are_not(moment: Moment) -> None:
    english, greek = (words_of(tag).texts[moment] for tag in ("en", "el"))
    if isinstance(english, str) and isinstance(greek, str) and moment is not Moment.SURVEY_QUESTION:
        assert not re.search(r"[\u0370-\u03ff]", english)
        assert not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", greek))


@pytest.mark.parametrize(
    ("moment", "params", "language", "said"),
    [
        (Moment.JOINED, {"agent": "Maria P."}, "en", "You are now chatting with Maria P."),
        (Moment.JOINED, {"agent": ""}, "en", "You are now chatting with a member of our team."),
        (Moment.JOINED, {"agent": "Μαρία"}, "el", "Συνδεθήκατε με την ομάδα μας. Σας εξυπηρετεί: Μαρία."),
        (Moment.JOINED, {}, "el", "Συνδεθήκατε με την ομάδα μας."),
        (Moment.QUEUE_UPDATE, {"position": 2}, "en", "You are number 2 in the queue."),
        (Moment.QUEUE_UPDATE, {"position": 0}, "en", "You are next in the queue."),
        (
            Moment.QUEUE_UPDATE,
            {"position": 2, "wait": 61.5},
            "en",
            "You are number 2 in the queue. Estimated wait: 2 minutes.",
        ),
        (Moment.QUEUE_UPDATE, {"wait": 59}, "en", "Estimated wait: less than a minute."),
        (Moment.QUEUE_UPDATE, {"wait": 7200}, "en", "Estimated wait: 2 hours."),
        (Moment.QUEUE_UPDATE, {"wait": 60}, "el", "Εκτιμώμενη αναμονή: 1 λεπτό."),
        (Moment.QUEUE_UPDATE, {"position": 0}, "el", "Σε λίγο έρχεται η σειρά σας."),
        (
            Moment.TRANSFERRED,
            {"to": "Billing"},
            "en",
            "You are being transferred to Billing. Please stay in the chat.",
        ),
        (
            Moment.OUT_OF_HOURS,
            {"next_opening": "2026-11-24T09:00:00+02:00"},
            "en",
            "Our team is not available at this hour. We are back on Tuesday 24 November at 09:00.",
        ),
        (
            Moment.OUT_OF_HOURS,
            {"next_opening": "2026-11-28T09:00:00+02:00"},
            "el",
            BACK_ON_SATURDAY,
        ),
        (Moment.OUT_OF_HOURS, {}, "en", "Our team is not available at this hour."),
        (Moment.SURVEY_QUESTION, {"question": "Order {number}?"}, "el", "Order {number}?"),
    ],
)
def test_livechat_system_message_gives_words_that_can_be_filled(
    moment: Moment, params: dict[str, Any], language: str, said: str
) -> None:
    assert told(SystemMessages(), moment, language, params) == said


def test_livechat_system_message_fits_the_hook_and_is_asked_last() -> None:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(SystemMessageSpecs)
    manager.register(SystemMessages())
    manager.check_pending()
    (implementation,) = manager.hook.livechat_system_message.get_hookimpls()
    assert implementation.trylast


# ----------------------------------------------------------------------------------------------- languages
def test_language_chain_goes_from_the_exact_tag_to_english() -> None:
    assert language_chain("pt-BR", "el") == ["pt-br", "pt", "el", "en"]
    assert language_chain("zh_Hant_TW", "") == ["zh-hant-tw", "zh-hant", "zh", "en"]
    assert language_chain("en-GB", "en") == ["en-gb", "en"]
    assert language_chain("", "") == ["en"]


@pytest.mark.feature("SM-16")
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("pt-BR", "Um momento (BR)."),
        ("pt_br", "Um momento (BR)."),
        ("pt-PT", "Um momento."),
        ("PT", "Um momento."),
        ("de", "Μια στιγμή."),
        ("el-CY", "Μια στιγμή."),
        ("en", "Your request is with our team. Someone will be with you as soon as possible."),
        ("en-US", "Your request is with our team. Someone will be with you as soon as possible."),
    ],
)
def test_words_come_from_the_nearest_language(language: str, said: str) -> None:
    overrides = settings_of(
        {
            "pt-BR": {"waiting": "Um momento (BR)."},
            "pt": {"waiting": "Um momento."},
            "el": {"waiting": "Μια στιγμή."},
        }
    )
    plugin = SystemMessages({"shop-bot": overrides}, {"shop-bot": "el"})
    assert told(plugin, Moment.WAITING, language) == said


def test_a_language_without_this_moment_falls_back_for_this_moment_only() -> None:
    plugin = SystemMessages({"shop-bot": settings_of({"pt": {"waiting": "Um momento."}})}, {"shop-bot": "el"})
    missed = plugin.livechat_system_message(Moment.MISSED, a_handoff(), "pt")
    assert isinstance(missed, SystemMessage)
    assert missed.language == "el"
    assert missed.moment is Moment.MISSED
    assert missed.text == words_of("el").texts[Moment.MISSED]


def test_without_a_language_the_handoffs_own_is_taken_then_the_bots() -> None:
    plugin = SystemMessages({}, {"shop-bot": "el"})
    greek = plugin.livechat_system_message(Moment.ENDED, a_handoff(), "")
    unknown = a_handoff(a_request(user=EndUser(id="u-1")))
    also_greek = plugin.livechat_system_message(Moment.ENDED, unknown, "")
    english = SystemMessages().livechat_system_message(Moment.ENDED, unknown, "")
    assert [
        answer.language if isinstance(answer, SystemMessage) else None
        for answer in (greek, also_greek, english)
    ] == ["el", "el", "en"]


def test_the_opening_is_written_in_the_language_that_the_words_are_in() -> None:
    plugin = SystemMessages({}, {"shop-bot": "el"})
    said = told(plugin, Moment.OUT_OF_HOURS, "de", {"next_opening": "2026-11-24T09:00:00+02:00"})
    assert said is not None
    assert said.endswith("την Τρίτη 24 Νοεμβρίου στις 09:00.")


# ----------------------------------------------------------------------------------------------- overrides
@pytest.mark.feature("SM-16")
def test_overrides_belong_to_their_bot() -> None:
    plugin = SystemMessages({"other-bot": settings_of({"en": {"waiting": "Wait."}})})
    assert told(plugin, Moment.WAITING, "en") != "Wait."
    handoff = a_handoff(a_request(bot="other-bot"))
    answer = plugin.livechat_system_message(Moment.WAITING, handoff, "en")
    assert isinstance(answer, SystemMessage)
    assert answer.text == "Wait."


@pytest.mark.feature("PL-07", "SM-15")
@pytest.mark.parametrize("moment", Moment)
def test_every_moment_can_be_given_other_words(moment: Moment) -> None:
    plugin = SystemMessages({"shop-bot": settings_of({"en": {moment.value: "Other words."}})})
    assert told(plugin, moment, "en") == "Other words."
    assert told(SystemMessages(), moment, "en") != "Other words."


@pytest.mark.parametrize("silence", [None, "SILENT", " SILENT "])
def test_silence_can_be_chosen(silence: str | None) -> None:
    plugin = SystemMessages({"shop-bot": settings_of({"en": {"waiting": silence}})})
    assert told(plugin, Moment.WAITING, "en") is None
    assert told(plugin, Moment.WAITING, "el") is not None


@pytest.mark.parametrize("moment", sorted(SILENT_BY_DEFAULT))
def test_a_silent_moment_can_be_given_words(moment: Moment) -> None:
    assert told(SystemMessages(), moment, "en") is None
    plugin = SystemMessages({"shop-bot": settings_of({"en": {moment.value: "Here we go."}})})
    assert told(plugin, moment, "en") == "Here we go."


@pytest.mark.parametrize(
    ("language", "params", "said"),
    [
        ("en", {"agent": "Bo"}, "Bo has joined."),
        ("en", {"agent": ""}, "You are now chatting with a member of our team."),
        ("el-CY", {"agent": ""}, "Συνδεθήκατε με την ομάδα μας."),
        ("pt", {"agent": "Bo"}, "Chegou Bo."),
        ("pt", {"agent": ""}, "Está agora em contacto com uma pessoa da nossa equipa."),
        ("ja", {"agent": "Bo"}, "Bo desu."),
        ("ja", {"agent": ""}, ""),
    ],
)
def test_an_override_whose_value_is_unknown_says_the_built_in_words_of_its_language(
    language: str, params: dict[str, Any], said: str
) -> None:
    overrides = settings_of(
        {
            "en": {"joined": "{agent} has joined."},
            "el-CY": {"joined": "{agent}: παρών."},
            "pt": {"joined": "Chegou {agent}."},
            "ja": {"joined": "{agent} desu."},
        }
    )
    assert told(SystemMessages({"shop-bot": overrides}), Moment.JOINED, language, params) == said


def test_a_question_without_text_asks_nothing() -> None:
    plugin = SystemMessages({"shop-bot": settings_of({"en": {"survey_question": "Tell us: {question}"}})})
    assert told(plugin, Moment.SURVEY_QUESTION, "en", {"question": "Why?"}) == "Tell us: Why?"
    assert told(plugin, Moment.SURVEY_QUESTION, "en") == ""


# ------------------------------------------------------------------------------------------------ settings
class Outer(BaseModel):
    """Stands for the settings file around the words."""

    system_messages: SystemMessagesSettings


@pytest.mark.parametrize(
    ("root", "loc", "message"),
    [
        (
            {"el": {"joined": "Hi {position}"}},
            ("el", "joined"),
            "{position} has no value at joined (language 'el'); there is {agent}, {name}",
        ),
        ({"en": {"ended": "{agent.name}"}}, ("en", "ended"), "{agent.name} has no value at ended"),
        ({"en": {"ended": "{0}"}}, ("en", "ended"), "{0} has no value at ended"),
        ({"en": {"ended": "{}"}}, ("en", "ended"), "{} has no value at ended"),
        ({"en": {"joined": "{ agent }"}}, ("en", "joined"), "{ agent } has no value at joined"),
        ({"en": {"joined": "{agent!r}"}}, ("en", "joined"), "{agent!r} has no value at joined"),
        ({"en": {"waitng": "x"}}, ("en", "waitng"), "unknown moment 'waitng'; did you mean 'waiting'?"),
        ({"en": {"zzz": None}}, ("en", "zzz"), "unknown moment 'zzz'; the moments are requested, starting,"),
        ({"en": {"ended": " "}}, ("en", "ended"), "is empty; write null to say nothing"),
        ({"en": {"ended": "x" * 2001}}, ("en", "ended"), "has 2001 characters; at most 2000"),
        ({"english": {}}, ("english",), "'english' is no language; use a tag such as"),
        ({"": {}}, ("",), "'' is no language"),
        ({"pt-BR": {}, "pt_br": {}}, ("pt_br",), "'pt_br' and 'pt-BR' are the same language"),
        ({"en": {"ended": 5}}, ("en", "ended"), "valid string"),
        ({"en": "hello"}, ("en",), "valid dictionary"),
        (["en"], (), "valid dictionary"),
    ],
)
def test_wrong_settings_are_refused_at_their_place(root: Any, loc: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match="system_messages") as refused:
        Outer.model_validate({"system_messages": root})
    assert isinstance(refused.value, ValidationError)
    (error,) = refused.value.errors()
    assert error["loc"] == ("system_messages", *loc)
    assert message in error["msg"]


def test_all_wrong_entries_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        settings_of({"en": {"joined": "{to} {position}", "nope": "x"}, "el": {"left": "{question}"}})
    assert [error["loc"] for error in refused.value.errors()] == [
        ("en", "joined"),
        ("en", "joined"),
        ("en", "nope"),
        ("el", "left"),
    ]


@pytest.mark.parametrize("moment", Moment)
def test_every_placeholder_is_accepted_where_it_has_a_value_and_nowhere_else(moment: Moment) -> None:
    for name in VALUES:
        root = {"en": {moment.value: f"Say {{{name}}}."}}
        if name in ALLOWED[moment]:
            assert settings_of(root).texts["en"][moment] == f"Say {{{name}}}."
        else:
            with pytest.raises(ValidationError, match="has no value"):
                settings_of(root)


def test_settings_are_normalised_and_cannot_be_changed() -> None:
    settings = settings_of({"pt_BR": {"ended": " Fim. ", "missed": None}})
    assert settings.texts == {"pt-br": {Moment.ENDED: "Fim.", Moment.MISSED: SILENT}}
    with pytest.raises(ValidationError):
        settings.root = {}  # type: ignore[misc]  # refused is the point


def test_the_module_has_no_names_that_it_does_not_have() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'SystemMessageSettings'"):
        getattr(system_messages, "SystemMessageSettings")  # noqa: B009 - a type checker would refuse it


def test_the_schema_names_every_moment() -> None:
    schema = SystemMessagesSettings.model_json_schema()
    names = schema["additionalProperties"]["propertyNames"]
    assert names["enum"] == [moment.value for moment in Moment]
