"""The toy as a vendor under test: its human side, its faults and its webhooks."""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from livechat_sdk import hookimpl
from livechat_sdk.errors import RejectedError, RetryableError
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.interface import Availability, ChatOpening
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import ChatView, File, Play, Rig, Seen
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider, ToySettings, ToyVendor

__all__ = ["ToyHuman", "ToyRig", "ToyWebhooks"]

_HEADER: Final = "X-Toy-Key"
_OPERATIONS: Final = frozenset({"open", "send", "close", "update"})
_BEFORE: Final = frozenset({"drop_before", "time_out_before", "status"})
_AFTER: Final = frozenset({"drop_after", "time_out_after"})
_DELAY: Final = 20.0
_THROTTLED: Final = 429
_SERVER_ERRORS: Final = 500


class ToyWebhooks:
    """Webhooks of the toy: a shared key in a header."""

    proof_headers: Sequence[str] = (_HEADER,)

    def __init__(self, rig: ToyRig) -> None:
        self._rig = rig

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        return self.body("message", ref, text=text)

    def body(self, event: str, ref: str, **fields: str) -> bytes:
        """The document of any event."""
        document = {"id": self._rig.vendor.next_id(), "event": event, "ref": ref, **fields}
        return json.dumps(document).encode()

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``. The toy proves no time."""
        key = self._rig.key if secret is None else secret
        headers = {_HEADER: key, "Content-Type": "application/json"}
        return WebhookDelivery("POST", "/webhooks/toy", headers, body, self._rig.clock.now())


class ToyHuman:
    """The agents of the toy. What they do is a webhook that waits for ``ToyRig.pump``."""

    def __init__(self, rig: ToyRig) -> None:
        self._rig = rig
        self._agents: dict[str, str] = {}
        self._delivered: set[tuple[str, str]] = set()
        self._numbers = itertools.count(1)

    async def chats(self) -> Sequence[ChatView]:
        """Every chat, oldest first."""
        vendor = self._rig.vendor
        closed = {ref for ref, _ in vendor.closed} | vendor.over
        return [
            ChatView(
                f"toy-{ref}",
                ref,
                "ended" if ref in closed else "active" if ref in self._agents else "queued",
                self._agents.get(ref),
            )
            for ref in vendor.opened
        ]

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Taken, not joined."""
        self._tell("accepted", ref)

    async def join(self, ref: str, agent: str | None = None) -> None:
        """An agent comes in."""
        self._agents[ref] = agent or "Ann"
        self._tell("joined", ref, **self._agent(ref))

    async def leave(self, ref: str) -> None:
        """The agent leaves."""
        self._tell("left", ref, **self._agent(ref))
        self._agents.pop(ref, None)

    async def transfer(self, ref: str, to: str) -> None:
        """To somebody else."""
        self._tell("transferred", ref, to=to)
        self._agents.pop(ref, None)

    async def end(self, ref: str, why: str | None = None) -> None:
        """The chat is over."""
        self._tell("ended", ref, why=why or "resolved")
        self._rig.vendor.over.add(ref)

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
        if agent:
            self._agents[ref] = agent
        key = f"toy-said-{next(self._numbers)}"
        self._tell("message", ref, text=text, key=key, **self._agent(ref))
        return key

    async def typing(self, ref: str, on: bool) -> None:
        """An agent types."""
        self._tell("typing", ref, on="yes" if on else "no")

    async def read(self, ref: str) -> None:
        """An agent has everything, and has read it."""
        self.confirm()
        for key in dict.fromkeys(part.key for to, part in self._rig.vendor.received if to == ref):
            self._tell("read", ref, key=key)

    def confirm(self) -> None:
        """Agents who are there have what was sent by now."""
        for ref, part in self._rig.vendor.received:
            if ref in self._agents and (ref, part.key) not in self._delivered:
                self._delivered.add((ref, part.key))
                if ref not in self._rig.vendor.over:
                    self._tell("delivered", ref, key=part.key)

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """A message cannot be shown after all."""
        self._delivered.add((ref, key))
        self._tell("failed", ref, key=key, reason=reason)

    async def unknown_event(self, ref: str) -> None:
        """Something new."""
        self._tell("coffee_break", ref)

    async def texts(self, ref: str) -> Sequence[str]:
        """The end user's messages, each key once: the toy dedupes by it."""
        received = self._rig.vendor.received
        dedupes = self._rig.provider_class.capabilities.dedupes_by_key
        parts = [part for to, part in received if to == ref]
        return [part.body for part in ({part.key: part for part in parts}.values() if dedupes else parts)]

    def _agent(self, ref: str) -> dict[str, str]:
        name = self._agents.get(ref)
        return {"agent": f"agent-{name.lower()}", "name": name} if name else {}

    def _tell(self, event: str, ref: str, **fields: str) -> None:
        if ref in self._rig.vendor.over:
            raise ValueError(f"the chat {ref} is over")
        self._rig.send(self._rig.webhooks.body(event, ref, **fields))


class ToyFaults:
    """Faults of the toy's calls, and of its webhooks."""

    def __init__(self, vendor: ToyVendor) -> None:
        self._vendor = vendor
        self.webhook: deque[str] = deque()

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch.script``."""
        if operation == "webhook":
            self.webhook.extend([fault] * times)
            return
        if operation not in _OPERATIONS or fault not in _BEFORE | _AFTER:
            raise ValueError(f"the toy has no fault {fault} of {operation}")
        self._vendor.apply_before_failing = fault in _AFTER
        errors = self._vendor.fail.setdefault(operation, [])
        errors.extend(_error(operation, fault, details) for _ in range(times))

    def clear(self) -> None:
        """See ``FaultSwitch.clear``."""
        self._vendor.fail.clear()
        self._vendor.apply_before_failing = False
        self.webhook.clear()


def _error(operation: str, fault: str, details: Mapping[str, Any]) -> Exception:
    if fault.startswith("time_out"):
        return TimeoutError()
    if fault == "status":
        status = int(details.get("status", 503))
        kind = RetryableError if status == _THROTTLED or status >= _SERVER_ERRORS else RejectedError
        return kind(
            "refused for now", operation=operation, status=status, retry_after=details.get("retry_after")
        )
    return RetryableError(
        "the connection broke", operation=operation, sent=False if fault == "drop_before" else None
    )


class ToyRig(Rig):
    """A toy on the clock of the case.

    ``provider`` is the class that is put to the test: a subclass of ``ToyProvider``, with capabilities of its
    own if it declares some; the vendor stays the same.
    """

    can: frozenset[Play] = frozenset(
        {"accept", "leave", "transfer", "typing", "read", "fail_message", "unknown_event", "agents", "queue"}
    )
    fault_kinds = _BEFORE | _AFTER | {"withhold", "repeat", "delay", "reorder"}

    queue = "billing"

    def __init__(self, clock: VirtualClock, provider: type[ToyProvider] = ToyProvider) -> None:
        super().__init__(clock)
        self.vendor = ToyVendor()
        self.provider_class = provider
        self.key = ToyPlugin().key
        self._webhooks = ToyWebhooks(self)
        self._human = ToyHuman(self)
        self._faults = ToyFaults(self.vendor)
        self._queue: list[tuple[datetime, bytes]] = []

    @property
    def plugin(self) -> object:
        """One type, whose provider is the class under test."""
        return _Plugin(self)

    @property
    def settings(self) -> Mapping[str, Any]:
        """One toy."""
        return {"type": self.provider_class.type, "name": "toy", "webhookKey": self.key}

    @property
    def human(self) -> ToyHuman:
        """The agents."""
        return self._human

    @property
    def webhooks(self) -> ToyWebhooks:
        """Its webhooks."""
        return self._webhooks

    @property
    def faults(self) -> ToyFaults:
        """Faults on demand."""
        return self._faults

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """The toy fails only in the calls that change something."""
        return fault in self.fault_kinds and (operation in _OPERATIONS or operation == "webhook")

    async def seen(self, ref: str) -> Seen:
        """What the toy keeps."""
        vendor = self.vendor
        signals = [signal for to, signal in vendor.signals if to == ref]
        typing = [signal for signal in signals if signal.startswith("typing")]
        opening = vendor.opened.get(ref)
        details = [details for to, details in vendor.details if to == ref]
        known = details[-1] if details else opening
        parts = {part.key: part for to, part in vendor.received if to == ref}
        return Seen(
            texts=await self._human.texts(ref),
            transcript=[entry.body for entry in opening.transcript] if opening else None,
            about=_about(opening) if opening else None,
            files=[file.name for part in parts.values() for file in part.attachments],
            typing=bool(typing) and typing[-1] == "typing on",
            receipts=[signal for signal in signals if not signal.startswith("typing")],
            details=[answer.answer for answer in known.survey] if known else [],
            queue=opening.route.queue if opening else None,
        )

    async def set_agents(self, count: int | None) -> None:
        """Agents on duty."""
        now = self.clock.now()
        if count is None:
            self.vendor.availability = Availability(at=now)
        else:
            self.vendor.availability = Availability(agents="yes" if count else "no", at=now)

    async def move_up(self, ref: str) -> int:
        """The first place in the queue."""
        self.send(self.webhooks.body("queue", ref, position="1"))
        return 1

    def send(self, body: bytes) -> None:
        """Put a webhook on its way, with the fault that is next."""
        fault = self._faults.webhook.popleft() if self._faults.webhook else None
        now = self.clock.now()
        if fault == "withhold":
            return
        late = now + timedelta(seconds=_DELAY)
        self._queue.append((late if fault == "delay" else now, body))
        if fault == "repeat":
            self._queue.append((now, body))
        if fault == "reorder" and len(self._queue) > 1:
            self._queue[-2:] = reversed(self._queue[-2:])

    async def pump(self) -> int:
        """Send what is due. The toy does not repeat a webhook that was not taken."""
        self._human.confirm()
        sent = 0
        while True:
            due = next((one for one in self._queue if one[0] <= self.clock.now()), None)
            if due is None:
                return sent
            self._queue.remove(due)
            sent += 1
            if self.deliver is not None:
                await self.deliver(self.webhooks.sign(due[1]))


def _about(opening: ChatOpening) -> list[str]:
    return [text for text in (opening.user.name, opening.reason, opening.summary) if text]


class _Plugin:
    def __init__(self, rig: ToyRig) -> None:
        self._rig = rig

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        """One type."""
        rig = self._rig
        return [
            IntegrationType(
                type=rig.provider_class.type,
                kind="livechat",
                settings=ToySettings,
                build=lambda context, settings: rig.provider_class(context, settings, rig.vendor),
                summary="a toy under test",
            )
        ]
