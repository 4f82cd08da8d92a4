"""How Zendesk is put to the proof: the rig of ``ZENDESK_LIVECHAT`` for the kit, over its simulator.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and an installed simulator named ``zendesk``, which is found by its entry point.
Adapter and simulator were written apart from the vendor's documents, and neither imports the other.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Final

from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import excused
from livechat_sdk_testing.conformance.rig import FaultSwitch, Play, Seen
from livechat_sdk_testing.conformance.simulator_rig import SimulatorRig
from livechat_sdk_zendesk import plugin

__all__ = ["ZendeskRig", "make_rig"]

_HEADER: Final = "X-API-Key"
_OPERATIONS: Final[Mapping[str, str]] = {"status": "conversation", "look_up": "history"}
_FOR_GOOD: Final = 50
_SPEAKERS: Final = frozenset({"User", "Bot", "Agent", "System"})

_NEVER: Final[frozenset[Play]] = frozenset({"accept"})
"""Who takes a ticket has joined: there is no accepting before."""

_TICKET_KEY: Final = "a-ticket-webhook-secret-of-the-simulator"


def make_rig(clock: VirtualClock) -> ZendeskRig:
    """The simulator, on the clock of one case."""
    return ZendeskRig(clock)


def _simulator(clock: VirtualClock, settings: Mapping[str, Any]) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name="zendesk"):
        return entry.load().make({"support_webhook_secret": _TICKET_KEY, **settings}, clock)
    raise LookupError("no simulator of Zendesk is installed: pip install livechat-sdk-simulators")


class ZendeskWebhooks:
    """Webhooks as the vendor's documents describe them."""

    proof_headers: Sequence[str] = (_HEADER,)

    def __init__(self, rig: ZendeskRig) -> None:
        self._rig = rig
        self._numbers = itertools.count(1)

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        number = next(self._numbers)
        at = self._rig.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        conversation = {
            "id": f"nowhere-{ref}",
            "type": "personal",
            "metadata": {"livechat_ref": ref},
            "activeSwitchboardIntegration": {"id": "1", "integrationType": "zd:agentWorkspace"},
        }
        message = {
            "id": f"made-m{number}",
            "received": at,
            "author": {"type": "business", "displayName": "Made"},
            "content": {"type": "text", "text": text},
            "source": {"type": "zd:agentWorkspace"},
            "metadata": {"__zendesk_msg.agent.id": "99"},
        }
        event = {
            "id": f"made-{number}",
            "createdAt": at,
            "type": "conversation:message",
            "payload": {"conversation": conversation, "message": message},
        }
        document = {
            "app": {"id": self._rig.settings["appId"]},
            "webhook": {"id": "made", "version": "v2"},
            "events": [event],
        }
        return json.dumps(document).encode()

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``. There is no time in this proof."""
        key = str(self._rig.settings["webhookKey"]) if secret is None else secret
        headers = {_HEADER: key, "Content-Type": "application/json"}
        return WebhookDelivery("POST", "/webhooks/zendesk", headers, body, self._rig.clock.now())


class _Faults:
    """The simulator's faults by the names that the kit has for calls.

    A chat is looked at by reading its conversation, and a message is looked up in the list of messages.
    Whoever gives no answer to an opening gives none to the question whether it is open either.
    """

    def __init__(self, faults: FaultSwitch) -> None:
        self._faults = faults

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch``."""
        self._faults.script(_OPERATIONS.get(operation, operation), fault, times, **details)
        if operation == "open" and fault == "time_out_after" and times > _FOR_GOOD:
            self._faults.script("conversation", "pass")  # it is made
            self._faults.script("conversation", "time_out_before", times)

    def clear(self) -> None:
        """See ``FaultSwitch``."""
        self._faults.clear()


class ZendeskRig(SimulatorRig):
    """An account whose tickets tell of assignments, and whose conversations begin with the agents.

    ``account`` are settings of the simulator where the account is another one, ``settings`` those of the
    integration.
    """

    excuses = (
        excused(
            "receipts.of_failure_name_our_message",
            reason="Zendesk tells of a failure with its own id of the message alone, and a webhook is read"
            " without asking anybody. The ledger knows that id: in a conversation the right one is refused.",
        ),
    )

    queue = "360012345678"
    """A group: Zendesk's word for a queue."""

    def __init__(
        self, clock: VirtualClock, account: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._zendesk = _simulator(clock, account or {})
        self._settings = settings
        super().__init__(clock, self._zendesk)
        self.can = self.can - _NEVER
        self._webhooks = ZendeskWebhooks(self)

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One account."""
        own = {
            "name": "zendesk",
            "botIntegration": "bot",
            "ticketWebhookKey": _TICKET_KEY,
            "supportUser": self._zendesk.settings.support_user,
            "supportToken": self._zendesk.settings.support_token,
        }
        return {**self._zendesk.integration(), **own, **self._settings}

    @property
    def faults(self) -> FaultSwitch:
        """The simulator's, by our names."""
        return _Faults(super().faults)

    async def seen(self, ref: str) -> Seen:
        """What agents see; what was said before is on pages, a line each."""
        seen = await super().seen(ref)
        lines = [line for page in seen.transcript or () for line in page.split("\n")]
        said = [line.partition(": ")[2] for line in lines if line.partition(": ")[0] in _SPEAKERS]
        fields = getattr(await self._chat(ref), "details", {}).get("fields", {})
        group = fields.get("group_id")
        return replace(seen, about=[*(seen.about or ()), *lines], transcript=said, queue=group)

    @property
    def webhooks(self) -> ZendeskWebhooks:
        """With a key, without a time."""
        return self._webhooks
