"""A hostile vendor as a vendor under test, of any of the four inbound kinds."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.errors import LivechatError
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import ChatView, File, Play, Rig, Seen, WebhookMaker
from livechat_sdk_testing.hostile.events import VendorEvent
from livechat_sdk_testing.hostile.faults import FITTING, Fault, Operation
from livechat_sdk_testing.hostile.plugin import HostilePlugin, hostile_vendor
from livechat_sdk_testing.hostile.poll import PollVendor
from livechat_sdk_testing.hostile.provider import HostileProvider
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.vendor import HostileVendor
from livechat_sdk_testing.hostile.webhook import SIGNATURE_HEADER, WebhookVendor

__all__ = ["HostileHuman", "HostileRig"]

_FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "drop_before": Fault.NEVER_LEFT,
        "drop_after": Fault.DIE_AFTER_ACCEPT,
        "time_out_before": Fault.LOSE,
        "time_out_after": Fault.ACCEPT_THEN_TIME_OUT,
        "withhold": Fault.WITHHOLD,
        "repeat": Fault.REPEAT,
        "delay": Fault.DELAY,
        "reorder": Fault.REORDER,
    }
)
_STATUSES: Final[Mapping[int, Fault]] = MappingProxyType(
    {400: Fault.REFUSE, 429: Fault.THROTTLE, 503: Fault.BREAK}
)
_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "open": "open",
        "send": "send",
        "close": "close",
        "update": "update",
        "poll": "poll",
        "history": "history",
        "status": "status",
        "look_up": "was_sent",
        "webhook": "event",
    }
)


class HostileHuman:
    """The agents of a hostile vendor, in the words of ``HumanSide``."""

    def __init__(self, vendor: HostileVendor) -> None:
        self._vendor = vendor

    async def chats(self) -> Sequence[ChatView]:
        """Every chat, oldest first."""
        return [ChatView(one.vendor_ref, one.ref, one.state, one.agent) for one in self._vendor.chats]

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Taken, not joined."""
        await self._vendor.accept(ref)

    async def join(self, ref: str, agent: str | None = None) -> None:
        """An agent comes in."""
        await self._vendor.join(ref, agent or "Ann")

    async def leave(self, ref: str) -> None:
        """The agent leaves."""
        await self._vendor.leave(ref)

    async def transfer(self, ref: str, to: str) -> None:
        """To somebody else."""
        await self._vendor.transfer(ref, to)

    async def end(self, ref: str, why: str | None = None) -> None:
        """The chat is over."""
        await self._vendor.end(ref)

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[str] = (),
        file: File | None = None,
    ) -> str:
        """An agent writes."""
        return await self._vendor.say(ref, text)

    async def typing(self, ref: str, on: bool) -> None:
        """An agent types."""
        await self._vendor.typing(ref, on=on)

    async def read(self, ref: str) -> None:
        """An agent has everything, and has read it."""
        for one in list(self._vendor.chat(ref).received):
            await self._vendor.delivered(ref, one.key)
            await self._vendor.read(ref, one.key)

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """A message cannot be shown after all."""
        await self._vendor.lose_message(ref, key, reason)

    async def unknown_event(self, ref: str) -> None:
        """Something new."""
        await self._vendor.new_kind(ref)

    async def texts(self, ref: str) -> Sequence[str]:
        """The end user's messages."""
        return [one.body for one in self._vendor.chat(ref).received]


class HostileFaults:
    """The vendor's faults, in the words of ``FaultSwitch``."""

    def __init__(self, vendor: HostileVendor) -> None:
        self._vendor = vendor

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch.script``."""
        if fault == "expire_token" and isinstance(self._vendor, PollVendor):
            self._vendor.expire_sessions()
            return
        known = _fault(fault, details)
        if known is None or operation not in _OPERATIONS:
            raise ValueError(f"a hostile vendor has no fault {fault} of {operation}")
        self._vendor.faults.script(_OPERATIONS[operation], *[known] * times)

    def clear(self) -> None:
        """See ``FaultSwitch.clear``."""
        self._vendor.faults.stop()


def _fault(fault: str, details: Mapping[str, Any]) -> Fault | None:
    return _STATUSES.get(int(details.get("status", 503))) if fault == "status" else _FAULTS.get(fault)


class HostileWebhooks:
    """Signed webhooks of a hostile vendor."""

    proof_headers: Sequence[str] = (SIGNATURE_HEADER,)

    def __init__(self, vendor: WebhookVendor) -> None:
        self._vendor = vendor
        self._numbers = itertools.count(1)

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        number = next(self._numbers)
        chat = self._vendor.chat(ref)
        event = VendorEvent(
            id=f"made-{number}",
            kind="message_received",
            ref=ref,
            refs=(ref, chat.vendor_ref),
            at=self._vendor.now(),
            key=f"made-m{number}",
            fields={"message": {"key": f"made-m{number}", "body": text}},
        )
        return json.dumps(event.document()).encode()

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``. The vendor proves no time."""
        key = self._vendor.key if secret is None else secret
        signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        headers = {SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
        return WebhookDelivery("POST", "/webhooks/hostile", headers, body, self._vendor.now())


class HostileRig(Rig):
    """One hostile vendor on the clock of the case.

    ``provider`` replaces the class that is put to the test: a subclass of the provider of that inbound kind;
    the vendor stays the same.
    """

    can: frozenset[Play] = frozenset(
        {"accept", "leave", "transfer", "typing", "read", "fail_message", "unknown_event", "queue"}
    )

    queue = "billing"

    def __init__(
        self, clock: VirtualClock, traits: Traits, *, provider: type[HostileProvider] | None = None
    ) -> None:
        super().__init__(clock)
        self.vendor = hostile_vendor(traits, now=clock.now, name="hostile")
        self._plugin = HostilePlugin(self.vendor, provider=provider)
        self._human = HostileHuman(self.vendor)
        self._faults = HostileFaults(self.vendor)
        self.fault_kinds = frozenset({*_FAULTS, "status"}) | (
            {"expire_token"} if traits.inbound is Inbound.POLL else set()
        )
        self._webhooks: WebhookMaker | None = None
        if isinstance(self.vendor, WebhookVendor):
            self._webhooks = HostileWebhooks(self.vendor)
            self.vendor.deliver = self._deliver

    @property
    def plugin(self) -> object:
        """One type."""
        return self._plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One integration, named as the vendor."""
        return self._plugin.settings

    @property
    def human(self) -> HostileHuman:
        """The agents."""
        return self._human

    @property
    def webhooks(self) -> WebhookMaker | None:
        """Signed ones, of the kind with webhooks."""
        return self._webhooks

    @property
    def faults(self) -> HostileFaults:
        """Faults on demand."""
        return self._faults

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """Only what fits, in the vendor's own words."""
        if fault == "expire_token":
            return fault in self.fault_kinds
        known = _fault(fault, details)
        return (
            known is not None
            and operation in _OPERATIONS
            and known in FITTING[_OPERATIONS[operation]]
            and "retry_after" not in details
        )

    async def seen(self, ref: str) -> Seen:
        """What the vendor keeps."""
        chat = self.vendor.chat(ref)
        survey = chat.details[-1].survey if chat.details else chat.opening.survey
        return Seen(
            texts=[one.body for one in chat.received],
            transcript=[entry.body for entry in chat.opening.transcript],
            about=[text for text in (chat.opening.user.name, chat.opening.summary) if text],
            typing=chat.user_types,
            details=[answer.answer for answer in survey],
            queue=chat.opening.route.queue,
        )

    async def move_up(self, ref: str) -> int:
        """The first place in the queue."""
        await self.vendor.queue(ref, 1)
        return 1

    async def pump(self) -> int:
        """Hand over what is due."""
        due = self.vendor.next_due
        if due is None or due > self.clock.now():
            return 0
        await self.vendor.pump()
        return 1

    async def _deliver(self, delivery: WebhookDelivery) -> None:
        status = 503 if self.deliver is None else await self.deliver(delivery)
        if status >= 300:  # noqa: PLR2004  (anything but 2xx is repeated)
            raise LivechatError(f"answered {status}")
