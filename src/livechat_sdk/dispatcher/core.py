"""``Dispatcher``: the calls that platforms make.

It holds no truth: everything is in the ledger, and a new process goes on where the last one stopped.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from livechat_sdk.dispatcher.asking import Inquiries
from livechat_sdk.dispatcher.intake import Intake
from livechat_sdk.dispatcher.measuring import MeasuredRunner, Measures
from livechat_sdk.dispatcher.observing import Observers
from livechat_sdk.dispatcher.reporting import Report
from livechat_sdk.dispatcher.setup import Host, NotifyingDatabase, assemble, read_file
from livechat_sdk.dispatcher.stepping import Committed, Stepper
from livechat_sdk.dispatcher.working import Wakeups, Working
from livechat_sdk.domain.answers import Accepted, BotAvailability, GateAnswer, NotLive
from livechat_sdk.domain.clock import Clock, SystemClock
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.handoff import Handoff, HandoffRequest, HandoffState, Route, SurveyAnswer
from livechat_sdk.domain.messages import MAX_MESSAGE_BYTES, Direction, Message, UserReceipt
from livechat_sdk.errors import (
    HandoffNotFound,
    IntegrationNotFound,
    InvalidInput,
    MessageTooLarge,
    StoreError,
    UnknownBot,
    WebhookRejected,
)
from livechat_sdk.ledger.store import Completion, DuplicateMessage, Store, VersionConflict
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    DetailsAdded,
    EffectSucceeded,
    EndRequested,
    Input,
    Requested,
    UserLeft,
    UserRead,
    UserSaid,
    UserTyped,
)
from livechat_sdk.lifecycle.ownership import gate_lets_pass
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.relay import Relay
from livechat_sdk.relay.deciding import Decider
from livechat_sdk.relay.leases import LeaseGuard
from livechat_sdk.relay.signals import Signals
from livechat_sdk.relay.to_user import UserDeliveries
from livechat_sdk.telemetry import spans
from livechat_sdk.telemetry.watchdog import LoopWatchdog

if TYPE_CHECKING:
    from pathlib import Path

    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.domain.channel import Channel
    from livechat_sdk.provider.embedded import EmbeddedDatabase
    from livechat_sdk.provider.webhooks import WebhookDelivery
    from livechat_sdk.registry import Registry
    from livechat_sdk.telemetry.meters import Family

__all__ = ["MAX_REQUEST_BYTES", "Dispatcher"]

logger = logging.getLogger("livechat_sdk.dispatcher")

MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""Largest handoff request, transcript included, in bytes of JSON."""

_WHY_BY_DEFAULT: dict[Who, tuple[Why, Why]] = {
    # who: (while waiting, with an agent)
    "user": ("abandoned", "resolved"),
    "bot": ("abandoned", "resolved"),
    "agent": ("resolved", "resolved"),
    "operator": ("other", "other"),
    "provider": ("error", "error"),
    "clock": ("timeout", "timeout"),
}


class Dispatcher(Inquiries):
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
    ) -> None:
        """Put everything together; nothing is opened yet.

        ``channel`` is the end user's side. The rest has defaults: installed plugins, the store that
        the settings name, the machine's clock. ``plugins`` are asked before all others.
        Raises ``ConfigurationError`` with every problem of the settings, ``PluginError`` for a plugin
        that misuses a hook.
        """
        from livechat_sdk.ledger.opening import open_store
        from livechat_sdk.ledger.secrets import StoreKeys
        from livechat_sdk.registry import Registry as _Registry

        spans.activate()
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.registry = registry or _Registry.discover(block=settings.plugins.block)
        self.workspace = settings.workspace
        parts = assemble(settings, self.registry, self.clock, plugins)
        self.hooks = parts.hooks
        self.integrations: Mapping[str, object] = parts.integrations
        self._providers: Mapping[str, AnyProvider] = parts.providers
        keys = StoreKeys.from_texts(settings.store_key) if settings.store_key else None
        opened: Store = store or open_store(
            settings.store, workspace=settings.workspace, key=keys, now=self.clock.now
        )
        super().__init__(opened)
        self._stepper = Stepper(self.store, self.clock, self._committed)
        self._intake = Intake(self.store, self.clock, self._stepper)
        self._decider = Decider(settings, self.hooks, self._providers)
        deliveries = UserDeliveries(self.store, self.hooks, settings, channel)
        guard = LeaseGuard()
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
            lease=guard,
        )
        self._relay = Relay(self.store, self.clock, runner, self._result, guard)
        self._signals = Signals(self.store, self._relay, deliveries, self._providers)
        self._observers = Observers(self.hooks)
        wake = Wakeups(self._intake.inbox_changed, self._intake.timers_changed, self._watchers.changed)
        self._working = Working(self.store, self._relay, guard, wake)
        self._watchdog = LoopWatchdog(
            {
                "the channel": channel,
                **{f"integration {name}": built for name, built in self.integrations.items()},
                **{f"plugin {name}": target for name, target in self.hooks.targets().items()},
            }
        )
        self._report = Report(
            measures=self._measures,
            store=self.store,
            workspace=self.workspace,
            stepper=self._stepper,
            intake=self._intake,
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
    ) -> Self:
        """A dispatcher from ``livechat.yaml``. Raises ``ConfigurationError`` with file, line and fix."""
        settings, known = read_file(path, registry)
        return cls(settings, channel=channel, registry=known, store=store, clock=clock, plugins=plugins)

    async def __aenter__(self) -> Self:
        await self.store.open()
        try:
            host = Host(self.database)
            for built in self.integrations.values():
                start = getattr(built, "start", None)
                if start is not None:
                    await start(host)
            await self._working.start()
        except BaseException:
            await self.store.close()
            raise
        self._running = True
        self._intake.start()
        self._watchdog.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = False
        await self._intake.stop()
        await self._working.stop()
        await self._relay.stop()
        await self._stepper.stop()
        await self._signals.stop()
        await self._observers.stop()
        self._watchdog.stop()
        for name, built in self.integrations.items():
            stop = getattr(built, "stop", None)
            if stop is not None:
                try:
                    await stop()
                except Exception:
                    logger.exception("integration %s did not stop cleanly", name)
        self.hooks.close()
        try:
            await self.store.release()
        except StoreError as trouble:
            logger.warning("others take over when the lease has run out: %s", trouble)
        await self.store.close()

    # What platforms call

    async def request(self, request: HandoffRequest, *, wait: float = 5.0) -> Handoff:
        """Ask for a human. The same ``key`` gives the same handoff.

        Waits up to ``wait`` seconds for the decision (hours, route, availability) and returns the
        handoff as it is then. Another key while the conversation has a live handoff gives one that
        has ended with ``already_open``. Raises ``UnknownBot``, ``InvalidInput``, ``StoreError``.
        """
        bot = self.settings.bots.get(request.bot)
        if bot is None:
            raise UnknownBot(request.bot, tuple(self.settings.bots))
        size = len(request.model_dump_json().encode())
        if size > MAX_REQUEST_BYTES:
            raise InvalidInput(
                f"the request has {size:,} bytes, the limit is {MAX_REQUEST_BYTES:,}; shorten the transcript"
            )
        with spans.span("livechat.request", {"livechat.bot": request.bot}):
            handoff = await self._create(request)
            if handoff.state is HandoffState.REQUESTED and wait > 0:
                decided = await self._watchers.until(
                    handoff.id, lambda h: h.state is not HandoffState.REQUESTED, wait=wait
                )
                handoff = decided or handoff
            spans.annotate(
                {
                    spans.HANDOFF: handoff.id,
                    "livechat.integration": handoff.integration,
                    "livechat.state": handoff.state,
                    "livechat.outcome": handoff.outcome,
                }
            )
        return handoff

    async def user_message(self, handoff_id: str, message: Message) -> Accepted | NotLive:
        """Take a message of the end user. The same key again is accepted and changes nothing.

        Raises ``MessageTooLarge``, ``InvalidInput`` for an empty message, ``HandoffNotFound``.
        """
        if message.size > MAX_MESSAGE_BYTES:
            raise MessageTooLarge(message.size, MAX_MESSAGE_BYTES)
        if not (message.body.strip() or message.attachments):
            raise InvalidInput("the message is empty: give it a body or an attachment")
        try:
            answer = await self._submit(handoff_id, UserSaid(message=message))
        except DuplicateMessage:
            return Accepted(message.key, duplicate=True)
        if answer is None:
            return Accepted(message.key)
        # Too late for a new message; one whose first answer was lost has its fate in the ledger all the same.
        known = await self.store.entry(handoff_id, Direction.TO_PROVIDER, message.key)
        return answer if known is None else Accepted(message.key, duplicate=True)

    async def add_details(self, handoff_id: str, *, survey: Sequence[SurveyAnswer]) -> Accepted | NotLive:
        """Add answers to the pre-chat survey; an answer with a known id replaces it."""
        return await self._submit(handoff_id, DetailsAdded(survey=tuple(survey))) or Accepted(handoff_id)

    async def user_typing(self, handoff_id: str, *, on: bool) -> None:
        """The end user started or stopped typing. Best effort."""
        await self._submit(handoff_id, UserTyped(on=on))

    async def user_receipt(self, handoff_id: str, receipt: UserReceipt) -> None:
        """The end user's side received or read a message of the agent."""
        await self._submit(handoff_id, UserRead(receipt=receipt))

    async def user_left(self, handoff_id: str) -> None:
        """The end user left the channel: the handoff ends."""
        await self._submit(handoff_id, UserLeft())

    async def end(
        self, handoff_id: str, *, by: Who = "user", why: Why | None = None, raw: str | None = None
    ) -> Handoff:
        """End a handoff from our side and return it as it is then; ending again changes nothing."""
        handoff = await self.handoff(handoff_id)
        reason = why or _WHY_BY_DEFAULT[by][0 if handoff.is_waiting else 1]
        submitted = await self._stepper.submit(handoff_id, EndRequested(by=by, why=reason, raw=raw))
        return submitted.handoff

    async def bot_may_send(self, conversation_id: str, owner_number: int) -> GateAnswer:
        """The send gate: whether a bot message under ``owner_number`` may pass now.

        The bot knows its number from the last ``HandoffEnded`` (0 before the first handoff).
        """
        owner = await self.store.ownership(conversation_id)
        allowed = gate_lets_pass(
            owner.live_state, may_wait=owner.bot_may_wait, owner_number=owner_number, current=owner.number
        )
        return GateAnswer(allowed, owner.owner, owner.number, owner.live_handoff)

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
            except (WebhookRejected, StoreError) as error:
                refused = error.status if isinstance(error, WebhookRejected) else 503
                self._measures.webhook(integration, refused=refused)
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
            raise WebhookRejected("the adapter failed; its log says where", status=503) from error
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
        except StoreError as error:
            problems["store"] = str(error)
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
            if self._stepper.is_idle and self._intake.is_idle and not self._relay.runnable_lanes:
                return

    # How it works

    async def _create(self, request: HandoffRequest) -> Handoff:
        bot = self.settings.bots[request.bot]
        for _ in range(20):
            owner = await self.store.ownership(request.conversation_id)
            now = self.clock.now()
            handoff = Handoff(
                id=f"h-{uuid.uuid4().hex[:20]}",
                workspace=self.workspace,
                request=request,
                policy=bot.livechat.policy(),
                settings_revision=self.settings.revision,
                owner_number=owner.number + 1,
                created_at=now,
                state_since=now,
            )
            try:
                created = await self._stepper.create(handoff, Requested())
                if created.status != "conversation_live":
                    return created.handoff
                live = created.handoff
                owner = await self.store.ownership(request.conversation_id)
                second = await self._stepper.create(
                    handoff.model_copy(update={"owner_number": owner.number}),
                    AlreadyOpen(existing=live.id, existing_state=live.state),
                )
            except VersionConflict:
                continue
            return second.handoff
        raise StoreError("the conversation changes hands all the time; try again")

    async def _submit(self, handoff_id: str, happening: Input) -> NotLive | None:
        """``None`` when it was applied; who owns the conversation when it was refused."""
        submitted = await self._stepper.submit(handoff_id, happening)
        if submitted.refused is None:
            return None
        owner = await self.store.ownership(submitted.handoff.request.conversation_id)
        return NotLive(owner.owner, owner.number, owner.live_handoff)

    async def _result(self, handoff_id: str, happening: Input, *, completes: Completion) -> None:
        with suppress(HandoffNotFound):  # erased meanwhile
            await self._stepper.submit(handoff_id, happening, completes=completes)
        if isinstance(happening, EffectSucceeded) and happening.chat is not None:
            chat = happening.chat
            refs = (chat.ref, chat.vendor_ref) if chat.vendor_ref else (chat.ref,)
            await self._intake.take_unmatched(chat.integration, refs)

    def _committed(self, committed: Committed) -> None:
        after = committed.after
        self._measures.committed(committed.before, committed.change)
        self._relay.enqueue(committed.actions)
        for signal in committed.signals:
            self._signals.send(after, signal)
        if committed.timers_changed:
            self._intake.timers_changed()
        self._watchers.changed(after.id)
        if committed.before is None or committed.before.version != after.version:
            self._observers.tell(committed)
