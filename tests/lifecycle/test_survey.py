"""The pre-chat survey: asked by the bot before, or by the SDK while the end user waits."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.domain.handoff import HandoffState, SurveyAnswer, SurveyQuestion
from livechat_sdk.domain.messages import Attachment, Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.effects import RecordMessage, Say, SendMessage, SetFate, UpdateDetails
from livechat_sdk.lifecycle.inputs import DetailsAdded, EffectFailed, Requested
from livechat_sdk_testing.builders import a_candidate
from tests.lifecycle.life import Life

S = HandoffState
TOPIC = SurveyQuestion(id="topic", text="What is it about?", choices=("billing", "other"))
ORDER = SurveyQuestion(id="order", text="Which order?")
BILLING = SurveyAnswer(id="topic", question="What is it about?", answer="billing")


def waiting(**capabilities: Any) -> Life:
    """The end user waits in the queue and was asked the first of two questions."""
    return Life(survey=(TOPIC, ORDER)).requested(a_candidate(**capabilities)).opened()


def asking(life: Life) -> str:
    return life.handoff.asking or "nothing"


def answers(life: Life) -> dict[str, str]:
    return {answer.id: answer.answer for answer in life.handoff.survey}


# ----------------------------------------------------------------------------------------- asking
def test_first_question_is_asked_when_the_vendor_has_the_request() -> None:
    life = waiting()
    assert life.said == [
        Moment.REQUESTED,
        Moment.STARTING,
        Moment.WAITING,
        Moment.SURVEY_STARTED,
        Moment.SURVEY_QUESTION,
    ]
    asked = life.shadow.waiting(Say)[-1]
    assert asked.params == {"question": "What is it about?", "choices": ["billing", "other"]}
    assert asking(life) == "topic"


def test_questions_are_asked_one_after_the_other_and_thanked_for() -> None:
    life = waiting()
    life.user_says("m-1", "billing")
    assert asking(life) == "order"
    life.user_says("m-2", "4711")
    assert asking(life) == "nothing"
    assert life.said[-3:] == [Moment.SURVEY_QUESTION, Moment.SURVEY_QUESTION, Moment.SURVEY_DONE]
    assert answers(life) == {"topic": "billing", "order": "4711"}


def test_what_the_bot_has_asked_is_not_asked_again() -> None:
    life = Life(survey=(TOPIC, ORDER), request={"survey": (BILLING,)}).requested().opened()
    assert asking(life) == "order"
    assert life.said.count(Moment.SURVEY_QUESTION) == 1


def test_nothing_is_asked_when_the_bot_has_asked_everything() -> None:
    life = Life(survey=(TOPIC,), request={"survey": (BILLING,)}).requested().opened()
    assert asking(life) == "nothing"
    assert life.said == [Moment.REQUESTED, Moment.STARTING, Moment.WAITING]
    life.user_says("m-1")
    assert answers(life) == {"topic": "billing"}


def test_answer_that_the_bot_brings_meanwhile_moves_to_the_next_question() -> None:
    life = waiting(update=True)
    life.feed(DetailsAdded(survey=(BILLING,)))
    assert asking(life) == "order"
    assert life.last[0] == UpdateDetails(attempt=1)


def test_answer_to_another_question_does_not_repeat_the_open_one() -> None:
    life = waiting()
    life.feed(DetailsAdded(survey=(SurveyAnswer(id="order", question="Which order?", answer="4711"),)))
    assert life.said.count(Moment.SURVEY_QUESTION) == 1
    life.user_says("m-1", "billing")
    assert life.said[-1] == Moment.SURVEY_DONE


def test_details_that_are_known_already_change_nothing() -> None:
    life = Life(request={"survey": (BILLING,)}).requested(a_candidate(update=True)).opened()
    version = life.handoff.version
    life.feed(DetailsAdded(survey=(BILLING,)))
    assert life.last == []
    assert life.handoff.version == version


def test_later_answer_to_the_same_question_replaces_the_earlier_one() -> None:
    life = Life(request={"survey": (BILLING,)}).requested().opened()
    life.feed(DetailsAdded(survey=(BILLING.model_copy(update={"answer": "other"}),)))
    assert answers(life) == {"topic": "other"}


def test_details_may_come_before_there_is_a_provider() -> None:
    life = Life()
    life.feed(Requested())
    life.feed(DetailsAdded(survey=(BILLING,)))
    assert answers(life) == {"topic": "billing"}
    assert life.last == []


@pytest.mark.parametrize("state", ["ending", "ended"])
def test_details_come_too_late_after_the_end_was_asked_for(state: str) -> None:
    life = waiting(update=True).ends()
    if state == "ended":
        life.wait(10)
    step = life.feed(DetailsAdded(survey=(BILLING,)))
    assert step.refused == f"details_added is not a legal move in state {state}"


# -------------------------------------------------------------------------- how an answer travels
def test_answer_travels_with_the_details_if_the_provider_takes_updates() -> None:
    life = waiting(update=True, send_before_join=True)
    life.user_says("m-1", "billing")
    assert life.sent_to() == []
    assert life.shadow.waiting(UpdateDetails) == [UpdateDetails(attempt=1, message_keys=("m-1",))]
    assert life.fate("m-1") is Fate.PLANNED
    record = next(one for one in life.last if isinstance(one, RecordMessage))
    assert record.detail == "answer to the survey"
    life.succeeds(UpdateDetails)
    assert life.fate("m-1") is Fate.ACKNOWLEDGED
    assert life.handoff.planned == ()


@pytest.mark.parametrize("early", [True, False])
def test_answer_is_an_ordinary_message_where_details_cannot_be_updated(early: bool) -> None:
    life = waiting(send_before_join=early)
    life.user_says("m-1", "billing")
    assert life.sent_to() == (["m-1"] if early else [])
    life.joined()
    assert life.sent_to() == ["m-1"]
    assert answers(life) == {"topic": "billing"}


def test_answer_whose_details_the_vendor_refuses_goes_as_a_message() -> None:
    life = waiting(update=True, send_before_join=True)
    life.user_says("m-1", "billing")
    life.fails(UpdateDetails)
    assert life.sent_to() == ["m-1"]
    life.succeeds(SendMessage)
    assert life.fate("m-1") is Fate.SENT


def test_answer_whose_details_are_in_doubt_waits_like_any_other_message() -> None:
    life = waiting(update=True)
    life.user_says("m-1", "billing")
    life.leaves_doubt(UpdateDetails)
    assert life.handoff.held == ("m-1",)
    assert life.fate("m-1") is Fate.HELD
    life.joined()
    assert life.sent_to() == ["m-1"]


def test_answer_that_was_not_carried_goes_before_what_was_said_after_it() -> None:
    life = Life(survey=(TOPIC,)).requested(a_candidate(update=True)).opened()
    life.user_says("m-1", "billing")
    life.user_says("m-2", "are you there?")
    life.fails(UpdateDetails)
    life.joined()
    assert life.sent_to() == ["m-1", "m-2"]


def test_details_without_an_answer_may_fail_without_a_trace() -> None:
    life = waiting(update=True)
    life.feed(DetailsAdded(survey=(BILLING,)))
    life.fails(UpdateDetails)
    assert life.last == []


@pytest.mark.parametrize(
    ("body", "attachments"),
    [("x" * 4001, ()), ("see file", (Attachment(url="https://files.example/1", name="bill.pdf"),))],
    ids=["too long", "with a file"],
)
def test_answer_that_the_survey_cannot_hold_is_sent_whole_as_well(
    body: str, attachments: tuple[Attachment, ...]
) -> None:
    life = waiting(update=True, send_before_join=True)
    life.user_says("m-1", body, attachments=attachments)
    assert life.sent_to() == ["m-1"]
    assert answers(life) == {"topic": body[:4000]}


def test_answer_of_exactly_the_limit_travels_with_the_details() -> None:
    life = waiting(update=True)
    life.user_says("m-1", "x" * 4000)
    assert life.handoff.planned == ("m-1",)


# --------------------------------------------------------------------------- when the agent comes
def test_survey_stops_when_the_agent_joins() -> None:
    life = waiting(update=True).joined()
    life.user_says("m-1", "billing")
    assert life.sent_to() == ["m-1"]
    assert answers(life) == {}
    assert asking(life) == "nothing"
    assert Moment.SURVEY_DONE not in life.said


def test_old_question_is_not_answered_by_what_the_user_says_in_a_later_wait() -> None:
    life = Life(survey=(TOPIC,)).requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.vendor_ends("provider", "error")
    assert life.state == S.STARTING
    life.user_says("m-1", "is anybody there?")
    assert answers(life) == {}
    assert life.handoff.held == ("m-1",)


def test_question_is_asked_again_openly_in_a_later_wait() -> None:
    life = Life(survey=(TOPIC,)).requested(a_candidate("one"), a_candidate("two")).opened().joined()
    life.vendor_ends("provider", "error")
    life.opened()
    assert life.said[-3:] == [Moment.WAITING, Moment.SURVEY_STARTED, Moment.SURVEY_QUESTION]
    life.user_says("m-1", "billing")
    assert answers(life) == {"topic": "billing"}


def test_question_stays_open_when_the_provider_refuses_while_the_user_still_waits() -> None:
    life = Life(survey=(TOPIC, ORDER)).requested(a_candidate("one"), a_candidate("two")).opened().rejected()
    life.user_says("m-1", "billing")
    assert answers(life) == {"topic": "billing"}
    assert asking(life) == "order"
    life.opened()
    assert life.said.count(Moment.SURVEY_QUESTION) == 2, "the open question is not repeated"


def test_nothing_is_asked_of_somebody_who_talks_to_an_agent_already() -> None:
    life = Life(survey=(TOPIC,)).requested().joined().opened()
    assert Moment.SURVEY_QUESTION not in life.said


# ------------------------------------------------------------------------- answers that fail over
def test_answer_on_its_way_to_a_provider_that_breaks_goes_to_the_next_as_a_message() -> None:
    life = Life(survey=(TOPIC,)).requested(a_candidate("one", update=True), a_candidate("two")).opened()
    life.user_says("m-1", "billing")
    life.rejected()
    assert life.fate("m-1") is Fate.HELD
    life.opened().joined()
    assert life.sent_to(2) == ["m-1"]


def test_late_failure_of_old_details_does_not_send_an_answer_twice() -> None:
    life = Life(survey=(TOPIC,)).requested(a_candidate("one", update=True), a_candidate("two")).opened()
    life.user_says("m-1", "billing")
    updating = life.starts(UpdateDetails)
    life.rejected().opened().joined()
    life.late(EffectFailed(action=updating, error="timed out"))
    assert life.sent_to(2) == ["m-1"]
    assert life.handoff.planned == ("m-1",)


def test_late_success_of_old_details_does_not_settle_what_the_next_provider_still_has_to_get() -> None:
    life = Life(survey=(TOPIC,)).requested(a_candidate("one", update=True), a_candidate("two")).opened()
    life.user_says("m-1", "billing")
    life.starts(UpdateDetails)
    life.rejected()
    life.succeeds(UpdateDetails)
    assert life.handoff.held == ("m-1",)
    assert life.fate("m-1") is Fate.HELD


@pytest.mark.parametrize(("result", "fate"), [("fails", Fate.REFUSED), ("leaves_doubt", Fate.DOUBTFUL)])
def test_answer_under_way_at_the_end_has_a_fate_all_the_same(result: str, fate: Fate) -> None:
    life = waiting(update=True)
    life.user_says("m-1", "billing")
    life.starts(UpdateDetails)
    life.vendor_ends()
    assert life.shadow.returned == []
    getattr(life, result)(UpdateDetails)
    assert life.fate("m-1") is fate
    assert [type(one) for one in life.last] == [SetFate]
    life.drained()


def test_answer_not_yet_under_way_at_the_end_goes_back_to_the_bot() -> None:
    life = waiting(update=True)
    life.user_says("m-1", "billing")
    life.vendor_ends()
    assert life.shadow.returned == ["m-1"]
    assert life.shadow.fate("m-1", Direction.TO_PROVIDER) is Fate.DROPPED
    assert not life.shadow.waiting(UpdateDetails)
    life.drained()
