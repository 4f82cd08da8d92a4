"""Tickets in the life of a handoff, through a real dispatcher on SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty, http
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketConversation, lacks

_cases = SystemCases(TICKETING, "life", SystemTopic.LIFE)
_NEVER: Final[Mapping[str, Any]] = {"timezone": "Europe/Athens", "weekly": {}}
_RELAY = "TicketDraft.first_tried_at, and what the adapter raises: see the cases of 'once'"


@_cases.in_conversation(
    "missed",
    Tier.RELAYS,
    "A missed handoff makes one ticket with the whole conversation, and no other.",
    look_at="livechat_create_ticket",
)
async def _missed(talk: TicketConversation) -> None:
    handoff = await talk.missed()
    same(handoff.outcome, Outcome.MISSED, "the outcome")
    await talk.pass_time(3600)
    seen = await talk.seen()
    for number in range(10):
        that(f"line {number}" in seen.text, f"line {number} is not in the ticket")
    (known,) = await talk.known()
    same((known.id, known.key), (seen.id, f"{handoff.id}.ticket"), "the ticket that is known")


@_cases.in_conversation(
    "out_of_hours",
    Tier.RELAYS,
    "A handoff out of hours makes one ticket.",
    look_at="livechat_create_ticket",
    livechat={"business_hours": _NEVER},
    tickets={"out_of_hours": {}},
)
async def _closed(talk: TicketConversation) -> None:
    handoff = await talk.request()
    await talk.pass_time(60)
    same((await talk.handoff()).outcome, Outcome.OUT_OF_HOURS, "the outcome")
    that("invoice 7" in (await talk.seen()).text, "the reason is not in the ticket")
    same([one.key for one in await talk.known()], [f"{handoff.id}.ticket"], "keys")


@_cases.in_conversation(
    "during_and_after",
    Tier.RELAYS,
    "A handoff has one ticket from while it went on and one of its end: two, not more.",
    look_at="keys of drafts: one for each moment",
    tickets={"during": {}, "ended": {"outcomes": ["completed"]}},
)
async def _both(talk: TicketConversation) -> None:
    await talk.request()
    await talk.join()
    same(len(await talk.rig.tickets()), 1, "tickets while it goes on")
    await talk.says("thank you", "m-1")
    await talk.end()
    await talk.pass_time(600)
    found = await talk.rig.tickets()
    same(len(found), 2, "tickets")
    that("thank you" in found[1].text, "the ticket of the end does not hold the conversation")
    same(sorted(one.id for one in await talk.known()), sorted(one.id for one in found), "tickets known")


@_cases.in_conversation(
    "asked_for",
    Tier.RELAYS,
    "A ticket that somebody asks for is made once, however often they ask.",
    look_at="livechat_create_ticket",
)
async def _asked(talk: TicketConversation) -> None:
    await talk.request()
    await talk.join()
    for _ in range(3):
        await talk.dispatcher.create_ticket(talk.handoff_id)
        await talk.settle()
    await talk.seen()


@_cases.in_conversation(
    "in_its_own_words",
    Tier.COMPLETE,
    "Templates, priority and tags of the settings are in the ticket.",
    look_at="subject, body, priority and tags of the draft",
    tickets={
        "missed": {"subject": "Call {name} back", "text": "About {reason}.\n{conversation}", "tags": ["vip"]}
    },
)
async def _words(talk: TicketConversation) -> None:
    await talk.missed()
    await talk.pass_time(60)
    seen = await talk.seen()
    same(seen.subject, "Call Eleni Petrou back", "the subject")
    that("About invoice 7." in seen.text and "line 9" in seen.text, "the text is another one")


def _fault_case(fault: str, times: int) -> None:
    @_cases.in_conversation(
        f"missed_with_{fault}_{times}",
        Tier.SAFE,
        f"A missed handoff whose ticket meets {fault} {times} times: one, or doubtful and shown; never two.",
        look_at=_RELAY,
        needs=[faulty("create", fault)],
        topic=SystemTopic.ONCE,
    )
    async def run(talk: TicketConversation) -> None:
        talk.rig.faults.script("create", fault, times=times)
        await talk.missed()
        await talk.pass_time(3 * 3600)
        await talk.one_or_doubtful()


for _fault in ("time_out_after", "drop_after", "malformed", "truncated", "time_out_before", "drop_before"):
    _fault_case(_fault, 1)
_fault_case("time_out_after", 3)
_fault_case("drop_before", 5)


@_cases.in_conversation(
    "missed_while_the_vendor_is_down",
    Tier.SAFE,
    "A ticket system that is down for minutes delays its ticket, and nothing else.",
    look_at="503 is a RetryableError",
    needs=[faulty("create", "status", status=503)],
)
async def _down(talk: TicketConversation) -> None:
    talk.rig.faults.script("create", "status", times=6, status=503)
    handoff = await talk.missed()
    same(handoff.state, HandoffState.ENDED, "the handoff")
    same(len(talk.channel.ended), 1, "ends that the bot was told of")
    await talk.pass_time(3000)
    await talk.one_or_doubtful()


@_cases.in_conversation(
    "missed_and_throttled",
    Tier.SAFE,
    "A ticket that is throttled is made when the vendor takes it, once, and not asked for before.",
    look_at="retry_after of the error",
    needs=[http, faulty("create", "status", status=429, retry_after=120)],
    topic=SystemTopic.THROTTLING,
)
async def _throttled(talk: TicketConversation) -> None:
    talk.rig.faults.script("create", "status", status=429, retry_after=120)
    await talk.missed()
    await talk.pass_time(100)
    same(talk.rig.calls("create"), 1, "calls before the vendor wanted another")
    await talk.pass_time(600)
    await talk.seen()
    same(len(await talk.known()), 1, "tickets known")


@_cases.in_conversation(
    "missed_and_refused",
    Tier.SAFE,
    "A ticket that the vendor refuses is not asked for again and again: it waits for a person.",
    look_at="4xx is a RejectedError",
    needs=[http, faulty("create", "status", status=422)],
    topic=SystemTopic.STATUS_CODES,
)
async def _refused(talk: TicketConversation) -> None:
    talk.rig.faults.script("create", "status", times=50, status=422)
    handoff = await talk.missed()
    await talk.pass_time(3000)
    same(handoff.state, HandoffState.ENDED, "the handoff")
    that(talk.rig.calls("create") <= 2, f"it was asked {talk.rig.calls('create')} times")
    same([one.kind for one in await talk.dispatcher.parked()], ["create_ticket"], "what waits for a person")
    talk.rig.faults.clear()
    await talk.dispatcher.retry(talk.handoff_id)
    await talk.pass_time(300)
    await talk.seen()


@_cases.in_conversation(
    "missed_and_no_credentials",
    Tier.SAFE,
    "A ticket system that refuses the credentials costs the handoff nothing.",
    look_at="401 is an AuthError",
    needs=[http, faulty("create", "status", status=401)],
    topic=SystemTopic.EXPIRED_AUTH,
)
async def _no_credentials(talk: TicketConversation) -> None:
    talk.rig.faults.script("create", "status", times=50, status=401)
    handoff = await talk.missed()
    await talk.pass_time(600)
    same((handoff.state, handoff.outcome), (HandoffState.ENDED, Outcome.MISSED), "the handoff")
    same(len(talk.channel.ended), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "stopped_between_create_and_answer",
    Tier.SAFE,
    "A process that ends between the vendor's making of the ticket and its answer leaves one, or a doubt.",
    look_at=_RELAY,
    needs=[http],
    topic=SystemTopic.ONCE,
)
async def _stopped(talk: TicketConversation) -> None:
    await talk.request()
    await talk.says("line 0", "m-0")
    hold = talk.rig.hold_up("create", applied=True)
    waiting = asyncio.create_task(talk.pass_time(601))
    async with asyncio.timeout(5):
        await hold.reached.wait()
    waiting.cancel()
    stopping = asyncio.create_task(talk.stop())
    await asyncio.gather(waiting, return_exceptions=True)
    hold.interrupt()
    await stopping
    await talk.restart(down=120)
    await talk.pass_time(3 * 3600)
    same(len(await talk.rig.tickets()), 1, "tickets")
    await talk.one_or_doubtful()


@_cases.in_conversation(
    "after_a_restart",
    Tier.SAFE,
    "A ticket that is due when the process starts again is made once; one that was made is not made again.",
    look_at=_RELAY,
    topic=SystemTopic.ONCE,
)
async def _restart(talk: TicketConversation) -> None:
    await talk.missed()
    await talk.pass_time(60)
    await talk.restart(down=7200)
    await talk.pass_time(3600)
    await talk.seen()
    same(len(await talk.known()), 1, "tickets known")


@_cases.in_conversation(
    "keeps_secrets",
    Tier.SAFE,
    "Nothing that a whole handoff logs or keeps shows a secret of the ticket system.",
    look_at="what is logged, and what a Ticket holds",
    topic=SystemTopic.SECRETS,
)
async def _secrets(talk: TicketConversation) -> None:
    from livechat_sdk_testing.conformance.listening import secrets_in

    await talk.missed()
    await talk.pass_time(60)
    hidden = secrets_in(talk.rig.settings) | set(talk.rig.tokens)
    shown = "\n".join((*talk.ears.heard, *(one.model_dump_json() for one in await talk.known())))
    that(not any(secret in shown for secret in hidden), "a secret is seen")


@_cases.in_conversation(
    "notes_are_added_once",
    Tier.SAFE,
    "A note that somebody adds is in the ticket once, however often it is asked for, and is internal.",
    look_at="livechat_add_to_ticket",
    topic=SystemTopic.ONCE,
)
async def _note(talk: TicketConversation) -> None:
    await talk.missed()
    await talk.pass_time(60)
    for _ in range(3):
        await talk.dispatcher.add_to_ticket(talk.handoff_id, "He called back", key="call-1")
        await talk.pass_time(5)
    notes = [one for one in (await talk.seen()).comments[1:] if "He called back" in one.text]
    same(len(notes), 1, "notes")
    that(notes[0].public is not True, "the requester can read it")


def _note_case(fault: str) -> None:
    @_cases.in_conversation(
        f"notes_with_{fault}",
        Tier.SAFE,
        f"A note that meets {fault} is there once, or waits for a person; never twice.",
        look_at="TicketNote.first_tried_at, and what the adapter raises: see the cases of 'comments'",
        needs=[faulty("comment", fault)],
        topic=SystemTopic.ONCE,
    )
    async def run(talk: TicketConversation) -> None:
        await talk.missed()
        await talk.pass_time(60)
        talk.rig.faults.script("comment", fault)
        await talk.dispatcher.add_to_ticket(talk.handoff_id, "He called back", key="call-1")
        await talk.pass_time(3 * 3600)
        notes = [one for one in (await talk.seen()).comments[1:] if "He called back" in one.text]
        waiting = await talk.dispatcher.parked()
        that(len(notes) <= 1, f"the note is there {len(notes)} times")
        that(notes or waiting, "the note is nowhere, and nothing waits for a person")


for _fault in ("time_out_after", "drop_after", "time_out_before", "drop_before"):
    _note_case(_fault)


@_cases.in_conversation(
    "notes_that_cannot_be_public",
    Tier.SAFE,
    "A public note where there are none has failed at once, and is not doubtful: a person is shown it.",
    look_at="UnsupportedFeature for what is not declared",
    needs=[lacks("public_comment")],
    topic=SystemTopic.VISIBILITY,
)
async def _not_public(talk: TicketConversation) -> None:
    await talk.missed()
    await talk.pass_time(60)
    before = len((await talk.seen()).comments)
    await talk.dispatcher.add_to_ticket(talk.handoff_id, "for you", key="call-1", public=True)
    await talk.pass_time(5)
    (parked,) = await talk.dispatcher.parked()
    that(not parked.doubtful, "it is told to be doubtful, and nothing was asked for")
    same(len((await talk.seen()).comments), before, "comments")
