"""``Hooks``: the plugins of one dispatcher, and one typed method for each hook."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.handoff import Handoff, HandoffRequest, OpeningHours, Route
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.moments import Moment, Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.hooks.answers import contact_of, instance_of, nothing, route_to, text, tickets, words
from livechat_sdk.hooks.caller import Caller
from livechat_sdk.hooks.plugin_set import Plugins
from livechat_sdk.hooks.plugins import Implementation
from livechat_sdk.hooks.stats import HookStat

__all__ = ["TRACE_VARIABLE", "Hooks"]

TRACE_VARIABLE: Final = "LIVECHAT_TRACE_HOOKS"
"""Environment variable: ``1`` logs each call (logger ``livechat_sdk.hooks.trace``, level INFO)."""

logger = logging.getLogger("livechat_sdk.hooks")


class Hooks(Plugins):
    """The plugins of one dispatcher, and how they are asked.

    Plugins are asked last registered first; those with ``tryfirst`` before, those with ``trylast`` after
    the others. ``block`` holds names of plugins that are not to be used, beside those in the environment
    variable ``LIVECHAT_BLOCK_PLUGINS``. Time limits are in seconds, for each call of each plugin;
    ``threads`` is the number of threads that the ``def`` implementations of one plugin may use.
    """

    def __init__(
        self,
        *,
        block: Iterable[str] = (),
        hook_timeout: float = 2.0,
        contact_timeout: float = 10.0,
        ticket_timeout: float = 15.0,
        assist_timeout: float = 10.0,
        threads: int = 4,
        blocking_limit: float = 0.25,
    ) -> None:
        self.hook_timeout = hook_timeout
        self.contact_timeout = contact_timeout
        self.ticket_timeout = ticket_timeout
        self.assist_timeout = assist_timeout
        super().__init__(block=block, threads=threads)
        self._caller = Caller(
            trace=os.environ.get(TRACE_VARIABLE, "") not in {"", "0"}, blocking_limit=blocking_limit
        )

    def stats(self) -> Sequence[HookStat]:
        """What was counted since the start, by plugin and hook."""
        return self._caller.tallies.snapshot()

    # ------------------------------------------------------------------------------------ first answers
    async def route(self, request: HandoffRequest, candidates: Sequence[str]) -> Route | None:
        """``livechat_route``: where a handoff goes; only a route to one of ``candidates`` counts."""
        names = tuple(candidates)
        return await self._caller.first(
            self._plugins.implementing("livechat_route"),
            self.hook_timeout,
            route_to(names),
            request=request,
            candidates=names,
        )

    async def business_hours(self, route: Route, at: datetime) -> OpeningHours | None:
        """``livechat_business_hours``: whether the team is open; ``None`` when nobody keeps hours."""
        return await self._caller.first(
            self._plugins.implementing("livechat_business_hours"),
            self.hook_timeout,
            instance_of(OpeningHours),
            route=route,
            at=at,
        )

    async def system_message(
        self, moment: Moment, handoff: Handoff, language: str
    ) -> SystemMessage | Silent | None:
        """``livechat_system_message``: the words for a moment; ``None`` when nobody has any."""
        return await self._caller.first(
            self._plugins.implementing("livechat_system_message"),
            self.hook_timeout,
            words,
            moment=moment,
            handoff=handoff,
            language=language,
        )

    async def get_contact(self, source: str, contact_id: str) -> Contact | None:
        """``livechat_get_contact``: one contact by its id; no other CRM integration learns the id."""
        return await self._caller.first(
            self._selected("livechat_get_contact", (source,)),
            self.contact_timeout,
            contact_of(source),
            source=source,
            contact_id=contact_id,
        )

    async def translate(self, words: str, source: str, target: str) -> str | None:
        """``livechat_translate``: ``words`` in another language; ``None`` when nobody can."""
        return await self._caller.first(
            self._plugins.implementing("livechat_translate"),
            self.hook_timeout,
            text,
            text=words,
            source=source,
            target=target,
        )

    async def suggest_reply(
        self, handoff: Handoff, messages: Sequence[TranscriptEntry], bot: str, deployment: str | None
    ) -> str | None:
        """``livechat_suggest_reply``: what a member could answer; ``None`` when nobody knows."""
        return await self._caller.first(
            self._plugins.implementing("livechat_suggest_reply"),
            self.assist_timeout,
            text,
            handoff=handoff,
            messages=tuple(messages),
            bot=bot,
            deployment=deployment,
        )

    # ---------------------------------------------------------------------------------------- all of them
    async def find_contacts(
        self, user: EndUser, bot: str, only: Collection[str] | None = None
    ) -> tuple[Contact, ...]:
        """``livechat_find_contact``: what the CRMs know about the end user, at most one contact a source.

        ``only`` names the integrations to ask, those in the bot's settings; plugins that are not
        integrations are always asked. ``None`` asks every integration.
        """
        answers = await self._caller.every(
            self._selected("livechat_find_contact", only),
            self.contact_timeout,
            instance_of(Contact),
            user=user,
            bot=bot,
        )
        found: dict[str, Contact] = {}
        for plugin, contact in answers:
            if contact.source in found:
                logger.warning("plugin %r: there is a contact from %r already", plugin, contact.source)
            found.setdefault(contact.source, contact)
        return tuple(found.values())

    async def handoff_changed(self, before: Handoff | None, after: Handoff, cause: str) -> None:
        """``livechat_handoff_changed``: tell everybody at the same time; returns when all were told."""
        await self._caller.every(
            self._plugins.implementing("livechat_handoff_changed"),
            self.hook_timeout,
            nothing,
            before=before,
            after=after,
            cause=cause,
        )

    # ------------------------------------------------------------------------------- the configured plugin
    async def create_ticket(self, draft: TicketDraft, handoff: Handoff, *, plugin: str) -> Ticket | None:
        """``livechat_create_ticket`` of the plugin named ``plugin``.

        This and the other ticket hooks raise the plugin's ``ProviderError`` or ``UnsupportedFeature``,
        ``RetryableError`` when it does not answer in time, and ``PluginError`` for anything else, an unknown
        plugin included.
        """
        return await self._caller.only(
            self._plugins.implementation_of("livechat_create_ticket", plugin),
            self.ticket_timeout,
            instance_of(Ticket),
            draft=draft,
            handoff=handoff,
        )

    async def add_to_ticket(self, ticket: Ticket, note: TicketNote, *, plugin: str) -> Ticket | None:
        """``livechat_add_to_ticket`` of the plugin named ``plugin``; raises as ``create_ticket`` does."""
        return await self._caller.only(
            self._plugins.implementation_of("livechat_add_to_ticket", plugin),
            self.ticket_timeout,
            instance_of(Ticket),
            ticket=ticket,
            note=note,
        )

    async def list_tickets(self, handoff: Handoff, *, plugin: str) -> Sequence[Ticket]:
        """``livechat_list_tickets`` of the plugin named ``plugin``; raises as ``create_ticket`` does."""
        listed = await self._caller.only(
            self._plugins.implementation_of("livechat_list_tickets", plugin),
            self.ticket_timeout,
            tickets,
            handoff=handoff,
        )
        return listed or ()

    def _selected(self, hook: str, only: Collection[str] | None) -> Sequence[Implementation]:
        asked = self._plugins.implementing(hook)
        if only is None:
            return asked
        return [one for one in asked if not one.plugin.selectable or one.plugin.name in only]
