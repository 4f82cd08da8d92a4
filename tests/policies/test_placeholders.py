"""Filling placeholders: values, variants in brackets, dropped sentences, and nothing that can be abused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.moments import Moment
from livechat_sdk.policies.placeholders import ALLOWED, PLACEHOLDERS, fill, placeholders_in, with_fallback
from livechat_sdk.policies.value_words import opening_words

OPENING = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Europe/Athens"))


@pytest.mark.parametrize(
    ("text", "params", "said"),
    [
        ("Hello {name}.", {"name": "Eleni"}, "Hello Eleni."),
        ("{agent}{agent}", {"agent": "Bo"}, "BoBo"),
        ("You are number {position}.", {"position": 3}, "You are number 3."),
        ("{question}", {"question": "Which\norder?"}, "Which\norder?"),
        ("No placeholders: 100 %", {}, "No placeholders: 100 %"),
        # a sentence with an unknown value is left out
        ("Hello {name}! One moment.", {}, "One moment."),
        ("One moment. {agent} is coming! Stay.", {"agent": ""}, "One moment. Stay."),
        ("One moment, {name} please", {"name": None}, ""),
        ("Line one\n{agent} is here\nLine three", {}, "Line one\nLine three"),
        ("Version 1.5 for {name}. Bye.", {}, "Bye."),
        # variants in brackets
        ("[Talk to {agent}.|Talk to us.]", {"agent": "Bo"}, "Talk to Bo."),
        ("[Talk to {agent}.|Talk to us.]", {}, "Talk to us."),
        ("Closed.[ Back {next_opening}.]", {}, "Closed."),
        ("Hi[ {name}], [{agent}|somebody] is here", {"name": "Eleni"}, "Hi Eleni, somebody is here"),
        ("[{agent} and {to}|{agent}|{to}|nobody]", {"to": "Sales"}, "Sales"),
        ("[{agent}[ of {to}]|nobody]", {"agent": "Bo"}, "Bo"),
        ("[{agent}[ of {to}]|nobody]", {"to": "Sales"}, "nobody"),
        ("[[{agent}]|nobody]", {}, "nobody"),
        ("[Moved to {to}.|Moved.] Stay, {name}.", {}, "Moved."),
        # what only looks like it
        ("[Support] Hello {name}.", {"name": "Eleni"}, "[Support] Hello Eleni."),
        ("[a|b] c", {}, "[a|b] c"),
        ("a | b {name}", {"name": "Eleni"}, "a | b Eleni"),
        ("unclosed [ {name} | x", {"name": "Eleni"}, "unclosed [ Eleni | x"),
        ("closing ] {name}", {"name": "Eleni"}, "closing ] Eleni"),
        ("{unknown} {name.upper} {0} {} {{name}}", {"name": "E"}, "{unknown} {name.upper} {0} {} {E}"),
        # a name with a full stop of its own
        ("You talk to {agent}.", {"agent": "Maria P."}, "You talk to Maria P."),
        ("You talk to {agent}... soon", {"agent": "Maria P."}, "You talk to Maria P... soon"),
    ],
)
def test_fill(text: str, params: dict[str, Any], said: str) -> None:
    assert fill(text, params, "en") == said


@pytest.mark.parametrize(
    "value", ["", "   ", None, 0, -1, True, 1.5, [], {}, object(), "soon", "2026-13-01T00:00", b"Bo"]
)
def test_values_that_say_nothing_count_as_unknown(value: Any) -> None:
    name = "position" if isinstance(value, int | float) else "next_opening"
    assert fill(f"Known.[ {{{name}}}!]", {name: value}, "en") == "Known."


def test_a_name_is_put_on_one_line_and_a_value_is_never_read_again() -> None:
    assert fill("Hi {agent}.", {"agent": " Ma\u0000ria\n {name} [x|y] "}, "en") == "Hi Ma ria {name} [x|y]."


def test_values_are_cut_at_a_thousand_characters() -> None:
    assert fill("{agent}", {"agent": "x" * 5000}, "en") == "x" * 1000


@pytest.mark.parametrize("tag", ["el", "el-GR", "EL_gr"])
def test_the_greek_question_mark_ends_a_greek_sentence(tag: str) -> None:
    assert fill("Είστε εδώ, {name}; Περιμένουμε.", {}, tag) == "Περιμένουμε."


def test_a_semicolon_ends_no_english_sentence() -> None:
    assert fill("Wait, {name}; we come. Bye.", {}, "en") == "Bye."


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Tuesday 24 November at 09:00"),
        ("en-GB", "Tuesday 24 November at 09:00"),
        ("el", "την Τρίτη 24 Νοεμβρίου στις 09:00"),
        ("el_GR", "την Τρίτη 24 Νοεμβρίου στις 09:00"),
        ("pt", "terça-feira, 24 de novembro, às 09:00"),
        ("ja", "2026-11-24 09:00"),
        ("", "2026-11-24 09:00"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_the_next_opening_is_written_out_for_people_in_the_zone_it_carries(
    language: str, words: str, as_text: bool
) -> None:
    value = OPENING.isoformat() if as_text else OPENING
    assert fill("{next_opening}", {"next_opening": value}, language) == words


def test_utc_text_of_a_stored_time_is_understood() -> None:
    assert fill("{next_opening}", {"next_opening": "2026-11-24T07:00:00Z"}, "en") == (
        "Tuesday 24 November at 07:00"
    )


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        (23, 0, "τη Δευτέρα 23 Νοεμβρίου στις 00:30"),
        (25, 1, "την Τετάρτη 25 Νοεμβρίου στη 01:30"),
        (28, 13, "το Σάββατο 28 Νοεμβρίου στις 13:30"),
        (29, 21, "την Κυριακή 29 Νοεμβρίου στις 21:30"),
    ],
)
def test_greek_days_have_their_article_and_one_oclock_is_singular(day: int, hour: int, words: str) -> None:
    assert opening_words(datetime(2026, 11, day, hour, 30, tzinfo=UTC), "el") == words


@pytest.mark.parametrize(("language", "months"), [("en", 12), ("el", 12)])
def test_every_month_and_day_has_a_name_of_its_own(language: str, months: int) -> None:
    told = {
        opening_words(datetime(2026, month, 1, tzinfo=UTC), language).split()[-3] for month in range(1, 13)
    }
    assert len(told) == months
    days = {
        opening_words(datetime(2026, 11, day, tzinfo=UTC), language).split(" 2")[0] for day in range(23, 30)
    }
    assert len(days) == 7


def test_every_moment_has_its_allowed_placeholders() -> None:
    assert set(ALLOWED) == set(Moment)
    assert set().union(*ALLOWED.values()) == set(PLACEHOLDERS)
    assert all("name" in names for names in ALLOWED.values())
    assert ALLOWED[Moment.OUT_OF_HOURS] == {"name", "next_opening"}
    assert ALLOWED[Moment.ENDED] == {"name"}


def test_placeholders_in_a_text_are_listed_known_or_not() -> None:
    assert placeholders_in("{a} b {agent.name} { to } {} {{name}}") == ("a", "agent.name", " to ", "", "name")


@pytest.mark.parametrize(
    ("text", "params", "said"),
    [
        ("{agent} is here.", {"agent": "Bo"}, "Bo is here."),
        ("{agent} is here.", {}, "Someone is here."),
        ("Hello {name}! {agent} is here.", {"agent": "Bo"}, "Bo is here."),
        ("Hello {name}! {agent} is here.", {"name": "Eleni"}, "Hello Eleni!"),
        ("Hello {name}! {agent} is here.", {"name": "Eleni", "agent": "Bo"}, "Hello Eleni! Bo is here."),
        ("Hello {name}! {agent} is here.", {}, "Someone is here."),
        ("Hello! {agent} is here.", {}, "Hello!"),
    ],
)
def test_a_text_that_would_say_nothing_says_its_fallback(
    text: str, params: dict[str, Any], said: str
) -> None:
    assert fill(with_fallback(text, "Someone is here.", "en"), params, "en") == said


@pytest.mark.parametrize("text", ["[{agent}]", "{agent} | {name}", "{agent}]", "Always.", "{agent}. Always."])
def test_texts_that_speak_or_have_signs_of_their_own_get_no_fallback(text: str) -> None:
    assert with_fallback(text, "Someone is here.", "en") == text


def test_a_fallback_may_have_variants_itself() -> None:
    text = with_fallback("{name}, {agent} is here.", "[Talk to {agent}.|Talk to us.]", "en")
    assert fill(text, {"name": "Eleni", "agent": "Bo"}, "en") == "Eleni, Bo is here."
    assert fill(text, {"agent": "Bo"}, "en") == "Talk to Bo."
    assert fill(text, {}, "en") == "Talk to us."


@given(
    st.text(st.sampled_from("ab .!\n[]|{}") | st.characters(), max_size=60)
    | st.lists(st.sampled_from(["[", "]", "|", "{agent}", "{to}", " ", ". ", "x"]), max_size=25).map("".join),
    st.dictionaries(
        st.sampled_from(PLACEHOLDERS), st.text(max_size=20) | st.integers() | st.none(), max_size=6
    ),
    st.sampled_from(["en", "el", "pt-BR", ""]),
)
def test_no_text_and_no_value_makes_fill_fail(text: str, params: dict[str, Any], language: str) -> None:
    said = fill(text, params, language)
    assert said == said.strip()
    assert fill(with_fallback(text, "Someone.", language), params, language) is not None


@given(st.text(st.characters(exclude_characters="{}"), max_size=80))
def test_a_text_without_placeholders_is_said_as_it_is(text: str) -> None:
    assert fill(text, {"agent": "Bo"}, "en") == text.strip()


@given(st.text(min_size=1, max_size=50).filter(lambda text: text.isprintable() and text.split() == [text]))
def test_a_value_arrives_unchanged_between_its_neighbours(value: str) -> None:
    assert fill("<{agent}>", {"agent": value}, "en") == f"<{value}>"
