"""How the remote form is put to the proof: its rig for the kit, over a desk of this package as the manager.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing``. The desk has a store of its own. Calls and callbacks go through HTTP in this
process, and what lies between the two loses, breaks and delays them on demand.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import Mount

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.http import override_transport
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.store import Store
from livechat_sdk.provider.files import NoFiles
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.conformance_team import AGENTS, quick_passwords
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.remote.conformance_team import SECOND_LINE, RemoteTeam
from livechat_sdk_helvia.remote.events import KEY_HEADER
from livechat_sdk_helvia.remote.wire import REF
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.settings import HelviaSettings
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import excused
from livechat_sdk_testing.conformance.between import Between
from livechat_sdk_testing.conformance.rig import (
    CALL_FAULTS,
    WEBHOOK_FAULTS,
    FaultSwitch,
    Play,
    Rig,
    Seen,
)
from livechat_sdk_testing.conformance.runner import quick_folder
from livechat_sdk_testing.conformance.simulator_rig import Hurried

__all__ = ["RemoteRig", "make_rig"]

_TOKEN: Final = "a-service-token-of-the-desk-under-test"  # noqa: S105 - of a desk that nobody else reaches
_KEY: Final = "a-key-of-the-callbacks-of-the-desk"
_BOTS: Final = "bots.example"
_FOR_GOOD: Final = 50


def make_rig(clock: VirtualClock) -> RemoteRig:
    """A desk in another application, on the clock of one case."""
    return RemoteRig(clock)


@dataclass
class _Host:
    """What the desk has of a host: a store of its own."""

    database: Store
    files: NoFiles

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """See ``ProviderHost.open_chats``."""
        return ()


class _Callbacks:
    """Callbacks as the desk posts them."""

    proof_headers: Sequence[str] = (KEY_HEADER,)

    def __init__(self, rig: RemoteRig) -> None:
        self._rig = rig
        self._numbers = itertools.count(1)

    def body(self, kind: str, ref: str, **fields: Any) -> bytes:
        """A callback of some type."""
        number = next(self._numbers)
        document = {
            "type": kind,
            "eventId": f"made-{number}",
            "timestamp": utc_text(self._rig.clock.now()),
            "livechatConversation": {"id": f"nowhere-{ref}", "extras": {REF: ref}},
            **fields,
        }
        return json.dumps(document).encode()

    def message(self, ref: str, text: str) -> bytes:
        """See ``WebhookMaker.message``."""
        message = {
            "id": f"made-m{next(self._numbers)}",
            "type": "text",
            "text": text,
            "sentDate": utc_text(self._rig.clock.now()),
            "from": {"id": "99", "participantType": "agent", "fullName": "Made"},
        }
        return self.body("MESSAGE", ref, message=message)

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """See ``WebhookMaker.sign``. There is no time in this proof."""
        headers = {KEY_HEADER: _KEY if secret is None else secret, "Content-Type": "application/json"}
        return WebhookDelivery("POST", "/webhooks/manager", headers, body, self._rig.clock.now())


class _Faults:
    """Of what lies between. Whoever never answers an opening never says whether it is open either."""

    def __init__(self, between: Between) -> None:
        self._between = between

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch.script``."""
        self._between.script(operation, fault, times, **details)
        if operation == "open" and fault == "time_out_after" and times > _FOR_GOOD:
            self._between.script("status", "slow", seconds=0.0)  # it is made
            self._between.script("status", "time_out_before", times)

    def clear(self) -> None:
        """See ``FaultSwitch.clear``."""
        self._between.clear()


class RemoteRig(Rig):
    """A desk that another application serves. Files of its members are none of the callbacks' yet."""

    form = "remote"
    excuses = (
        excused(
            "opening.attempts_are_different_chats",
            reason="A manager has one open request for each session: that of the first attempt. It is over"
            " before a handoff is tried here a second time.",
        ),
    )
    over = "http"
    fault_kinds = CALL_FAULTS | WEBHOOK_FAULTS
    can: frozenset[Play] = frozenset({"typing", "transfer", "unknown_event"})
    queue = "billing"
    """A group of the desk: its word for a queue."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._webhooks = _Callbacks(self)
        self._provider = HelviaProvider(
            IntegrationContext("desk", now=clock.now),
            HelviaSettings.model_validate(_desk_settings()),
            announce=lambda _: None,
            passwords=quick_passwords(),
            background=False,
        )
        self._team = RemoteTeam(self._provider, self._tell_of_something_new)
        self.between = Between(
            Starlette(routes=[Mount("/desk", self._provider.pages())]),
            our_host=_BOTS,
            operations={"open", "send", "close", "status"},
            operation_of=_operation_of,
            deliver=self._deliver,
            now=clock.now,
        )

    @property
    def desk(self) -> Desk:
        """The desk under the manager's paths."""
        return self._provider.desk

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """The integration that reaches the desk."""
        return {
            "type": "HELVIA_LIVECHAT",
            "name": "manager",
            "baseUrl": "https://manager.example/desk/manager",
            "serviceToken": _TOKEN,
            "webhookKey": _KEY,
            "organizationId": "default",
        }

    @property
    def human(self) -> RemoteTeam:
        """The team."""
        return self._team

    @property
    def webhooks(self) -> _Callbacks:
        """With a key, without a time."""
        return self._webhooks

    @property
    def faults(self) -> FaultSwitch:
        """Of what lies between the two."""
        return _Faults(self.between)

    async def seen(self, ref: str) -> Seen:
        """What a member has on the page of a conversation."""
        conversation = await self._team.find(ref)
        rows = await self.desk.context.fetch(
            """
            SELECT target_group FROM desk_requests
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
            ORDER BY id
            """,
            id=conversation.id,
        )
        return Seen(
            texts=await self._team.texts(ref),
            transcript=[entry.body for entry in await self.desk.conversations.history(conversation.id)],
            about=[str(text) for text in (conversation.user_name, *conversation.attributes.values()) if text],
            files=[],
            details=[answer.answer for answer in conversation.survey],
            queue=str(rows[0]["target_group"]),
        )

    async def pump(self) -> int:
        """Let the desk post what is due, and what was held up on its way arrive."""
        lane = self.desk.callbacks
        if lane is None:
            raise AssertionError("this desk tells a service")
        return await lane.work() + await self.between.pump()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The desk is served, and every call goes through what lies between."""
        with tempfile.TemporaryDirectory(prefix="desk-", dir=quick_folder()) as folder:
            store = open_store(f"sqlite:///{Path(folder) / 'desk.db'}", now=self.clock.now)
            await store.open()
            try:
                await self._provider.start(_Host(store, NoFiles()))
                with override_transport(self.between, clock=Hurried(self.clock)):
                    yield
                await self._provider.stop()
            finally:
                await store.close()

    def _tell_of_something_new(self, ref: str) -> None:
        self.between.put_in(self.webhooks.sign(self.webhooks.body("COFFEE_BREAK", ref)))

    async def _deliver(self, delivery: WebhookDelivery) -> int:
        return 503 if self.deliver is None else await self.deliver(delivery)


def _operation_of(method: str, path: str) -> str:
    """Opening is posting; that it is looked for before and afterwards is a look at the status."""
    if method == "POST":
        return "send" if path.endswith("/livechat-messages") else "open"
    return "close" if method == "DELETE" else "status"


def _desk_settings() -> Mapping[str, Any]:
    accounts = [
        {
            "email": f"{first.split()[0].lower()}@example.org",
            "name": name,
            "password": f"password-of-{first}",
            "roles": ["agent", "admin"],
        }
        for first, name in AGENTS.items()
    ]
    return {
        "type": "HELVIA_LIVECHAT",
        "name": "desk",
        "accounts": accounts,
        "groups": [
            {"id": "billing", "name": "Billing", "members": ["ann@example.org"]},
            {"id": SECOND_LINE, "name": "second line", "members": ["beth@example.org"]},
        ],
        "serviceTokens": [_TOKEN],
        "callbacks": {"address": f"https://{_BOTS}/webhooks/manager", "key": _KEY},
    }
