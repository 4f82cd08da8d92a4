"""Serves with settings that may change: all of a change, or nothing of it.

New settings are loaded, checked and put together beside the running dispatcher. Only when nothing stands in
the way is that one stopped and the new one started on the same ledger, where no truth is lost; requests that
come in between wait. If the new one cannot start, the old settings go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

from starlette.applications import Starlette

from livechat_sdk.dispatcher import Dispatcher
from livechat_sdk.dispatcher.reloading import needs_restart, open_at, still_needed, with_old_ones
from livechat_sdk.errors import ConfigurationError, LivechatError
from livechat_sdk.gateway.app import create_app
from livechat_sdk.gateway.channel import NoChannel, WebhookChannel
from livechat_sdk.gateway.switching import Switch

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.domain.channel import Channel
    from livechat_sdk.registry import Registry

__all__ = ["Reloaded", "ReloadingGateway"]

_log = logging.getLogger("livechat_sdk.reload")

_GRACE: Final = 6.0
_LOOK_AGAIN: Final = 5.0

Load = Callable[[], "tuple[LivechatFile, Registry]"]
"""Reads the settings anew. Runs in a thread; raises ``ConfigurationError``, ``PluginError``."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of a reload. ``draining`` names integrations that go when their chats have ended."""

    status: Literal["unchanged", "reloaded"]
    revision: str
    draining: tuple[str, ...] = ()


@dataclass(slots=True)
class _World:
    """One dispatcher and what belongs to it."""

    settings: LivechatFile
    registry: Registry
    dispatcher: Dispatcher
    app: Starlette
    own_channel: AbstractAsyncContextManager[object] | None
    stack: AsyncExitStack

    async def start(self) -> None:
        """Open everything; nothing stays open when that fails."""
        async with AsyncExitStack() as stack:
            if self.own_channel is not None:
                await stack.enter_async_context(self.own_channel)
            await stack.enter_async_context(self.dispatcher)
            self.stack = stack.pop_all()

    async def stop(self) -> None:
        """Finish what is under way, and close everything."""
        await self.stack.aclose()


class ReloadingGateway:
    """A gateway whose settings can be read anew while it serves; ``app`` is what a server serves.

    Use it as an asynchronous context manager. ``load`` reads the settings. ``channel`` is the end user's
    side, which the caller opens and closes; without it the settings' signed webhooks are used, and without
    bots nothing. With ``drain``
    an integration that is taken out keeps its open chats until they have ended; otherwise such a change is
    refused. ``grace``: seconds for requests that are under way.
    """

    def __init__(
        self,
        settings: LivechatFile,
        registry: Registry,
        *,
        load: Load,
        channel: Channel | None = None,
        make: Callable[..., Dispatcher] = Dispatcher,
        drain: bool = False,
        grace: float = _GRACE,
    ) -> None:
        self._load = load
        self._channel = channel
        self._make = make
        self._drain = drain
        self._grace = grace
        self._lock = asyncio.Lock()
        self._wanted: tuple[LivechatFile, Registry] | None = None
        self._draining: tuple[str, ...] = ()
        self._looking: asyncio.Task[None] | None = None
        self._world = self._world_of(settings, registry)
        self.app = Switch()
        self.is_running = False
        """False before the start, and when neither new nor old settings could be started."""

    @property
    def dispatcher(self) -> Dispatcher:
        """The dispatcher of the moment."""
        return self._world.dispatcher

    @property
    def settings(self) -> LivechatFile:
        """The settings of the moment."""
        return self._world.settings

    def _world_of(self, settings: LivechatFile, registry: Registry) -> _World:
        own: WebhookChannel | None = None
        channel = self._channel
        if channel is None and settings.gateway.platform is None and not settings.bots:
            channel = NoChannel()
        elif channel is None:
            channel = own = WebhookChannel.from_settings(settings.gateway)
        dispatcher = self._make(settings, channel=channel, registry=registry)
        gateway = settings.gateway
        app = create_app(dispatcher, tokens=gateway.tokens or (), metrics_tokens=gateway.metrics_tokens or ())
        return _World(settings, registry, dispatcher, app, own, AsyncExitStack())

    async def __aenter__(self) -> Self:
        await self._world.start()
        self.is_running = True
        self.app.go_on(self._world.app)
        self._looking = asyncio.create_task(self._look(), name="draining")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        async with self._lock:
            await self._world.stop()

    async def reload(self) -> Reloaded:
        """Read the settings and go on with them.

        Raises ``ConfigurationError`` with every problem, ``PluginError``, and the error with which the new
        dispatcher could not start; in each case the old settings go on.
        """
        async with self._lock:
            settings, registry = await asyncio.to_thread(self._load)
            return await self._take(settings, registry)

    async def _take(self, wanted: LivechatFile, registry: Registry) -> Reloaded:
        now = self._world
        settings, draining = wanted, tuple[str, ...]()
        if wanted == now.settings:
            return Reloaded("unchanged", wanted.revision)
        if problems := needs_restart(now.settings, wanted):
            raise ConfigurationError(problems)
        world = self._world_of(settings, registry)
        blocked = await still_needed(
            now.dispatcher.integrations, world.dispatcher.integrations, now.dispatcher.store
        )
        if blocked and not self._drain:
            raise ConfigurationError(blocked)
        if blocked:
            draining = tuple(one.path.removeprefix("integrations.") for one in blocked)
            settings = with_old_ones(now.settings, wanted, draining)
            world = self._world_of(settings, registry)
        await self._exchange(world)
        self._draining, self._wanted = draining, (wanted, registry) if draining else None
        _log.info("settings %s are in force, after %s", settings.revision, now.settings.revision)
        for one in blocked:
            _log.warning("%s; it takes no new chats and goes when they have ended", one.message)
        return Reloaded("reloaded", settings.revision, draining)

    async def _exchange(self, world: _World) -> None:
        before = self._world
        await self.app.hold(self._grace)
        self.is_running = False
        try:
            await before.stop()
            await world.start()
            self._world = world
            self.is_running = True
        except Exception:
            _log.exception("the new settings cannot be served; the old ones go on")
            self._world = self._world_of(before.settings, before.registry)
            await self._world.start()
            self.is_running = True
            raise
        finally:
            self.app.go_on(self._world.app)

    async def _look(self) -> None:
        """Let integrations go whose last chat has ended."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN)
            try:
                await self.finish_draining()
            except LivechatError as trouble:
                _log.warning("integrations that are to go stay for now: %s", trouble)

    async def finish_draining(self) -> bool:
        """Go on without the integrations that have no open chats any more; true when that was done."""
        async with self._lock:
            if self._wanted is None:
                return False
            open_chats: Mapping[str, list[str]] = await open_at(self._draining, self.dispatcher.store)
            if all(open_chats.values()):
                return False
            await self._take(*self._wanted)
            return True
