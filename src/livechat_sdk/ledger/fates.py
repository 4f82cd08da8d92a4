"""What may become of a message after what: the one rule that every store keeps."""

from __future__ import annotations

from livechat_sdk.domain.messages import Fate

__all__ = ["ARRIVED", "RETURNED_TO_BOT", "SETTLED_AGAINST", "next_fate"]

RETURNED_TO_BOT = "returned to the bot"
"""The detail of a dropped message that went back to the bot with the end of its handoff."""

ARRIVED = frozenset(fate for fate in Fate if fate.arrived)
"""The other side has it, or took the request."""

SETTLED_AGAINST = frozenset({Fate.REFUSED, Fate.DROPPED})
"""It did not arrive, and that was decided. Only a send that had started can prove otherwise."""

_STRENGTH = {Fate.SENT: 1, Fate.ACKNOWLEDGED: 2, Fate.SEEN: 3}


def next_fate(
    old: Fate, new: Fate, *, anew: bool = False, answer: bool = False, doubts: bool = False
) -> Fate:
    """The fate of a message whose fate is ``old`` when ``new`` is reported: ``new``, or ``old`` unchanged.

    What has arrived only rises: sent, acknowledged, seen. One way leads back: a vendor that took a message
    may still refuse it (until somebody has seen it). What was refused or dropped changes only by proof that
    it arrived after all; the caller makes sure that a send had started (see ``SETTLED_AGAINST``).
    Everything else (held, planned, doubtful) is open and follows the latest word. ``anew``: a person decided
    that what was refused is sent again. ``answer``: the new word answers the send itself; where the message
    was refused meanwhile, the vendor took it, could not deliver it, and said so before it answered the call.
    ``doubts``: the two come of different attempts. One did not bring it, of the other nobody can tell:
    together, in either order, a doubt. One brought it: that the other did not takes nothing back.
    """
    if doubts and (old is Fate.REFUSED or new in SETTLED_AGAINST) and Fate.DOUBTFUL in {old, new}:
        return Fate.DOUBTFUL
    if old is Fate.REFUSED and (anew or answer):
        return new if anew else old
    if old in ARRIVED:
        if new in ARRIVED:
            return new if _STRENGTH[new] > _STRENGTH[old] else old
        takes_back = new is Fate.REFUSED and old is not Fate.SEEN and not doubts
        return new if takes_back else old
    if old in SETTLED_AGAINST:
        return new if new in ARRIVED else old
    return new
