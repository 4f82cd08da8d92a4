"""Compares what really happened outside with what the ledger says, after everything has settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.ledger.store import ActionStatus, Store
from livechat_sdk.lifecycle.effects import CreateTicket
from tests.processes.inbox import AUTOMATED, INBOX, runs_of, shown_in
from tests.processes.world import Chat, Talk, World

_ARRIVED = {Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN}
_NOT_THERE = {Fate.REFUSED, Fate.DROPPED}
_OPEN = {ActionStatus.PENDING, ActionStatus.STARTED}


@dataclass(frozen=True)
class Expected:
    """What must have come of a run.

    ``doubts`` says how many messages may be doubtful beside those whose fate the vendor hid, and
    ``tickets_in_doubt`` whether something happened that may leave a ticket in doubt.
    """

    outcomes: dict[str, tuple[str, ...]]
    doubts: int
    tickets_in_doubt: bool = True


async def audit(world: World, store: Store, expected: Expected) -> list[str]:
    """Everything that is wrong; empty when all is well."""
    findings: list[str] = []
    handoffs = {handoff.id: handoff for handoff in await store.handoffs(limit=1_000_000)}
    keys = Counter(handoff.request.key for handoff in handoffs.values())
    findings += [f"request {key} has {count} handoffs" for key, count in keys.items() if count > 1]
    asked_for = {handoff_id for talk in world.talks.values() for _, handoff_id in talk.requests}
    if asked_for != set(handoffs):
        findings.append(f"the ledger has other handoffs: {sorted(asked_for ^ set(handoffs))}")
    findings += [f"two at once: {overlap}" for overlap in world.overlaps]
    doubts = 0
    for talk in world.talks.values():
        ours = [handoffs[handoff_id] for _, handoff_id in talk.requests if handoff_id in handoffs]
        wanted = expected.outcomes[talk.id]
        got = tuple(str(handoff.outcome) for handoff in ours)
        if not _fits(wanted, got):
            findings.append(f"{talk.id}: outcomes are {got}, not {wanted}")
        for handoff in ours:
            entries = await store.entries(handoff.id, limit=100_000)
            chats = [*_chats(world, handoff), *await _at_the_desk(store, handoff)]
            doubts += sum(
                entry.fate is Fate.DOUBTFUL and entry.message.key not in _hidden(world, chats)
                for entry in entries
            )
            findings += _to_vendor(talk, handoff, entries, chats)
            findings += _to_user(world, handoff, entries, chats)
            findings += _the_end(world, handoff)
            findings += _vendors_side(chats)
            findings += await _at_rest(store, handoff)
            findings += await _tickets(world, store, talk, handoff, expected)
        findings += await _owner(world, store, talk, ours)
    if doubts > expected.doubts:
        findings.append(f"{doubts} messages are doubtful without a reason, {expected.doubts} may be")
    return findings


def _fits(wanted: Sequence[str], got: Sequence[str]) -> bool:
    return len(wanted) == len(got) and all(
        outcome in choices.split("|") for choices, outcome in zip(wanted, got, strict=True)
    )


def _chats(world: World, handoff: Handoff) -> list[tuple[str, Chat]]:
    """The vendors' chats of one handoff, with the vendor's name, in the order of attempts."""
    found: list[tuple[str, Chat]] = []
    for attempt in handoff.attempts:
        vendor = world.vendors.get(attempt.integration)
        chat = None if vendor is None else vendor.chats.get(attempt.ref)
        if chat is not None:
            found.append((attempt.integration, chat))
    return found


async def _at_the_desk(store: Store, handoff: Handoff) -> list[tuple[str, Chat]]:
    """The chats of one handoff at the built-in desk, as its tables have them."""
    if not any(attempt.integration == INBOX for attempt in handoff.attempts):
        return []
    return [
        (INBOX, Chat(ref, handoff.id, [], token="", received=list(keys), ended=over))
        for ref, (keys, over) in (await shown_in(store, handoff.id)).items()
    ]


def _hidden(world: World, chats: Sequence[tuple[str, Chat]]) -> set[str]:
    """Keys whose fate the vendor hid for good."""
    hidden: set[str] = set()
    for name, _ in chats:
        vendor = world.vendors.get(name)
        if vendor is not None and not (
            vendor.capabilities["dedupes_by_key"] or vendor.capabilities["looks_up_by_key"]
        ):
            hidden |= vendor.hidden
    return hidden


def _to_vendor(
    talk: Talk, handoff: Handoff, entries: Sequence[LedgerEntry], chats: Sequence[tuple[str, Chat]]
) -> Iterator[str]:
    """Nothing lost, doubled or swapped on the way to the vendor, and each fate true."""
    mine = {e.message.key: e.fate for e in entries if e.direction is Direction.TO_PROVIDER}
    yield from _accepted(talk, handoff, mine)
    for name, chat in chats:
        yield from _received(handoff, mine, name, chat, last=chat is chats[-1][1])
    everywhere = {key for _, chat in chats for key in chat.received}
    for key, fate in mine.items():
        if fate in _ARRIVED and key not in everywhere:
            yield f"{handoff.id}: {key} is {fate}, no vendor has it"
        if fate in {Fate.HELD, Fate.PLANNED}:
            yield f"{handoff.id}: {key} is still {fate}"


def _accepted(talk: Talk, handoff: Handoff, mine: Mapping[str, Fate]) -> Iterator[str]:
    """The ledger has what was accepted, in the order in which it was said, and nothing else."""
    said = [(key, accepted) for of, key, accepted in talk.said if of == handoff.id]
    for key, accepted in said:
        if accepted != (key in mine):
            answer = "accepted" if accepted else "not accepted"
            there = "in the ledger" if key in mine else "not in the ledger"
            yield f"{handoff.id}: message {key} was {answer}, and is {there}"
    spoken = [key for key, accepted in said if accepted]
    if [key for key in mine if key in spoken] != spoken:
        yield f"{handoff.id}: the ledger has {list(mine)}, the end user said {spoken}"


def _received(
    handoff: Handoff, mine: Mapping[str, Fate], name: str, chat: Chat, *, last: bool
) -> Iterator[str]:
    """One vendor has each message once, in order. What an earlier vendor got, a later one may carry again."""
    for key, times in Counter(chat.received).items():
        if times > 1:
            yield f"{handoff.id}: {name} got {key} {times} times"
        if key not in mine:
            yield f"{handoff.id}: {name} got {key}, which the ledger does not know"
        elif last and mine[key] in _NOT_THERE:
            yield f"{handoff.id}: {name} got {key}, the ledger says {mine[key]}"
    order = [key for key in mine if key in chat.received]
    if list(dict.fromkeys(chat.received)) != order:
        yield f"{handoff.id}: {name} got {chat.received}, in the ledger the order is {order}"


def _to_user(
    world: World, handoff: Handoff, entries: Sequence[LedgerEntry], chats: Sequence[tuple[str, Chat]]
) -> Iterator[str]:
    """Nothing lost, doubled or swapped on the way to the end user, and each repetition says the same."""
    agents = {e.message.key: e for e in entries if e.direction is Direction.TO_USER and e.author == "agent"}
    said = [key for _, chat in chats for key in chat.said]
    shown: dict[str, dict[str, Any]] = {}
    for delivery in world.deliveries.get(handoff.id, ()):
        first = shown.setdefault(delivery["key"], delivery)
        if first != delivery:
            yield f"{handoff.id}: {delivery['key']} was delivered in two forms: {first} and {delivery}"
    for key in said:
        if key not in agents:
            yield f"{handoff.id}: the agent's {key} was taken and is not in the ledger"
        elif agents[key].fate not in {*_ARRIVED, Fate.DROPPED}:
            yield f"{handoff.id}: the agent's {key} is {agents[key].fate}"
    seen = [one["message"]["key"] for one in shown.values() if one["kind"] == "message"]
    due = [key for key in said if key in agents and agents[key].fate is not Fate.DROPPED]
    if seen != due:
        yield f"{handoff.id}: the end user saw {seen}, the agent said {due}"
    moments = Counter(one["moment"] for one in shown.values() if one["kind"] == "system_message")
    for moment, times in moments.items():
        if times > max(1, len(handoff.attempts)):
            yield f"{handoff.id}: the end user was told {moment} {times} times"


def _the_end(world: World, handoff: Handoff) -> Iterator[str]:
    """One end, told at least once, last of all, with what the bot must take over."""
    ends = world.delivered(handoff.id, "handoff_ended")
    if not ends or handoff.end is None:
        yield f"{handoff.id}: the end was not delivered"
        return
    if any(end != ends[0] for end in ends):
        yield f"{handoff.id}: ends differ: {ends}"
    if ends[0]["end"]["outcome"] != handoff.outcome or ends[0]["owner_number"] != handoff.owner_number:
        yield f"{handoff.id}: the end that was delivered is not the one of the ledger: {ends[0]}"
    every = world.deliveries[handoff.id]
    place = every.index(ends[0])
    before = {one["key"] for one in every[:place]}
    late = {one["key"] for one in every[place:] if one["kind"] != "handoff_ended"} - before
    if late:
        yield f"{handoff.id}: {sorted(late)} came after the end"


def _vendors_side(chats: Sequence[tuple[str, Chat]]) -> Iterator[str]:
    """No chat is left open at a vendor."""
    for name, chat in chats:
        if not (chat.closed or chat.ended):
            yield f"{chat.ref}: still open at {name}"


async def _at_rest(store: Store, handoff: Handoff) -> list[str]:
    """Nothing is left to do, and what was returned to the bot is what the end carried."""
    findings = [
        f"{handoff.id}: {row.action.kind} is still {row.status}"
        for row in await store.actions(handoff.id)
        if row.status in _OPEN
    ]
    journal = await store.journal(handoff.id, limit=100_000)
    if [line.seq for line in journal] != list(range(1, len(journal) + 1)):
        findings.append(f"{handoff.id}: the journal has gaps")
    # A step that only records a fate competes with nobody: it may carry the version of a moment before.
    versions = [line.version for line in journal]
    if any(later - earlier > 1 for earlier, later in pairwise(accumulate(versions, max))):
        findings.append(f"{handoff.id}: versions jump: {versions}")
    if handoff.is_live or handoff.timers:
        findings.append(f"{handoff.id}: is {handoff.state} with timers {sorted(handoff.timers)}")
    return findings


async def _tickets(world: World, store: Store, talk: Talk, handoff: Handoff, expected: Expected) -> list[str]:
    """One ticket with the whole conversation, or one of which nobody knows: never two."""
    automated = handoff.request.bot == AUTOMATED
    if world.desk is None or not (automated or handoff.outcome in handoff.policy.ticket_on):
        return []
    made = await world.desk.made(handoff.id)
    asked = [one for one in await store.actions(handoff.id) if isinstance(one.action, CreateTicket)]
    if len(asked) != 1:
        return [f"{handoff.id}: a ticket was asked for {len(asked)} times"]
    (row,) = asked
    known = await store.tickets(handoff.id)
    findings: list[str] = []
    if automated:
        runs = await runs_of(store, handoff.id)
        if list(runs) != ["doubtful" if row.status is ActionStatus.DOUBTFUL else "done"]:
            findings.append(
                f"{handoff.id}: the runs of its automations are {runs}, the action is {row.status}"
            )
    if len(made) > 1:
        findings.append(f"{handoff.id}: {len(made)} tickets were made")
    may_be_in_doubt = expected.tickets_in_doubt and not world.desk.dedupes
    if row.status is ActionStatus.DOUBTFUL and may_be_in_doubt:
        return findings
    if row.status is not ActionStatus.DONE or len(made) != 1 or len(known) != 1:
        counts = f"{len(made)} tickets made, {len(known)} known"
        findings.append(f"{handoff.id}: {counts}, the action is {row.status}")
    spoken = [key for of, key, accepted in talk.said if of == handoff.id and accepted]
    findings += [
        f"{handoff.id}: the ticket lacks {key}"
        for key in spoken
        if not all(f"text of {key}" in body for body in made)
    ]
    return findings


async def _owner(world: World, store: Store, talk: Talk, handoffs: Sequence[Handoff]) -> list[str]:
    """The conversation belongs to the bot, under the number that it was told last."""
    findings: list[str] = []
    owner = await store.ownership(talk.id)
    if owner.owner != "bot" or owner.live_handoff is not None:
        findings.append(f"{talk.id}: belongs to {owner}")
    if handoffs:
        returned = await store.returned_to_bot(handoffs[-1].id)
        ends = world.delivered(handoffs[-1].id, "handoff_ended")
        told = [message["key"] for message in ends[0]["undelivered"]] if ends else []
        if told != [entry.message.key for entry in returned]:
            findings.append(f"{talk.id}: the bot was given {told} back")
        if ends and ends[-1]["owner_number"] != owner.number:
            findings.append(f"{talk.id}: the bot was told {ends[-1]['owner_number']}, it is {owner.number}")
    return findings
