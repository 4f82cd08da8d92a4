"""Any simulator as the vendor under test. They meet by shape: neither package imports the other."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import (
    CALL_FAULTS,
    CALLS,
    EVERYTHING,
    WEBHOOK_FAULTS,
    FaultSwitch,
    HumanSide,
    Play,
    Rig,
    Seen,
    SimChat,
)

if TYPE_CHECKING:
    import httpx

__all__ = ["Hurried", "Simulated", "SimulatorRig", "WebhookCall"]

_ACTS: Final[Mapping[Play, str]] = {
    "accept": "accept",
    "leave": "leave",
    "transfer": "transfer",
    "typing": "typing",
    "read": "read",
    "fail_message": "fail_message",
    "unknown_event": "unknown_event",
    "agents": "duty",
}


class WebhookCall(Protocol):
    """A webhook of a simulator on its way."""

    @property
    def method(self) -> str:
        """HTTP method."""
        ...

    @property
    def path(self) -> str:
        """Path of the address."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers."""
        ...

    @property
    def body(self) -> bytes:
        """The bytes."""
        ...


class Simulated(Protocol):
    """What the kit needs of a simulator."""

    deliver: Any
    """Takes a coroutine function of a ``WebhookCall`` that returns an HTTP status."""

    @property
    def human(self) -> Any:
        """A ``HumanSide``, and whatever else its agents can do."""
        ...

    @property
    def faults(self) -> FaultSwitch:
        """Faults on demand."""
        ...

    def transport(self) -> httpx.AsyncBaseTransport:
        """Calls to the vendor's API in this process."""
        ...

    async def pump(self) -> int:
        """Deliver the webhooks that are due; how many."""
        ...


class Hurried:
    """A clock for pauses between attempts: whoever sleeps finds the time passed."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._reached = clock.now()

    def now(self) -> datetime:
        """The time, or what a sleeper has slept to."""
        return max(self._clock.now(), self._reached)

    async def sleep_until(self, when: datetime) -> None:
        """Return at once."""
        self._reached = max(self._reached, when)
        await asyncio.sleep(0)


class SimulatorRig(Rig):
    """A simulator on the clock of the case.

    A subclass gives ``plugin``, ``settings`` and ``webhooks``. What the vendor has is read from the
    ``details`` of a chat: ``visitor``, ``queue``, ``summary``, ``transcript`` (documents with ``text``),
    ``fields``, ``receipts`` (``read <id>``), ``visitor_types``; override ``seen`` where a simulator tells it
    otherwise. ``can`` is what the simulator's agents say that they can do. A place in the queue is played by
    ``move_up``: write it and add ``queue`` to ``can``.
    """

    over = "http"
    tells_links = True
    fault_kinds = CALL_FAULTS | WEBHOOK_FAULTS

    def __init__(self, clock: VirtualClock, simulator: Simulated) -> None:
        super().__init__(clock)
        self.simulator = simulator
        can: Callable[[str], bool] = getattr(simulator.human, "can", lambda _: True)
        idle = {play for play, act in _ACTS.items() if not can(act)}
        self.can: frozenset[Play] = EVERYTHING - idle - {"queue"}
        simulator.deliver = self._deliver

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The document of an integration that reaches the simulator."""

    @property
    def human(self) -> HumanSide:
        """The simulator's agents."""
        human: HumanSide = self.simulator.human
        return human

    @property
    def faults(self) -> FaultSwitch:
        """The simulator's faults."""
        return self.simulator.faults

    def refuse_everything(self, status: int) -> None:
        """Whatever calls the simulator says that it has."""
        super().refuse_everything(status)
        faults = self.simulator.faults
        own: Sequence[str] = getattr(faults, "operations", ())
        for operation in own:
            if operation != "webhook" and operation not in CALLS:
                faults.script(operation, "status", 100, status=status)

    def noted(self, *, begun: int = 0) -> None:
        """A call of the provider has begun (1) or ended (-1).

        For a rig whose provider does something by itself, listening say, and who waits for that in ``pump``.
        """

    async def pump(self) -> int:
        """Deliver what is due."""
        return await self.simulator.pump()

    async def set_agents(self, count: int | None) -> None:
        """Agents on duty."""
        await self.simulator.human.duty(count)

    @property
    def tokens(self) -> Sequence[str]:
        """Those that the simulator remembers (``simulator.tokens.issued``), where it gives any."""
        issued: Sequence[str] = getattr(getattr(self.simulator, "tokens", None), "issued", ())
        return issued

    async def link_works(self, url: str) -> bool:
        """Ask the simulator, without credentials."""
        import httpx

        async with httpx.AsyncClient(transport=self.simulator.transport()) as anybody:
            return (await anybody.get(url)).is_success

    async def seen(self, ref: str) -> Seen:
        """What the agents are shown."""
        chat = await self._chat(ref)
        details = cast("Mapping[str, Any]", getattr(chat, "details", {}))
        messages: Callable[[str], Awaitable[Sequence[Any]]] = self.simulator.human.messages
        files = [str(name) for one in await messages(ref) if one.author == "visitor" for name in one.files]
        transcript = details.get("transcript")
        receipts = details.get("receipts")
        fields = details.get("fields")
        visitor = details.get("visitor")
        about = None if visitor is None else [*visitor.values(), details.get("summary")]
        return Seen(
            about=None if about is None else [str(one) for one in about if one],
            texts=await self.human.texts(ref),
            transcript=None if transcript is None else [str(line["text"]) for line in transcript],
            files=files,
            typing=details.get("visitor_types"),
            receipts=None if receipts is None else [str(one) for one in receipts],
            details=None if fields is None else [str(value) for value in fields.values()],
            queue=details.get("queue"),
        )

    async def _chat(self, ref: str) -> SimChat:
        return [one for one in await self.human.chats() if one.ref == ref][-1]

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Let every call of the provider come to the simulator, and every link of a file here."""
        from livechat_sdk.http import override_transport

        with override_transport(self._transport(), clock=Hurried(self.clock)):
            yield

    def _transport(self) -> httpx.AsyncBaseTransport:
        import httpx

        rig, api = self, self.simulator.transport()

        class Transport(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                file = rig.attached.get(str(request.url))
                if file is None:
                    rig.noted(begun=1)
                    try:
                        return await api.handle_async_request(request)
                    finally:
                        rig.noted(begun=-1)
                return httpx.Response(200, content=file[2], headers={"Content-Type": file[1]})

        return Transport()

    async def _deliver(self, call: WebhookCall) -> int:
        delivery = WebhookDelivery(call.method, call.path, call.headers, call.body, self.clock.now())
        return 503 if self.deliver is None else await self.deliver(delivery)
