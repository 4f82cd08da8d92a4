"""Quick replies that were offered lately, so that an answer to one goes to Genesys as such.

Kept in memory alone, and for a while: whoever has lost it sends plain text, which a person and most flows
understand as well.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livechat_sdk.domain.messages import Choice

__all__ = ["Offers", "Picked"]

_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Picked:
    """A choice that the end user made, and the message that offered it."""

    message_id: str
    choice: Choice


class Offers:
    """The last offer of each chat."""

    def __init__(self) -> None:
        self._offers: OrderedDict[str, tuple[str, tuple[Choice, ...]]] = OrderedDict()

    def made(self, ref: str, message_id: str, choices: Sequence[Choice]) -> None:
        """A message offered these choices; one without takes the offer back."""
        self._offers.pop(ref, None)
        if choices:
            self._offers[ref] = (message_id, tuple(choices))
            while len(self._offers) > _MOST:
                self._offers.popitem(last=False)

    def picked(self, ref: str, text: str) -> Picked | None:
        """The choice that ``text`` names, by its label or its value."""
        message_id, choices = self._offers.get(ref, ("", ()))
        said = text.strip()
        found = next((one for one in choices if said in {one.label.strip(), one.value.strip()}), None)
        return None if found is None else Picked(message_id, found)

    def over(self, ref: str) -> None:
        """The chat is over, or the offer was answered."""
        self._offers.pop(ref, None)
