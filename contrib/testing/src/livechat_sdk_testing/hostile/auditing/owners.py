"""Who owns the conversation: one at a time, and one end for each handoff."""

from __future__ import annotations

from collections.abc import Iterator

from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk_testing.hostile.auditing.evidence import Evidence
from livechat_sdk_testing.hostile.auditing.findings import Finding, Wrong

__all__ = ["check_conversations", "check_end"]


def check_end(evidence: Evidence, handoff: Handoff) -> Iterator[Finding]:
    """A handoff that is over has one end, and the bot's side got exactly that one."""
    ends = evidence.ends_shown(handoff)
    told = ", ".join(end.end.outcome for end in ends) or "no end was delivered"
    state = f"{handoff.state}, {handoff.outcome or 'no outcome'}"
    if handoff.is_live:
        if ends:
            yield Finding(Wrong.OWNER_BROKEN, handoff.id, (), told, state)
        return
    if handoff.end is None or len(ends) != 1 or ends[0].end.outcome is not handoff.end.outcome:
        yield Finding(Wrong.OWNER_BROKEN, handoff.id, (), told, state)
        return
    carried = {message.key for message in ends[0].undelivered}
    returned = {
        entry.message.key
        for entry in evidence.entries_of(handoff, Direction.TO_PROVIDER)
        if entry.fate is Fate.DROPPED and entry.detail == RETURNED_TO_BOT
    }
    if missing := returned - carried:
        yield Finding(
            Wrong.LOST,
            handoff.id,
            tuple(sorted(missing)),
            "the end that was delivered does not carry them",
            RETURNED_TO_BOT,
        )


def check_conversations(evidence: Evidence) -> Iterator[Finding]:
    """A conversation has at most one live handoff, the owner that this means, and each end its own number."""
    by_conversation: dict[str, list[Handoff]] = {}
    for handoff in evidence.handoffs:
        by_conversation.setdefault(handoff.request.conversation_id, []).append(handoff)
    for conversation, handoffs in by_conversation.items():
        live = [handoff.id for handoff in handoffs if handoff.is_live]
        owner = evidence.owners.get(conversation)
        if len(live) > 1:
            yield Finding(Wrong.OWNER_BROKEN, live[0], (), f"{conversation} is live in {live}", "two owners")
        if owner is not None:
            expected = ("human", live[0]) if live else ("bot", None)
            if (owner.owner, owner.live_handoff) != expected:
                yield Finding(
                    Wrong.OWNER_BROKEN,
                    handoffs[-1].id,
                    (),
                    f"{conversation} has live handoffs {live}",
                    f"the owner is {owner.owner}, live {owner.live_handoff}",
                )
    yield from _check_numbers(evidence)


def _check_numbers(evidence: Evidence) -> Iterator[Finding]:
    """Each end gives the conversation back under a number of its own."""
    known: dict[tuple[str, int], str] = {}
    for handoff in evidence.handoffs:
        for end in evidence.ends_shown(handoff):
            if end.end.outcome is Outcome.ALREADY_OPEN:
                continue
            other = known.setdefault((end.conversation_id, end.owner_number), handoff.id)
            if other != handoff.id:
                yield Finding(
                    Wrong.OWNER_BROKEN,
                    handoff.id,
                    (),
                    f"the bot was told owner number {end.owner_number} by this end and by that of {other}",
                    f"{end.conversation_id} has number {handoff.owner_number} in this handoff",
                )
