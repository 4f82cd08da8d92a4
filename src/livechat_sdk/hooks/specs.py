"""Every hook, one class per family. The docstring of a spec is its contract.

Shared by all: an implementation may be ``def`` (run in a bounded thread pool of its plugin) or
``async def``; it may take fewer arguments than the spec names; it runs under ``hook_timeout``
(2 s unless the settings say otherwise); an exception or a late answer is logged and counted with
the plugin's name and counts as abstaining. Plugins are asked last registered first; those with
``tryfirst`` before, those with ``trylast`` after the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.hooks.markers import hookspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from livechat_sdk.domain.handoff import Handoff, HandoffRequest, OpeningHours, Route
    from livechat_sdk.domain.messages import TranscriptEntry
    from livechat_sdk.domain.moments import Moment, Silent
    from livechat_sdk.domain.outgoing import SystemMessage
    from livechat_sdk.domain.people import Contact, EndUser
    from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
    from livechat_sdk.provider.integration import IntegrationType

__all__ = [
    "SPEC_CLASSES",
    "AssistanceSpecs",
    "BusinessHoursSpecs",
    "ContactSpecs",
    "ObservingSpecs",
    "RegistrationSpecs",
    "RoutingSpecs",
    "SystemMessageSpecs",
    "TicketingSpecs",
]

# The bodies of specs are docstrings only: pluggy never calls them.
# mypy: disable-error-code="empty-body"
# pyright: reportReturnType=false


class RegistrationSpecs:
    """What a plugin adds to the SDK."""

    @hookspec
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        """Offer integration types (chat providers, CRMs, ticket systems).

        When: once, while plugins are loaded. Must be ``def``.
        Combining: all answers together; two plugins with one type are a load error that names both.
        Failure: fatal, with the plugin's name. Time limit: none. Since: hook API 1.0.
        """


class RoutingSpecs:
    """Where a handoff goes."""

    @hookspec
    def livechat_route(self, request: HandoffRequest, candidates: Sequence[str]) -> Route | None:
        """Choose where a handoff goes. ``candidates`` are names of usable integrations, in order.

        When: after the request is stored, before business hours and availability.
        Combining: first answer wins; ``None`` abstains. The other candidates become the fallback
        chain, in their order. A route to something else than a candidate counts as a failure. The rules
        of the settings are asked last.
        Failure: counts as abstaining; when nobody answers, the first candidate is taken.
        Time limit: ``hook_timeout``. Since: hook API 1.0.
        """


class BusinessHoursSpecs:
    """When the team is there."""

    @hookspec
    def livechat_business_hours(self, route: Route, at: datetime) -> OpeningHours | None:
        """Say whether the team behind ``route`` is open at ``at`` (with a zone), and when it opens next.

        When: when a handoff is requested, after routing; and for availability questions.
        Combining: first answer wins; ``None`` abstains.
        Failure: counts as abstaining; when nobody answers, it is open.
        Time limit: ``hook_timeout``. Since: hook API 1.0.
        """


class SystemMessageSpecs:
    """What the end user is told."""

    @hookspec
    def livechat_system_message(
        self,
        moment: Moment,
        handoff: Handoff,
        language: str,
    ) -> SystemMessage | Silent | None:
        """Give the words for one moment, or ``SILENT`` to say nothing.

        The text may hold placeholders in braces that the SDK fills (``{agent}``, ``{position}``,
        ``{next_opening}``, ``{question}``, ``{name}``, ``{to}``, ``{file}``). A sentence whose placeholder
        has no value is left out; ``[one wording with {agent}|another without]`` gives both wordings.
        When: once for each moment that comes; the words are stored before they are delivered, so that
        a repeated delivery says the same.
        Combining: first answer wins; ``None`` abstains.
        Failure: counts as abstaining; when nobody answers, nothing is said.
        Time limit: ``hook_timeout``. Since: hook API 1.0.
        """


class ContactSpecs:
    """What is known about the end user."""

    @hookspec
    def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
        """Find the end user in one CRM.

        When: beside the decision, in a lane of its own: a slow CRM delays nobody.
        Combining: all plugins are asked at the same time, but of the integrations only those that the
        bot's settings name; answers are kept by their ``source``.
        Failure: counts as "not found". Time limit: ``contact_timeout`` (10 s). Since: hook API 1.0.
        """

    @hookspec
    def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        """Read one contact by its id in the CRM named ``source``; others abstain.

        When: an agent opens or refreshes the contact.
        Combining: first answer wins; ``None`` abstains. Of the integrations only ``source`` is asked. A
        contact with another ``source`` counts as a failure.
        Failure: counts as "not found". Time limit: ``contact_timeout`` (10 s). Since: hook API 1.0.
        """


class TicketingSpecs:
    """Tickets in the ticket system that the bot's settings name."""

    @hookspec
    def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket | None:
        """Make a ticket. The same ``draft.key`` must give the same ticket.

        A ``draft.first_tried_at`` says since when it may be there: look for it first. Where that proves
        nothing yet, raise ``RetryableError`` with ``retry_after``. Where it proves that there is none, make
        it only if the vendor itself makes a second one impossible or ``draft.repeat`` is set; else raise
        ``RejectedError``, and the ticket is *doubtful*.

        When: at the moments that the settings list, or when somebody asks for it.
        Combining: only the configured plugin is asked. Failure: repeated, then recorded as failed, or as
        doubtful where it may be there; the handoff is not affected. Time limit: ``ticket_timeout`` (15 s).
        Since: hook API 1.0.
        """

    @hookspec
    def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Ticket | None:
        """Add a note to a ticket. The same ``note.key`` must not add it twice.

        A ``note.first_tried_at`` says since when it may be there: look for it first, and raise as
        ``livechat_create_ticket`` does where that proves nothing.

        When: somebody wants something added to a ticket, or the handoff of a ticket has ended.
        Combining: only the plugin that is the ticket's ``source`` is asked. Failure: repeated, then recorded
        as failed, or as doubtful where it may be there. Time limit: ``ticket_timeout`` (15 s).
        Since: hook API 1.0.
        """

    @hookspec
    def livechat_list_tickets(self, handoff: Handoff) -> Sequence[Ticket]:
        """The tickets of a handoff.

        When: the tickets of a handoff are shown. Combining: only the configured plugin is asked.
        Failure: raised to the caller. Time limit: ``ticket_timeout`` (15 s). Since: hook API 1.0.
        """


class AssistanceSpecs:
    """Help for members of the support team while they write."""

    @hookspec
    def livechat_translate(self, text: str, source: str, target: str) -> str | None:
        """Translate what one side of a conversation wrote, from ``source`` to ``target`` (language tags).

        When: a message is shown to, or sent by, a member at a desk that has translation switched on, and
        the two languages differ. A translation is kept, and the same message is not asked for again.
        Combining: first answer wins; ``None`` abstains.
        Failure: counts as abstaining; when nobody answers, the original is shown and sent, marked as not
        translated. Time limit: ``hook_timeout``. Since: hook API 1.1.
        """

    @hookspec
    def livechat_suggest_reply(
        self, handoff: Handoff, messages: Sequence[TranscriptEntry], bot: str, deployment: str | None
    ) -> str | None:
        """Suggest what a member could answer. Nothing is sent: the member reads it, changes it, or drops it.

        ``handoff.request.transcript`` is what was said before the handoff, ``messages`` what was said since,
        oldest first. ``bot`` and ``deployment`` are the assistant that the desk's settings choose; without a
        choice ``bot`` is the handoff's own.
        When: a member asks for it at a desk that has the assistant switched on.
        Combining: first answer wins; ``None`` abstains.
        Failure: counts as abstaining; when nobody answers, the member is told that there is no suggestion.
        Time limit: ``assist_timeout`` (10 s). Since: hook API 1.1.
        """


class ObservingSpecs:
    """Being told."""

    @hookspec
    def livechat_handoff_changed(self, before: Handoff | None, after: Handoff, cause: str) -> None:
        """See every change of a handoff; ``before`` is ``None`` for a new one.

        When: after the commit, best effort: a change may be missed when the process dies.
        Combining: all plugins are told. Answers are ignored: an observer can neither block nor change
        anything. Failure: logged. Time limit: ``hook_timeout``. Since: hook API 1.0.
        """


SPEC_CLASSES: tuple[type, ...] = (
    RegistrationSpecs,
    RoutingSpecs,
    BusinessHoursSpecs,
    SystemMessageSpecs,
    ContactSpecs,
    TicketingSpecs,
    AssistanceSpecs,
    ObservingSpecs,
)
"""The families, in the order in which a handoff meets them."""
