"""Parley under test: the adapter and the simulator, which know nothing of each other, put together."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_simulators.parley.simulator import ParleySettings, ParleySimulator
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import Play
from livechat_sdk_testing.conformance.simulator_rig import SimulatorRig
from livechat_sdk_testing.parley import ParleyPlugin
from livechat_sdk_testing.parley.provider import ParleyProvider
from livechat_sdk_testing.parley.settings import ParleySettings as AdapterSettings

__all__ = ["ParleyRig", "ParleyWebhooks"]

_HEADER = "Parley-Signature"
_QUEUE: frozenset[Play] = frozenset({"queue"})


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ParleyWebhooks:
    """Webhooks as Parley's page describes them."""

    proof_headers: Sequence[str] = (_HEADER,)

    def __init__(self, rig: ParleyRig) -> None:
        self._rig = rig
        self._numbers = itertools.count(1)

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        number, at = next(self._numbers), _text(self._rig.clock.now())
        chat = self._rig.parley.chats.with_ref(ref)
        document = {
            "id": f"made-{number}",
            "type": "message.created",
            "at": at,
            "chat": {"id": chat.id if chat else "c-nowhere", "ref": ref},
            "data": {
                "id": f"made-m{number}",
                "client_key": None,
                "from": "agent",
                "agent": {"id": "agent-made", "name": "Made"},
                "text": text,
                "files": [],
                "at": at,
            },
        }
        return json.dumps(document).encode()

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``."""
        return self._signed(body, [self._rig.parley.webhook_secrets[0] if secret is None else secret], at)

    def sign_with(self, body: bytes, secrets: Sequence[str]) -> WebhookDelivery:
        """See ``ManySignatures.sign_with``: one ``v1`` for each secret."""
        return self._signed(body, secrets)

    def _signed(self, body: bytes, secrets: Sequence[str], at: datetime | None = None) -> WebhookDelivery:
        now = self._rig.clock.now()
        seconds = str(int((at or now).timestamp()))
        content = seconds.encode() + b"." + body
        values = [hmac.new(key.encode(), content, hashlib.sha256).hexdigest() for key in secrets]
        parts = [f"t={seconds}", *(f"v1={value}" for value in values)]
        headers = {_HEADER: ",".join(parts), "Content-Type": "application/json"}
        return WebhookDelivery("POST", "/webhooks/parley", headers, body, now)


class ParleyRig(SimulatorRig):
    """``provider`` replaces the adapter's class: a subclass with something else in it."""

    queue = "billing"

    def __init__(self, clock: VirtualClock, provider: type[ParleyProvider] | None = None) -> None:
        self.parley = ParleySimulator(ParleySettings(), clock)
        super().__init__(clock, self.parley)
        self.can = self.can.union(_QUEUE)
        self._provider = provider
        self._webhooks = ParleyWebhooks(self)

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return ParleyPlugin() if self._provider is None else _Plugin(self._provider)

    @property
    def settings(self) -> Mapping[str, Any]:
        """One account."""
        return {"name": "parley", **self.parley.integration()}

    @property
    def webhooks(self) -> ParleyWebhooks:
        """Signed with a time."""
        return self._webhooks

    async def move_up(self, ref: str) -> int:
        """An agent joins whoever is first in line."""
        first = self.parley.chats.line()[0]
        assert first.ref != ref
        await self.human.join(first.ref)
        return [chat.ref for chat in self.parley.chats.line()].index(ref) + 1


class _Plugin:
    def __init__(self, provider: type[ParleyProvider]) -> None:
        self._provider = provider

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        provider = self._provider
        return [
            IntegrationType(
                type=provider.type,
                kind="livechat",
                settings=AdapterSettings,
                build=provider,
                summary="Parley under test",
            )
        ]
