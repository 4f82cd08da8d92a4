"""The views of ``livechat show`` on a handoff that has seen everything, put together by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.tests.helpers import assert_golden
from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import (
    Attempt,
    Candidate,
    Handoff,
    HandoffRequest,
    HandoffState,
    QueueStatus,
    Route,
    SurveyAnswer,
)
from livechat_sdk.domain.messages import Attachment, Choice, Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.people import Agent, Contact, EndUser
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.store import ActionRow, ActionStatus, JournalEntry, Ownership
from livechat_sdk.lifecycle import effects
from livechat_sdk_cli.showing import words
from livechat_sdk_cli.showing.document import show_document
from livechat_sdk_cli.showing.gather import Shown
from livechat_sdk_cli.showing.text import show_lines
from livechat_sdk_cli.terminal import Screen, columns_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ID = "h-0123456789abcdef0123"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def an_attempt(number: int, integration: str, **changes: Any) -> Attempt:
    route = Route(integration=integration, bot="shop-bot", queue="billing" if number == 1 else None)
    candidate = Candidate(route=route, capabilities=Capabilities(inbound=Inbound.WEBHOOK))
    return Attempt(number=number, ref=f"{ID}.{number}", candidate=candidate, **changes)


def a_handoff(**changes: Any) -> Handoff:
    values: dict[str, Any] = {
        "id": ID,
        "request": HandoffRequest(
            key="run-7/node-3",
            conversation_id="c-1",
            bot="shop-bot",
            user=EndUser(id="u-1", name="Ελένη"),
            reason="asks for a refund",
        ),
        "state": HandoffState.ACTIVE,
        "version": 23,
        "created_at": NOON,
        "state_since": at(95),
        "attempts": (
            an_attempt(1, "acme-zendesk", abandoned=True, failure="error"),
            an_attempt(2, "desk", opened=True, accepted=True, joined=True),
        ),
        "agent": Agent(id="a-7", name="Ann"),
        "survey": (SurveyAnswer(id="topic", question="What is it about?", answer="billing"),),
        "contacts": (Contact(source="crm", id="c-9", name="Eleni P."),),
        "failures": ("acme-zendesk: open: 503 from the vendor",),
        "timers": {"user_remind": at(400), "max_duration": at(7200)},
    }
    return Handoff(**{**values, **changes})


def an_entry(
    seq: int, seconds: float, way: Direction, author: Any, fate: Fate, message: Message, **more: Any
) -> LedgerEntry:
    return LedgerEntry(
        handoff_id=ID,
        seq=seq,
        direction=way,
        author=author,
        message=message,
        fate=fate,
        created_at=at(seconds),
        updated_at=at(seconds),
        **more,
    )


def an_action(number: int, action: effects.Action, status: ActionStatus, **more: Any) -> ActionRow:
    return ActionRow(number, ID, action.lane, action, status, **more)


def a_step(seq: int, seconds: float, kind: str, state: HandoffState, **more: Any) -> JournalEntry:
    return JournalEntry(seq, ID, at(seconds), kind, state, seq, **more)


TO_AGENT, TO_USER = Direction.TO_PROVIDER, Direction.TO_USER

EVERYTHING = Shown(
    handoff=a_handoff(),
    ownership=Ownership("human", 3, ID),
    journal=(
        a_step(1, 0, "requested", HandoffState.REQUESTED),
        a_step(
            2, 0.4, "decided", HandoffState.STARTING, detail={"to": ["acme-zendesk (queue billing)", "desk"]}
        ),
        a_step(3, 9, "failed.open_chat", HandoffState.STARTING, detail={"error": "503 from the vendor"}),
        a_step(4, 95, "event.agent_joined", HandoffState.ACTIVE, detail={"attempt": 2}),
        a_step(5, 96, "event.chat_rejected", HandoffState.ACTIVE, refused="not legal in active"),
        a_step(6, 86_400, "user_said", HandoffState.ACTIVE, detail={"message": "m-3", "empty": None}),
    ),
    entries=(
        an_entry(1, 1, TO_USER, "system", Fate.SENT, Message(key="s-1", body="One moment please.")),
        an_entry(
            2,
            3,
            TO_AGENT,
            "user",
            Fate.DOUBTFUL,
            Message(key="m-1", body="is anybody\nthere?"),
            detail="no answer in 10 s; it may have arrived",
        ),
        an_entry(
            3,
            4,
            TO_AGENT,
            "user",
            Fate.REFUSED,
            Message(key="m-2", body="", attachments=(Attachment(url="https://x/y", name="photo.heic"),)),
            detail="the vendor takes no such file",
        ),
        an_entry(
            4,
            97,
            TO_USER,
            "agent",
            Fate.SEEN,
            Message(
                key="v-1",
                body="Which order?",
                choices=(Choice(label="A-1", value="1"), Choice(label="A-2", value="2")),
            ),
        ),
        an_entry(
            5,
            98,
            TO_AGENT,
            "user",
            Fate.PLANNED,
            Message(key="m-3", body="A very long answer that goes on and on, " * 5),
        ),
    ),
    actions=(
        an_action(1, effects.OpenChat(attempt=1), ActionStatus.FAILED, tries=5, error="503 from the vendor"),
        an_action(2, effects.OpenChat(attempt=2), ActionStatus.DONE, tries=1),
        an_action(
            3,
            effects.SendMessage(attempt=1, message_key="m-1"),
            ActionStatus.DOUBTFUL,
            tries=1,
            error="no answer",
        ),
        an_action(
            4,
            effects.SendMessage(attempt=2, message_key="m-3"),
            ActionStatus.PENDING,
            tries=2,
            not_before=at(130),
            error="429: too many requests",
        ),
        an_action(5, effects.Say(key="k", moment=Moment.JOINED, owner_number=3), ActionStatus.STARTED),
        an_action(6, effects.CreateTicket(key="t-1"), ActionStatus.PENDING),
        an_action(7, effects.UpdateDetails(attempt=2, message_keys=("m-8", "m-9")), ActionStatus.WITHDRAWN),
    ),
    tickets=(
        Ticket(
            source="acme-tickets",
            id="4711",
            key="t-0",
            subject="Refund",
            url="https://tickets/4711",
            status="open",
        ),
    ),
    now=at(125),
)


def text(shown: Shown, width: int = 100) -> str:
    return "\n".join(show_lines(shown, Screen(width, colour=False))) + "\n"


def test_handoff_that_has_seen_everything() -> None:
    assert_golden("show-everything.txt", text(EVERYTHING))


def test_handoff_on_a_narrow_screen() -> None:
    assert_golden("show-narrow.txt", text(EVERYTHING, width=48))


def test_json_of_a_handoff_that_has_seen_everything() -> None:
    assert_golden(
        "show-everything.json", json.dumps(show_document(EVERYTHING), indent=2, ensure_ascii=False) + "\n"
    )


def test_missed_handoff_says_when_it_opens_next_and_warns_of_a_chat_left_open() -> None:
    end = End(
        outcome=Outcome.OUT_OF_HOURS,
        reason=EndReason(by="clock", why="timeout", raw="closed"),
        at=at(61),
        next_opening=at(3600),
    )
    ended = a_handoff(
        state=HandoffState.ENDED, end=end, timers={}, attempts=(an_attempt(1, "desk", opened=True),)
    )
    shown = text(
        replace(
            EVERYTHING,
            handoff=ended,
            ownership=Ownership("bot", 4),
            entries=(),
            actions=(),
            journal=(),
            tickets=(),
        )
    )
    assert shown.splitlines()[1:6] == [
        "state         ended with out_of_hours at 2026-11-24 12:01:01 UTC",
        "end           ended by clock: timeout (closed); opens next 2026-11-24 13:00:00 UTC",
        "lasted        1m 1s",
        "warning       ended here, but a chat may still be open at the vendor",
        "owner         the bot (number 4)",
    ]
    assert shown.endswith("Messages (0)\nnone\n")


def test_second_request_names_the_handoff_in_its_way() -> None:
    end = End(
        outcome=Outcome.ALREADY_OPEN,
        reason=EndReason(by="bot", why="refused"),
        at=NOON,
        existing="h-1",
        existing_state="active",
    )
    assert words.end_words(end) == "ended by bot: refused; handoff h-1 is active"


def test_end_that_is_under_way_is_told() -> None:
    ending = a_handoff(
        state=HandoffState.ENDING, ending=EndReason(by="user", why="resolved"), timers={"closing": at(120)}
    )
    shown = text(replace(EVERYTHING, handoff=ending))
    assert "ending        asked for by user: resolved\n" in shown
    assert "closing  2026-11-24 12:02:00 UTC  due, 5s late\n" in shown


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        (QueueStatus(position=2, waiting=5, estimate=90), "position 2, 5 waiting, about 1m 30s"),
        (QueueStatus(position=0), "position 0"),
        (QueueStatus(), "unknown"),
    ],
)
def test_queue_says_what_is_known_and_nothing_else(queue: QueueStatus, said: str) -> None:
    waiting = a_handoff(state=HandoffState.QUEUED, queue=queue)
    assert f"queue         {said}\n" in text(replace(EVERYTHING, handoff=waiting))


@pytest.mark.parametrize("width", [24, 40, 60, 80, 160])
def test_every_line_fits_the_screen(width: int) -> None:
    assert max(columns_of(line) for line in text(EVERYTHING, width).splitlines()) <= width


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (0.2, "under 1s"),
        (59.4, "59s"),
        (61, "1m 1s"),
        (3600, "1h"),
        (3661, "1h 1m"),
        (90_000, "1d 1h"),
        (-5, "5s"),
    ],
)
def test_spans_have_two_units_at_most(seconds: float, said: str) -> None:
    assert words.span(seconds) == said


def test_times_are_in_utc_and_carry_the_day_when_it_is_another() -> None:
    athens = datetime.fromisoformat("2026-11-25T01:30:00+02:00")
    assert words.clock(athens, NOON) == "23:30:00"
    assert words.clock(at(86_400), NOON) == "11-25 12:00:00"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "asked the vendor"),
        ({"opened": True}, "open at the vendor"),
        ({"opened": True, "accepted": True}, "accepted"),
        ({"opened": True, "joined": True}, "an agent joined"),
        ({"failure": "refused"}, "refused by the vendor"),
        ({"failure": "error", "abandoned": True}, "failed, abandoned"),
        ({"opened": True, "joined": True, "closing": True}, "closing"),
        ({"opened": True, "closed": True}, "closed"),
    ],
)
def test_attempt_says_how_far_it_got(changes: dict[str, Any], said: str) -> None:
    assert words.attempt_words(an_attempt(2, "desk", **changes)) == f"2: desk, {said}"
