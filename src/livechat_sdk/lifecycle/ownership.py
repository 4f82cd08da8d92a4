"""Who may speak: the rule behind the send gate."""

from __future__ import annotations

from livechat_sdk.domain.handoff import WAITING_STATES, Handoff, HandoffState

__all__ = ["bot_may_speak", "gate_lets_pass"]


def bot_may_speak(handoff: Handoff | None, *, owner_number: int, current: int) -> bool:
    """Whether a bot message may pass, from a whole handoff: see ``gate_lets_pass``."""
    state = handoff.state if handoff is not None else None
    may_wait = handoff is not None and handoff.policy.allow_bot_while_waiting
    return gate_lets_pass(state, may_wait=may_wait, owner_number=owner_number, current=current)


def gate_lets_pass(state: HandoffState | None, *, may_wait: bool, owner_number: int, current: int) -> bool:
    """Whether a bot message may pass.

    ``state`` is that of the conversation's live handoff, or ``None``; ``owner_number`` is the number under
    which the bot wants to speak and ``current`` the conversation's number. The bot is mute from the
    request until the end; only ``allow_bot_while_waiting`` (``may_wait``) lets it speak before an agent
    joins. A number that is not the current one never passes: it belongs to an ownership that is over.
    """
    if owner_number != current:
        return False
    if state is None or state is HandoffState.ENDED:
        return True
    return may_wait and state in WAITING_STATES
