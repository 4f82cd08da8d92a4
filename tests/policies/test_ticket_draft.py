"""A ticket made from a handoff: what is in it, how long it may be, and that it is always the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import HandoffState, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, Direction, Fate, Message, TranscriptEntry
from livechat_sdk.domain.people import Agent, Contact, EndUser
from livechat_sdk.policies.ticket_draft import BODY_LIMIT, SUBJECT_LIMIT, draft_for
from tests.policies.makers import NOW, a_handoff, a_request, an_entry

ATHENS = timezone(timedelta(hours=2))


def test_a_draft_tells_a_colleague_everything() -> None:
    request = a_request(
        reason="Wrong invoice",
        summary="Eleni was charged twice.",
        tags=("billing",),
        user=EndUser(id="u-1", name="Eleni", email="eleni@example.com"),
        transcript=(
            TranscriptEntry(author="user", body="I was charged twice", at=NOW.astimezone(ATHENS)),
            TranscriptEntry(author="bot", name="Shop bot", body="Let me get a human."),
        ),
    )
    handoff = a_handoff(
        request,
        survey=(SurveyAnswer(id="order", question="Which order?", answer="4711"),),
        agent=Agent(id="a-1", name="Maria"),
        state=HandoffState.ENDED,
        end=End(outcome=Outcome.MISSED, reason=EndReason(by="clock", why="timeout"), at=NOW),
    )
    entries = [
        an_entry(1, "Hello?"),
        an_entry(2, "Hi Eleni", author="agent", direction=Direction.TO_USER, fate=Fate.SEEN),
        an_entry(3, "Are you there?", fate=Fate.DROPPED),
        an_entry(4, "Anyone?", fate=Fate.DOUBTFUL),
    ]
    draft = draft_for(handoff, entries)
    assert draft.key == "h-1.ticket"
    assert draft.subject == "Wrong invoice"
    assert draft.requester_name == "Eleni"
    assert draft.requester_email == "eleni@example.com"
    assert draft.tags == ("billing",)
    assert draft.body == (
        "Reason: Wrong invoice\n"
        "\n"
        "Summary:\n"
        "Eleni was charged twice.\n"
        "\n"
        "Survey:\n"
        "- Which order?: 4711\n"
        "\n"
        "Bot: shop-bot\n"
        "Handoff: h-1\n"
        "Requested: 2026-11-23 08:30 UTC\n"
        "Agent: Maria\n"
        "Outcome: missed\n"
        "\n"
        "Conversation:\n"
        "2026-11-23 08:30 UTC User: I was charged twice\n"
        "Shop bot: Let me get a human.\n"
        "2026-11-23 08:30 UTC User: Hello?\n"
        "2026-11-23 08:30 UTC Agent: Hi Eleni\n"
        "2026-11-23 08:30 UTC User (not delivered): Are you there?\n"
        "2026-11-23 08:30 UTC User (delivery unsure): Anyone?"
    )


def test_a_bare_request_still_makes_a_ticket() -> None:
    draft = draft_for(a_handoff(a_request(user=EndUser(id="u-1"))), [])
    assert draft.subject == "Chat with an end user"
    assert draft.requester_name is None
    assert draft.body.endswith("Conversation: nothing was said.")
    assert "Summary" not in draft.body
    assert "Outcome" not in draft.body


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"reason": "  Wrong\n invoice "}, "Wrong invoice"),
        ({"reason": " ", "summary": "Charged\ntwice"}, "Charged twice"),
        ({}, "Chat with Eleni"),
        ({"reason": "x" * 200}, "x" * (SUBJECT_LIMIT - 1) + "…"),
        ({"user": EndUser(id="u", name="n" * 500)}, "Chat with " + "n" * (SUBJECT_LIMIT - 11) + "…"),
    ],
)
def test_the_subject_is_one_short_line(changes: dict[str, Any], subject: str) -> None:
    assert draft_for(a_handoff(a_request(**changes)), []).subject == subject


def test_the_requester_comes_from_a_contact_when_the_user_is_anonymous() -> None:
    contacts = (
        Contact(source="csv", id="1"),
        Contact(source="crm", id="2", name="Eleni P.", email="eleni@example.com"),
    )
    draft = draft_for(a_handoff(a_request(user=EndUser(id="u-1")), contacts=contacts), [])
    assert (draft.requester_name, draft.requester_email) == ("Eleni P.", "eleni@example.com")


def test_files_are_named_with_their_address() -> None:
    file = Attachment(url="https://files.example/1", name="photo.jpg")
    entry = an_entry(1, "", message=Message(key="m-1", body="See", attachments=(file,)))
    assert draft_for(a_handoff(), [entry]).body.endswith(
        "User: See [file photo.jpg: https://files.example/1]"
    )


def test_a_long_conversation_keeps_its_newest_part_and_says_so() -> None:
    entries = [an_entry(number, f"message {number} " + "x" * 4000) for number in range(1, 101)]
    draft = draft_for(a_handoff(), entries)
    shown = [number for number in range(1, 101) if f"message {number} " in draft.body]
    assert len(draft.body) <= BODY_LIMIT
    assert len(draft.body) > BODY_LIMIT * 0.9
    assert shown == list(range(shown[0], 101))
    assert f"Conversation (the first {shown[0] - 1} messages do not fit here):" in draft.body


def test_one_huge_message_is_cut_and_does_not_hide_the_others() -> None:
    draft = draft_for(a_handoff(), [an_entry(1, "before"), an_entry(2, "y" * 60_000), an_entry(3, "after")])
    assert "User: before" in draft.body
    assert "User: after" in draft.body
    assert "yyy…" in draft.body


def test_a_ticket_system_with_less_room_gets_less() -> None:
    request = a_request(summary="s" * 10_000)
    draft = draft_for(a_handoff(request), [an_entry(1, "z" * 900)], body_limit=1000)
    assert len(draft.body) <= 1000
    assert draft.body.startswith("Summary:\nsss")


@given(
    st.text(max_size=2000),
    st.lists(st.text(max_size=300), max_size=30),
    st.integers(0, 5000),
)
def test_a_draft_is_pure_and_never_too_long(summary: str, bodies: list[str], limit: int) -> None:
    handoff = a_handoff(a_request(summary=summary), created_at=datetime(2026, 1, 1, tzinfo=UTC))
    entries = [an_entry(number, body) for number, body in enumerate(bodies, start=1)]
    draft = draft_for(handoff, entries, body_limit=limit)
    assert len(draft.body) <= limit
    assert 0 < len(draft.subject) <= SUBJECT_LIMIT
    assert draft == draft_for(handoff, entries, body_limit=limit)
