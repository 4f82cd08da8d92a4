"""Texts: escaped for every target, cut where they must be, and whole all the same."""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_tickets.capabilities import TextFormat
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.preparing import parts_of, prepare
from providers.tickets.tests.bench import a_draft
from providers.tickets.tests.test_system import ABLE

ANYTHING = st.text(max_size=300)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\r\nb\rc\x0bd\u2028e", "a\nb\nc\nd\ne"),
        ("bell\x07 null\x00 tab\t del\x7f", "bell null tab\t del"),
        ("{{ticket.id}} {%if%} {#x#} {a} {", "{\u200b{ticket.id}} {\u200b%if%} {\u200b#x#} {a} {"),
        ("{{{{", "{\u200b{\u200b{\u200b{"),
    ],
)
def test_plain_text_has_no_control_characters_and_no_template_marks(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_plain_text_keeps_every_letter_that_is_no_control_character() -> None:
    every = [chr(number) for number in range(sys.maxunicode + 1)]
    controls = {one for one in every if unicodedata.category(one) in {"Cc", "Cs"}}
    breaks = {"\x85", "\u2028", "\u2029"}
    assert set(every) - set(plain("".join(every))) == (controls | breaks) - {"\n", "\t"}


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("plain", '<b>"A & B"</b>\n*x* [y](z) {code}'),
        ("html", "&lt;b&gt;&quot;A &amp; B&quot;&lt;/b&gt;<br>*x* [y](z) {code}"),
        ("wiki", '<b>"A & B"</b>\n\\*x\\* \\[y\\]\\(z\\) \\{code\\}'),
        ("journal", '<b>"A & B"</b>\n*x* [y](z) {code}'),
        ("markdown", '\\<b\\>"A & B"\\</b\\>  \n\\*x\\* \\[y\\]\\(z\\) \\{code\\}'),
    ],
)
def test_markup_of_the_target_is_text(target: TextFormat, wanted: str) -> None:
    assert escape('<b>"A & B"</b>\n*x* [y](z) {code}', target) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\\\\b c:\\{x}", "a\\\u200b\\\u200bb c:\\\u200b\\{x\\}"),
        ("&lt;b&gt; &#60; & a;", "&\u200blt;b&\u200bgt; &\u200b\\#60; & a;"),
        ("h1. Big\n  bq. said\nh7. no", "h\u200b1. Big\n  bq\u200b. said\nh7. no"),
        ("(x) :) [~all] !a.png!", "\\(x\\) :\\) \\[\\~all\\] \\!a.png\\!"),
    ],
)
def test_wiki_marks_of_jira_are_broken(text: str, wanted: str) -> None:
    assert escape(text, "wiki") == wanted


def test_no_html_runs_in_a_journal() -> None:
    assert escape("[code]<b>x</b>[/Code] [ code]", "journal") == ("[\u200bcode]<b>x</b>[\u200b/Code] [ code]")


def test_tags_are_named_where_tickets_have_none() -> None:
    draft = a_draft(tags=("vip", "two\nlines", " "))
    assert "Tags: vip, two lines\n" in prepare(draft, replace(ABLE, tags=False), {}).text
    assert "Tags" not in prepare(draft, ABLE, {}).text


@given(ANYTHING)
def test_html_says_letter_by_letter_what_was_said(text: str) -> None:
    escaped = escape(text, "html")
    assert not re.search(r"<(?!br>)|(?<!<br)>", escaped)
    assert html.unescape(escaped.replace("<br>", "\n")) == plain(text)


@given(ANYTHING)
def test_escaping_is_for_text_and_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert "{{" not in plain(text)
    for target in ("html", "wiki", "markdown", "plain", "journal"):
        assert "\r" not in escape(text, target)


@given(ANYTHING, st.integers(5, 50))
def test_a_line_is_one_line_and_short_enough(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


@given(st.text(max_size=2000), st.integers(1, 300))
def test_parts_are_the_whole(text: str, limit: int) -> None:
    parts = parts_of(text, limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)


def test_parts_end_with_lines_where_they_can() -> None:
    assert parts_of("one\ntwo\nthree\n", 9) == ["one\ntwo\n", "three\n"]


@given(st.text(alphabet="<&x\n{é", max_size=6000))
def test_a_body_fits_whatever_escaping_makes_of_it(text: str) -> None:
    for target in ("html", "wiki", "markdown", "plain", "journal"):
        able = replace(ABLE, text=target, body_limit=1500)
        prepared = prepare(a_draft(body=text), able, {})
        assert len(prepared.body) <= 1500
        assert plain(text).strip() in prepared.text
        assert prepared.overflows == (len(escape(prepared.text, target)) > 1500)


@pytest.mark.parametrize(
    ("fields", "requester"),
    [
        ({"requester_email": " O'Hara+web@example.com "}, ("Eleni", "O'Hara+web@example.com", None)),
        ({"requester_email": "a b@example.com"}, ("Eleni", None, None)),
        ({"requester_email": "a@b@example.com"}, ("Eleni", None, None)),
        ({"requester_email": "x@example.com\r\nBcc: y@example.com"}, ("Eleni", None, None)),
        ({"requester_email": "{{x}}@example.com"}, ("Eleni", None, None)),
        (
            {"requester_email": None, "requester_phone": "+30 210 123-4567"},
            ("Eleni", None, "+30 210 123-4567"),
        ),
        ({"requester_email": None, "requester_phone": "call me"}, ("Eleni", None, None)),
        ({"requester_email": None, "requester_name": "A\nB\x00"}, ("A B", None, None)),
    ],
)
def test_a_requester_is_used_as_far_as_it_looks_like_one(
    fields: dict[str, str | None], requester: tuple[str, str | None, str | None]
) -> None:
    found = prepare(a_draft(**fields), ABLE, {}).requester
    assert (found.name, found.email, found.phone) == requester


def test_a_subject_is_one_line_and_never_empty() -> None:
    assert prepare(a_draft(subject="one\ntwo " + "x" * 50), ABLE, {}).subject == "one two xxxxxxxxxxx…"
    assert prepare(a_draft(subject="\n\x00"), ABLE, {}).subject == "Chat"
