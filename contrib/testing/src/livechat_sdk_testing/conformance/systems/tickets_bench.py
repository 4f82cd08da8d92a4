"""A ticket system that is called through the hooks, and one at the end of a whole handoff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk_testing.builders import a_handoff
from livechat_sdk_testing.conformance.case import CaseFailed, same, that
from livechat_sdk_testing.conformance.systems.bench import SystemBench
from livechat_sdk_testing.conformance.systems.case import Family, SystemNeed
from livechat_sdk_testing.conformance.systems.conversation import SystemConversation
from livechat_sdk_testing.conformance.systems.tickets_rig import TicketAble, TicketRig, TicketSeen

__all__ = ["TICKETING", "TicketBench", "TicketConversation", "declares", "has", "lacks"]

_TRIES: Final = 12


class TicketBench(SystemBench[TicketRig]):
    """One ticket system on its rig."""

    @property
    def able(self) -> TicketAble:
        """What it declares."""
        return self.rig.able

    @property
    def handoff(self) -> Handoff:
        """The handoff whose tickets they are, unless a case says otherwise."""
        return a_handoff().model_copy(update={"id": "h-1"})

    def draft(self, **fields: Any) -> TicketDraft:
        """A draft as the core makes it."""
        basic: dict[str, Any] = {
            "key": "h-1.ticket",
            "subject": "Missed: invoice 7",
            "body": "Conversation:\nUser: where is invoice 7?\nBot: one moment",
            "requester_name": "Eleni Petrou",
            "requester_email": "eleni@shop.example",
        }
        return TicketDraft.model_validate(basic | fields)

    async def create(self, draft: TicketDraft | None = None, handoff: Handoff | None = None) -> Ticket:
        """Make a ticket, as the relay does."""
        made = await self.hooks.create_ticket(
            draft or self.draft(), handoff or self.handoff, plugin=self.name
        )
        if made is None:
            raise CaseFailed("livechat_create_ticket answered None")
        return made

    async def persist(self, draft: TicketDraft | None = None) -> Ticket | ProviderError:
        """Create as the relay does: again while it may be repeated, with the time of the first try.

        Returns the ticket, or the error after which it is doubtful.
        """
        draft = draft or self.draft()
        since = self.clock.now()
        error: ProviderError | None = None
        for _ in range(_TRIES):
            try:
                return await self.create(draft)
            except (RetryableError, RejectedError) as failed:
                error = failed
            draft = draft.model_copy(update={"first_tried_at": draft.first_tried_at or since})
            if isinstance(error, RejectedError):
                return error
            await self.clock.advance(max(error.retry_after or 0.0, 5.0))
        if error is None:
            raise CaseFailed("nothing was tried")
        return error

    async def add(self, ticket: Ticket, body: str = "He called back", **fields: Any) -> Ticket | None:
        """Add a note, as the relay does."""
        note = TicketNote.model_validate({"key": "h-1.note.1", "body": body} | fields)
        return await self.hooks.add_to_ticket(ticket, note, plugin=self.name)

    async def listed(self, handoff: Handoff | None = None) -> Sequence[Ticket]:
        """The tickets of a handoff."""
        return await self.hooks.list_tickets(handoff or self.handoff, plugin=self.name)

    async def seen(self) -> TicketSeen:
        """The only ticket that the vendor has."""
        found = await self.rig.tickets()
        same(len(found), 1, "tickets at the vendor")
        return found[0]

    async def at_most_one(self, outcome: Ticket | ProviderError) -> None:
        """One ticket that was told of, or a doubt and at most one; where the vendor can tell: one."""
        found = await self.rig.tickets()
        that(len(found) <= 1, f"there are {len(found)} tickets for one key")
        if isinstance(outcome, Ticket):
            same([one.id for one in found], [outcome.id], "tickets at the vendor")
        elif self.able.create_at_most_once != "no" and found:
            raise CaseFailed(f"the ticket is there and can be found, and yet it ends with {outcome!r}")


class TicketConversation(SystemConversation[TicketRig]):
    """A handoff whose bot has the ticket system under test."""

    def bot_settings(self) -> Mapping[str, Any]:
        """It is the bot's ticket system."""
        return {"ticketing": self.name, "tickets": {"missed": {}}}

    async def missed(self) -> Handoff:
        """A handoff with something to say that nobody takes."""
        await self.request()
        for number in range(10):
            await self.says(f"line {number}", f"m-{number}")
        await self.pass_time(601)
        return await self.handoff()

    async def known(self) -> Sequence[Ticket]:
        """The tickets that our side knows of."""
        return await self.dispatcher.tickets(self.handoff_id)

    async def seen(self) -> TicketSeen:
        """The only ticket that the vendor has."""
        found = await self.rig.tickets()
        same(len(found), 1, "tickets at the vendor")
        return found[0]

    async def one_or_doubtful(self) -> None:
        """Exactly one that is known, or a doubt that a person is shown; never two."""
        found, known = await self.rig.tickets(), await self.known()
        that(len(found) <= 1, f"there are {len(found)} tickets for one moment")
        if not known:
            parked = await self.dispatcher.parked()
            that(
                [one.kind for one in parked] == ["create_ticket"],
                f"no ticket is known and nothing waits for a person: {parked!r}",
            )
            that(parked[0].doubtful or not found, "the ticket is there, and is told to have failed")
        else:
            same([one.id for one in known], [one.id for one in found], "tickets that are known")


def declares(*names: str) -> SystemNeed[TicketRig]:
    """The capabilities ``names`` are declared."""

    def missing(rig: TicketRig) -> str | None:
        absent = [name for name in names if not getattr(rig.able, name)]
        return f"{', '.join(absent)}: not declared" if absent else None

    return SystemNeed(f"declares {', '.join(names)}", missing)


def lacks(*names: str) -> SystemNeed[TicketRig]:
    """The capabilities ``names`` are not declared."""

    def missing(rig: TicketRig) -> str | None:
        present = [name for name in names if getattr(rig.able, name)]
        return f"{', '.join(present)}: declared" if present else None

    return SystemNeed(f"does not declare {', '.join(names)}", missing)


def has(*names: str) -> SystemNeed[TicketRig]:
    """The rig says that there is such a thing (``reads``, ``links``, ``people``, ``priorities`` …)."""

    def missing(rig: TicketRig) -> str | None:
        absent = [name for name in names if not getattr(rig, name)]
        return f"this ticket system has no {', '.join(absent)}" if absent else None

    return SystemNeed(f"has {', '.join(names)}", missing)


TICKETING: Final[Family[TicketRig, TicketBench, TicketConversation]] = Family(
    "ticketing",
    (
        "tickets_made",
        "tickets_fields",
        "tickets_once",
        "tickets_comments",
        "tickets_files",
        "tickets_limits",
        "tickets_read",
        "tickets_failing",
        "tickets_secrets",
        "tickets_hostile",
        "tickets_life",
    ),
    TicketBench,
    TicketConversation,
)
"""The cases for ticket systems."""
