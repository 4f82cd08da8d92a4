"""Templates of tickets: their placeholders, and that what people wrote is never read as one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import HandoffState, SurveyAnswer
from livechat_sdk.domain.people import Agent, Contact, EndUser
from livechat_sdk.domain.tickets import TicketMoment, moment_of
from livechat_sdk.policies.ticket_draft import SUBJECT_LIMIT, draft_for
from livechat_sdk.policies.ticket_settings import (
    IN_SUBJECT,
    IN_TEXT,
    EndedTicketSettings,
    MomentTicketSettings,
    TicketsSettings,
)
from tests.policies.makers import NOW, a_handoff, a_request, an_entry

USER = EndUser(id="u-1", name="Eleni", email="e@example.com", phone="+30", country="GR", channel="viber")
FULL = a_handoff(
    a_request(user=USER, reason="Wrong {name}", summary="Charged\ntwice", language="el"),
    survey=(SurveyAnswer(id="order", question="Which order?", answer="4711"),),
    agent=Agent(id="a-1", name="Maria"),
    state=HandoffState.ENDED,
    end=End(outcome=Outcome.FAILED, reason=EndReason(by="provider", why="error"), at=NOW),
)
EMPTY = a_handoff(a_request(user=EndUser(id="u-1")))


def plan(**fields: Any) -> MomentTicketSettings:
    return MomentTicketSettings.model_validate(fields)


@pytest.mark.parametrize("name", IN_TEXT)
def test_every_placeholder_of_a_text_has_a_value(name: str) -> None:
    body = draft_for(FULL, [an_entry(1, "hello")], plan(text=f"<{{{name}}}>")).body
    assert body not in {"", f"<{{{name}}}>", "<>"}
    assert body.startswith("<")
    assert body.endswith(">")


@pytest.mark.parametrize("name", IN_SUBJECT)
def test_every_placeholder_of_a_subject_is_one_line(name: str) -> None:
    subject = draft_for(FULL, [], plan(subject=f"<{{{name}}}>")).subject
    assert len(subject) > 2
    assert "\n" not in subject


def test_what_people_wrote_is_no_template() -> None:
    draft = draft_for(FULL, [an_entry(1, "{email} [a|b] {reason}")], plan(text="{reason}: {conversation}"))
    assert draft.body.startswith("Wrong {name}: Conversation:")
    assert draft.body.endswith("User: {email} [a|b] {reason}")


def test_a_sentence_without_its_value_is_left_out_and_brackets_choose() -> None:
    text = "Hello. Call {name} at {phone}. [{reason}|No reason given.]"
    assert draft_for(EMPTY, [], plan(text=text)).body == "Hello. No reason given."


def test_a_subject_with_nothing_to_say_is_the_built_in_one() -> None:
    assert draft_for(EMPTY, [], plan(subject="About {reason}")).subject == "Chat with an end user"
    assert len(draft_for(FULL, [], plan(subject="x" * 500)).subject) == SUBJECT_LIMIT


def test_texts_of_any_length_fit() -> None:
    entries = [an_entry(number, "x" * 900) for number in range(1, 40)]
    wanted = plan(text="Begin {details} {conversation} end " + "y" * 500)
    draft = draft_for(FULL, entries, wanted, body_limit=5000)
    assert len(draft.body) <= 5000
    assert "messages do not fit here" in draft.body


def test_fields_tags_priority_and_kind_go_along() -> None:
    wanted = plan(
        fields={"A": "{reason} of {name}", "B": "fixed", "C": True, "D": 7},
        tags=["chat", "billing"],
        priority="urgent",
        kind="task",
    )
    draft = draft_for(
        FULL.model_copy(update={"request": a_request(user=USER, tags=("billing",))}), [], wanted
    )
    assert draft.fields == {"B": "fixed", "C": True, "D": 7}
    assert (draft.tags, draft.priority, draft.kind) == (("billing", "chat"), "urgent", "task")


def test_the_requester_is_all_that_is_known() -> None:
    contacts = (Contact(source="crm", id="2", name="E. P.", email="p@example.com", phone="+1"),)
    draft = draft_for(a_handoff(a_request(user=EndUser(id="u-7")), contacts=contacts), [])
    found = (draft.requester_name, draft.requester_email, draft.requester_phone, draft.requester_external_id)
    assert found == ("E. P.", "p@example.com", "+1", "u-7")


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "{conversation}"},
        {"subject": "{nobody}"},
        {"subject": " "},
        {"text": "{question}"},
        {"fields": {"A": "{survey}"}},
        {"priority": "soon"},
        {"colour": "blue"},
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plan(**wrong)


def test_each_moment_has_its_plan_and_its_outcomes() -> None:
    settings = TicketsSettings(
        during=plan(priority="low"),
        ended=EndedTicketSettings(outcomes=(Outcome.CANCELLED,)),
        missed=plan(priority="high"),
    )
    plans = {moment: settings.plan(moment) for moment in TicketMoment}
    assert [one.priority if one else "none" for one in plans.values()] == ["low", None, "high", "none"]
    assert settings.outcomes == (Outcome.CANCELLED, Outcome.MISSED)
    assert TicketsSettings().outcomes == ()
    assert {moment_of(outcome) for outcome in settings.outcomes} == {TicketMoment.ENDED, TicketMoment.MISSED}


def test_every_outcome_is_a_moment() -> None:
    moments = {outcome: moment_of(outcome) for outcome in Outcome}
    assert moments.pop(Outcome.MISSED) is TicketMoment.MISSED
    assert moments.pop(Outcome.OUT_OF_HOURS) is TicketMoment.OUT_OF_HOURS
    assert set(moments.values()) == {TicketMoment.ENDED}
