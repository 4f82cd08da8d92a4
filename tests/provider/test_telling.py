"""What agents are told where a vendor has no place for it: all of it, once, in pages that fit."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import Contact, ContactField, EndUser
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk.provider.telling import (
    contact_facts,
    named_values,
    opening_facts,
    pages,
    plain_texts,
    transcript_lines,
)

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def opening(**more: Any) -> ChatOpening:
    known: dict[str, Any] = {
        "handoff_id": "h-1",
        "conversation_id": "c-1",
        "attempt": 1,
        "ref": "h-1.1",
        "bot": "shop-bot",
        "user": EndUser(id="u-1"),
        "route": Route(bot="shop-bot", integration="vendor"),
        "requested_at": NOON,
    }
    return ChatOpening(**known | more)


FULL = opening(
    user=EndUser(
        id="u-1",
        name="Maria",
        email="maria@example.org",
        phone="+30 210",
        language="el",
        country="GR",
        channel="web",
        origin="https://example.org",
        attributes={"plan": "gold", "orders": 3},
    ),
    reason="a parcel",
    summary="The parcel is lost.",
    tags=("vip", "late"),
    survey=(SurveyAnswer(id="topic", question="What is it about?", answer="My order"),),
    attributes={"order": {"number": 4711}},
    extras={"flag": True},
    contacts=(
        Contact(source="crm", id="7", name="Maria P.", fields=(ContactField(label="Tier", value="A"),)),
    ),
)


def test_everything_that_is_known_is_a_fact_with_a_label() -> None:
    assert opening_facts(FULL) == {
        "Reason": "a parcel",
        "Name": "Maria",
        "E-mail": "maria@example.org",
        "Phone": "+30 210",
        "Language": "el",
        "Country": "GR",
        "Channel": "web",
        "Origin": "https://example.org",
        "Tags": "vip, late",
        "order": '{"number": 4711}',
        "plan": "gold",
        "orders": "3",
        "flag": "true",
        "What is it about?": "My order",
        "crm: name": "Maria P.",
        "crm: Tier": "A",
    }


def test_what_is_not_known_is_not_said() -> None:
    assert opening_facts(opening()) == {}
    assert named_values(opening()) == {"bot": "shop-bot", "conversation_id": "c-1"}


def test_the_language_of_the_request_goes_before_that_of_the_user() -> None:
    asked = FULL.model_copy(update={"language": "en"})
    assert opening_facts(asked)["Language"] == named_values(asked)["language"] == "en"


def test_a_field_may_be_filled_with_anything_by_name() -> None:
    values = named_values(FULL)
    assert values["summary"] == "The parcel is lost."
    assert values["survey.topic"] == "My order"
    assert values["attributes.order"] == '{"number": 4711}'
    assert values["user.orders"] == "3"
    assert values["extras.flag"] == "true"


def test_two_sources_may_know_the_same_thing_differently() -> None:
    both = [Contact(source="a", id="1", name="Maria"), Contact(source="b", id="2", name="M. P.")]
    assert contact_facts(both) == {"a: name": "Maria", "b: name": "M. P."}


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (TranscriptEntry(author="user", body="hello"), "User: hello"),
        (TranscriptEntry(author="agent", name="Ann", body="hi"), "Ann: hi"),
        (TranscriptEntry(author="bot", body="", doubtful=False), "Bot: "),
        (TranscriptEntry(author="user", body="lost?", doubtful=True), "User: (may not have arrived) lost?"),
    ],
)
def test_a_line_says_who_said_it_and_whether_it_may_be_missing(entry: TranscriptEntry, line: str) -> None:
    assert list(transcript_lines([entry])) == [line]


@given(lines=st.lists(st.text(max_size=60)), limit=st.integers(5, 80))
def test_pages_fit_and_lose_nothing(lines: list[str], limit: int) -> None:
    made = pages(lines, limit)
    assert all(0 < len(page) <= limit for page in made)
    assert "".join("".join(made).split()) == "".join("".join(lines).split())


@given(lines=st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=30))
def test_pages_are_as_few_as_it_takes(lines: list[str]) -> None:
    made = pages(lines, 40)
    assert "\n".join(made) == "\n".join(lines)
    assert all(len(one) + 1 + len(two.split("\n")[0]) > 40 for one, two in pairwise(made))


def test_free_data_is_text_whatever_it_is() -> None:
    assert plain_texts({"a": "x", "b": 1, "c": None, "d": ["ä"]}) == {
        "a": "x",
        "b": "1",
        "c": "null",
        "d": '["ä"]',
    }
