"""Comments: who may read them, and each key once."""

from __future__ import annotations

from livechat_sdk.domain.tickets import TicketNote
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError, UnsupportedFeature
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty
from livechat_sdk_testing.conformance.systems.reading import comparable
from livechat_sdk_testing.conformance.systems.tickets_bench import (
    TICKETING,
    TicketBench,
    declares,
    has,
    lacks,
)

_cases = SystemCases(TICKETING, "comments", SystemTopic.VISIBILITY)


@_cases.on_bench(
    "are_added",
    Tier.RELAYS,
    "A note is in its ticket, whole, and the ticket is answered.",
    look_at="livechat_add_to_ticket",
)
async def _added(bench: TicketBench) -> None:
    made = await bench.create()
    answer = await bench.add(made, "He called back\nat nine")
    same(answer and (answer.source, answer.id), (bench.name, made.id), "the answer")
    seen = await bench.seen()
    same(len(seen.comments), 2, "comments")
    same(comparable(seen.comments[1].text), "He called back at nine", "the comment")


@_cases.on_bench(
    "are_internal",
    Tier.RELAYS,
    "A note is internal where nothing else is said: the requester cannot read it.",
    look_at="TicketNote.public, which is False",
    needs=[declares("internal_comment")],
)
async def _internal(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made)
    that((await bench.seen()).comments[1].public is not True, "the requester can read a note")


@_cases.on_bench(
    "are_public_when_it_is_wanted",
    Tier.COMPLETE,
    "A note that is wanted public can be read by the requester.",
    look_at="TicketNote.public",
    needs=[declares("public_comment")],
)
async def _public(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made, public=True)
    that((await bench.seen()).comments[1].public is not False, "the requester cannot read it")


@_cases.on_bench(
    "that_cannot_be_public_are_refused",
    Tier.SAFE,
    "Where there are no public comments, a public one is refused; it does not become something else.",
    look_at="UnsupportedFeature for what is not declared",
    needs=[lacks("public_comment")],
)
async def _refused(bench: TicketBench) -> None:
    made = await bench.create()
    error = await bench.failure(bench.add(made, public=True), "a public note")
    that(isinstance(error, UnsupportedFeature | RejectedError), f"{type(error).__name__}: {error}")
    same(len((await bench.seen()).comments), 1, "comments")


@_cases.on_bench(
    "first_is_internal",
    Tier.SAFE,
    "What the ticket is made with is internal, unless the settings want it public.",
    look_at="the description or first comment: it holds the whole conversation",
    needs=[declares("internal_comment")],
)
async def _first(bench: TicketBench) -> None:
    await bench.create()
    public = (await bench.seen()).comments[0].public
    that(public in (None, bench.rig.first_comment_public), "everybody can read the conversation")


@_cases.on_bench(
    "after_a_public_one_are_internal",
    Tier.SAFE,
    "A note after a public one is internal again.",
    look_at="the visibility is said with each comment",
    needs=[declares("internal_comment", "public_comment")],
)
async def _after(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made, "for all", key="n-1", public=True)
    await bench.add(made, "for us", key="n-2")
    that((await bench.seen()).comments[2].public is not True, "the requester can read a note")


@_cases.on_bench(
    "of_a_key_are_one",
    Tier.SAFE,
    "A note that is added again by its key, because nobody knew, is there once.",
    look_at="TicketNote.first_tried_at: look whether the comment is there",
    topic=SystemTopic.ONCE,
)
async def _once(bench: TicketBench) -> None:
    made = await bench.create()
    since = bench.clock.now()
    await bench.add(made, "once")
    await bench.clock.advance(600)
    try:
        await bench.add(made, "once", first_tried_at=since)
    except (RejectedError, RetryableError):
        that(not bench.able.comments_once, "comments_once is declared, and it is refused")
    same(len((await bench.seen()).comments), 2, "comments")


@_cases.on_bench(
    "of_two_keys_are_two",
    Tier.RELAYS,
    "The same words under two keys are two comments, in their order.",
    look_at="keys of notes",
    topic=SystemTopic.ONCE,
)
async def _two(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.add(made, "first", key="n-1")
    await bench.add(made, "again", key="n-2")
    await bench.add(made, "again", key="n-3")
    texts = [comparable(one.text) for one in (await bench.seen()).comments[1:]]
    same(texts, ["first", "again", "again"], "comments")


def _lost_case(fault: str) -> None:
    @_cases.on_bench(
        f"after_{fault}",
        Tier.SAFE,
        "A comment that may have been made is there once, or a doubt; never twice.",
        look_at="TicketNote.first_tried_at: look for the comment, and wait out what is on its way",
        needs=[faulty("comment", fault)],
        topic=SystemTopic.ONCE,
    )
    async def run(bench: TicketBench) -> None:
        made = await bench.create()
        note = TicketNote(key="n-1", body="once")
        bench.rig.faults.script("comment", fault)
        since, done = bench.clock.now(), False
        for _ in range(12):
            try:
                await bench.hooks.add_to_ticket(made, note, plugin=bench.name)
                done = True
                break
            except RejectedError:
                break
            except ProviderError as error:
                await bench.clock.advance(max(error.retry_after or 0.0, 5.0))
            note = note.model_copy(update={"first_tried_at": since})
        made_comments = len((await bench.seen()).comments) - 1
        that(made_comments <= 1, f"there are {made_comments} comments for one key")
        if done:
            same(made_comments, 1, "comments")


for _fault in ("time_out_after", "drop_after", "time_out_before", "drop_before"):
    _lost_case(_fault)


@_cases.on_bench(
    "in_flight_are_waited_for",
    Tier.SAFE,
    "A comment that nobody answered and that is not there yet is not made again at once.",
    look_at="how long a call without an answer may still be on its way",
    needs=[faulty("comment", "time_out_before")],
    topic=SystemTopic.ONCE,
)
async def _in_flight(bench: TicketBench) -> None:
    made = await bench.create()
    since = bench.clock.now()
    bench.rig.faults.script("comment", "time_out_before", times=50)
    error = await bench.failure(bench.add(made), "a comment without an answer")
    bench.rig.faults.clear()
    that(getattr(error, "sent", None) is not False, "sent is False, after a time-out")
    if not bench.able.comments_once:
        await bench.clock.advance(1)
        error = await bench.failure(bench.add(made, first_tried_at=since), "a comment that may be on its way")
        that(isinstance(error, RetryableError | RejectedError), f"{type(error).__name__}: {error}")
        same(len((await bench.seen()).comments), 1, "comments")


@_cases.on_bench(
    "of_another_source_are_not_ours",
    Tier.SAFE,
    "A ticket of another integration is not touched: the hook abstains.",
    look_at="Ticket.source",
    topic=SystemTopic.CONTRACT,
)
async def _source(bench: TicketBench) -> None:
    made = await bench.create()
    foreign = made.model_copy(update={"source": "somebody-else"})
    same(await bench.add(foreign), None, "the answer about a ticket of another source")
    same(len((await bench.seen()).comments), 1, "comments")


@_cases.on_bench(
    "of_no_ticket_are_refused",
    Tier.SAFE,
    "A note for a ticket that is not there is refused, and goes nowhere else.",
    look_at="errors of livechat_add_to_ticket",
)
async def _no_ticket(bench: TicketBench) -> None:
    made = await bench.create()
    for strange in ("999999", "no-such-id"):
        gone = made.model_copy(update={"id": strange})
        error = await bench.failure(bench.add(gone, key=f"n-{strange}"), "a note for no ticket")
        that(isinstance(error, ProviderError), f"{type(error).__name__}: {error}")
        that(not isinstance(error, RetryableError), f"it would be tried again and again: {error}")
    same(len((await bench.seen()).comments), 1, "comments")


@_cases.on_bench(
    "of_people_stay",
    Tier.COMPLETE,
    "What support people wrote stands beside ours.",
    look_at="comments are added, never replaced",
    needs=[has("people")],
)
async def _people(bench: TicketBench) -> None:
    made = await bench.create()
    await bench.rig.comment(made.id, "I look at it")
    await bench.add(made)
    texts = [comparable(one.text) for one in (await bench.seen()).comments[1:]]
    same(texts, ["I look at it", "He called back"], "comments")
