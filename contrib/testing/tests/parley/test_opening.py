"""Our words in Parley's, where its limits are tighter than ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from contrib.testing.tests.parley.bench import an_opening
from livechat_sdk.domain.ends import WHY, EndReason, Why
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import EndUser
from livechat_sdk_testing.parley.opening import chat_of, why_of
from livechat_sdk_testing.parley.wire import time_text


def test_long_id_of_the_end_user_is_told_by_its_hash_and_always_the_same() -> None:
    ids = [
        chat_of(an_opening(user=EndUser(id="u" * length)), None)["visitor"]["id"]
        for length in (64, 65, 65, 200)
    ]
    assert ids[0] == "u" * 64
    assert ids[1] == ids[2] != ids[3]
    assert max(map(len, ids)) == 64


def test_no_line_of_the_transcript_and_no_word_of_the_summary_is_lost() -> None:
    long = "word " * 2000
    body = chat_of(
        an_opening(
            summary=long,
            transcript=(
                TranscriptEntry(author="agent", body=long),
                TranscriptEntry(author="system", body="x"),
            ),
        ),
        None,
    )
    assert len(body["summary"]) <= 4000
    assert {line["from"] for line in body["transcript"]} == {"bot", "agent"}
    assert max(len(line["text"]) for line in body["transcript"]) <= 4000
    told = [body["summary"], *(line["text"] for line in body["transcript"])]
    assert " ".join(" ".join(told).split()) == " ".join((long + long + "x").split())


def test_queue_of_the_route_comes_before_that_of_the_settings() -> None:
    opening = an_opening()
    named = opening.model_copy(update={"route": opening.route.model_copy(update={"queue": "billing"})})
    assert chat_of(named, "general")["queue"] == "billing"
    assert chat_of(opening, "general")["queue"] == "general"
    assert "queue" not in chat_of(opening, None)


def test_options_of_this_vendor_become_fields() -> None:
    body = chat_of(
        an_opening(extras={"contract": 17}, attributes={"plan": "gold"}, reason="asked for it"), None
    )
    assert body["fields"] == {"plan": "gold", "bot": "shop-bot", "reason": "asked for it", "contract": "17"}


@pytest.mark.parametrize("why", WHY)
def test_every_reason_has_a_word(why: Why) -> None:
    word = why_of(EndReason(by="user", why=why))
    assert word == {"resolved": "resolved", "inactivity": "inactive", "timeout": "inactive"}.get(why, "left")


def test_times_are_in_utc_with_milliseconds_and_never_later_than_they_were() -> None:
    athens = timezone(timedelta(hours=2))
    assert time_text(datetime(2026, 11, 26, 11, 30, 0, 123_999, athens)) == "2026-11-26T09:30:00.123Z"
    assert time_text(datetime(2026, 11, 26, 9, 30, tzinfo=UTC)) == "2026-11-26T09:30:00.000Z"
