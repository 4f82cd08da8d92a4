"""The pre-chat survey: asked by the bot before, or by the SDK while the end user waits."""

from __future__ import annotations

from livechat_sdk.domain.handoff import WAITING_STATES, Handoff, SurveyAnswer, SurveyQuestion
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.effects import UpdateDetails
from livechat_sdk.lifecycle.inputs import DetailsAdded

__all__ = ["answer_question", "ask_next_question", "details_added", "open_question"]

_ANSWER_LIMIT = 4000


def open_question(handoff: Handoff) -> SurveyQuestion | None:
    """The question that the end user has been asked and has not answered, if they still wait."""
    if handoff.state not in WAITING_STATES or handoff.asking is None:
        return None
    return next((q for q in handoff.policy.survey if q.id == handoff.asking), None)


def ask_next_question(draft: Draft) -> None:
    """Ask the next question that nobody has answered yet; thank the end user after the last one."""
    handoff = draft.handoff
    known = {answer.id for answer in handoff.survey}
    question = next((q for q in handoff.policy.survey if q.id not in known), None)
    if question is not None:
        if handoff.asking is None:
            draft.say(Moment.SURVEY_STARTED)
        draft.set(asking=question.id)
        draft.say(Moment.SURVEY_QUESTION, question=question.text, choices=list(question.choices))
    elif handoff.asking is not None:
        draft.set(asking=None)
        draft.say(Moment.SURVEY_DONE)


def answer_question(draft: Draft, question: SurveyQuestion, message: Message) -> bool:
    """Take ``message`` as the answer; true if it travels with the survey and needs no sending of its own."""
    answer = SurveyAnswer(id=question.id, question=question.text, answer=message.body[:_ANSWER_LIMIT])
    draft.set(survey=_merged(draft.handoff.survey, (answer,)))
    whole = len(message.body) <= _ANSWER_LIMIT and not message.attachments
    carried = whole and _pass_on(draft, (message.key,))
    ask_next_question(draft)
    return carried


def details_added(draft: Draft, happening: DetailsAdded) -> None:
    """The bot collected more answers."""
    merged = _merged(draft.handoff.survey, happening.survey)
    if merged == draft.handoff.survey:
        return
    draft.set(survey=merged)
    _pass_on(draft, ())
    question = open_question(draft.handoff)
    if question is not None and question.id in {answer.id for answer in happening.survey}:
        ask_next_question(draft)


def _pass_on(draft: Draft, keys: tuple[str, ...]) -> bool:
    attempt = draft.handoff.attempt
    if attempt is None or not attempt.candidate.capabilities.update:
        return False
    draft.emit(UpdateDetails(attempt=attempt.number, message_keys=keys))
    return True


def _merged(before: tuple[SurveyAnswer, ...], more: tuple[SurveyAnswer, ...]) -> tuple[SurveyAnswer, ...]:
    answers = {answer.id: answer for answer in before}
    answers.update({answer.id: answer for answer in more})
    return tuple(answers.values())
