"""One conversation through a real ``Dispatcher`` on SQLite, with a provider under test at the other end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from livechat_sdk.config.models import LivechatFile
from livechat_sdk.dispatcher import Dispatcher
from livechat_sdk.domain.answers import Accepted, NotLive
from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.handoff import Handoff, HandoffRequest, HandoffState
from livechat_sdk.domain.messages import Attachment, Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.outgoing import HandoffEnded, Receipt, Typing, UserMessage
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import StoreError, WebhookRejected
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import CaseFailed, that
from livechat_sdk_testing.conformance.listening import Ears
from livechat_sdk_testing.conformance.rig import Rig
from livechat_sdk_testing.toy import ToyPlugin

__all__ = ["Conversation"]

_STEP = 5.0
"""Longest stretch of time, in seconds, in which the vendor is not asked what is due."""
_GROWS = 1.2
"""By how much the stretches grow while nothing is said."""
_TURNS = 60


class Conversation:
    """A bot, an end user, a vendor. ``first`` is the handoff that ``request`` has made.

    The fallback ``spare`` is a toy; handoffs go there only with ``chain=True``.
    """

    def __init__(
        self, rig: Rig, folder: Path, ears: Ears, livechat: Mapping[str, Any], *, chain: bool = False
    ) -> None:
        self.rig = rig
        self.ears = ears
        self.folder = folder
        self.channel = RecordingChannel()
        self.deliveries: list[WebhookDelivery] = []
        """Webhooks as the vendor has sent them."""
        self.name = str(rig.settings["name"])
        self.spare = ToyPlugin(type_name="SPARE_LIVECHAT")
        self.extra: dict[str, Mapping[str, Any]] = {}
        """Further integrations by name; set before the dispatcher starts."""
        self.chain = chain
        self.livechat = {"request_timeout": "6h", **livechat}
        self.registry = Registry({"conformance": rig.plugin, "spare": self.spare})
        self.webhook_targets = [self.name]
        self.handoff_id = ""
        self._dispatcher: Dispatcher | None = None
        rig.deliver = self._take

    # ---------------------------------------------------------------------------------------- the dispatcher
    @property
    def clock(self) -> VirtualClock:
        """The clock of the rig."""
        return self.rig.clock

    @property
    def dispatcher(self) -> Dispatcher:
        """The one that runs."""
        if self._dispatcher is None:
            raise CaseFailed("no dispatcher runs")
        return self._dispatcher

    @property
    def provider(self) -> AnyProvider:
        """The provider under test."""
        built: Any = self.dispatcher.integrations[self.name]
        provider: AnyProvider = built
        return provider

    @property
    def able(self) -> Capabilities:
        """What the provider declares."""
        return self.provider.capabilities

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Start the dispatcher, and stop it in the end."""
        async with self.rig.running():
            await self.start()
            try:
                yield
            finally:
                await self.stop()

    async def start(self) -> None:
        """Start a dispatcher on what is there."""
        names = [self.name, "spare"] if self.chain else [self.name]
        settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{self.folder / 'ledger.db'}",
                "integrations": {
                    self.name: self.rig.settings,
                    "spare": {"type": "SPARE_LIVECHAT"},
                    **self.extra,
                },
                "bots": {
                    "shop-bot": {"livechat": {"integrations": names, **self.livechat}},
                    **{
                        f"bot-of-{name}": {"livechat": {"integrations": [name], **self.livechat}}
                        for name in self.extra
                    },
                },
            }
        )
        dispatcher = Dispatcher(settings, channel=self.channel, registry=self.registry, clock=self.clock)
        await dispatcher.__aenter__()
        self._dispatcher = dispatcher

    async def stop(self) -> None:
        """Stop the dispatcher, if one runs."""
        dispatcher, self._dispatcher = self._dispatcher, None
        if dispatcher is not None:
            await dispatcher.__aexit__(None, None, None)

    async def restart(self, *, down: float = 0.0) -> None:
        """Stop, let ``down`` seconds pass in which nobody listens, and start a new process' dispatcher."""
        await self.stop()
        await self.pass_time(down)
        await self.start()
        await self.settle()

    def before(self, operation: str, act: Callable[[], Awaitable[None]]) -> None:
        """Let ``act`` happen once, right before the next ``operation`` reaches the vendor."""
        provider = self.provider
        original = getattr(provider, operation)

        async def call(*args: Any, **kwargs: Any) -> Any:
            delattr(provider, operation)
            await act()
            return await original(*args, **kwargs)

        setattr(provider, operation, call)

    def after(self, operation: str, act: Callable[[], Awaitable[None]]) -> None:
        """Let ``act`` happen once, between the vendor's doing of the next ``operation`` and its return."""
        provider = self.provider
        original = getattr(provider, operation)

        async def call(*args: Any, **kwargs: Any) -> Any:
            answer = await original(*args, **kwargs)
            delattr(provider, operation)
            await act()
            return answer

        setattr(provider, operation, call)

    # ---------------------------------------------------------------------------------------------- time
    async def settle(self) -> None:
        """Let everything happen that can happen now; a vendor that is polled is polled."""
        await self._now()
        if self._dispatcher is not None and self.able.inbound is Inbound.POLL:
            await self.pass_time(self.provider.poll_pace.slowest + 1)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on, with everything that happens on the way."""
        target = self.clock.now() + timedelta(seconds=seconds)
        await self._now()
        # Only webhooks come when the vendor's clock says so; polls and timers are sleepers of our own clock.
        step = _STEP if self.rig.webhooks is not None else seconds
        while (now := self.clock.now()) < target:
            due = [target, now + timedelta(seconds=step)]
            step = min(step * _GROWS, seconds)
            if self.clock.next_due is not None:
                due.append(max(self.clock.next_due, now + timedelta(milliseconds=1)))
            await self.clock.advance((min(due) - now).total_seconds())
            await self._now()

    async def _now(self) -> None:
        for _ in range(_TURNS):
            pumped = await self.rig.pump()
            if self._dispatcher is not None:
                await self._dispatcher.wait_idle()
            if not pumped:
                return

    async def _take(self, delivery: WebhookDelivery) -> int:
        self.deliveries.append(delivery)
        if self._dispatcher is None:
            return 503
        return max([await self.bring(delivery, name) for name in self.webhook_targets])

    async def bring(self, delivery: WebhookDelivery, integration: str | None = None) -> int:
        """Bring a webhook to the dispatcher, as the gateway would; returns the status of the answer."""
        try:
            await self.dispatcher.webhook(integration or self.name, delivery)
        except WebhookRejected as refused:
            return refused.status
        except StoreError:
            return 503
        return 200

    # ---------------------------------------------------------------------------------------------- the bot
    async def request(self, number: int = 1, *, settle: bool = True, **fields: Any) -> Handoff:
        """The bot asks for a human."""
        request = HandoffRequest.model_validate(
            {
                "key": f"run-{number}",
                "conversation_id": f"c-{number}",
                "bot": "shop-bot",
                "user": EndUser(id=f"u-{number}", name="Maria Pappa", email="maria@example.org"),
                **fields,
            }
        )
        handoff = await self.dispatcher.request(request)
        self.handoff_id = self.handoff_id or handoff.id
        if settle:
            await self.settle()
        return await self.handoff(handoff.id)

    async def joined(self, **fields: Any) -> Handoff:
        """A handoff that an agent has joined."""
        await self.request(**fields)
        await self.join()
        handoff = await self.handoff()
        that(
            handoff.state is HandoffState.ACTIVE,
            f"after an agent joined the handoff is {handoff.state}, not active",
        )
        return handoff

    async def joined_after(self, seconds: float) -> Handoff:
        """As ``joined``, with so much time for a vendor that is slow to take the chat."""
        await self.request()
        await self.pass_time(seconds)
        await self.join()
        return await self.handoff()

    async def user_says(self, text: str, key: str, files: Sequence[Attachment] = ()) -> Accepted | NotLive:
        """The end user writes; returns what the platform is told."""
        message = Message(key=key, body=text, attachments=tuple(files))
        return await self.dispatcher.user_message(self.handoff_id, message)

    async def end(self, by: Any = "user") -> None:
        """Our side ends it."""
        await self.dispatcher.end(self.handoff_id, by=by)
        await self.settle()

    # --------------------------------------------------------------------------------------------- the vendor
    @property
    def ref(self) -> str:
        """Our reference of the first attempt."""
        return f"{self.handoff_id}.1"

    async def join(self, agent: str | None = None, *, ref: str | None = None) -> None:
        """An agent accepts, where that is a thing of its own, and joins."""
        ref = ref or await self.vendor_ref()
        if "accept" in self.rig.can and await self.state(ref) == "queued":
            await self.rig.human.accept(ref, agent)
        await self.rig.human.join(ref, agent)
        await self.settle()

    async def say(self, text: str, **more: Any) -> str:
        """The agent writes."""
        return await self.rig.human.say(await self.vendor_ref(), text, **more)

    async def vendor_ref(self, handoff_id: str | None = None) -> str:
        """Our reference of the current attempt."""
        attempt = (await self.handoff(handoff_id)).attempt
        if attempt is None:
            raise CaseFailed("the handoff was not taken to any provider")
        return attempt.ref

    async def agent_sees(self, ref: str | None = None) -> list[str]:
        """What the agent sees of the end user."""
        return list((await self.rig.seen(ref or await self.vendor_ref())).texts)

    async def state(self, ref: str) -> str:
        """Where the vendor sees the newest chat with our reference."""
        found = await self.vendor_states(ref)
        that(found, f"the vendor has no chat {ref}")
        return found[-1]

    async def vendor_states(self, ref: str | None = None) -> list[str]:
        """The states of all chats at the vendor, or of those with one reference."""
        return [one.state for one in await self.rig.human.chats() if ref is None or one.ref == ref]

    # ----------------------------------------------------------------------------------------------- looking
    async def handoff(self, handoff_id: str | None = None) -> Handoff:
        """The handoff as it is now."""
        return await self.dispatcher.handoff(handoff_id or self.handoff_id)

    async def entry(self, key: str, direction: Direction = Direction.TO_PROVIDER) -> LedgerEntry:
        """One message in the ledger."""
        entry = await self.dispatcher.store.entry(self.handoff_id, direction, key)
        if entry is None:
            raise CaseFailed(f"the ledger has no message {key}")
        return entry

    async def fate(self, key: str) -> Fate:
        """What became of a message of the end user."""
        return (await self.entry(key)).fate

    @property
    def shown(self) -> list[str]:
        """The agent's messages that the end user sees."""
        return self.channel.texts

    @property
    def shown_messages(self) -> list[UserMessage]:
        """The same, whole."""
        return [one for one in self.channel.shown if isinstance(one, UserMessage)]

    @property
    def receipts(self) -> list[tuple[str, str]]:
        """Receipts that the end user's side was given: key and status."""
        return [(one.message_key, one.status) for one in self.channel.deliveries if isinstance(one, Receipt)]

    @property
    def typing(self) -> list[bool]:
        """Typing that the end user was shown."""
        return [one.on for one in self.channel.deliveries if isinstance(one, Typing)]

    @property
    def ends(self) -> list[HandoffEnded]:
        """Ends that the bot was told of."""
        return self.channel.ended
