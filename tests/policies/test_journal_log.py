"""The observer that writes a log: one line for each change, and nothing personal in it."""

from __future__ import annotations

import logging

import pluggy
import pytest

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import Attempt, Candidate, Handoff, HandoffState, Route, SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import Agent, Contact, EndUser
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import ObservingSpecs
from livechat_sdk.policies.journal_log import JournalLog
from tests.policies.makers import NOW, a_handoff, a_request

CANARY = "canary-4711"


def full_of_secrets() -> Handoff:
    """A handoff that has the canary wherever something personal, or a vendor's own words, can be."""
    request = a_request(
        key=CANARY,
        conversation_id=f"viber:{CANARY}",
        user=EndUser(id=CANARY, name=CANARY, email=CANARY, phone=CANARY, attributes={"a": CANARY}),
        reason=CANARY,
        summary=CANARY,
        transcript=(TranscriptEntry(author="user", body=CANARY),),
        attributes={"x": CANARY},
        metadata={"x": CANARY},
    )
    route = Route(integration="desk", bot="shop-bot", agent=CANARY)
    attempt = Attempt(
        number=1,
        ref=CANARY,
        candidate=Candidate(route=route, capabilities=Capabilities(inbound=Inbound.EMBEDDED)),
    )
    return a_handoff(
        request,
        state=HandoffState.ENDED,
        version=7,
        owner_number=4,
        attempts=(attempt,),
        agent=Agent(id=CANARY, name=CANARY),
        contacts=(Contact(source="crm", id=CANARY),),
        survey=(SurveyAnswer(id="q", question="?", answer=CANARY),),
        held=(CANARY,),
        failures=(CANARY,),
        end=End(outcome=Outcome.COMPLETED, reason=EndReason(by="agent", why="resolved", raw=CANARY), at=NOW),
    )


def test_livechat_handoff_changed_writes_one_line_without_personal_data(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = a_handoff(state=HandoffState.ACTIVE)
    with caplog.at_level(logging.INFO, logger="livechat_sdk.journal"):
        JournalLog().livechat_handoff_changed(before, full_of_secrets(), "end_requested")
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage() == (
        "handoff changed: workspace=default handoff=h-1 bot=shop-bot cause=end_requested from=active to=ended"
        " version=7 owner=bot owner_number=4 integration=desk attempts=1 held=1"
        " outcome=completed ended_by=agent ended_why=resolved"
    )
    assert record.__dict__["livechat"]["outcome"] == "completed"
    assert CANARY not in str(record.__dict__)


def test_livechat_handoff_changed_tells_a_new_handoff(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="livechat_sdk.journal"):
        JournalLog().livechat_handoff_changed(None, a_handoff(), "requested")
    message = caplog.messages[0]
    assert " from=none to=requested version=0 owner=human owner_number=1 integration=none " in message
    assert "outcome" not in message


def test_livechat_handoff_changed_cannot_be_made_to_write_a_second_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handoff = a_handoff(a_request(bot="shop bot=x"))
    with caplog.at_level(logging.INFO, logger="livechat_sdk.journal"):
        JournalLog().livechat_handoff_changed(None, handoff, "odd\nhandoff=h-2 " + "c" * 500)
    message = caplog.messages[0]
    assert "\n" not in message
    assert " bot=shop_bot_x cause=odd_handoff_h-2_ccc" in message
    assert len(message) < 500


def test_livechat_handoff_changed_does_nothing_where_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    own = logging.getLogger("livechat_sdk.journal.test")
    with caplog.at_level(logging.WARNING, logger=own.name):
        JournalLog(own).livechat_handoff_changed(None, a_handoff(), "requested")
    assert not caplog.records
    with caplog.at_level(logging.INFO, logger=own.name):
        JournalLog(own).livechat_handoff_changed(None, a_handoff(), "requested")
    assert [record.name for record in caplog.records] == [own.name]


def test_livechat_handoff_changed_fits_the_hook() -> None:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(ObservingSpecs)
    manager.register(JournalLog())
    manager.check_pending()
    assert manager.hook.livechat_handoff_changed(before=None, after=a_handoff(), cause="requested") == []
