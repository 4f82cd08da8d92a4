"""A ticket system outside the workers, and the plugin through which a worker speaks to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livechat_sdk import errors, hookimpl
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketDraft
from tests.processes.steps import Steps
from tests.processes.wire import Gone, Handler, Peer, Refused

DESK = "SocketDesk.1"
"""The name under which a worker's settings find the ticket system."""


@dataclass(frozen=True)
class Made:
    """One ticket as it was made."""

    key: str
    handoff: str
    body: str


class Desk:
    """A ticket system. ``dedupes``: a second create with one key gives the first ticket again.

    ``hides_answers``: how many creates are answered with an error after they were done. ``lies``: it says
    that it dedupes, and does not, nor does it find anything.
    """

    def __init__(
        self,
        changed: Callable[[], Awaitable[None]],
        *,
        dedupes: bool = True,
        hides_answers: int = 0,
        lies: bool = False,
    ) -> None:
        self.dedupes = dedupes
        self._lies = lies
        self.tickets: list[Made] = []
        self._hides_answers = hides_answers
        self._changed = changed

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a worker must know of it."""
        return {"dedupes": self.dedupes}

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What workers call."""
        return {"create_ticket": self.create_ticket, "find_ticket": self.find_ticket}

    async def made(self, handoff: str) -> Sequence[str]:
        """What the tickets of a handoff say, one for each that was made."""
        return [one.body for one in self.tickets if one.handoff == handoff]

    async def create_ticket(self, key: str, handoff: str, body: str) -> str:
        """Make a ticket; the first answers may be lost after it was made."""
        if not (self.dedupes and await self.find_ticket(key)):
            self.tickets.append(Made(key, handoff, body))
        await self._changed()
        if self._hides_answers:
            self._hides_answers -= 1
            raise Refused("RetryableError", "504: the answer was lost", {"status": 504})
        return f"ticket of {key}"

    async def find_ticket(self, key: str) -> str | None:
        """The ticket with a key, at once."""
        if self._lies:
            return None
        return next((f"ticket of {one.key}" for one in self.tickets if one.key == key), None)


class SocketDesk:
    """Speaks to the ticket system as the contract of the hook wants: look first, and never make two."""

    def __init__(self, peer: Peer, steps: Steps, settings: Mapping[str, Any]) -> None:
        self._peer = peer
        self._steps = steps
        self._dedupes = bool(settings["dedupes"])

    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket:
        """Make a ticket, or find the one that an earlier try has made."""
        if draft.first_tried_at is not None:
            found = await self._call("find_ticket", key=draft.key)
            if found is not None:
                return Ticket(source=DESK, id=found, key=draft.key)
            if not self._dedupes:
                raise errors.RejectedError("a create may still be on its way", provider=DESK)
        made = await self._call("create_ticket", key=draft.key, handoff=handoff.id, body=draft.body)
        return Ticket(source=DESK, id=made, key=draft.key)

    async def _call(self, what: str, **params: Any) -> Any:
        self._steps.reached(f"{what}, before")
        try:
            answer = await self._peer.call(what, **params)
        except (Gone, Refused) as error:
            self._steps.reached(f"{what}, refused")
            raise errors.RetryableError(str(error), provider=DESK, operation=what) from None
        self._steps.reached(f"{what}, after")
        return answer
