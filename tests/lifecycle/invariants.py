"""What must hold after every step of every life, however it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.lifecycle import Step, bot_may_speak
from livechat_sdk.lifecycle.draft import STATE_CHANGES
from livechat_sdk.lifecycle.effects import (
    AddToTicket,
    BaseAction,
    ChangeOwner,
    CloseChat,
    CreateTicket,
    DeliverEnded,
    EraseSecrets,
    PatchChat,
    RecordMessage,
    SaveChat,
    SaveTicket,
    Say,
    SendMessage,
    SetFate,
    Unpark,
    UpdateDetails,
)
from livechat_sdk.lifecycle.moves import LEGAL_MOVES
from tests.lifecycle.shadow import OPEN_FATES, Shadow

AFTER_THE_END = (
    SetFate,
    RecordMessage,
    SaveChat,
    PatchChat,
    CloseChat,
    CreateTicket,
    AddToTicket,
    Unpark,
    EraseSecrets,
    SaveTicket,
)
"""All that a step of an ended handoff may want."""


def check_step(before: Handoff, step: Step) -> None:
    """What holds of one step by itself."""
    after = step.handoff
    if step.refused is not None:
        assert after is before
        assert not step.effects
        return
    decides = any(isinstance(effect, BaseAction) for effect in step.effects)
    assert after.version == before.version + (after is not before)
    assert after is not before or not decides, "a step that decides an action competes with others"
    if after.state is not before.state:
        assert after.state in STATE_CHANGES[before.state]
        assert after.state_since >= before.state_since
    else:
        assert after.state_since >= before.state_since
    if before.state is HandoffState.ENDED:
        check_after_the_end(before, step)
    changes = [effect for effect in step.effects if isinstance(effect, ChangeOwner)]
    ends = after.state is HandoffState.ENDED and before.is_live
    if ends and after.end is not None and after.end.outcome != "already_open":
        assert changes == [ChangeOwner(owner="bot", number=before.owner_number + 1)]
        assert after.owner_number == before.owner_number + 1
        assert sum(isinstance(effect, DeliverEnded) for effect in step.effects) == 1
        assert step.effects.index(changes[0]) > max(
            (n for n, effect in enumerate(step.effects) if isinstance(effect, Say)), default=-1
        ), "what the SDK says is said before the bot may speak"
    else:
        assert after.owner_number == before.owner_number


def check_after_the_end(before: Handoff, step: Step) -> None:
    """An ended handoff keeps what comes late, and applies none of it.

    ``earlier`` is what it must still know when a later word on the same message comes.
    """
    after = step.handoff
    for effect in step.effects:
        assert isinstance(effect, AFTER_THE_END), effect
        if isinstance(effect, RecordMessage):
            assert effect.fate is Fate.DROPPED
    kept = {"attempts", "earlier", "ticket_moments", "version"}
    assert after.model_dump(exclude=kept) == before.model_dump(exclude=kept)


def check_handoff(handoff: Handoff) -> None:
    """What holds of a handoff at any time."""
    waiting = [*handoff.held, *handoff.planned]
    assert not [key for key, times in Counter(waiting).items() if times > 1], waiting
    assert (handoff.end is not None) == (handoff.state is HandoffState.ENDED)
    assert (handoff.ending is not None) == (handoff.state is HandoffState.ENDING)
    assert (handoff.ending_from is not None) == (handoff.state is HandoffState.ENDING)
    assert [attempt.number for attempt in handoff.attempts] == list(range(1, len(handoff.attempts) + 1))
    assert len({attempt.ref for attempt in handoff.attempts}) == len(handoff.attempts)
    assert all(attempt.abandoned for attempt in handoff.attempts[:-1])
    if handoff.is_live and handoff.state is not HandoffState.ENDING and handoff.attempt is not None:
        assert not handoff.attempt.abandoned
        assert not handoff.attempt.closed
        assert not handoff.attempt.closing
    if handoff.state is HandoffState.ENDED:
        assert not waiting
        assert not handoff.timers
    else:
        deaf = [name for name in handoff.timers if (f"timer.{name}", handoff.state) not in LEGAL_MOVES]
        assert not deaf, f"clocks that nobody hears in {handoff.state}: {deaf}"
    check_mute(handoff)


def check_mute(handoff: Handoff) -> None:
    """The bot is mute from the request to the end; an old owner number never passes."""
    number = handoff.owner_number
    may_wait = handoff.policy.allow_bot_while_waiting and handoff.state in {
        HandoffState.REQUESTED,
        HandoffState.STARTING,
        HandoffState.QUEUED,
    }
    free = handoff.state is HandoffState.ENDED
    assert bot_may_speak(handoff, owner_number=number, current=number) is (free or may_wait)
    for stale in (number - 1, number + 1):
        assert not bot_may_speak(handoff, owner_number=stale, current=number)


def check_ledger(handoff: Handoff, shadow: Shadow, spoken: Sequence[str]) -> None:
    """Handoff and ledger agree, and every message of the end user is in exactly one place."""
    assert shadow.timers == handoff.timers
    for key in spoken:
        fate = shadow.fates[Direction.TO_PROVIDER, key]
        places = [key in handoff.held, key in handoff.planned, key in shadow.returned]
        if handoff.is_live:
            assert (fate is Fate.HELD) == (key in handoff.held), (key, fate)
            assert (fate is Fate.PLANNED) == (key in handoff.planned), (key, fate)
        assert sum(places) == (1 if fate in OPEN_FATES and handoff.is_live else int(key in shadow.returned))
    assert len(set(shadow.returned)) == len(shadow.returned)
    owners = [("human", 1), ("bot", 2)] if not handoff.is_live else [("human", 1)]
    assert shadow.owners == owners


def check_brought(shadow: Shadow, brought: Iterable[tuple[int, str]]) -> None:
    """What one attempt has brought to an agent is not refused, whatever the others say of it."""
    for number, key in brought:
        assert shadow.fates[Direction.TO_PROVIDER, key] is not Fate.REFUSED, (number, key)


def check_lanes(shadow: Shadow, spoken: Sequence[str]) -> None:
    """What one attempt is sent keeps the order of speech, once each.

    Answers that travel with the details have an order of their own; as messages they come when the
    details were not taken.
    """
    answers = {key for one in shadow.decided if isinstance(one, UpdateDetails) for key in one.message_keys}
    sends: dict[int, list[str]] = {}
    for one in shadow.decided:
        if isinstance(one, SendMessage):
            sends.setdefault(one.attempt, []).append(one.message_key)
    by_hand = len(shadow.seen_to)  # a person may have anything done once more, out of its turn
    for keys in sends.values():
        if by_hand:
            break
        assert len(set(keys)) == len(keys), keys
        plain = [key for key in keys if key not in answers]
        assert plain == [key for key in spoken if key in set(plain)]
    said = [one.key for one in shadow.decided if isinstance(one, Say)]
    assert len(said) - len(set(said)) <= by_hand, said
    assert sum(isinstance(one, DeliverEnded) for one in shadow.decided) <= 1
    tickets = [one.key for one in shadow.decided if isinstance(one, CreateTicket)]
    assert len(tickets) - len(set(tickets)) <= by_hand, "one ticket for each moment"
    assert len(set(tickets)) <= 2, "the end is one moment"
    assert not said_after_the_end(shadow)


def check_drained(handoff: Handoff, shadow: Shadow) -> None:
    """After the end, when every result is known: nothing is left open, and no credentials are kept."""
    assert handoff.state is HandoffState.ENDED
    undecided = {entry: fate for entry, fate in shadow.fates.items() if fate in OPEN_FATES}
    assert not undecided
    assert sum(isinstance(one, DeliverEnded) for one in shadow.decided) == 1
    closable = [
        attempt.number
        for attempt in handoff.attempts
        if attempt.opened and not attempt.closed and attempt.candidate.capabilities.closes
    ]
    kept = [number for number, chat in shadow.chats.items() if chat.secrets]
    assert closable or not kept, "credentials outlive every chat that they could close"


def said_after_the_end(shadow: Shadow) -> list[BaseAction]:
    """What the end user would get under an ownership that is over."""
    user_lane = [one for one in shadow.decided if one.lane == "user"]
    ends = [n for n, one in enumerate(user_lane) if isinstance(one, DeliverEnded)]
    return [*user_lane[ends[0] + 1 :]] if ends else []
