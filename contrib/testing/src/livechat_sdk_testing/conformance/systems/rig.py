"""How a ticket system or a CRM under test is set up for one case: what both kinds of rig have.

A rig is made anew for each case by a function of the clock. ``TicketRig`` and ``ContactRig`` say what the
people on the vendor's side see and do; this module holds the rest: the plugin, the settings, faults on
demand, and the way between adapter and vendor, on which calls can be held up and addresses looked at.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote, unquote_plus

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import FaultSwitch, NoFaults, NotPlayed

if TYPE_CHECKING:
    import httpx

    from livechat_sdk_testing.conformance.case import Excuse

__all__ = ["File", "Hold", "SystemRig"]

File = tuple[str, str, bytes]
"""Name, media type, content."""


class Hold:
    """A call that is held up: before it reaches the vendor, or after it was applied, before its answer."""

    def __init__(self, operation: str, *, applied: bool) -> None:
        self.operation = operation
        self.applied = applied
        self.reached = asyncio.Event()
        """Set when a call has got here."""
        self._open = asyncio.Event()
        self._interrupted = False

    def interrupt(self) -> None:
        """Whoever waits here is cancelled, as when its process ends."""
        self._interrupted = True
        self._open.set()

    def release(self) -> None:
        """Let it, and all that come after it, go on."""
        self._open.set()

    async def wait(self) -> None:
        """Stay here until it is released."""
        self.reached.set()
        await self._open.wait()
        if self._interrupted:
            raise asyncio.CancelledError


class SystemRig(ABC):
    """One vendor, fresh, with all that a case may need. See the module."""

    kind: Literal["ticketing", "crm"]
    over: Literal["memory", "http"] = "memory"
    """Whether the adapter speaks HTTP to this vendor: only then it can get statuses and bodies wrong."""
    fault_kinds: frozenset[str] = frozenset()
    """Those of ``rig.CALL_FAULTS`` that ``faults`` can do, whatever the operation."""
    excuses: Sequence[Excuse] = ()
    """Cases that the adapter does not have to pass, each with its reason (``excused``)."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.attached: dict[str, File] = {}
        """Files that are kept here, by their links."""
        self.addresses: list[str] = []
        """Every address that the adapter has asked for, as it can be read."""
        self.system: Any = None
        """The adapter that runs now."""
        self.hold: Hold | None = None
        """Where calls are held up now."""

    @property
    @abstractmethod
    def plugin(self) -> object | None:
        """The plugin that offers the integration type; ``None`` for a type that comes with the SDK."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The document of one integration, with its ``type`` and ``name``."""

    @property
    def faults(self) -> FaultSwitch:
        """Faults on demand. Operations: ``create comment attach read find contact token``."""
        return NoFaults()

    @property
    def tokens(self) -> Sequence[str]:
        """Every access token that the vendor has given out. They may be seen as little as a password."""
        return ()

    @property
    def transport(self) -> httpx.AsyncBaseTransport | None:
        """Calls to the vendor's API in this process; ``None`` for what is not reached over HTTP."""
        return None

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """Whether ``faults`` can do this one."""
        return fault in self.fault_kinds

    def calls(self, operation: str) -> int:
        """How many calls of an operation the vendor has seen, refused ones too. Only if ``over`` is HTTP."""
        raise NotPlayed("calls")

    def build(self, **settings: Any) -> Any:
        """An object from the rig's settings, some of them replaced."""
        document = {**self.settings, **settings}
        return Registry(self.plugins).build(document, now=self.clock.now)

    @property
    def plugins(self) -> Mapping[str, object]:
        """The plugin under a name, for a registry."""
        return {} if self.plugin is None else {"conformance": self.plugin}

    def attach(self, name: str, media_type: str, content: bytes) -> Attachment:
        """A file of the conversation that is kept here."""
        url = f"livechat-file:{len(self.attached) + 1}-{quote(name, safe='')[:40]}"
        self.attached[url] = (name, media_type, content)
        return Attachment(url=url, name=name, media_type=media_type, size=len(content))

    def hold_up(self, operation: str, *, applied: bool) -> Hold:
        """Hold up the next calls: before any call leaves, or after one of ``operation`` was applied."""
        self.hold = Hold(operation, applied=applied)
        return self.hold

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Entered while the case runs: puts the vendor between the adapter and the network."""
        transport = self.transport
        if transport is None:
            yield
            return
        from livechat_sdk.http import override_transport
        from livechat_sdk_testing.conformance.simulator_rig import Hurried

        with override_transport(_watched(self, transport), clock=Hurried(self.clock)):
            yield


def _watched(rig: SystemRig, vendor: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    import httpx

    class Watched(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            rig.addresses.append(unquote_plus(str(request.url)))
            hold = rig.hold
            if hold is not None and not hold.applied:
                await hold.wait()
            before = rig.calls(hold.operation) if hold is not None else 0
            answer = await vendor.handle_async_request(request)
            if hold is not None and hold.applied and rig.calls(hold.operation) > before:
                await hold.wait()
            return answer

    return cast("httpx.AsyncBaseTransport", Watched())
