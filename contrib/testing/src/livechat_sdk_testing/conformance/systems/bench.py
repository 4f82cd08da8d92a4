"""An adapter that is called through the hooks: what the benches of ticket systems and of CRMs share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import FileMissing
from livechat_sdk.hooks import Hooks
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.store import Store
from livechat_sdk.provider.files import OpenedFile
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import CaseFailed
from livechat_sdk_testing.conformance.listening import Ears, secrets_in, secrets_of
from livechat_sdk_testing.conformance.systems.rig import File, SystemRig

__all__ = ["SystemBench", "pieces"]

R = TypeVar("R", bound=SystemRig)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """A file in one piece."""
    yield content


class _Files:
    def __init__(self, attached: Mapping[str, File]) -> None:
        self._attached = attached

    async def open(self, attachment: Attachment) -> OpenedFile:
        """See ``FileOpener.open``."""
        found = self._attached.get(attachment.url)
        if found is None:
            raise FileMissing(f"{attachment.name!r} is none of the files of this case")
        name, media_type, content = found
        return OpenedFile(name, media_type, len(content), pieces(content))


class _Host:
    """What a dispatcher gives an integration."""

    def __init__(self, store: Store, attached: Mapping[str, File]) -> None:
        self.database = store
        self.files = _Files(attached)

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """Neither ticket systems nor CRMs have chats."""
        return ()


class SystemBench(Generic[R]):
    """One adapter on its rig."""

    def __init__(self, rig: R, folder: Path, ears: Ears) -> None:
        self.rig = rig
        self.ears = ears
        self.system: Any = rig.build()
        self.hooks = Hooks()
        self._folder = folder
        self._store: Store | None = None

    @property
    def clock(self) -> VirtualClock:
        """The clock of the rig."""
        return self.rig.clock

    @property
    def name(self) -> str:
        """The name of the integration."""
        return str(self.rig.settings["name"])

    @property
    def hidden(self) -> set[str]:
        """What must be seen nowhere: secrets of the settings, and tokens that were given out."""
        named = secrets_in(self.rig.settings)
        return secrets_of(getattr(self.system, "settings", None)) | named | set(self.rig.tokens)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Start the adapter, and stop it in the end."""
        async with self.rig.running():
            self._store = open_store(f"sqlite:///{self._folder / 'bench.db'}", now=self.clock.now)
            await self._store.open()
            try:
                await self._start()
                yield
            finally:
                if self.rig.hold is not None:
                    self.rig.hold.release()
                await self._stop()
                await self._store.close()

    async def restart(self) -> None:
        """Replace the adapter as a new process would."""
        await self._stop()
        self.system = self.rig.build()
        await self._start()

    async def failure(self, call: Awaitable[object], what: str) -> Exception:
        """The error of a call that has to fail."""
        try:
            answer = await call
        except Exception as error:  # noqa: BLE001  (the case looks at it)
            return error
        raise CaseFailed(f"{what} must fail, and answered {answer!r}")

    async def _start(self) -> None:
        if self._store is None:
            raise CaseFailed("the bench is not running")
        self.hooks = Hooks()
        self.rig.system = self.system
        self.hooks.register(self.system, self.name, selectable=True)
        if hasattr(self.system, "start"):
            await self.system.start(_Host(self._store, self.rig.attached))

    async def _stop(self) -> None:
        self.hooks.close()
        if hasattr(self.system, "stop"):
            await self.system.stop()
