"""Tickets of a handoff: at which moments, with which words, and one at most whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment, Message
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketMoment, TicketNote
from livechat_sdk.errors import InvalidInput, ProtocolError, RejectedError, RetryableError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket
from tests.dispatcher.bench import Bench, Workbench


@dataclass
class Desk:
    """A ticket system that makes a ticket for each call, unless the adapter before it looks first."""

    asked: list[TicketDraft] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)
    """What the next calls raise; ``None`` for one that is answered."""
    applied: bool = False
    """Whether calls that fail have made the ticket all the same."""
    notes: list[TicketNote] = field(default_factory=list)
    note_failures: list[Exception] = field(default_factory=list)

    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket:
        """Look first if it may be there, as the contract wants."""
        self.asked.append(draft)
        failure = self.failures.pop(0) if self.failures else None
        there = draft.first_tried_at is not None and draft.key in self.made
        if not there and (failure is None or self.applied):
            self.made.append(draft.key)
        if failure is not None:
            raise failure
        return Ticket(source="Desk.1", id="7", key=draft.key, number="T-7", state="new")

    @hookimpl
    async def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Ticket:
        """Add a note."""
        self.notes.append(note)
        if self.note_failures:
            raise self.note_failures.pop(0)
        return ticket.model_copy(update={"state": "open", "key": "something else"})


async def started(bench: Workbench, desk: Desk, **options: Any) -> Bench:
    livechat = {"request_timeout": "1m", **options.pop("livechat", {})}
    bot = {"ticketing": "Desk.1", **options.pop("bot", {"tickets": {"missed": {}}})}
    return await bench.start(livechat=livechat, bot=bot, plugins=[desk], **options)


async def status_of(one: Bench, handoff: Handoff) -> list[ActionStatus]:
    actions = await one.dispatcher.actions(handoff.id)
    return [row.status for row in actions if isinstance(row.action, CreateTicket)]


def unclear() -> Exception:
    return RetryableError("no answer within 10 s")


# ------------------------------------------------------------------------------------------ moments and words
@pytest.mark.feature("TK-03", "TK-06")
async def test_a_missed_handoff_makes_a_ticket_with_everything_that_was_said(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk)
    handoff = await one.request(reason="A parcel")
    for number in range(30):
        await one.say(handoff, f"line {number}")
    await one.pass_time(61)
    (draft,) = desk.asked
    assert draft.key == f"{handoff.id}.ticket"
    assert draft.moment is TicketMoment.MISSED
    assert draft.first_tried_at is None
    assert draft.requester_external_id == "u-1"
    assert [line in draft.body for line in (f"line {n}" for n in range(30))] == [True] * 30
    (ticket,) = await one.dispatcher.tickets(handoff.id)
    assert (ticket.number, ticket.state) == ("T-7", "new")


@pytest.mark.feature("TK-03")
@pytest.mark.parametrize(
    ("tickets", "moments"),
    [
        ({"ended": {}}, ["ended"]),
        ({"missed": {}}, []),
        ({"ended": {"outcomes": ["failed"]}}, []),
        ({"during": {}}, ["during"]),
        ({"during": {}, "ended": {}, "missed": {}}, ["during", "ended"]),
        ({}, []),
    ],
)
async def test_the_settings_say_at_which_moments(
    bench: Workbench, tickets: dict[str, Any], moments: list[str]
) -> None:
    desk = Desk()
    one = await started(bench, desk, bot={"tickets": tickets})
    handoff = await one.active()
    await one.event("left")
    await one.event("joined", name="Bob")
    await one.event("ended")
    assert [str(draft.moment) for draft in desk.asked] == moments
    assert len(await one.dispatcher.tickets(handoff.id)) == len(moments)
    assert len({draft.key for draft in desk.asked}) == len(moments)


async def test_out_of_hours_is_a_moment_of_its_own(bench: Workbench) -> None:
    desk = Desk()
    hours = {"timezone": "UTC", "weekly": {"sun": ["03:00-03:01"]}}
    one = await started(
        bench, desk, livechat={"business_hours": hours}, bot={"tickets": {"out_of_hours": {}, "missed": {}}}
    )
    handoff = await one.request()
    assert handoff.outcome == "out_of_hours"
    assert [draft.moment for draft in desk.asked] == [TicketMoment.OUT_OF_HOURS]


async def test_templates_fill_subject_text_and_fields(bench: Workbench) -> None:
    desk = Desk()
    plan = {
        "subject": "Missed: [{reason}|a chat with {name}]",
        "text": "Call {name} back at {phone}.\n\n{conversation}",
        "priority": "high",
        "kind": "question",
        "tags": ["chat", "vip"],
        "fields": {"Product": "{bot}", "Urgent": True, "Phone": "{phone}"},
    }
    one = await started(bench, desk, bot={"tickets": {"missed": plan}})
    handoff = await one.request(tags=("vip",))
    await one.say(handoff, "{name} [hello] {summary}")
    await one.pass_time(61)
    (draft,) = desk.asked
    assert draft.subject == "Missed: a chat with Maria"
    assert draft.body.startswith("Conversation:\n"), "a sentence without its value is left out"
    assert draft.body.endswith("User: {name} [hello] {summary}"), "what people say is no template"
    assert (draft.priority, draft.kind, draft.tags) == ("high", "question", ("vip", "chat"))
    assert draft.fields == {"Product": "shop-bot", "Urgent": True}


async def test_files_of_the_conversation_go_along_and_no_reference_of_ours_is_shown(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk)
    handoff = await one.request()
    kept = await one.dispatcher.upload_file(handoff.id, b"%PDF-1.7 hello", name="a.pdf")
    link = Attachment(url="https://files.example/1", name="b.png")
    await one.dispatcher.user_message(handoff.id, Message(body="see", attachments=(kept, link)))
    await one.pass_time(61)
    (draft,) = desk.asked
    assert [file.name for file in draft.attachments] == ["a.pdf"]
    assert "[file a.pdf] [file b.png: https://files.example/1]" in draft.body
    assert "livechat-file:" not in draft.body


# ------------------------------------------------------------------------------------------ asked for by hand
async def test_anybody_may_ask_for_one_ticket_while_it_goes_on_and_one_for_the_end(
    bench: Workbench,
) -> None:
    desk = Desk()
    one = await started(bench, desk, bot={})
    handoff = await one.active()
    keys = [await one.dispatcher.create_ticket(handoff.id) for _ in range(2)]
    await one.event("ended")
    keys += [await one.dispatcher.create_ticket(handoff.id) for _ in range(2)]
    await one.settle()
    during, end = f"{handoff.id}.ticket.during", f"{handoff.id}.ticket"
    assert keys == [during, during, end, end]
    assert [draft.key for draft in desk.asked] == [during, end]
    assert len(await one.dispatcher.tickets(handoff.id)) == 2


async def test_a_ticket_of_the_settings_is_not_made_again_by_hand(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(61)
    assert await one.dispatcher.create_ticket(handoff.id) == f"{handoff.id}.ticket"
    await one.settle()
    assert len(desk.asked) == 1


async def test_without_a_ticket_system_nobody_can_ask_for_a_ticket(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.request()
    with pytest.raises(InvalidInput, match="'shop-bot' has no ticket system"):
        await one.dispatcher.create_ticket(handoff.id)


# ------------------------------------------------------------------------------------------- one, or in doubt
@pytest.mark.parametrize("applied", [True, False])
async def test_a_repeated_create_says_since_when_it_may_be_there_and_asks_for_the_same(
    bench: Workbench, applied: bool
) -> None:
    desk = Desk(failures=[unclear(), unclear(), None], applied=applied)
    one = await started(bench, desk)
    handoff = await one.request()
    before = one.clock.now()
    await one.pass_time(61)
    assert await status_of(one, handoff) == [ActionStatus.STARTED], "nobody knows whether it is there"
    await one.pass_time(60)
    first, second, third = desk.asked
    assert first.first_tried_at is None
    assert second.first_tried_at == third.first_tried_at == before + timedelta(seconds=60)
    plain = {"first_tried_at": None}
    assert first == second.model_copy(update=plain) == third.model_copy(update=plain)
    assert desk.made == [f"{handoff.id}.ticket"]
    assert len(await one.dispatcher.tickets(handoff.id)) == 1


async def test_a_create_that_surely_never_left_is_made_anew(bench: Workbench) -> None:
    failures = [RetryableError("no connection", sent=False), RetryableError("slow down", status=429)]
    desk = Desk(failures=[*failures, None])
    one = await started(bench, desk)
    await one.request()
    await one.pass_time(120)
    assert [draft.first_tried_at for draft in desk.asked] == [None, None, None]
    assert not any(draft.repeat for draft in desk.asked)


async def test_what_a_restart_cuts_off_comes_back_with_the_time_of_its_first_try(
    bench: Workbench,
) -> None:
    desk = Desk(failures=[unclear()], applied=True)
    one = await started(bench, desk)
    handoff = await one.request()
    await one.say(handoff, "hello?")
    await one.pass_time(61)
    first = one.clock.now()
    await one.kill()
    later = Desk(made=list(desk.made))
    again = await started(bench, later, clock=one.clock, toy=one.toy, spare=one.spare)
    await again.pass_time(30)
    (draft,) = later.asked
    assert draft.first_tried_at is not None
    assert first - timedelta(seconds=2) <= draft.first_tried_at <= first
    assert draft.model_copy(update={"first_tried_at": None}) == desk.asked[0]
    assert later.made == [draft.key], "never two"
    assert await status_of(again, handoff) == [ActionStatus.DONE]


async def test_a_look_up_that_must_wait_for_its_lag_is_not_a_proof(bench: Workbench) -> None:
    wait = RetryableError("the vendor would not know yet", retry_after=40.0, sent=False)
    desk = Desk(failures=[unclear(), wait, None], applied=True)
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(61)
    await one.pass_time(20)
    assert len(desk.asked) == 2
    assert await status_of(one, handoff) == [ActionStatus.STARTED]
    await one.pass_time(60)
    assert desk.asked[2].first_tried_at == desk.asked[1].first_tried_at
    assert len(desk.made) == 1


@pytest.mark.parametrize(
    "last",
    [
        RejectedError("it may be there, and nobody can tell"),
        ProtocolError("the answer is not JSON"),
    ],
)
async def test_what_nobody_can_tell_is_doubtful_and_listed(bench: Workbench, last: Exception) -> None:
    desk = Desk(failures=[unclear(), last])
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(120)
    assert await status_of(one, handoff) == [ActionStatus.DOUBTFUL]
    (parked,) = await one.dispatcher.parked()
    assert (parked.kind, parked.doubtful) == ("create_ticket", True)
    assert parked.message_key == f"{handoff.id}.ticket"
    await one.pass_time(7200)
    assert len(desk.asked) == 2, "nothing is repeated by itself"


async def test_a_person_may_have_a_doubtful_ticket_made_once_more(bench: Workbench) -> None:
    desk = Desk(failures=[unclear(), RejectedError("nobody can tell"), None])
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(120)
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert [draft.repeat for draft in desk.asked] == [False, False, True]
    assert desk.asked[2].first_tried_at == desk.asked[1].first_tried_at, "the adapter still looks first"
    assert len(await one.dispatcher.tickets(handoff.id)) == 1
    assert await one.dispatcher.parked() == []


async def test_the_wish_of_a_person_holds_for_one_try(bench: Workbench) -> None:
    desk = Desk(failures=[unclear(), RejectedError("nobody can tell"), unclear(), RejectedError("still")])
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(120)
    await one.dispatcher.retry(handoff.id)
    await one.pass_time(120)
    assert [draft.repeat for draft in desk.asked] == [False, False, True, False]
    assert (await status_of(one, handoff))[-1] is ActionStatus.DOUBTFUL


async def test_the_bot_may_want_every_doubtful_ticket_repeated(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk, livechat={"doubtful": "repeat"})
    await one.request()
    await one.pass_time(61)
    assert [draft.repeat for draft in desk.asked] == [True]


async def test_a_refused_ticket_is_failed_and_asked_for_anew_when_a_person_wants_it(bench: Workbench) -> None:
    desk = Desk(failures=[RejectedError("no such field"), None])
    one = await started(bench, desk)
    handoff = await one.request(reason="first")
    await one.pass_time(61)
    assert await status_of(one, handoff) == [ActionStatus.FAILED]
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert [(draft.first_tried_at, draft.repeat) for draft in desk.asked] == [(None, False)] * 2
    assert len(await one.dispatcher.tickets(handoff.id)) == 1


async def test_a_ticket_that_hangs_holds_up_neither_the_end_nor_its_ticket(
    bench: Workbench,
) -> None:
    desk = Desk(failures=[unclear() for _ in range(3)])
    one = await started(bench, desk, bot={"tickets": {"during": {}, "ended": {}}})
    handoff = await one.active()
    await one.event("ended")
    assert not (await one.reload(handoff)).is_live
    keys: Sequence[str] = [draft.key for draft in desk.asked]
    assert f"{handoff.id}.ticket" in keys


# ------------------------------------------------------------------------------------------------------ notes
async def test_a_ticket_from_while_it_went_on_gets_the_rest_at_the_end(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk, bot={"tickets": {"during": {}}})
    handoff = await one.active()
    await one.say(handoff, "and now?")
    await one.event("ended")
    assert [draft.key for draft in desk.asked] == [f"{handoff.id}.ticket.during"]
    (note,) = desk.notes
    assert (note.key, note.public, note.first_tried_at) == (f"{handoff.id}.ticket.during.end", False, None)
    assert "User: and now?" in note.body
    assert "Outcome: completed" in note.body
    (ticket,) = await one.dispatcher.tickets(handoff.id)
    assert (ticket.key, ticket.state) == (f"{handoff.id}.ticket.during", "open")


async def test_an_end_with_a_ticket_of_its_own_adds_nothing_to_the_other(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk, bot={"tickets": {"during": {}, "ended": {}}})
    await one.active()
    await one.event("ended")
    assert (len(desk.asked), desk.notes) == (2, [])


async def test_anybody_may_add_a_note_to_the_newest_ticket(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk)
    handoff = await one.request()
    with pytest.raises(InvalidInput, match="has no ticket"):
        await one.dispatcher.add_to_ticket(handoff.id, "too early")
    await one.pass_time(61)
    file = Attachment(url="https://files.example/1", name="b.png")
    key = await one.dispatcher.add_to_ticket(
        handoff.id, "He called", public=True, attachments=[file], key="n"
    )
    assert await one.dispatcher.add_to_ticket(handoff.id, "He called", key="n") == key == "n"
    await one.dispatcher.add_to_ticket(handoff.id, "and again")
    await one.settle()
    assert [(note.body, note.public, len(note.attachments)) for note in desk.notes] == [
        ("He called", True, 1),
        ("and again", False, 0),
    ]


@pytest.mark.parametrize("text", ["", " \n", "x" * 300_000])
async def test_a_note_is_neither_empty_nor_endless(bench: Workbench, text: str) -> None:
    one = await started(bench, Desk())
    handoff = await one.request()
    await one.pass_time(61)
    with pytest.raises(InvalidInput, match="a note has between"):
        await one.dispatcher.add_to_ticket(handoff.id, text)


async def test_a_repeated_note_says_since_when_it_may_be_there(bench: Workbench) -> None:
    desk = Desk(note_failures=[unclear(), RejectedError("nobody can tell")])
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(61)
    first = one.clock.now()
    await one.dispatcher.add_to_ticket(handoff.id, "He called", key="n")
    await one.pass_time(60)
    assert [note.first_tried_at for note in desk.notes] == [None, first]
    (parked,) = await one.dispatcher.parked()
    assert (parked.kind, parked.doubtful, parked.message_key) == ("add_to_ticket", True, "n")
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert desk.notes[2] == desk.notes[1]
    assert await one.dispatcher.parked() == []


async def test_a_note_that_was_refused_is_asked_for_anew(bench: Workbench) -> None:
    desk = Desk(note_failures=[RejectedError("the ticket is closed")])
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(61)
    await one.dispatcher.add_to_ticket(handoff.id, "He called", key="n")
    await one.settle()
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert [(note.body, note.first_tried_at) for note in desk.notes] == [("He called", None)] * 2


async def test_a_note_waits_for_its_ticket_and_fails_where_there_is_none(bench: Workbench) -> None:
    desk = Desk(failures=[unclear(), RejectedError("nobody can tell")])
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(61)
    await one.dispatcher.add_to_ticket(handoff.id, "He called")
    await one.settle()
    assert desk.notes == []
    await one.pass_time(60)
    assert desk.notes == []
    kinds = sorted((one.kind, one.error) for one in await one.dispatcher.parked())
    assert kinds[0] == ("add_to_ticket", "there is no ticket to add it to")


async def test_the_same_note_asked_for_in_two_processes_at_once_is_added_once(bench: Workbench) -> None:
    desk = Desk()
    one = await started(bench, desk)
    handoff = await one.request()
    await one.pass_time(61)
    keys = await asyncio.gather(*(one.dispatcher.add_to_ticket(handoff.id, "hi", key="n") for _ in range(3)))
    await one.settle()
    assert (set(keys), len(desk.notes)) == ({"n"}, 1)
    rows = [row for row in await one.dispatcher.actions(handoff.id) if isinstance(row.action, AddToTicket)]
    assert {row.status for row in rows} == {ActionStatus.DONE}
