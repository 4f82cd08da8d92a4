"""Plays a schedule in a world, lets everything settle, and audits."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from livechat_sdk import EndUser, HandoffRequest, Message
from livechat_sdk.domain.answers import Accepted
from livechat_sdk.domain.ends import Outcome, Why
from livechat_sdk.errors import LivechatError
from livechat_sdk_testing.hostile import (
    ChatOver,
    EmbeddedVendor,
    HostileVendor,
    PollVendor,
    StreamVendor,
    VendorChat,
)
from livechat_sdk_testing.hostile.auditing import Finding, audit
from tests.faults.schedules import WORLD, Schedule, Step
from tests.faults.world import Conversation, World

__all__ = ["Played", "play", "play_steps"]

_MOST_WAKE_UPS = 400
_LAST_LOOKS = 120.0
"""Seconds in which vendors are asked once more for the last words of chats that are over.

A chat that only its vendor can close is polled once a minute, and its last words are asked for 30 s later.
"""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a schedule."""

    schedule: Schedule
    findings: list[Finding]
    problems: list[str]
    story: list[str] = field(default_factory=list[str])
    """The truth of every vendor that has something to do with a finding."""

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings and not self.problems

    def __str__(self) -> str:
        return "\n".join([*map(str, self.findings), *self.problems, *self.story, str(self.schedule)])


def fast_folder() -> Path:
    """Where commits are quick: memory, if the machine has a folder there."""
    shared = Path("/dev/shm")  # noqa: S108  (a fresh folder with a random name is made in it)
    return Path(tempfile.mkdtemp(prefix="livechat-faults-", dir=shared if shared.is_dir() else None))


async def play(schedule: Schedule) -> Played:
    """Play it from the first round to the end of every conversation."""
    folder = fast_folder()
    world = World(folder / "ledger.db", schedule.slots)
    try:
        await world.start()
        for steps in schedule.rounds:
            await _play_round(world, steps)
        await _come_to_an_end(world)
        findings = audit(await world.evidence())
        return Played(schedule, findings, world.problems, await _story(world, findings))
    finally:
        await world.close()
        shutil.rmtree(folder, ignore_errors=True)


async def play_steps(world: World, *steps: Step) -> None:
    """Play single steps, each as a round of its own."""
    for step in steps:
        await _play_round(world, (step,))


async def _play_round(world: World, steps: tuple[Step, ...]) -> None:
    """The conversations go on side by side; then something may happen to all of them."""
    mine: dict[int, list[Step]] = {}
    for step in steps:
        mine.setdefault(step.slot, []).append(step)
    everybody = mine.pop(WORLD, [])
    deaths = [step for step in steps if step.what == "user_says_and_all_dies"]
    await asyncio.gather(*(_play_slot(world, world.conversations[slot], mine[slot]) for slot in mine))
    for step in deaths:
        await _die_in_a_call(world, world.conversations[step.slot], step)
    for step in everybody:
        await _WORLD_STEPS[step.what](world, step)
    if world.dispatcher is not None:
        await world.settle()


async def _play_slot(world: World, one: Conversation, steps: list[Step]) -> None:
    for step in steps:
        if step.what in _SLOT_STEPS:
            for operation, fault in step.faults:
                one.first.faults.script(operation, fault)
            await _SLOT_STEPS[step.what](world, one, step)


# --------------------------------------------------------------------------------------- the end user's side
async def _requests(world: World, one: Conversation, step: Step) -> None:
    one.requests += 1
    handoff = await world.running.request(
        HandoffRequest(
            key=f"{one.id}/{one.requests}",
            conversation_id=one.id,
            bot=one.bot,
            user=EndUser(id=f"u-{one.number}"),
        ),
        wait=0,
    )
    if handoff.outcome is not Outcome.ALREADY_OPEN:
        one.handoff_id = handoff.id


async def _user_says(world: World, one: Conversation, step: Step) -> None:
    if one.handoff_id is None:
        return
    one.said += 1
    await _say(world, one, f"u{one.number}-{one.said}", str(step.args[0]))


async def _says_again(world: World, one: Conversation, step: Step) -> None:
    """The platform repeats its last call: same key, same text."""
    if one.said and one.handoff_id is not None:
        key = f"u{one.number}-{one.said}"
        if key in world.accepted.get(one.handoff_id, ()):
            await _say(world, one, key, "hi")


async def _say(world: World, one: Conversation, key: str, text: str) -> None:
    if one.handoff_id is None:
        return
    answer = await world.running.user_message(one.handoff_id, Message.text(text, key=key))
    if isinstance(answer, Accepted) and not answer.duplicate:
        world.accepted.setdefault(one.handoff_id, []).append(key)


async def _user_ends(world: World, one: Conversation, step: Step) -> None:
    if one.handoff_id is not None:
        await world.running.end(one.handoff_id)


async def _user_leaves(world: World, one: Conversation, step: Step) -> None:
    if one.handoff_id is not None:
        await world.running.user_left(one.handoff_id)


async def _bot_speaks(world: World, one: Conversation, step: Step) -> None:
    """The gate must not let the bot pass while a handoff lives (no schedule allows it while waiting)."""
    if one.handoff_id is None:
        return
    answer = await world.running.bot_may_send(one.id, world.owner_number(one.id))
    handoff = await world.running.handoff(one.handoff_id)
    if answer.allowed and handoff.is_live:
        world.problems.append(f"the gate let the bot pass while {handoff.id} is {handoff.state}")


# ------------------------------------------------------------------------------------------- the agent's side
Act = Callable[[HostileVendor, VendorChat, Step], Awaitable[object]]


def _in_the_newest_chat(act: Act) -> Callable[[World, Conversation, Step], Awaitable[None]]:
    async def run(world: World, one: Conversation, step: Step) -> None:
        chats = one.open_chats()
        if chats:
            await _act(world, *chats[-1], step, act)

    return run


async def _act(world: World, vendor: HostileVendor, chat: VendorChat, step: Step, act: Act) -> None:
    if isinstance(vendor, EmbeddedVendor) and world.dispatcher is None:
        return  # it lives in the process that is down
    with suppress(ChatOver):  # our side has closed it this very moment
        await act(vendor, chat, step)
    if chat.opening.attempt % 2:  # half of the vendors send at once, the others at the end of the round
        await vendor.pump()


async def _accepts(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    if chat.state == "queued":
        await vendor.accept(chat.ref)


async def _rejects(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    if chat.state == "queued":
        await vendor.reject(chat.ref)


async def _queues(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    if chat.state == "queued":
        await vendor.queue(chat.ref, len(chat.events) + 1)


async def _joins(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    await vendor.join(chat.ref, "Ann" if chat.state == "queued" else "Ben")


async def _says(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    if chat.state == "active":
        await vendor.say(chat.ref, f"text {len(chat.events)}")


async def _receipts(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    if chat.received:
        await vendor.delivered(chat.ref, chat.received[-1].key)
        await vendor.read(chat.ref, chat.received[-1].key)


async def _fails_message(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    on_screen = {event.key for event in chat.events if event.kind in {"message_delivered", "message_read"}}
    if chat.received and chat.received[-1].key not in on_screen:
        await vendor.lose_message(chat.ref, chat.received[-1].key)


async def _types(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    await vendor.typing(chat.ref)


async def _transfers(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    await vendor.transfer(chat.ref)


async def _leaves(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    if chat.state == "active":
        await vendor.leave(chat.ref)


async def _agent_ends(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    await vendor.end(chat.ref, by="agent", why=cast("Why", step.args[0]))


async def _vendor_breaks(vendor: HostileVendor, chat: VendorChat, step: Step) -> None:
    await vendor.end(chat.ref, by="provider", why=cast("Why", step.args[0]))


async def _revives(world: World, one: Conversation, step: Step) -> None:
    """Somebody comes into an older chat that is still open, and speaks."""
    for vendor, chat in one.open_chats()[:-1]:
        if isinstance(vendor, EmbeddedVendor) and world.dispatcher is None:
            continue
        with suppress(ChatOver):  # our side closes it at the first sign of life
            await vendor.join(chat.ref, "Eve")
            await vendor.say(chat.ref, "anybody there?")
        await vendor.pump()
        return


async def _breaks_stream(world: World, one: Conversation, step: Step) -> None:
    for vendor in one.vendors:
        if isinstance(vendor, StreamVendor):
            vendor.break_stream(float(step.args[0]))


async def _forgets_sessions(world: World, one: Conversation, step: Step) -> None:
    for vendor in one.vendors:
        if isinstance(vendor, PollVendor):
            vendor.expire_sessions()


_SLOT_STEPS: dict[str, Callable[[World, Conversation, Step], Awaitable[None]]] = {
    "requests": _requests,
    "user_says": _user_says,
    "says_again": _says_again,
    "user_ends": _user_ends,
    "user_leaves": _user_leaves,
    "bot_speaks": _bot_speaks,
    "accepts": _in_the_newest_chat(_accepts),
    "rejects": _in_the_newest_chat(_rejects),
    "queues": _in_the_newest_chat(_queues),
    "joins": _in_the_newest_chat(_joins),
    "says": _in_the_newest_chat(_says),
    "receipts": _in_the_newest_chat(_receipts),
    "fails_message": _in_the_newest_chat(_fails_message),
    "types": _in_the_newest_chat(_types),
    "transfers": _in_the_newest_chat(_transfers),
    "leaves": _in_the_newest_chat(_leaves),
    "agent_ends": _in_the_newest_chat(_agent_ends),
    "vendor_breaks": _in_the_newest_chat(_vendor_breaks),
    "revives": _revives,
    "breaks_stream": _breaks_stream,
    "forgets_sessions": _forgets_sessions,
}


# ------------------------------------------------------------------------------------------------- everybody
async def _passes(world: World, step: Step) -> None:
    await world.pass_time(float(step.args[0]))


async def _crashes(world: World, step: Step) -> None:
    """In the middle of whatever the round has started."""
    for _ in range(int(step.args[0])):
        await asyncio.sleep(0)
    await world.crash()
    await world.start()


async def _restarts(world: World, step: Step) -> None:
    await world.stop()
    await world.start()


async def _goes_down(world: World, step: Step) -> None:
    """Nobody is there for a while; agents go on talking."""
    await world.crash()
    for one in world.conversations:
        for vendor, chat in one.open_chats()[-1:]:
            if chat.state == "active" and not isinstance(vendor, EmbeddedVendor):
                await vendor.say(chat.ref, "are you there?")
    await world.pass_time_down(float(step.args[0]))
    await world.start()


async def _channel_down(world: World, step: Step) -> None:
    world.channel.down = True


async def _channel_up(world: World, step: Step) -> None:
    world.channel.down = False


async def _die_in_a_call(world: World, one: Conversation, step: Step) -> None:
    """The process dies while the vendor has a send in its hands."""
    vendor = one.first
    for operation, fault in step.faults:
        vendor.faults.script(operation, fault)
    await _user_says(world, one, Step(step.slot, "user_says", ("hi",)))
    for _ in range(200):
        if vendor.hung.is_set():
            break
        await asyncio.sleep(0.0002)
    await world.crash()
    vendor.faults.forget("send")
    await world.start()


_WORLD_STEPS: dict[str, Callable[[World, Step], Awaitable[None]]] = {
    "passes": _passes,
    "crashes": _crashes,
    "restarts": _restarts,
    "goes_down": _goes_down,
    "channel_down": _channel_down,
    "channel_up": _channel_up,
}


async def _come_to_an_end(world: World) -> None:
    """Faults stop, time passes, every conversation ends, and whatever is left is done."""
    for vendor in world.vendors:
        vendor.faults.stop()
    world.channel.down = False
    await _wait_until_settled(world, "before the end")
    for one in world.conversations:
        for vendor, chat in one.open_chats()[-1:]:
            if one.number % 2:
                with suppress(ChatOver):
                    await vendor.end(chat.ref)
    await world.settle()
    for handoff in await world.running.store.handoffs(limit=1000):
        if handoff.is_live:
            try:
                await world.running.end(handoff.id)
            except LivechatError as error:
                world.problems.append(f"{handoff.id} cannot be ended: {error}")
    await _wait_until_settled(world, "after the end")
    await world.pass_time(_LAST_LOOKS)


async def _wait_until_settled(world: World, when: str) -> None:
    for _ in range(_MOST_WAKE_UPS):
        await world.settle()
        if await world.is_settled():
            return
        due = world.next_due
        if due is None:
            break
        await world.pass_time(max(0.0, (due - world.clock.now()).total_seconds()))
    left = [
        f"{row.handoff_id} {row.action.kind} {row.status} {row.error}"
        for row in await world.running.store.open_actions()
    ]
    world.problems.append(f"not settled {when}: {left}")


async def _story(world: World, findings: list[Finding]) -> list[str]:
    """For people who look into a finding: the truth of the vendors, and the journal of the handoff."""
    store = world.running.store
    lines: list[str] = []
    for handoff_id in dict.fromkeys(finding.handoff_id for finding in findings):
        lines.append(f"--- {handoff_id}: what really happened")
        for vendor in world.vendors:
            lines += [f"{vendor.name} {line}" for line in vendor.truth.log if line.ref.startswith(handoff_id)]
        lines.append(f"--- {handoff_id}: what the ledger says")
        for one in await store.journal(handoff_id):
            refused = f" REFUSED {one.refused}" if one.refused else ""
            lines.append(f"{one.at:%H:%M:%S.%f} {one.kind} -> {one.state} {dict(one.detail)}{refused}")
        for row in await store.actions(handoff_id):
            action = row.action.model_dump_json(exclude_defaults=True)
            lines.append(
                f"action {row.id} {row.lane} {row.action.kind} {action} {row.status} {row.error or ''}"
            )
        for entry in await store.entries(handoff_id):
            told = (entry.seq, entry.direction, entry.message.key, entry.fate, entry.detail or "")
            lines.append(" ".join(map(str, told)))
    return lines
