"""Reading a ticket, and listing those of a handoff."""

from __future__ import annotations

from livechat_sdk.errors import ProviderError
from livechat_sdk_testing.builders import a_handoff
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty
from livechat_sdk_testing.conformance.systems.corpus import HOSTILE_IDS
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench, declares, has

_cases = SystemCases(TICKETING, "reading", SystemTopic.READING)


@_cases.on_bench(
    "a_ticket",
    Tier.RELAYS,
    "A ticket is read as it was made: id, subject, state.",
    look_at="read",
    needs=[has("reads")],
)
async def _read(bench: TicketBench) -> None:
    made = await bench.create()
    read = await bench.rig.read(bench.system, made.id)
    same(read and (read.source, read.id), (bench.name, made.id), "source and id")
    same(read and read.subject, made.subject, "the subject")
    that(bool(read and read.status), "the vendor's word for its state is not told")


@_cases.on_bench(
    "what_is_not_there",
    Tier.SAFE,
    "Nothing is read under an id that nobody gave out, whatever it looks like; and nothing else.",
    look_at="ids on their way into addresses; 404 is None, other errors are raised",
    needs=[has("reads")],
    topic=SystemTopic.INJECTION,
)
async def _strange(bench: TicketBench) -> None:
    await bench.create()
    for strange in HOSTILE_IDS:
        try:
            read = await bench.rig.read(bench.system, strange)
        except ProviderError:
            continue
        that(read is None, f"under {strange!r} a ticket is read: {read!r}")


@_cases.on_bench(
    "in_another_process",
    Tier.RELAYS,
    "A ticket is read by a process that did not make it.",
    look_at="keep nothing in memory",
    needs=[has("reads")],
)
async def _restart(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.restart()
    read = await bench.rig.read(bench.system, made.id)
    same(read and read.id, made.id, "the ticket")


@_cases.on_bench(
    "fails_aloud",
    Tier.SAFE,
    "A read that fails raises; it does not say that there is no ticket.",
    look_at="errors of read: raise them",
    needs=[has("reads"), faulty("read", "status", status=503)],
)
async def _fails(bench: TicketBench) -> None:
    made = await bench.create()
    bench.rig.faults.script("read", "status", times=50, status=503)
    error = await bench.failure(bench.rig.read(bench.system, made.id), "a read answered with 503")
    that(isinstance(error, ProviderError), f"{type(error).__name__}: {error}")


@_cases.on_bench(
    "lists_those_of_the_handoff",
    Tier.RELAYS,
    "The tickets of a handoff are listed, those of others are not.",
    look_at="livechat_list_tickets",
    needs=[declares("find")],
)
async def _list(bench: TicketBench) -> None:
    during = await bench.create(bench.draft(key="h-1.ticket.during", moment="during"))
    ended = await bench.create(bench.draft(moment="ended"))
    other = a_handoff().model_copy(update={"id": "h-2"})
    foreign = await bench.create(bench.draft(key="h-2.ticket", requester_email="x@shop.example"), other)
    await bench.clock.advance(bench.able.find_lag + 1)
    same(sorted(one.id for one in await bench.listed()), sorted([during.id, ended.id]), "tickets of h-1")
    same([one.id for one in await bench.listed(other)], [foreign.id], "tickets of h-2")


@_cases.on_bench(
    "lists_none",
    Tier.RELAYS,
    "A handoff without tickets has none.",
    look_at="livechat_list_tickets",
)
async def _none(bench: TicketBench) -> None:
    await bench.create(bench.draft(key="h-2.ticket"), a_handoff().model_copy(update={"id": "h-2"}))
    await bench.clock.advance(bench.able.find_lag + 1)
    same(list(await bench.listed()), [], "tickets of a handoff without any")


@_cases.on_bench(
    "lists_as_it_is_now",
    Tier.COMPLETE,
    "A list tells the state in which a ticket is now.",
    look_at="livechat_list_tickets: no memory of states",
    needs=[declares("find"), has("states", "people")],
)
async def _now(bench: TicketBench) -> None:
    made = await bench.create()
    word = next(word for word, meaning in bench.rig.states.items() if meaning == "solved")
    await bench.rig.set_state(made.id, word)
    await bench.clock.advance(bench.able.find_lag + 1)
    same([one.state for one in await bench.listed()], ["solved"], "states")
