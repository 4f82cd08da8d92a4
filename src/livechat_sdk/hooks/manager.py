"""``Hooks``: the plugins of one dispatcher, and one typed method for each hook."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.handoff import Handoff, HandoffRequest, OpeningHours, Route
from livechat_sdk.domain.moments import Moment, Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.hooks.answers import contact_of, instance_of, nothing, route_to, tickets, words
from livechat_sdk.hooks.caller import Caller
from livechat_sdk.hooks.plugin_list import PluginList
from livechat_sdk.hooks.plugins import Implementation
from livechat_sdk.hooks.registration import collect_types
from livechat_sdk.hooks.stats import HookStat
from livechat_sdk.provider.integration import IntegrationType

__all__ = ["BLOCK_VARIABLE", "TRACE_VARIABLE", "Hooks"]

BLOCK_VARIABLE: Final = "LIVECHAT_BLOCK_PLUGINS"
"""Environment variable: names of plugins that are not to be used, with commas between them."""

TRACE_VARIABLE: Final = "LIVECHAT_TRACE_HOOKS"
"""Environment variable: ``1`` logs each call (logger ``livechat_sdk.hooks.trace``, level INFO)."""

logger = logging.getLogger("livechat_sdk.hooks")


class Hooks:
    """The plugins of one dispatcher.

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
        threads: int = 4,
        blocking_limit: float = 0.25,
    ) -> None:
        self.hook_timeout = hook_timeout
        self.contact_timeout = contact_timeout
        self.ticket_timeout = ticket_timeout
        from_environment = (name.strip() for name in os.environ.get(BLOCK_VARIABLE, "").split(","))
        self.blocked = frozenset({*block, *(name for name in from_environment if name)})
        """Names of plugins that are not used."""
        self._plugins = PluginList(self.blocked, threads)
        self._caller = Caller(
            trace=os.environ.get(TRACE_VARIABLE, "") not in {"", "0"}, blocking_limit=blocking_limit
        )

    # ------------------------------------------------------------------------------------------ plugins
    def register(
        self, plugin: object, name: str | None = None, *, inline: bool = False, selectable: bool = False
    ) -> str | None:
        """Take in a module or object with implementations; returns its name, ``None`` when it is blocked.

        ``inline`` runs ``def`` implementations on the event loop: only for the SDK's own policies, which do
        no I/O. A ``selectable`` plugin (an integration from the settings) is asked for contacts only when
        it is named. Without a name, a module has its own and an object that of its class.

        Raises ``PluginError``, and takes nothing in, when the plugin needs another hook API, misuses a
        hook, is registered already, or when the name is taken.
        """
        return self._plugins.register(plugin, name, inline=inline, selectable=selectable)

    def unregister(self, name: str) -> None:
        """Ask a plugin no more; raise ``PluginError`` when there is none of this name. Its counts stay."""
        self._plugins.unregister(name)

    def check(self) -> None:
        """Look at every registered plugin once more; raise ``PluginError`` for the first misuse of a hook."""
        self._plugins.check()

    def plugins(self) -> Mapping[str, tuple[str, ...]]:
        """The hooks that each registered plugin implements, in the order of registration."""
        return {name: entry.hooks for name, entry in self._plugins.all().items()}

    def targets(self) -> dict[str, object]:
        """The registered modules and objects themselves, by name."""
        return {name: entry.target for name, entry in self._plugins.all().items()}

    def stats(self) -> Sequence[HookStat]:
        """What was counted since the start, by plugin and hook."""
        return self._caller.tallies.snapshot()

    def stuck(self) -> list[str]:
        """Names of the plugins that are skipped because their earlier calls hang."""
        return sorted(name for name, entry in self._plugins.all().items() if entry.is_stuck())

    def close(self) -> None:
        """Let the plugins' threads end and cancel what was abandoned. Hooks can be called afterwards."""
        for entry in self._plugins.all().values():
            entry.close()

    # ------------------------------------------------------------------------------------- registration
    def integration_types(self, *, plugin: str | None = None) -> Sequence[IntegrationType]:
        """``livechat_integration_types``: what the plugins, or only the one named ``plugin``, can build.

        Raises ``PluginError`` when a plugin fails or answers with something else, and naming both when two
        plugins offer the same type.
        """
        if plugin is not None:
            self._plugins.named(plugin)
        asked = self._plugins.implementing("livechat_integration_types")
        return collect_types([one for one in asked if plugin in {None, one.plugin.name}])

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
