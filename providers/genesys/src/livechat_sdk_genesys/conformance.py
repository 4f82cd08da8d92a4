"""How Genesys is put to the proof: the rig of ``GENESYS_LIVECHAT`` for the kit, over its simulator.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and an installed simulator named ``genesys``, which is found by its entry point.
Adapter and simulator were written apart from the vendor's documents, and neither imports the other.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Final

from livechat_sdk.http.sockets import AnySocket, override_sockets
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_genesys import plugin
from livechat_sdk_genesys.events import SIGNATURE
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import excused
from livechat_sdk_testing.conformance.rig import FaultSwitch, Play, Seen
from livechat_sdk_testing.conformance.simulator_rig import SimulatorRig

__all__ = ["GenesysRig", "make_rig"]


_OPERATIONS: Final[Mapping[str, str]] = {"look_up": "history"}
_SPEAKERS: Final = frozenset({"User", "Bot", "Agent", "System"})
_NEVER: Final[frozenset[Play]] = frozenset({"accept", "read", "fail_message"})
"""An agent who is rung has accepted nothing; what was read or taken back shows in the API alone."""
_FOR_GOOD: Final = 50
_TURNS: Final = 10
_QUIET: Final = 5
"""Milliseconds without a call and without a notification after which nobody does anything any more."""


def make_rig(clock: VirtualClock) -> GenesysRig:
    """The simulator, on the clock of one case."""
    return GenesysRig(clock)


def _simulator(clock: VirtualClock, settings: Mapping[str, Any]) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name="genesys"):
        return entry.load().make(settings, clock)
    raise LookupError("no simulator of Genesys is installed: pip install livechat-sdk-simulators")


class GenesysWebhooks:
    """Webhooks as the vendor's documents describe them."""

    proof_headers: Sequence[str] = (SIGNATURE,)

    def __init__(self, rig: GenesysRig) -> None:
        self._rig = rig
        self._numbers = itertools.count(1)

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        number = next(self._numbers)
        at = self._rig.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        integration = self._rig.settings["openIntegrationId"]
        document = {
            "id": f"made-{number}",
            "channel": {
                "id": integration,
                "platform": "Open",
                "type": "Private",
                "to": {"id": ref, "idType": "Opaque"},
                "from": {"nickname": "Made", "id": integration, "idType": "Opaque"},
                "time": at,
                "messageId": f"made-{number}",
            },
            "type": "Text",
            "text": text,
            "originatingEntity": "Human",
            "direction": "Outbound",
        }
        return json.dumps(document).encode()

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``. There is no time in this proof."""
        key = str(self._rig.settings["webhookKey"]) if secret is None else secret
        digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
        headers = {
            SIGNATURE: f"sha256={base64.b64encode(digest).decode()}",
            "Content-Type": "application/json",
        }
        return WebhookDelivery("POST", "/webhooks/genesys", headers, body, self._rig.clock.now())


class _Faults:
    """The simulator's faults by the names that the kit has for calls: a message is looked up by reading."""

    def __init__(self, faults: FaultSwitch) -> None:
        self._faults = faults

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch``."""
        self._faults.script(_OPERATIONS.get(operation, operation), fault, times, **details)
        if operation == "open" and times > _FOR_GOOD:
            self._faults.script("send", fault, times, **details)  # what begins a chat again joins it

    def clear(self) -> None:
        """See ``FaultSwitch``."""
        self._faults.clear()


class _Counted:
    """A socket of the simulator, whose notifications are noted."""

    def __init__(self, rig: GenesysRig, inner: AnySocket) -> None:
        self._rig = rig
        self._inner = inner

    async def receive(self) -> str | None:
        text = await self._inner.receive()
        self._rig.noted()
        return text

    async def send(self, text: str) -> object:
        return await self._inner.send(text)

    async def close(self) -> object:
        return await self._inner.close()


class GenesysRig(SimulatorRig):
    """An organisation with all rights. ``account`` are settings of the simulator where it is another one."""

    excuses = (
        excused(
            "typing.reaches_the_agent",
            reason="Genesys takes that the end user types, and has no word for stopping: it fades by itself.",
        ),
        excused(
            "receipts.of_the_end_user_reach_the_vendor",
            reason="Genesys takes that a message was delivered or failed, and has no word for read.",
        ),
        excused(
            "typing.comes_from_the_agent",
            reason="Genesys tells that an agent types, for how long that may be taken to be so, and never"
            " that they stopped.",
        ),
    )

    queue = "Billing"
    """A queue, by the name that the flow knows it by."""

    def __init__(
        self, clock: VirtualClock, account: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._genesys = _simulator(clock, account or {})
        self._settings = settings
        super().__init__(clock, self._genesys)
        self.can = self.can - _NEVER
        self._webhooks = GenesysWebhooks(self)
        self._under_way = 0
        self._so_far = 0

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One integration."""
        return {**self._genesys.integration(), "name": "genesys", **self._settings}

    @property
    def faults(self) -> FaultSwitch:
        """The simulator's, by our names."""
        return _Faults(super().faults)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Bring sockets to the simulator too, on the clock of the case."""

        async def connect(url: str) -> AnySocket:
            return _Counted(self, await self._genesys.open_socket(url))

        async with super().running():
            with override_sockets(connect, clock=self.clock):
                yield

    def noted(self, *, begun: int = 0) -> None:
        """See ``SimulatorRig.noted``; or a notification has come."""
        self._so_far += 1
        self._under_way += begun

    async def pump(self) -> int:
        """Deliver what is due, and let the listener do what it does by itself: nobody else waits for that."""
        pumped = await super().pump()
        before = self._so_far
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        quiet = _QUIET if self._so_far == before and not self._under_way else 0
        while quiet < _QUIET:
            before = self._so_far
            await asyncio.sleep(0.001)
            quiet = quiet + 1 if self._so_far == before and not self._under_way else 0
        return pumped

    async def seen(self, ref: str) -> Seen:
        """What agents see; the first messages are what was said before, a line each."""
        seen = await super().seen(ref)
        written = [one for one in await self._genesys.human.messages(ref) if one.author == "visitor"]
        pages = [one for one in written if str(one.key).startswith(f"{ref}:opening.")]
        lines = [line for page in pages for line in page.text.split("\n")]
        said = [line.partition(": ")[2] for line in lines if line.partition(": ")[0] in _SPEAKERS]
        return replace(
            seen,
            texts=[one.text for one in written if one not in pages],
            about=[*(seen.about or ()), *lines],
            transcript=said,
        )

    @property
    def webhooks(self) -> GenesysWebhooks:
        """Signed, without a time."""
        return self._webhooks
