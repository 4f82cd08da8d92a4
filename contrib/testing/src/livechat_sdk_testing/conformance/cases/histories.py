"""What was said before, and what was missed: nothing, one message, a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.errors import RejectedError, UnsupportedFeature
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, lacks, plays, same, that

_cases = Cases("histories", Topic.HISTORY)
_history = declares("history")
_status = declares("status")


def _transcript_case(count: int, tier: Tier) -> None:
    @_cases.on_provider(
        f"transcript_of_{count}",
        tier,
        f"A transcript of {count} lines reaches the agent whole and in order.",
        look_at="open: transcript; the vendor's limits for one call, and what is sent in several",
    )
    async def run(bench: Bench) -> None:
        lines = [
            TranscriptEntry(
                author="user" if number % 2 else "bot", body=f"line number {number}.", at=bench.clock.now()
            )
            for number in range(count)
        ]
        chat = await bench.open(transcript=lines)
        found = (await bench.rig.seen(chat.ref)).transcript
        if found is None:
            same(len(await bench.chat_ids(chat.ref)), 1, "chats")
            return
        text = "\n".join(found)
        place, missing = 0, list[str]()
        for line in lines:
            at = text.find(line.body, place)
            if at < 0:
                missing.append(line.body)
            else:
                place = at + len(line.body)
        that(not missing, f"{len(missing)} of {count} lines are missing or out of order, first {missing[:3]}")
        same(await bench.texts(chat), [], "lines of the transcript that became new messages")


for _count, _tier in ((0, Tier.RELAYS), (1, Tier.RELAYS), (1000, Tier.COMPLETE)):
    _transcript_case(_count, _tier)


def _history_case(count: int, tier: Tier) -> None:
    @_cases.on_provider(
        f"missed_{count}",
        tier,
        f"A history of {count} messages comes whole, oldest first, with the keys of their events.",
        look_at="history: pages, their order, the keys and ids of messages",
        needs=[_history],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        since = bench.clock.now()
        for number in range(count):
            await bench.rig.human.say(chat.ref, f"line {number}")
            if not number % 50:
                await bench.clock.advance(0.01)
        live = await bench.collected(MessageReceived, chat)
        await bench.clock.advance(5)
        found = list(await bench.provider.history(chat, since))
        same([event.message.body for event in found], [f"line {n}" for n in range(count)], "the history")
        same(
            [event.message.key for event in found],
            [event.message.key for event in live],
            "keys of the history and of the events",
        )


for _count, _tier in ((0, Tier.SAFE), (1, Tier.SAFE), (1000, Tier.COMPLETE)):
    _history_case(_count, _tier)


@_cases.on_provider(
    "ids_are_those_of_events",
    Tier.SAFE,
    "A message of the history has the id of its event, so that it is known.",
    look_at="history: the ids of events and messages",
    needs=[_history],
)
async def ids(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    live = await bench.collected(MessageReceived, chat)
    await bench.clock.advance(5)
    found = await bench.provider.history(chat, bench.clock.now() - timedelta(hours=1))
    keys = {event.message.key for event in live}
    same({event.message.key for event in found}, keys, "keys of the history and of the event")


@_cases.on_provider(
    "since_is_obeyed",
    Tier.COMPLETE,
    "The history begins at the time that is asked for, and includes it.",
    look_at="history: since, its zone and its precision",
    needs=[_history],
)
async def since_is_obeyed(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "long ago")
    await bench.clock.advance(3600)
    since = bench.clock.now()
    await bench.rig.human.say(chat.ref, "just then")
    await bench.clock.advance(60)
    await bench.rig.human.say(chat.ref, "later")
    await bench.clock.advance(5)
    found = [event.message.body for event in await bench.provider.history(chat, since)]
    same(found, ["just then", "later"], "the history since a time")


@_cases.on_provider(
    "are_of_agents_only",
    Tier.SAFE,
    "The end user's own messages are not in the history of what was missed.",
    look_at="history: leave out what the visitor said",
    needs=[_history],
)
async def of_agents_only(bench: Bench) -> None:
    chat = await bench.joined()
    start = bench.clock.now() - timedelta(hours=1)
    await bench.send(chat, "this is me", "m-1")
    await bench.rig.human.say(chat.ref, "and me")
    await bench.clock.advance(5)
    found = [event.message.body for event in await bench.provider.history(chat, start)]
    same(found, ["and me"], "the history")


@_cases.on_provider(
    "of_an_ended_chat",
    Tier.SAFE,
    "The history of a chat that has just ended still tells its last words.",
    look_at="history after the end",
    needs=[_history],
)
async def of_an_ended_chat(bench: Bench) -> None:
    chat = await bench.joined()
    start = bench.clock.now() - timedelta(hours=1)
    await bench.rig.human.say(chat.ref, "goodbye")
    await bench.rig.human.end(chat.ref)
    await bench.clock.advance(5)
    found = [event.message.body for event in await bench.provider.history(chat, start)]
    same(found, ["goodbye"], "the history")


@_cases.on_provider(
    "of_two_chats_stay_apart",
    Tier.SAFE,
    "The history of one chat holds nothing of another.",
    look_at="history: by the chat's id",
    needs=[_history],
)
async def two_chats(bench: Bench) -> None:
    first, second = await bench.joined("h-1.1"), await bench.joined("h-2.1")
    start = bench.clock.now() - timedelta(hours=1)
    await bench.rig.human.say(first.ref, "in the first")
    await bench.rig.human.say(second.ref, "in the second")
    await bench.clock.advance(5)
    found = [event.message.body for event in await bench.provider.history(first, start)]
    same(found, ["in the first"], "the history of the first chat")


@_cases.on_provider(
    "undeclared_are_unsupported",
    Tier.RELAYS,
    "Who does not declare a history says so when asked, and does not answer with nothing.",
    look_at="Capabilities.history and history: both or none",
    needs=[lacks("history")],
    topic=Topic.CONTRACT,
)
async def undeclared(bench: Bench) -> None:
    chat = await bench.joined()
    error = await bench.failure(
        bench.provider.history(chat, bench.clock.now()), "a history that is not declared"
    )
    that(isinstance(error, UnsupportedFeature), f"{type(error).__name__}, not UnsupportedFeature")


_asking = Cases("status", Topic.DOWNTIME)


@_asking.on_provider(
    "tells_where_the_chat_is",
    Tier.SAFE,
    "status says queued, active and ended, as it is at the vendor.",
    look_at="status",
    needs=[_status],
)
async def where(bench: Bench) -> None:
    chat = await bench.open()
    found = [(await bench.provider.status(chat)).state]
    await bench.join(chat.ref)
    found.append((await bench.provider.status(chat)).state)
    await bench.rig.human.end(chat.ref)
    ended = await bench.provider.status(chat)
    found.append(ended.state)
    same(found, ["queued", "active", "ended"], "the states of a chat")
    that(ended.ended is None or ended.ended.by == "agent", f"the agent ended it, status says {ended.ended}")


@_asking.on_provider(
    "tells_who_is_there",
    Tier.COMPLETE,
    "status names the agent of an active chat by the id of the join, if it names one.",
    look_at="status: agent",
    needs=[_status],
)
async def who(bench: Bench) -> None:
    from livechat_sdk.domain.chats import AgentJoined

    chat = await bench.joined()
    status = await bench.provider.status(chat)
    if status.agent is not None:
        same(status.agent.id, bench.of(AgentJoined)[0].agent.id, "the agent")


@_asking.on_provider(
    "of_a_ghost_ends_nothing",
    Tier.SAFE,
    "For a chat that the vendor does not have, status says unknown or raises a 404, and never ended.",
    look_at="status: not found is not ended",
    needs=[_status],
)
async def ghost(bench: Bench) -> None:
    chat = await bench.open()
    strange = chat.model_copy(
        update={"ref": "h-9.1", "vendor_ref": "999999", "state": dict.fromkeys(chat.state, 0)}
    )
    try:
        status = await bench.provider.status(strange)
    except RejectedError as error:
        that(error.status in {None, 404, 410, 422}, f"a ghost is refused with {error.status}")
    else:
        same(status.state, "unknown", "the state of a chat that is not there")


@_cases.on_provider(
    "bring_the_files_of_messages",
    Tier.COMPLETE,
    "A message of the history has the files that its event had: names and kinds.",
    look_at="history: the same translation of a message as for its event",
    needs=[_history, plays("file")],
)
async def bring_files(bench: Bench) -> None:
    chat = await bench.joined()
    start = bench.clock.now() - timedelta(hours=1)
    await bench.rig.human.say(chat.ref, "here", file=("guide.pdf", "application/pdf", b"%PDF-1.7\n"))
    live = await bench.collected(MessageReceived, chat)
    await bench.clock.advance(5)
    found = await bench.provider.history(chat, start)
    same(_files(found), _files(live), "files of the history and of the events")
    same([name for _, name, _ in _files(found)], ["guide.pdf"], "files of the history")


def _files(found: Sequence[MessageReceived]) -> list[tuple[str, str | None, str | None]]:
    return [
        (event.message.key, file.name, file.media_type)
        for event in found
        for file in event.message.attachments
    ]
