"""A scene for a planted bug: one provider, its vendor, and a chat that is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from livechat_sdk.domain.chats import Chat, MessageReceived, ProviderEvent
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.people import EndUser
from livechat_sdk.http import override_transport
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import MakeRig
from livechat_sdk_testing.parley.provider import ParleyProvider

T = TypeVar("T")
OLD_SECRET: Final = "an-older-secret-of-the-webhook"
GREEK: Final = "Καλημέρα"
PNG: Final = ("shot.png", "image/png", b"\x89PNG\r\n\x1a\n")


class Scene:
    """One provider, its vendor, and a chat that is open."""

    def __init__(self, rig: ParleyRig, provider: ParleyProvider, clock: VirtualClock) -> None:
        self.rig = rig
        self.provider = provider
        self.clock = clock
        self.chat: Chat
        self.parley = rig.parley
        self.human = rig.parley.human
        self.faults = rig.parley.faults
        self._arrived: list[WebhookDelivery] = []

        async def deliver(call: Any) -> int:
            self._arrived.append(
                WebhookDelivery(call.method, call.path, call.headers, call.body, clock.now())
            )
            return 200

        rig.parley.deliver = deliver

    def another(self, **settings: Any) -> ParleyProvider:
        """A second integration, or the same one after a restart."""
        built = Registry({"parley": self.rig.plugin}).build(
            {**self.rig.settings, **settings}, now=self.clock.now
        )
        assert isinstance(built, ParleyProvider)
        return built

    async def finish(self, call: Coroutine[Any, Any, T]) -> T:
        """Let time pass until a call is over."""
        task = asyncio.create_task(call)
        for _ in range(200):
            await asyncio.wait([task], timeout=0.001)
            if task.done():
                break
            await self.clock.advance(0.5)
        return await task

    async def failure(self, call: Coroutine[Any, Any, object]) -> Exception | None:
        """What a call raises."""
        try:
            await self.finish(call)
        except Exception as error:  # noqa: BLE001 - which one is what the scene asks
            return error
        return None

    async def open(self, **fields: Any) -> Chat:
        basic: dict[str, Any] = {
            "handoff_id": "h-1",
            "conversation_id": "cv-1",
            "attempt": 1,
            "ref": "h-1.1",
            "bot": "shop-bot",
            "user": EndUser(id="u-1"),
            "route": Route(integration="parley", bot="shop-bot"),
            "requested_at": self.clock.now(),
        }
        return await self.finish(self.provider.open(ChatOpening(**(basic | fields))))

    def message(self, body: str = "hello", key: str = "k-1", **fields: Any) -> PlannedMessage:
        return PlannedMessage(key=key, body=body, sent_at=self.clock.now(), **fields)

    async def send(self, body: str = "hello", key: str = "k-1", **fields: Any) -> object:
        return await self.finish(self.provider.send(self.chat, self.message(body, key, **fields)))

    async def send_fails(self, body: str = "hello") -> Exception | None:
        return await self.failure(self.provider.send(self.chat, self.message(body)))

    def texts(self) -> list[str]:
        """What the end user wrote, by the vendor's own account."""
        [chat, *_] = list(self.parley.chats)
        return [one.text for one in chat.messages if one.author == "visitor"]

    def files(self) -> list[list[str]]:
        [chat, *_] = list(self.parley.chats)
        return [[file.name for file in one.files] for one in chat.messages if one.author == "visitor"]

    async def arrived(self) -> Sequence[WebhookDelivery]:
        """The deliveries since this was asked last."""
        await self.parley.pump()
        found, self._arrived = self._arrived, []
        return found

    async def heard(self, act: Awaitable[object] | None = None) -> list[ProviderEvent]:
        """What the provider makes of what happens."""
        if act is not None:
            await self.arrived()
            await act
        return [event for one in await self.arrived() for event in self.provider.read_webhook(one)]

    async def kinds(self, act: Awaitable[object]) -> list[str]:
        return [event.kind for event in await self.heard(act)]

    def history(self, since: datetime) -> Coroutine[Any, Any, Sequence[MessageReceived]]:
        return self.provider.history(self.chat, since)

    def signed(
        self, body: bytes | None = None, *, at: datetime | None = None, secret: str | None = None
    ) -> WebhookDelivery:
        body = body or self.rig.webhooks.message("h-1.1", "hi")
        return self.rig.webhooks.sign(body, at=at, secret=secret)

    def refusal(self, delivery: WebhookDelivery, provider: ParleyProvider | None = None) -> Exception | None:
        try:
            (provider or self.provider).read_webhook(delivery)
        except Exception as error:  # noqa: BLE001 - which one is what the scene asks
            return error
        return None

    def with_header(self, change: Callable[[str], str | None]) -> WebhookDelivery:
        """A good delivery whose signature was changed, or taken away."""
        good = self.signed()
        header = change(good.header("Parley-Signature") or "")
        headers = {} if header is None else {"Parley-Signature": header}
        return WebhookDelivery("POST", good.path, headers, good.body, good.received_at)


@asynccontextmanager
async def a_scene(make_rig: MakeRig) -> AsyncGenerator[Scene]:
    clock = VirtualClock()
    rig = make_rig(clock)
    assert isinstance(rig, ParleyRig)
    with override_transport(rig.parley.transport(), clock=clock):
        built = Registry({"parley": rig.plugin}).build(rig.settings, now=clock.now)
        assert isinstance(built, ParleyProvider)
        scene = Scene(rig, built, clock)
        scene.chat = await scene.open()
        try:
            yield scene
        finally:
            await built.stop()


Misbehaves = Callable[[Scene], Awaitable[bool]]


class Scenes(dict[str, Misbehaves]):
    """How bugs show, by their names: each scene tells whether the provider misbehaves."""

    def shows(self, provider: type[ParleyProvider]) -> Callable[[Misbehaves], Misbehaves]:
        """Register the decorated scene for a bug."""

        def register(scene: Misbehaves) -> Misbehaves:
            self[f"stranger: {provider.__name__}"] = scene
            return scene

        return register
