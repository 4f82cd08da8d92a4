"""What each test of a condition lets through: the tables of ``docs/reference/routing.md``, line by line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.handoff import HandoffRequest, SurveyAnswer
from livechat_sdk.domain.people import (
    Contact,
    ContactAccount,
    ContactCase,
    ContactField,
    ContactMatch,
    EndUser,
)
from livechat_sdk.policies.routing.comparing import Budget
from livechat_sdk.policies.routing.conditions import Condition, read_condition
from livechat_sdk.policies.routing.facts import Facts, the_contact

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)  # a Thursday


def read(when: Any) -> Condition:
    budget = Budget()
    condition = read_condition(when, budget)
    assert not budget.flaws, budget.flaws
    return condition


def a_request(**more: Any) -> HandoffRequest:
    user = {"id": "u-1", **more.pop("user", {})}
    return HandoffRequest(
        **{"key": "k", "conversation_id": "c-1", "bot": "shop-bot", "user": EndUser(**user), **more}
    )


def holds(when: Any, facts: Facts) -> bool:
    return read(when).failing(facts) is None


def fits(test: Any, value: Any) -> bool:
    """Whether a test holds for an attribute with this value."""
    return holds({"attributes.x": test}, Facts(a_request(attributes={"x": value}), NOON))


@pytest.mark.parametrize(
    ("test", "value", "wanted"),
    [
        ("billing", "billing", True),
        ("billing", "  BILLING\t", True),
        (" Billing ", "billing", True),
        ("straße", "STRASSE", True),
        ("billing", "billings", False),
        ("5", 5, True),
        ("5", 5.0, True),
        ("+5.50", 5.5, True),
        (5, "5", True),
        (5, " 5.0 ", True),
        (5, "5.", False),
        (5, "5e0", False),
        (5, "٥", False),
        (5, 5.0, True),
        ("1.0", "1", False),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        (True, "true", False),
        ("true", True, False),
        (False, 0, False),
        ([1, "a"], "A", True),
        ([1, "a"], "1", True),
        ([1, "a"], "b", False),
        ({"is": ["a", "b"]}, "b", True),
        ({"is": "a"}, "b", False),
        (12345678901234567890123456789, "12345678901234567890123456789", True),
        (1, "0000000000000000000000000000001", False),  # 31 characters
        ("a", ["x", "A"], True),
        ("a", ["x", ["a"], {"a": "a"}, None], False),
        ("a", {"a": "a"}, False),
        ("a", None, False),
        ("x", ["y"] * 100 + ["x"], False),
        ("a", "a" + " " * 999 + "b", True),  # the first 1,000 characters
    ],
)
def test_equal(test: Any, value: Any, wanted: bool) -> None:
    assert fits(test, value) is wanted


@pytest.mark.parametrize(
    ("test", "value", "wanted"),
    [
        ({"prefix": "+30"}, "+30 210", True),
        ({"prefix": ["+357", "+30"]}, "+30 210", True),
        ({"prefix": "AB"}, "abc", True),
        ({"prefix": "3"}, 30, False),
        ({"prefix": "a"}, ["x", "ab"], True),
        ({"glob": "*@acme.com"}, "Ann@ACME.com", True),
        ({"glob": "*@acme.com"}, "ann@acme.com.evil", False),
        ({"glob": "a?c"}, "abc", True),
        ({"glob": "a?c"}, "ac", False),
        ({"glob": "a*a"}, "a", False),
        ({"glob": "a*b*c"}, "abcbc", True),
        ({"glob": "*b?"}, "abab", False),
        ({"glob": "a[b]*"}, "a[b]c", True),
        ({"glob": "a[b]*"}, "abc", False),
        ({"glob": ["x", "y*"]}, "yes", True),
        ({"glob": "*"}, "a\nb", True),
        ({"glob": "*"}, 5, False),
        ({"glob": "*"}, None, False),
        ({"min": 5}, 5, True),
        ({"above": 5}, 5, False),
        ({"max": 5}, "5.0", True),
        ({"below": 5}, "4.999", True),
        ({"below": 5}, "cheap", False),
        ({"min": 0}, True, False),
        ({"min": 10, "max": 20}, [5, 25], False),
        ({"min": 10, "max": 20}, [5, 15], True),
        ({"min": "2026-12-24"}, "2026-12-24", True),
        ({"min": "2026-12-24"}, "2026-12-24T01:00:00Z", True),
        ({"max": "2026-12-24"}, "2026-12-24 23:59", True),
        ({"max": "2026-12-24"}, "2026-12-241", False),
        ({"min": "2026-02-01"}, "2026-02-30", False),
        ({"min": "2026-02-01"}, 20270101, False),
        ({"exists": True}, "", False),
        ({"exists": True}, "  ", False),
        ({"exists": True}, [], False),
        ({"exists": True}, {}, False),
        ({"exists": True}, {"a": None}, True),
        ({"exists": True}, 0, True),
        ({"exists": True}, False, True),
        ({"exists": True}, [None, ""], False),
        ({"exists": False}, None, True),
        ({"exists": False}, "a", False),
        ({"not": "a"}, None, True),
        ({"not": "a"}, ["a", "b"], False),
        ({"not": {"exists": True}}, None, True),
        ({"all": ["a", "b"]}, ["b", "a"], True),
        ({"all": ["a", "b"]}, ["b"], False),
        ({"any": ["a", {"prefix": "b"}]}, "bc", True),
        ({"prefix": "a", "not": {"glob": "*z"}}, "abz", False),
        ({"prefix": "a", "not": {"glob": "*z"}}, "ab", True),
    ],
)
def test_other_tests(test: Any, value: Any, wanted: bool) -> None:
    assert fits(test, value) is wanted


@pytest.mark.parametrize(
    ("test", "language", "wanted"),
    [
        ("el", "el", True),
        ("el", "EL-gr", True),
        ("el", "el_GR", True),
        ("pt", "pt-BR", True),
        ("pt-BR", "pt", False),
        ("pt_br", "pt-BR-x", True),
        (["en", "el"], "el-GR", True),
        ("e", "el", False),
        ({"not": "el"}, "el-GR", False),
        ({"prefix": "el-g"}, "el-GR", True),
        ({"glob": "el"}, "el-GR", False),
        ({"is": "el"}, "el-GR", True),
    ],
)
def test_language_fits_the_longer_tags_that_begin_with_it(test: Any, language: str, wanted: bool) -> None:
    assert holds({"language": test}, Facts(a_request(language=language), NOON)) is wanted
    assert holds({"user.language": test}, Facts(a_request(user={"language": language}), NOON)) is wanted


def test_every_field_reads_its_own_place() -> None:
    contact = Contact(
        source="crm",
        id="7",
        name="Ann",
        email="a@b",
        phone="1",
        account=ContactAccount(id="acc", name="Acme"),
        cases=(ContactCase(id="1", open=True), ContactCase(id="2", open=False)),
        fields=(
            ContactField(label="Plan ", value="Gold", raw="3"),
            ContactField(label="City", value="Athens"),
        ),
    )
    request = a_request(
        language="en",
        reason="why",
        summary="sum",
        priority="p",
        queue="q",
        group="g",
        agent="a",
        skills=("s1", "s2"),
        tags=("t",),
        attributes={"a": {"b": "deep"}, "a.b": "flat"},
        metadata={"m": 1},
        survey=(
            SurveyAnswer(id="x.y", question="?", answer="old"),
            SurveyAnswer(id="x.y", question="?", answer="new"),
        ),
        user={
            "name": "N",
            "email": "E",
            "phone": "P",
            "language": "fr",
            "country": "GR",
            "channel": "web",
            "origin": "page",
            "attributes": {"vip": True},
        },
    )
    wanted = {
        "bot": "shop-bot",
        "conversation_id": "c-1",
        "reason": "why",
        "summary": "sum",
        "priority": "p",
        "queue": "q",
        "group": "g",
        "agent": "a",
        "skills": "s2",
        "tags": "t",
        "language": "en",
        "country": "GR",
        "channel": "web",
        "origin": "page",
        "user.id": "u-1",
        "user.name": "n",
        "user.email": "e",
        "user.phone": "p",
        "user.language": "fr",
        "user.country": "gr",
        "user.channel": "web",
        "user.origin": "page",
        "user.attributes.vip": True,
        "attributes.a.b": "deep",
        "attributes.a": {"exists": True},
        "attributes.a.b.c": {"exists": False},
        "metadata.m": 1,
        "survey.x.y": "new",
        "contact.known": True,
        "contact.source": "crm",
        "contact.id": "7",
        "contact.name": "ann",
        "contact.email": "a@b",
        "contact.phone": "1",
        "contact.account": "acme",
        "contact.account_id": "acc",
        "contact.open_cases": 1,
        "contact.fields.plan": "3",
        "contact.fields.City": "athens",
        "contact.fields.None": {"exists": False},
        "business_hours": "open",
    }
    facts = Facts(request, NOON, contact=contact)
    for field, test in wanted.items():
        assert holds({field: test}, facts), field


def test_contact_that_is_not_known_is_absent_but_for_that() -> None:
    facts = Facts(a_request(), NOON)
    assert holds({"contact.known": False, "contact.name": {"exists": False}}, facts)
    assert holds({"contact.open_cases": {"exists": False}, "contact.fields.x": {"not": "y"}}, facts)


def test_contact_is_the_first_certain_one_in_the_order_of_the_crms() -> None:
    unsure = Contact(source="a", id="several", matches=(ContactMatch(id="1"),))
    contacts = [Contact(source="z", id="1"), Contact(source="b", id="2"), unsure, Contact(source="c", id="3")]
    found = the_contact(contacts, ["a", "c", "b"])
    assert found is not None
    assert found.source == "c"
    other = the_contact(contacts[:1], ["a"])
    assert other is not None
    assert other.source == "z"
    assert the_contact([unsure], ["a"]) is None


@pytest.mark.parametrize(
    ("time", "at", "wanted"),
    [
        ({"weekday": "thu"}, "2026-11-26T12:00+00:00", True),
        ({"weekday": ["mon-wed", "sat,sun"]}, "2026-11-26T12:00+00:00", False),
        ({"weekday": "Thursday-friday"}, "2026-11-26T22:30+00:00", True),  # Friday in Athens
        ({"weekday": "fri-mon"}, "2026-11-29T12:00+00:00", True),
        ({"hours": "09:00-17:00"}, "2026-11-26T07:00+00:00", True),
        ({"hours": "09:00-17:00"}, "2026-11-26T15:00+00:00", False),
        ({"hours": "09:00-17:00"}, "2026-11-26T14:59:59.999999+00:00", True),
        ({"hours": ["22:00-06:00"]}, "2026-11-26T20:00+00:00", True),
        ({"hours": ["22:00-06:00"]}, "2026-11-27T03:59+00:00", True),
        ({"hours": ["22:00-06:00"]}, "2026-11-27T04:00+00:00", False),
        ({"hours": "00:00-24:00"}, "2026-11-27T04:00+00:00", True),
        ({"hours": "10:00-10:00"}, "2026-11-27T04:00+00:00", True),
        ({"hours": "08:00-24:00"}, "2026-11-26T21:59+00:00", True),
        ({"hours": "08:00-24:00"}, "2026-11-26T22:00+00:00", False),
        ({"weekday": "fri", "hours": "22:00-02:00"}, "2026-11-27T21:00+00:00", True),
        ({"weekday": "fri", "hours": "22:00-02:00"}, "2026-11-26T22:30+00:00", True),  # Friday, 0:30
        ({"weekday": "fri", "hours": "22:00-02:00"}, "2026-11-27T23:00+00:00", False),
        ({"dates": "2026-11-27"}, "2026-11-26T22:00+00:00", True),
        ({"dates": ["2026-11-01..2026-11-26"]}, "2026-11-26T21:59+00:00", True),
        ({"dates": ["2026-11-01..2026-11-26"]}, "2026-11-26T22:00+00:00", False),
        ({"dates": "12-24..01-06"}, "2027-01-06T12:00+00:00", True),
        ({"dates": "12-24..01-06"}, "2027-01-07T12:00+00:00", False),
        ({"dates": "11-26"}, "2031-11-26T12:00+00:00", True),
        ({"dates": "02-29"}, "2027-03-01T12:00+00:00", False),
        ({"dates": "02-29"}, "2028-02-29T12:00+00:00", True),
    ],
)
def test_time_in_athens(time: dict[str, Any], at: str, wanted: bool) -> None:
    facts = Facts(a_request(), datetime.fromisoformat(at))
    assert holds({"time": {"timezone": "Europe/Athens", **time}}, facts) is wanted


def test_first_entry_that_does_not_hold_is_the_reason() -> None:
    facts = Facts(a_request(tags=("vip",)), NOON)
    assert read({"bot": "shop-bot", "tags": "gold", "country": "GR"}).failing(facts) == "tags"
    assert read({"bot": "shop-bot", "any": [{"tags": "gold"}, {"country": "GR"}]}).failing(facts) == "any"
    assert "country" not in Facts(a_request(), NOON)


texts = st.text(st.sampled_from("aAbß*?[.ı \n"), max_size=8)


@given(pattern=texts.filter(lambda text: bool(text.strip())), text=texts)
def test_glob_agrees_with_the_plain_definition(pattern: str, text: str) -> None:
    def plain(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return plain(pattern[1:], text) or (bool(text) and plain(pattern, text[1:]))
        return bool(text) and pattern[0] in ("?", text[0]) and plain(pattern[1:], text[1:])

    folded = text.strip().casefold()
    wanted = bool(folded) and plain(pattern.strip().casefold(), folded)
    assert fits({"glob": pattern}, text) is wanted


def test_glob_of_the_worst_kind_takes_no_time() -> None:
    import time

    began = time.process_time()
    assert not fits({"glob": "*a?a*a?a*a?a*a?a*a?a*a?a*a?a*a?a*b"}, "a" * 1000)
    assert time.process_time() - began < 5


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
tests_of_values = st.recursive(
    st.sampled_from(
        [
            "a",
            5,
            True,
            ["x", 1],
            {"prefix": "a"},
            {"glob": "*a"},
            {"min": 1},
            {"max": "2026-01-01"},
            {"exists": True},
        ]
    ),
    lambda inner: (
        st.builds(lambda one: {"not": one}, inner)
        | st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=5,
)


@given(test=tests_of_values, value=values)
def test_every_test_answers_for_every_value_and_not_turns_it_around(test: Any, value: Any) -> None:
    answer = fits(test, value)
    assert fits({"not": test}, value) is not answer
    assert fits({"any": [test]}, value) is answer
    assert fits({"all": [test, test]}, value) is answer
