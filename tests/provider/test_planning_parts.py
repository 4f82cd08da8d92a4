"""A long message goes in parts, each under a key of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.messages import Choice, Message
from livechat_sdk.provider.planning import plan_message, split_text
from livechat_sdk_testing.builders import NOON

SHORT = Capabilities(inbound=Inbound.WEBHOOK, text_limit=4)


def keys_of(key: str, body: str = "one two six") -> list[str]:
    return [part.key for part in plan_message(Message(key=key, body=body), SHORT, sent_at=NOON).parts]


def test_the_last_part_has_the_key_of_the_message() -> None:
    # A receipt for that key speaks of the whole message, never of its beginning alone.
    assert keys_of("m-1") == ["m-1.1", "m-1.2", "m-1"]
    assert keys_of("m-1", "one") == ["m-1"]


@pytest.mark.parametrize("length", [191, 192, 193, 199, 200])
def test_parts_of_a_message_with_a_long_key_have_different_keys_that_fit(length: int) -> None:
    one, other = "a" * length, "a" * (length - 1) + "b"
    keys = [*keys_of(one), *keys_of(other)]
    assert len(set(keys)) == 6
    assert keys_of(one) == keys_of(one), "the same on every repetition"
    assert max(map(len, keys)) <= 200


def test_choices_that_cannot_be_shown_become_a_numbered_list_and_that_is_noted() -> None:
    choices = (Choice(label="Refund", value="r"), Choice(label="Another one", value="a"))
    message = Message(key="m-1", body="Which one?", choices=choices)
    plan = plan_message(message, Capabilities(inbound=Inbound.POLL), sent_at=NOON)
    (part,) = plan.parts
    assert part.body == "Which one?\n1. Refund\n2. Another one"
    assert part.choices == ()
    assert part.notes == plan.notes == ("numbered choices",)
    plan = plan_message(message, Capabilities(inbound=Inbound.POLL, choices=True), sent_at=NOON)
    assert (plan.parts[0].body, plan.parts[0].choices, plan.notes) == ("Which one?", choices, ())


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
GREECE = "\U0001f1ec\U0001f1f7"
WAVE = "\U0001f44b\U0001f3fd"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "shown", [FAMILY, GREECE, WAVE, SCOTLAND, "e\u0301", "\u2764\ufe0f", "\u0e17\u0e35\u0e48"]
)
@pytest.mark.parametrize("shift", range(7))
def test_what_is_shown_as_one_character_is_not_cut_in_two(shown: str, shift: int) -> None:
    text = "x" * shift + shown * 20
    pieces = split_text(text, 16)
    assert "".join(pieces) == text
    for piece in pieces:
        assert len(piece) <= 16
        assert piece.strip("x").replace(shown, "") == ""


def test_accents_without_end_are_cut_all_the_same() -> None:
    text = "e" + "\u0301" * 100
    assert "".join(split_text(text, 10)) == text
    assert max(map(len, split_text(text, 10))) == 10


def test_no_part_is_blank_because_vendors_refuse_those() -> None:
    assert split_text("x" * 10 + "  \n\n", 10) == ["x" * 10]
    assert all(piece.strip() for piece in split_text("x" * 10 + " " * 30 + "y", 10))


@given(st.text(st.sampled_from("ab \n\u0301\u200d\U0001f468\U0001f1ec"), max_size=80), st.integers(1, 12))
def test_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
