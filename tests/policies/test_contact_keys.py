"""By what people are looked up: what can be an address, number or id, and when two are the same."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.people import EndUser
from livechat_sdk.policies.contact_keys import Key, email_of, fits, keys_of, one_line, phone_forms, phone_of

EVERY_LETTER = [chr(number) for number in range(sys.maxunicode + 1)]
UNPRINTABLE = [one for one in EVERY_LETTER if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}]


def test_a_line_for_people_loses_what_cannot_be_printed_and_no_letter_else() -> None:
    line = one_line("".join(EVERY_LETTER), longest=sys.maxunicode)
    assert line is not None
    lost = set(EVERY_LETTER) - set(line)
    assert lost >= set(UNPRINTABLE)
    assert all(one.isspace() for one in lost - set(UNPRINTABLE))


def test_what_cannot_be_printed_is_in_no_address() -> None:
    assert [one for one in UNPRINTABLE if email_of(f"a{one}b@example.com") is not None] == []


@pytest.mark.parametrize(
    "email", ["o'hara+web@example.com", "a@b.gr", "ελένη@example.com", "a.b_c-d&e@x-y.co"]
)
def test_what_is_an_address(email: str) -> None:
    assert email_of(f" {email} ") == email


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            None,
            "",
            "ann",
            "ann@",
            "@example.com",
            "a@b@c.com",
            "a b@c.com",
            "a@b c.com",
            "a@b.com\r\nBcc: x",
        ),
        *('"a"@b.com', "a@b.com' or 1 eq 1", "a@b.com)", "<a@b.com>", "a\x00@b.com", "a@b.com,c@d.com"),
        *("a:b@c.com", "a@-b.com", f"{'a' * 65}@b.com", "a\u2028@b.com"),
    ],
    ids=ascii,
)
def test_what_is_no_address(wrong: str | None) -> None:
    assert email_of(wrong) is None


@pytest.mark.parametrize(
    "wrong", [None, "", "12345", "+30 210 x", "' or 1", "call 2101234567", "+30\n2101234567"]
)
def test_what_is_no_number(wrong: str | None) -> None:
    assert phone_of(wrong) is None


@pytest.mark.parametrize(
    ("phone", "prefix", "forms"),
    [
        (
            "+30 210 1234567",
            "+30",
            {"+302101234567", "302101234567", "00302101234567", "2101234567", "02101234567"},
        ),
        ("0030-2101234567", None, {"+302101234567", "302101234567", "00302101234567"}),
        ("020 7946 0000", "+44", {"02079460000", "+442079460000", "442079460000", "2079460000"}),
        ("210 1234567", None, {"2101234567", "+2101234567"}),
    ],
)
def test_a_number_is_asked_for_in_the_ways_it_may_have_been_typed(
    phone: str, prefix: str | None, forms: set[str]
) -> None:
    assert set(phone_forms(phone, prefix)) == forms | {phone}


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ("+30 210 1234567", "(210) 123-4567", True),
        ("+30 210 1234567", "00302101234567", True),
        ("+30 210 1234567", "+30 210 1234568", False),
        ("+30 210 1234567", "4567", False),
        ("+30 210 1234567", None, False),
        ("+30 210 1234567", "+44 210 1234567", False),
        ("+30 210 1234567", "1234567", False),
    ],
)
def test_numbers_are_the_same_whatever_stands_between_the_digits(
    mine: str, theirs: str | None, same: bool
) -> None:
    key = Key("phone", "phone number", tuple(phone_forms(mine, "+30")))
    assert fits(key, [None, theirs]) is same


def test_addresses_are_the_same_whatever_their_case_and_no_part_of_another() -> None:
    key = Key("email", "e-mail address", ("Ann@Example.com",))
    assert fits(key, [" ann@example.COM "])
    assert not fits(key, ["ann@example.com.evil", "xann@example.com", "änn@example.com", "", None])


def test_keys_come_the_strongest_first() -> None:
    user = EndUser(
        id="u-1",
        email="a@example.com",
        phone="+30 210 1234567",
        attributes={"loyalty": 77, "list": [1], "yes": True},
    )
    assert [key.kind for key in keys_of(user, own="loyalty")] == ["property", "id", "email", "phone"]
    assert keys_of(user, own="loyalty")[0].values == ("77",)
    assert [key.kind for key in keys_of(user, by_id=False)] == ["email", "phone"]
    for name in ("list", "yes", "missing", "name"):
        assert [key.kind for key in keys_of(user, own=name)] == ["id", "email", "phone"]


@given(st.text(max_size=60), st.none() | st.just("+30"))
def test_no_text_makes_a_key_with_control_characters(text: str, prefix: str | None) -> None:
    user = EndUser(id="u-1", email=text, phone=text, attributes={"own": text})
    for key in keys_of(user, country_prefix=prefix, own="own"):
        for value in key.values:
            assert value
            assert value == value.strip()
            assert not any(ord(one) < 32 or one in "\x7f\u2028\u2029" for one in value)


@given(st.text(alphabet="0123456789 ()-/.+", min_size=6, max_size=40), st.none() | st.just("+30"))
def test_a_number_fits_itself_in_every_way_of_writing_it(text: str, prefix: str | None) -> None:
    phone = phone_of(text)
    if phone is None:
        return
    key = Key("phone", "phone number", tuple(phone_forms(phone, prefix)))
    for form in key.values:
        assert fits(key, [form])


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, None),
        ("", None),
        (" a\r\n\tb\x00c ", "a b c"),
        (7, "7"),
        (True, "True"),
        ("x" * 1001, "x" * 999 + "…"),
    ],
    ids=["none", "empty", "controls", "number", "flag", "long"],
)
def test_values_become_one_line(value: Any, line: str | None) -> None:
    assert one_line(value) == line
