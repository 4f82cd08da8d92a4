"""How the package is put to the proof: the vendor in memory, as the kit sees it.

Only the kit imports this module.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from livechat_sdk import WebhookDelivery
from livechat_sdk_simulators.discovery import find
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import Play
from livechat_sdk_testing.conformance.simulator_rig import SimulatorRig
from livechat_sdk_testing.conformance.systems.toy_server import CLIENT_ID, CLIENT_SECRET

from livechat_sdk_parley import plugin
from livechat_sdk_parley.events import SIGNATURE

__all__ = ["ParleyRig", "make_rig"]

WEBHOOK_KEY: Final = "a-webhook-key-of-the-vendor-in-memory"
_ACCOUNT: Final = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "webhook_secret": WEBHOOK_KEY}


class _Webhooks:
    """Webhooks as the vendor signs them."""

    proof_headers: Sequence[str] = (SIGNATURE,)

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        made, at = f"made-{uuid4()}", self._clock.now().isoformat()
        said: dict[str, Any] = {"id": made, "from": "agent", "text": text, "at": at, "files": []}
        event = {"type": "message.created", "chat": {"id": ref, "ref": ref}, "data": said}
        return json.dumps({"id": made, "at": at, **event}).encode()

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``."""
        return self.sign_with(body, [WEBHOOK_KEY if secret is None else secret], at)

    def sign_with(self, body: bytes, secrets: Sequence[str], at: datetime | None = None) -> WebhookDelivery:
        """See ``ManySignatures.sign_with``."""
        now = self._clock.now()
        seconds = str(int((at or now).timestamp()))
        signed = seconds.encode() + b"." + body
        made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
        proof = ",".join([f"t={seconds}", *(f"v1={one}" for one in made)])
        headers = {SIGNATURE: proof, "Content-Type": "application/json"}
        return WebhookDelivery("POST", "/webhooks/parley", headers, body, now)


class ParleyRig(SimulatorRig):
    """One vendor on the clock of one case, and one integration of it."""

    queue = "billing"

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, find("parley").make(_ACCOUNT, clock))
        self.can = frozenset[Play]({*self.can, "queue"})
        self._webhooks = _Webhooks(clock)

    @property
    def plugin(self) -> object:
        """The plugin of this package."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One account."""
        return {
            "type": "PARLEY_LIVECHAT",
            "name": "parley",
            "baseUrl": "https://parley.example",
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "webhookKey": WEBHOOK_KEY,
        }

    @property
    def webhooks(self) -> _Webhooks:
        """Signed with a time."""
        return self._webhooks

    async def move_up(self, ref: str) -> int:
        """See ``Rig.move_up``: the chat before it is taken."""
        first, *_ = await self.human.chats()
        await self.human.join(first.ref)
        return 1


def make_rig(clock: VirtualClock) -> ParleyRig:
    """The vendor on the clock of one case."""
    return ParleyRig(clock)
