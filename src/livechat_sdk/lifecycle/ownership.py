"""Who may speak: the rule behind the send gate."""

from __future__ import annotations

from livechat_sdk.domain.handoff import Handoff

__all__ = ["bot_may_speak"]


def bot_may_speak(handoff: Handoff | None, *, owner_number: int, current: int) -> bool:
    """Whether a bot message may pass.

    ``handoff`` is the conversation's live handoff or ``None``; ``owner_number`` is the number under
    which the bot wants to speak and ``current`` the conversation's number. The bot is mute from the
    request until the end; only ``allow_bot_while_waiting`` lets it speak before an agent joins. A
    number that is not the current one never passes: it belongs to an ownership that is over.
    """
    if owner_number != current:
        return False
    if handoff is None or not handoff.is_live:
        return True
    return handoff.policy.allow_bot_while_waiting and handoff.is_waiting
