"""The base of every ticket system: the three hooks once, and the rules about what may be repeated.

A create that may have left before is looked for first. What the vendor itself makes at most once is then
asked for again; otherwise "it is not there" counts only when the vendor's lag has passed, and even then
nothing is made a second time unless a person or ``doubtful: repeat`` wants it: the ticket is *doubtful*.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final, Generic, NoReturn, TypeVar

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnsupportedFeature,
)
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import ProviderHost
from livechat_sdk.provider.settings import IntegrationSettings
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.marks import Underway
from livechat_sdk_tickets.preparing import LoadedFile, Prepared, load_files, prepare

__all__ = ["LONGEST_CALL", "TicketSystem"]

Settings = TypeVar("Settings", bound=IntegrationSettings)
T = TypeVar("T")

logger = logging.getLogger("livechat_sdk.tickets")

LONGEST_CALL: Final = 60.0
"""Seconds for which a call that got no answer may still be on its way."""


class TicketSystem(ABC, Generic[Settings]):
    """An adapter to one ticket system.

    Every method may be called after a restart, by any process: keep nothing in memory that cannot be lost.
    Errors: raise the ``ProviderError`` family only; set ``sent=False`` when the request provably never left.
    """

    type: ClassVar[str]
    capabilities: ClassVar[TicketCapabilities]

    def __init__(self, context: IntegrationContext, settings: Settings) -> None:
        self.context = context
        self.settings = settings
        self.files: FileOpener = NoFiles()
        self.underway = Underway(context.now, LONGEST_CALL)

    @property
    def name(self) -> str:
        """The integration's name in the settings."""
        return self.context.name

    @property
    @abstractmethod
    def field_map(self) -> Mapping[str, FieldRule]:
        """The fields that drafts may name, by label."""

    @property
    def body_limit(self) -> int:
        """Characters of a body; an adapter may take it from its settings."""
        return self.capabilities.body_limit

    @property
    def find_lag(self) -> float:
        """Seconds for which a ticket may not be found; an adapter may take it from its settings."""
        return self.capabilities.find_lag

    @property
    def comments_once(self) -> bool:
        """Whether a comment with the same key is there once; an adapter may take it from its settings."""
        return self.capabilities.comments_once

    @property
    def at_most_once(self) -> AtMostOnce:
        """How a second ticket is kept away; an adapter may find out that an account differs."""
        return self.capabilities.create_at_most_once

    async def start(self, host: ProviderHost) -> None:
        """Called once before the first ticket."""
        self.files = host.files

    async def stop(self) -> None:
        """Called once when the dispatcher stops: close what a call opened."""

    # ------------------------------------------------------------------------------- what an adapter gives
    @abstractmethod
    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        """Make a ticket under ``ticket.key``. Never repeats by itself what may have been done."""

    @abstractmethod
    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        """Add a comment, internal unless ``note.public``. Never repeats by itself what may have been done."""

    @abstractmethod
    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        """Add a file where only the support team sees it."""

    @abstractmethod
    async def read(self, ticket_id: str) -> Ticket | None:
        """A ticket by the vendor's id, as it is now; ``None`` when there is none."""

    @abstractmethod
    async def find(self, key: str) -> Ticket | None:
        """The ticket that was made under a key, the oldest if there are several."""

    @abstractmethod
    def link(self, ticket_id: str) -> str:
        """Where the support team opens a ticket."""

    @abstractmethod
    async def check(self) -> Sequence[Finding]:
        """Look at credentials and set-up, the field map included; reads only."""

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        """Add what a ticket needs beside its creation. May be called again: must add nothing twice."""

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        """Whether a comment that may have been made is there; ``None`` when the vendor cannot tell."""
        return None

    async def beforehand(self, needed: Awaitable[T]) -> T:
        """What must be had before a create can leave: if it fails, nothing was made."""
        try:
            return await needed
        except TimeoutError:
            raise RetryableError(
                "it took too long to make ready", provider=self.name, operation="create", sent=False
            ) from None
        except ProviderError as error:
            error.sent = False
            raise

    @contextmanager
    def leaving(self, key: str, first_tried_at: datetime | None, operation: str) -> Generator[None]:
        """Around a call that must not be made twice, and of which nothing is there.

        Raises ``RetryableError`` while an earlier one may still be on its way.
        """
        if first_tried_at is not None and (rest := self.underway.rest(key, first_tried_at)) > 0:
            self._wait(rest, operation)
        self.underway.leaves(key)
        try:
            yield
        except ProviderError as error:
            if error.sent is False or isinstance(error, AuthError | RejectedError):
                self.underway.forget(key)
            raise

    # -------------------------------------------------------------------------------------------- the hooks
    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket:
        """Make a ticket, or find the one that an earlier try has made."""
        loaded, missing = await load_files(draft.attachments, self.files, self.capabilities)
        able = replace(self.capabilities, body_limit=self.body_limit)
        prepared = prepare(draft, able, self.field_map, loaded, missing)
        ticket = None if draft.first_tried_at is None else await self._earlier(draft, draft.first_tried_at)
        try:
            if ticket is None:
                ticket = await self.create(prepared, handoff)
            await self._completed(ticket, prepared)
        except ProtocolError as error:
            # Something was answered that cannot be read: what was made is found by the next try.
            raise RetryableError(
                f"what was made is not known yet: {error}", provider=self.name, status=error.status, sent=True
            ) from error
        return ticket

    @hookimpl
    async def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Ticket | None:
        """Add a comment, once for each ``note.key``; abstains for tickets of another source."""
        if ticket.source != self.name:
            return None
        able = self.capabilities
        if not (able.public_comment if note.public else able.internal_comment):
            kind = "public" if note.public else "internal"
            raise UnsupportedFeature(f"{self.type} has no {kind} comments")
        if note.first_tried_at is None or not await self._comment_is_there(ticket, note, note.first_tried_at):
            loaded, missing = await load_files(note.attachments, self.files, able)
            if missing:
                lost = "\n".join(["", "", "Could not be carried over:", *(f"- {line}" for line in missing)])
                note = note.model_copy(update={"body": note.body + lost})
            await self.comment(ticket, note, loaded)
        try:
            now = await self.read(ticket.id)
        except ProviderError as error:  # the comment is there: how the ticket stands can be asked later
            logger.info("%s: a ticket could not be read: %s", self.name, error)
            return ticket
        return ticket if now is None else now.model_copy(update={"key": ticket.key})

    @hookimpl
    async def livechat_list_tickets(self, handoff: Handoff) -> Sequence[Ticket]:
        """The tickets of a handoff, as they are now."""
        return await self.list(handoff)

    async def list(self, handoff: Handoff) -> Sequence[Ticket]:
        """The tickets of a handoff: those of its end, and the one from while it went on."""
        found = [await self.find(f"{handoff.id}.ticket{ending}") for ending in (".during", "")]
        return tuple(ticket for ticket in found if ticket is not None)

    # ----------------------------------------------------------------------------------- what it decides
    async def _completed(self, ticket: Ticket, prepared: Prepared) -> None:
        """Complete a ticket. Whatever fails, it must not look as if no ticket had been made.

        A refusal is final only where the vendor makes no second ticket when a person has it tried again.
        """
        try:
            await self.complete(ticket, prepared)
        except ProviderError as error:
            once = self.at_most_once is AtMostOnce.VENDOR
            refused = once and isinstance(error, RejectedError)
            kind: type[ProviderError] = RejectedError if refused else RetryableError
            raise kind(
                f"ticket {ticket.number or ticket.id} was made, and lacks something: {error}",
                provider=self.name,
                operation="create",
                status=error.status if refused else None,  # a 429 would say that nothing was done
                request_id=error.request_id,
                retry_after=error.retry_after,
                sent=True,
            ) from error

    async def _earlier(self, draft: TicketDraft, since: datetime) -> Ticket | None:
        """The ticket of an earlier try; ``None`` when it may be made. Raises to wait, or for a doubt."""
        able = self.capabilities
        if able.find:
            found = await self.find(draft.key)
            if found is not None:
                return found
        age = (self.context.now() - since).total_seconds()
        window = able.vendor_window
        if self.at_most_once is AtMostOnce.VENDOR and (window is None or age < window):
            return None
        if able.find and age < self.find_lag + LONGEST_CALL:
            self._wait(self.find_lag + LONGEST_CALL - age, "create")
        if draft.repeat:
            return None
        raise RejectedError(
            "an earlier try may have made the ticket: look for it, then retry or drop it",
            provider=self.name,
            operation="create",
        )

    async def _comment_is_there(self, ticket: Ticket, note: TicketNote, since: datetime) -> bool:
        """Whether an earlier try made the comment. Raises while, or because, nobody can tell."""
        if self.comments_once:
            return False
        known = await self.has_comment(ticket, note)
        if known:
            return True
        age = (self.context.now() - since).total_seconds()
        if known is False and age < LONGEST_CALL:
            self._wait(LONGEST_CALL - age, "comment")
        if known is False:
            return False
        raise RejectedError(
            "an earlier try may have made the comment, and nobody can tell",
            provider=self.name,
            operation="comment",
        )

    def _wait(self, seconds: float, operation: str) -> NoReturn:
        raise RetryableError(
            "an earlier try may still be on its way: it is looked for again",
            provider=self.name,
            operation=operation,
            retry_after=max(seconds, 1.0),
            sent=False,
        )
