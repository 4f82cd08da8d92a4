"""``Dispatcher``: the calls that platforms make.

It holds no truth: everything is in the ledger, and a new process goes on where the last one stopped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from livechat_sdk.dispatcher.conversing import MAX_REQUEST_BYTES
from livechat_sdk.dispatcher.hosting import Assisting, Host
from livechat_sdk.dispatcher.intake import Intake
from livechat_sdk.dispatcher.measuring import MeasuredRunner, Measures
from livechat_sdk.dispatcher.observing import Observers
from livechat_sdk.dispatcher.parking import Parking
from livechat_sdk.dispatcher.reporting import Report
from livechat_sdk.dispatcher.setup import NotifyingDatabase, assemble, files_of, read_file
from livechat_sdk.dispatcher.stepping import Committed, Stepper
from livechat_sdk.dispatcher.stopping import stop_integrations
from livechat_sdk.dispatcher.working import Wakeups, Working
from livechat_sdk.dispatcher.writable import Writable
from livechat_sdk.domain.answers import BotAvailability
from livechat_sdk.domain.channel import check_channel
from livechat_sdk.domain.clock import Clock, SystemClock
from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import (
    HandoffNotFound,
    IntegrationNotFound,
    StoreError,
    UnknownBot,
    WebhookRejected,
)
from livechat_sdk.inbound import Inflow, Means
from livechat_sdk.ledger.sessions import SessionCounts
from livechat_sdk.ledger.store import Completion, Store
from livechat_sdk.lifecycle.inputs import (
    EffectSucceeded,
    Input,
)
from livechat_sdk.owning.retention import Retention
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.relay import Relay
from livechat_sdk.relay.deciding import Decider
from livechat_sdk.relay.enriching import Enriching
from livechat_sdk.relay.leases import LeaseGuard
from livechat_sdk.relay.links import link_fetcher
from livechat_sdk.relay.signals import Signals
from livechat_sdk.relay.to_user import UserDeliveries
from livechat_sdk.telemetry import spans
from livechat_sdk.telemetry.watchdog import LoopWatchdog

if TYPE_CHECKING:
    from pathlib import Path

    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.domain.channel import Channel
    from livechat_sdk.files import Files, FileScanner
    from livechat_sdk.provider.embedded import EmbeddedDatabase
    from livechat_sdk.provider.webhooks import WebhookDelivery
    from livechat_sdk.registry import Registry
    from livechat_sdk.telemetry.meters import Family

__all__ = ["MAX_REQUEST_BYTES", "Dispatcher"]

logger = logging.getLogger("livechat_sdk.dispatcher")


class Dispatcher(Parking):
    """Hands conversations to humans and back. Serves one workspace.

    Use it as an asynchronous context manager: entering takes up what an earlier process left, leaving
    finishes what is under way.
    """

    def __init__(
        self,
        settings: LivechatFile,
        *,
        channel: Channel,
        registry: Registry | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
        scan: FileScanner | None = None,
    ) -> None:
        """Put everything together; nothing is opened yet.

        ``channel`` is the end user's side. The rest has defaults: installed plugins, the store that
        the settings name, the machine's clock. ``plugins`` are asked before all others. ``scan`` is asked
        about every file before anybody gets it.
        Raises ``ConfigurationError`` with every problem of the settings, ``PluginError`` for a plugin
        that misuses a hook, ``TypeError`` for what is no channel.
        """
        from livechat_sdk.ledger.opening import open_store
        from livechat_sdk.ledger.secrets import StoreKeys
        from livechat_sdk.registry import Registry as _Registry

        check_channel(channel)
        spans.activate()
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.registry = registry or _Registry.discover(block=settings.plugins.block)
        self.workspace = settings.workspace
        parts = assemble(settings, self.registry, self.clock, plugins)
        self.hooks = parts.hooks
        self._hours = parts.hours
        self.integrations: Mapping[str, object] = parts.integrations
        self._providers: Mapping[str, AnyProvider] = parts.providers
        keys = StoreKeys.from_texts(settings.store_key) if settings.store_key else None
        opened: Store = store or open_store(
            settings.store, workspace=settings.workspace, key=keys, now=self.clock.now
        )
        super().__init__(opened)
        self._stepper = Stepper(self.store, self.clock, self._committed)
        self._intake = Intake(self.store, self.clock, self._stepper)
        self._decider = Decider(
            settings,
            self.hooks,
            self._providers,
            store=self.store,
            clock=self.clock,
            rules=parts.rules,
        )
        self.files: Files = files_of(settings, self.store, self.workspace, self.clock, scan)
        """Attachments: taking them in, opening them, their links."""
        guard = LeaseGuard()
        deliveries = UserDeliveries(
            self.store, self.hooks, settings, channel, self.files, guard, now=self.clock.now
        )
        enriching = Enriching(self.store, guard, self.files, link_fetcher(settings.files.egress.allow))
        self._measures = Measures()
        runner = MeasuredRunner(
            self._measures,
            store=self.store,
            clock=self.clock,
            hooks=self.hooks,
            settings=settings,
            providers=self._providers,
            decider=self._decider,
            deliveries=deliveries,
            enriching=enriching,
            inbox_changed=self._intake.inbox_changed,
        )
        self._relay = Relay(self.store, self.clock, runner, self._result, guard)
        self._signals = Signals(self.store, self._relay, deliveries, self._providers)
        self._observers = Observers(self.hooks)
        means = Means(self.store, self.workspace, self.clock, guard, self._intake, self._stepper.submit)
        self._inflow = Inflow(means, self._providers, reconcile_every=settings.reconcile_every)
        self._intake.asking = self._inflow
        self._inflow.places.on_learned = self._intake.learned
        self._inflow.counts.late = self._measures.repaired
        self._inflow.counts.poll_late = self._measures.begun_poll
        wake = Wakeups(
            self._intake.inbox_changed,
            self._intake.timers_changed,
            self._changed_elsewhere,
            [self._intake.shards_changed, self._inflow.shards_changed],
        )
        self._working = Working(self.store, self._relay, guard, wake)
        plan = settings.retention_plan()
        self._retention = Retention(
            self.store, self.workspace, self.clock, plan, lambda: self._working.shards
        )
        self._watchdog = LoopWatchdog(
            {
                "the channel": channel,
                **{f"plugin {name}": target for name, target in self.hooks.targets().items()},
                **{f"integration {name}": built for name, built in self.integrations.items()},
            }
        )
        self._report = Report(
            measures=self._measures,
            store=self.store,
            workspace=self.workspace,
            stepper=self._stepper,
            intake=self._intake,
            inflow=self._inflow,
            retention=self._retention,
            relay=self._relay,
            working=self._working,
            lease=guard,
            signals=self._signals,
            hooks=self.hooks,
            watchdog=self._watchdog,
        )
        self._running = False
        self.database: EmbeddedDatabase = NotifyingDatabase(self.store, self._intake.inbox_changed)
        """The ledger's database, for programs that keep their own tables beside the ledger."""
        self._writable = Writable(self.store, self.clock)
        self.sessions = SessionCounts(self.database, self.workspace)
        """How many sessions each bot had, as the platform reports it."""

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        channel: Channel,
        registry: Registry | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
        scan: FileScanner | None = None,
    ) -> Self:
        """A dispatcher from ``livechat.yaml``. Raises ``ConfigurationError`` with file, line and fix."""
        settings, known = read_file(path, registry)
        return cls(
            settings, channel=channel, registry=known, store=store, clock=clock, plugins=plugins, scan=scan
        )

    async def __aenter__(self) -> Self:
        await self.store.open()
        started: dict[str, object] = {}
        try:
            host = Host(
                self.database,
                self.files,
                self.store,
                self,
                self.sessions,
                Assisting(self.hooks, self),
                lambda: self._running,
            )
            for name, built in self.integrations.items():
                start = getattr(built, "start", None)
                if start is not None:
                    await start(host)
                    started[name] = built
            await self._hours.read_files()
            await self._working.start(self._intake.take_what_waits)
        except BaseException:
            await stop_integrations(started)
            await self.store.close()
            raise
        self._running = True
        self._intake.start()
        self._inflow.start()
        self._retention.start()
        self._watchdog.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = False
        await self._retention.stop()
        await self._inflow.stop()
        await self._intake.stop()
        await self._working.stop()
        await self._relay.stop()
        await self._stepper.stop()
        await self._signals.stop()
        await self._observers.stop()
        self._watchdog.stop()
        await stop_integrations(self.integrations)
        self.hooks.close()
        try:
            await self.store.release()
        except StoreError as trouble:
            logger.warning("others take over when the lease has run out: %s", trouble)
        await self.store.close()

    # What else platforms and vendors call

    async def availability(self, bot: str) -> BotAvailability:
        """Whether a human could be had for this bot now: hours, agents, waiting, estimate."""
        settings = self.settings.bots.get(bot)
        if settings is None:
            raise UnknownBot(bot, tuple(self.settings.bots))
        names = self._decider.usable(settings.livechat)
        if not settings.livechat.enabled or not names:
            return BotAvailability(open=False, agents="no", why="live chat is switched off for this bot")
        routes = [Route(integration=name, bot=bot, why="availability") for name in names]
        hours = await self._decider.hours(routes[0], self.clock.now())
        answers = [await self._decider.availability(route) for route in routes]
        best = next((a for a in answers if a.agents == "yes"), None) or next(
            (a for a in answers if a.agents == "unknown"), answers[0]
        )
        return BotAvailability(
            open=hours.open if hours else True,
            agents=best.agents,
            why=hours.rule if hours else "",
            next_opening=hours.next_opening if hours else None,
            next_closing=hours.next_closing if hours else None,
            waiting=best.waiting,
            estimate=best.estimate,
        )

    async def webhook(self, integration: str, delivery: WebhookDelivery) -> int:
        """Take a vendor's webhook; returns how many of its events were new. Answer the vendor after this.

        Raises ``IntegrationNotFound``, ``WebhookRejected``, ``StoreError`` (answer 503: the vendor
        tries again).
        """
        provider = self._providers.get(integration)
        if provider is None:
            raise IntegrationNotFound(integration, tuple(self._providers))
        with spans.span("livechat.webhook", {"livechat.integration": integration}):
            try:
                taken = await self._take_delivery(provider, delivery)
            except WebhookRejected as error:
                self._measures.webhook(integration, error)
                raise
            except StoreError:
                self._measures.webhook(
                    integration, WebhookRejected("the store does not answer", status=503, code="store")
                )
                raise
            self._measures.webhook(integration)
        return taken

    async def _take_delivery(self, provider: AnyProvider, delivery: WebhookDelivery) -> int:
        try:
            events = provider.read_webhook(delivery)
        except WebhookRejected:
            raise
        except Exception as error:
            logger.exception("integration %s cannot read a webhook", provider.name)
            # Our bug, not the vendor's: 503 lets the vendor send it again when it is mended.
            raise WebhookRejected("the adapter failed; its log says where", status=503, code="bug") from error
        taken = 0
        for event in events:
            taken += await self._intake.take_event(event)
        return taken

    # How it is doing

    async def ready(self) -> Mapping[str, str]:
        """What keeps this process from serving, by name; empty when it is ready."""
        problems: dict[str, str] = {}
        if not self._running:
            problems["dispatcher"] = "not started"
        try:
            await self.store.next_timer()
            trouble = await self._writable.trouble() if self._running else None
        except StoreError as error:
            trouble = str(error)
        if trouble is not None:
            problems["store"] = trouble
        for plugin in self.hooks.stuck():
            problems[f"plugin {plugin}"] = "all its threads are stuck; it is skipped"
        for lane in self._relay.broken:
            problems[f"lane {lane}"] = "stopped by a bug; a restart takes it up again"
        blocked = self._watchdog.trouble()
        if blocked is not None:
            problems["event loop"] = blocked
        return problems

    async def metrics(self) -> Sequence[Family]:
        """What was counted since the start and how things are now; ``GET /metrics`` is made from this."""
        return await self._report.families()

    async def wait_idle(self) -> None:
        """Wait until nothing is left that could be done now. For tests and scripts."""
        while True:
            await self._signals.wait_idle()
            await asyncio.sleep(0.001)  # the ledger works in threads: there is no event for "all is done"
            for _ in range(10):  # a millisecond may be over at once where others have the processor
                await asyncio.sleep(0)
            parts = (self._stepper, self._intake, self._inflow, self._retention)
            if all(part.is_idle for part in parts) and not self._relay.runnable_lanes:
                return

    # How it works

    async def _result(self, handoff_id: str, happening: Input, *, completes: Completion) -> None:
        with suppress(HandoffNotFound):  # erased meanwhile
            await self._stepper.submit(handoff_id, happening, completes=completes)
        if isinstance(happening, EffectSucceeded) and happening.chat is not None:
            chat = happening.chat
            refs = (chat.ref, chat.vendor_ref) if chat.vendor_ref else (chat.ref,)
            await self._intake.take_unmatched(chat.integration, refs)

    def _changed_elsewhere(self, handoff_id: str) -> None:
        self._watchers.changed(handoff_id)
        self._inflow.heard_of(handoff_id)

    def _committed(self, committed: Committed) -> None:
        after = committed.after
        self._measures.committed(committed.before, committed.change)
        self._relay.enqueue(committed.actions)
        for signal in committed.signals:
            self._signals.send(after, signal)
        if committed.timers_changed:
            self._intake.timers_changed()
        self._watchers.changed(after.id)
        self._inflow.handoff_changed(committed.before, after)
        if committed.before is None or committed.before.version != after.version:
            self._observers.tell(committed)
