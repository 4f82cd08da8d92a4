"""The hostile vendor that sends webhooks: out of order, twice, late, and only for so long."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import LivechatError, WebhookRejected
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.verifying import verify_hmac
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.hostile.events import VendorEvent, read_event
from livechat_sdk_testing.hostile.faults import Fault, Faults
from livechat_sdk_testing.hostile.provider import HostileProvider
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import What
from livechat_sdk_testing.hostile.vendor import HostileVendor, VendorChat

__all__ = ["SIGNATURE_HEADER", "WEBHOOK_KEY", "Deliver", "WebhookProvider", "WebhookVendor"]

SIGNATURE_HEADER = "X-Hostile-Signature"
WEBHOOK_KEY = "hostile-key-of-at-least-16-characters"
"""The secret under which the vendor signs, unless another is given."""

Deliver = Callable[[WebhookDelivery], Awaitable[object]]
"""Brings a webhook to our side; returning means 2xx, raising means anything else."""

_FIRST_PAUSE = 10.0
_LONGEST_PAUSE = 300.0


@dataclass
class _Due:
    """A webhook that waits to be sent, for the first time or again."""

    event: VendorEvent
    due_at: datetime
    first_at: datetime
    tries: int = 0
    lost: bool = False
    """The next try does not arrive."""


class WebhookVendor(HostileVendor):
    """Keeps a queue of webhooks; ``pump`` sends those that are due through ``deliver``.

    ``deliver`` is the test's way to our side, ``None`` while nobody listens. A webhook that is not
    answered is sent again after pauses that grow from 10 to 300 seconds, for the last time
    ``traits.redelivers_for`` seconds after the first. Webhooks do not wait for each other.
    """

    def __init__(
        self,
        traits: Traits,
        *,
        now: Callable[[], datetime],
        name: str = "hostile",
        faults: Faults | None = None,
        key: str = WEBHOOK_KEY,
    ) -> None:
        super().__init__(traits, now=now, name=name, faults=faults)
        self.deliver: Deliver | None = None
        self.key = key
        self._queue: list[_Due] = []

    @property
    def next_due(self) -> datetime | None:
        """When the next webhook is due."""
        return min((due.due_at for due in self._queue), default=None)

    async def pump(self) -> None:
        """Send every webhook that is due, oldest first."""
        while self._queue:
            due = min(self._queue, key=lambda one: one.due_at)  # of equals the first in the queue
            if due.due_at > self.now():
                return
            self._queue.remove(due)
            try:
                answered = await self._send(due)
            except BaseException:  # our side died while it had the webhook: the vendor got no answer
                self._again(due)
                raise
            if not answered:
                self._again(due)

    def webhook(self, event: VendorEvent) -> WebhookDelivery:
        """The signed request for an event."""
        body = json.dumps(event.document()).encode()
        signature = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        headers = {SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
        return WebhookDelivery("POST", f"/webhooks/{self.name}", headers, body, self.now())

    async def _send(self, due: _Due) -> bool:
        if due.lost:
            due.lost = False
            self._note_event(What.LOST, due.event, "webhook", "lost on its way")
            return False
        if self.deliver is None:
            return False
        self._note_event(What.OFFERED, due.event, "webhook")
        try:
            await self.deliver(self.webhook(due.event))
        except (LivechatError, OSError):
            return False
        self._note_event(What.HANDED, due.event, "webhook")
        return True

    def _again(self, due: _Due) -> None:
        now = self.now()
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(due.tries, 10))
        last_at = due.first_at + timedelta(seconds=self.traits.redelivers_for)
        if now >= last_at:
            self._note_event(What.GAVE_UP, due.event, "webhook")
            return
        due.tries += 1
        due.due_at = min(now + timedelta(seconds=pause), last_at)
        self._queue.append(due)

    async def _publish(self, chat: VendorChat, event: VendorEvent, fault: Fault | None) -> None:
        now = self.now()
        if fault is Fault.WITHHOLD:
            self._note_event(What.LOST, event, "webhook", "withheld")
            return
        due = _Due(event, due_at=now, first_at=now, lost=fault is Fault.LOSE)
        if fault is Fault.DELAY:
            due.due_at += timedelta(seconds=self.traits.delay)
        if fault is Fault.REORDER:
            if self._queue:
                due.due_at = min(now, self._queue[-1].due_at)
                self._queue.insert(len(self._queue) - 1, due)
                return
            due.due_at += timedelta(seconds=self.traits.delay / 4)  # the next one may overtake it
        self._queue.append(due)
        if fault is Fault.REPEAT:
            self._queue.append(_Due(event, due_at=now, first_at=now))


class WebhookProvider(HostileProvider):
    """Verifies the signature over the body, then translates."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """See ``ChatProvider.read_webhook``."""
        verify_hmac(delivery.header(SIGNATURE_HEADER), delivery.body, self.settings.webhook_key)
        try:
            return [read_event(read_json_object(delivery.body), self.name, delivery.received_at)]
        except (ValueError, KeyError, TypeError) as error:
            raise WebhookRejected("the body is not an event of this vendor", status=400) from error
