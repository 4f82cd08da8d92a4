"""A long message goes in parts, each under a key of its own."""

from __future__ import annotations

import pytest

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.messages import Choice, Message
from livechat_sdk.provider.planning import plan_message
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
