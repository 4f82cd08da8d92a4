"""One ticket for one key, whatever is lost on the way: one or doubtful, never two."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk_testing.conformance.case import CaseFailed, SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, SystemNeed, faulty
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench, declares
from livechat_sdk_testing.conformance.systems.tickets_rig import TicketRig

_cases = SystemCases(TICKETING, "once", SystemTopic.ONCE)
_LOOK = "TicketDraft.first_tried_at: look first, wait out the lag, and create again only where it is safe"


def _by(*ways: str) -> SystemNeed[TicketRig]:
    def missing(rig: TicketRig) -> str | None:
        way = rig.able.create_at_most_once
        return None if way in ways else f"a second ticket is kept from being made by: {way}"

    return SystemNeed(f"at most once by {' or '.join(ways)}", missing)


def _windowed(rig: TicketRig) -> str | None:
    return None if rig.able.vendor_window is not None else "the vendor knows its keys for ever, or never"


def _lagging(rig: TicketRig) -> str | None:
    return None if rig.able.find and rig.able.find_lag else "what is new is found at once, or never"


@_cases.on_bench(
    "when_it_is_asked_again",
    Tier.RELAYS,
    "The same draft again, later, is the ticket that was made.",
    look_at=_LOOK,
    needs=[_by("vendor", "look_up")],
)
async def _again(bench: TicketBench) -> None:
    first = await bench.create()
    since = bench.clock.now()
    await bench.clock.advance(600)
    second = await bench.persist(bench.draft(first_tried_at=since))
    await bench.at_most_one(second)
    same(second.id if isinstance(second, Ticket) else second, first.id, "the ticket")


@_cases.on_bench(
    "by_another_process",
    Tier.SAFE,
    "What a process that died has made is found by the next one.",
    look_at="keep nothing in memory that cannot be lost",
    needs=[_by("vendor", "look_up")],
)
async def _restart(bench: TicketBench) -> None:
    first = await bench.create()
    since = bench.clock.now()
    await bench.restart()
    second = await bench.persist(bench.draft(first_tried_at=since))
    same(second.id if isinstance(second, Ticket) else second, first.id, "the ticket")
    await bench.seen()


@_cases.on_bench(
    "with_another_text",
    Tier.SAFE,
    "The key decides, not the text: a draft that was filled in anew is the same ticket.",
    look_at=_LOOK,
    needs=[_by("vendor", "look_up")],
)
async def _changed(bench: TicketBench) -> None:
    first = await bench.create()
    since = bench.clock.now()
    second = await bench.persist(bench.draft(body="another text", first_tried_at=since))
    same(second.id if isinstance(second, Ticket) else second, first.id, "the ticket")
    await bench.seen()


@_cases.on_bench(
    "by_two_workers",
    Tier.SAFE,
    "Two workers that ask at the same time get one ticket.",
    look_at="the vendor's own means: an idempotency key, an id of ours, a unique key",
    needs=[_by("vendor")],
)
async def _workers(bench: TicketBench) -> None:
    answers = await asyncio.gather(bench.create(), bench.create(), return_exceptions=True)
    made = [one for one in answers if isinstance(one, Ticket)]
    that(made, f"nobody made it: {answers!r}")
    same({one.id for one in made}, {(await bench.seen()).id}, "tickets that were told of")


_LOST = ("time_out_after", "drop_after", "malformed", "truncated")
_NOT_DONE = ("time_out_before", "drop_before")


def _fault_case(fault: str) -> None:
    applied = fault in _LOST

    @_cases.on_bench(
        f"after_{fault}",
        Tier.SAFE,
        (
            "A create that was done and whose answer is lost ends as that one ticket, or doubtful."
            if applied
            else "A create that was not done, which nobody can know, ends as one ticket, or doubtful."
        ),
        look_at=_LOOK,
        needs=[faulty("create", fault)],
    )
    async def run(bench: TicketBench) -> None:
        bench.rig.faults.script("create", fault)
        await bench.at_most_one(await bench.persist())

    @_cases.on_bench(
        f"after_{fault}_and_a_new_process",
        Tier.SAFE,
        "The same when the next try is another process', some time later.",
        look_at=_LOOK,
        needs=[faulty("create", fault)],
    )
    async def later(bench: TicketBench) -> None:
        bench.rig.faults.script("create", fault, times=20)
        since = bench.clock.now()
        error = await bench.failure(bench.create(), f"a create with {fault}")
        if not isinstance(error, ProviderError):
            raise CaseFailed(f"{type(error).__name__} is no ProviderError") from error
        bench.rig.faults.clear()
        await bench.restart()
        await bench.clock.advance(300)
        await bench.at_most_one(await bench.persist(bench.draft(first_tried_at=since)))


for _fault in (*_LOST, *_NOT_DONE):
    _fault_case(_fault)


@_cases.on_bench(
    "and_lost_again_and_again",
    Tier.SAFE,
    "A create whose answers are lost three times is one ticket, or doubtful.",
    look_at=_LOOK,
    needs=[faulty("create", "time_out_after")],
)
async def _three(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "time_out_after", times=3)
    await bench.at_most_one(await bench.persist())


@_cases.on_bench(
    "when_it_never_left",
    Tier.SAFE,
    "A create that never left says so (sent is False), and makes nothing.",
    look_at="sent of the error: only False lets the relay make it again without a look",
    needs=[faulty("create", "drop_before")],
)
async def _never_left(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "drop_before", times=50)
    error = await bench.failure(bench.create(), "a create without a connection")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(getattr(error, "sent", None), False, "sent")
    same(len(await bench.rig.tickets()), 0, "tickets")


@_cases.on_bench(
    "in_doubt_is_said",
    Tier.SAFE,
    "A create without an answer never says that it did not leave.",
    look_at="sent of the error after a time-out",
    needs=[faulty("create", "time_out_after")],
)
async def _in_doubt(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "time_out_after", times=50)
    error = await bench.failure(bench.create(), "a create without an answer")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    that(getattr(error, "sent", None) is not False, "sent is False, and the ticket is there")
    same(len(await bench.rig.tickets()), 1, "tickets")


@_cases.on_bench(
    "while_it_cannot_be_found_yet",
    Tier.SAFE,
    "While a new ticket is not found yet, nothing is made beside it.",
    look_at="the stated lag: 'not found' counts after it, unless the vendor itself knows the key",
    needs=[SystemNeed("a lag", _lagging), faulty("create", "time_out_after")],
)
async def _lag(bench: TicketBench) -> None:
    since = bench.clock.now()
    bench.rig.faults.script("create", "time_out_after")
    await bench.failure(bench.create(), "a create without an answer")
    await bench.clock.advance(1)
    outcome: Ticket | Exception
    try:
        outcome = await bench.create(bench.draft(first_tried_at=since))
    except (RetryableError, RejectedError) as error:
        outcome = error
    same(len(await bench.rig.tickets()), 1, "tickets")
    if isinstance(outcome, RetryableError):
        that((outcome.retry_after or 0) > 0, "it does not say when it will be found (retry_after)")


@_cases.on_bench(
    "after_the_vendor_forgot_the_key",
    Tier.SAFE,
    "A create that may have been done, and is taken up after the vendor forgot the key, makes no second one.",
    look_at="the vendor's window: after it, look; what is not found is doubtful",
    needs=[SystemNeed("a window", _windowed), faulty("create", "time_out_after")],
)
async def _forgot(bench: TicketBench) -> None:
    since = bench.clock.now()
    bench.rig.faults.script("create", "time_out_after")
    await bench.failure(bench.create(), "a create without an answer")
    await bench.clock.advance((bench.able.vendor_window or 0) + 600)
    await bench.at_most_one(await bench.persist(bench.draft(first_tried_at=since)))


@_cases.on_bench(
    "never_by_itself_after_the_window",
    Tier.SAFE,
    "What is not found after the window is doubtful: nobody but a person makes it then.",
    look_at="RejectedError when a look proves nothing more, so that the ticket is doubtful",
    needs=[SystemNeed("a window", _windowed), faulty("create", "time_out_before")],
)
async def _doubtful(bench: TicketBench) -> None:
    since = bench.clock.now() - timedelta(seconds=(bench.able.vendor_window or 0) + 600)
    outcome = await bench.persist(bench.draft(first_tried_at=since))
    that(isinstance(outcome, RejectedError), f"it ends with {outcome!r}, not doubtful (RejectedError)")
    same(len(await bench.rig.tickets()), 0, "tickets")


@_cases.on_bench(
    "when_a_person_wants_it",
    Tier.SAFE,
    "Where a person wants it in spite of a doubt, it is made; where it is there, it is found.",
    look_at="TicketDraft.repeat",
    needs=[declares("find")],
)
async def _by_hand(bench: TicketBench) -> None:
    since = bench.clock.now() - timedelta(days=2)
    first = await bench.create(bench.draft(first_tried_at=since, repeat=True))
    await bench.clock.advance(600)
    second = await bench.create(bench.draft(first_tried_at=since, repeat=True))
    same(second.id, first.id, "the ticket")
    await bench.seen()


@_cases.on_bench(
    "not_made_where_the_look_fails",
    Tier.SAFE,
    "Where it cannot be looked whether a ticket is there, none is made.",
    look_at="errors of the look-up: raise them, do not take them for 'not found'",
    needs=[declares("find"), faulty("find", "status", status=503), SystemNeed("a window", _windowed)],
)
async def _blind(bench: TicketBench) -> None:
    since = bench.clock.now()
    bench.rig.faults.script("create", "time_out_after")
    await bench.failure(bench.create(), "a create without an answer")
    await bench.clock.advance((bench.able.vendor_window or 0) + 600)
    bench.rig.faults.script("find", "status", times=50, status=503)
    error = await bench.failure(bench.create(bench.draft(first_tried_at=since)), "a create in the dark")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(len(await bench.rig.tickets()), 1, "tickets")
