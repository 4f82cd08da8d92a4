"""The longest outage that loses nothing, and the sentence for people."""

from __future__ import annotations

import math

import pytest

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk_testing.hostile import Traits
from livechat_sdk_testing.hostile.outage import longest_outage

UP_TO = "In an outage of up to {} nothing is lost: "
FETCHED = "missed messages are fetched from the vendor's history, which "
EVERY_ONE = "Every outage loses what is said in it"

CASES = {
    "embedded": (Traits(inbound=Inbound.EMBEDDED), None, math.inf, "An outage loses nothing"),
    "webhook": (
        Traits(redelivers_for=600.0),
        None,
        600.0,
        UP_TO.format("10 minutes") + "the vendor repeats its webhooks for so long.",
    ),
    "webhook once": (Traits(redelivers_for=0.0), None, 0.0, EVERY_ONE),
    "webhook with history": (
        Traits(redelivers_for=600.0, history=True),
        86400.0,
        86400.0,
        UP_TO.format("1 day") + FETCHED + "holds them for 1 day.",
    ),
    "history shorter than webhooks": (
        Traits(redelivers_for=600.0, history=True),
        90.0,
        600.0,
        UP_TO.format("10 minutes") + FETCHED + "holds them for 90 seconds.",
    ),
    "history without a stated limit": (
        Traits(inbound=Inbound.STREAM, history=True),
        None,
        math.inf,
        "In any outage nothing is lost: " + FETCHED + "states no limit.",
    ),
    "poll": (
        Traits(inbound=Inbound.POLL),
        7200.0,
        7200.0,
        UP_TO.format("2 hours") + "the next poll brings it; the vendor holds them for 2 hours.",
    ),
    "stream": (Traits(inbound=Inbound.STREAM), None, 0.0, EVERY_ONE),
}


@pytest.mark.parametrize("case", CASES)
def test_what_can_be_promised(case: str) -> None:
    traits, keeps, seconds, sentence = CASES[case]
    outage = longest_outage(traits.capabilities, keeps=keeps)
    assert outage.seconds == seconds
    assert outage.sentence.startswith(sentence)
    assert outage.sentence.endswith(".")
    assert outage.survives(0.0)
    assert outage.survives(seconds) is True
    if not math.isinf(seconds):
        assert not outage.survives(seconds + 1)


def test_unstated_repetition_is_none() -> None:
    silent = Traits().capabilities.model_copy(update={"redelivers_for": None})
    assert longest_outage(silent).seconds == 0.0


def test_odd_numbers_of_seconds_are_said_as_they_are() -> None:
    assert "90 seconds" in longest_outage(Traits(redelivers_for=90.0).capabilities).sentence
    assert "1 second " in longest_outage(Traits(redelivers_for=1.0).capabilities).sentence
