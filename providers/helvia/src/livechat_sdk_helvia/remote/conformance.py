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

from argon2 import PasswordHasher
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
from livechat_sdk_helvia.auth import Passwords
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import Conversation, DeskMessage, DeskUser, RequestStatus, from_row
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
    ChatView,
    FaultSwitch,
    File,
    Play,
    Rig,
    Seen,
)
from livechat_sdk_testing.conformance.runner import quick_folder
from livechat_sdk_testing.conformance.simulator_rig import Hurried

__all__ = ["RemoteRig", "make_rig"]

_AGENTS: Final = {"Ann": "Ann Marsh", "Beth": "Beth Okoro", "Maria Pappa": "Maria Pappa"}
_TOKEN: Final = "a-service-token-of-the-desk-under-test"  # noqa: S105 - of a desk that nobody else reaches
_KEY: Final = "a-key-of-the-callbacks-of-the-desk"
_BOTS: Final = "bots.example"
_STATES: Final = {"pending": "queued", "started": "active"}
_FOR_GOOD: Final = 50
_TEAM: Final = "second-line"


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


class _Team:
    """The members of the desk's team. Whoever accepts a request has joined."""

    def __init__(self, rig: RemoteRig) -> None:
        self._rig = rig
        self._by_ref: dict[str, str] = {}

    @property
    def _desk(self) -> Desk:
        return self._rig.desk

    async def conversations(self) -> Sequence[Conversation]:
        """Every conversation, oldest first."""
        rows = await self._desk.context.fetch(
            """
            SELECT id FROM desk_conversations
            WHERE workspace = :workspace AND integration = :integration ORDER BY id
            """
        )
        return [await self._desk.conversations.get(int(str(row["id"]))) for row in rows]

    async def find(self, ref: str) -> Conversation:
        """The newest conversation with our reference, or with an id of the desk. Raises ``KeyError``."""
        for one in reversed(await self.conversations()):
            if ref in {one.attributes.get(REF), str(one.id)}:
                return one
        raise KeyError(ref)

    async def messages(self, conversation: Conversation) -> Sequence[DeskMessage]:
        """All messages, in order."""
        found: list[DeskMessage] = []
        while page := await self._desk.messages.page(conversation.id, after=found[-1].seq if found else 0):
            found.extend(page)
        return found

    async def chats(self) -> Sequence[ChatView]:
        """Every conversation, oldest first."""
        return [
            ChatView(str(one.id), str(one.attributes.get(REF)), _STATES.get(one.status, "ended"))
            for one in await self.conversations()
        ]

    async def accept(self, ref: str, agent: str | None = None) -> None:
        """Accepting and joining is one at this desk."""
        await self.join(ref, agent)

    async def join(self, ref: str, agent: str | None = None) -> None:
        """Take the request from New; whoever has taken a conversation over is in it already."""
        conversation = await self.find(ref)
        self._by_ref[ref] = agent or self._by_ref.get(ref, "Ann")
        requests = await self._desk.inbox.requests(RequestStatus.NEW, take=200)
        for one in requests:
            if one.conversation_id == conversation.id:
                await self._desk.accept(await self._member(self._by_ref[ref]), one.id)

    async def leave(self, ref: str) -> None:
        """An owner cannot leave without ending."""
        raise NotImplementedError

    async def transfer(self, ref: str, to: str) -> None:
        """Beth, who is all of the second line, takes over."""
        conversation = await self.find(ref)
        beth = await self._member("Beth")
        await self._desk.presence.seen(beth)
        asked = await self._desk.transfers.transfer(await self._in(ref), conversation.id, group=_TEAM)
        await self._desk.accept(beth, asked.request_id)
        self._by_ref[ref] = "Beth"

    async def end(self, ref: str, why: str | None = None) -> None:
        """The member in the conversation ends it."""
        await self._desk.conversations.end(await self._in(ref), (await self.find(ref)).id)

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[str] = (),
        file: File | None = None,
    ) -> str:
        """The member in the conversation writes."""
        message, _ = await self._desk.messages.send(await self._in(ref), await self.find(ref), text)
        return str(message.id)

    async def typing(self, ref: str, on: bool) -> None:
        """The member types."""
        await self._desk.typing.agent_types(await self._in(ref), await self.find(ref), on=on)

    async def read(self, ref: str) -> None:
        """No callback tells what was read."""
        raise NotImplementedError

    async def fail_message(self, ref: str, key: str, reason: str) -> None:
        """The desk loses nothing that it has taken."""
        raise NotImplementedError

    async def unknown_event(self, ref: str) -> None:
        """A newer manager tells of something new."""
        body = self._rig.webhooks.body("COFFEE_BREAK", ref)
        self._rig.between.put_in(self._rig.webhooks.sign(body))

    async def texts(self, ref: str) -> Sequence[str]:
        """What the member sees of the end user."""
        messages = await self.messages(await self.find(ref))
        return [one.text for one in messages if one.author == "end-user"]

    async def _in(self, ref: str) -> DeskUser:
        """Whoever is in the conversation."""
        return await self._member(self._by_ref.get(ref, "Ann"))

    async def _member(self, name: str) -> DeskUser:
        row = await self._desk.context.first(
            """
            SELECT * FROM desk_users
            WHERE workspace = :workspace AND integration = :integration AND name = :name
            """,
            name=_AGENTS.get(name, _AGENTS["Ann"]),
        )
        if row is None:
            raise KeyError(name)
        return from_row(DeskUser, row)


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
        self._team = _Team(self)
        self._webhooks = _Callbacks(self)
        self._provider = HelviaProvider(
            IntegrationContext("desk", now=clock.now),
            HelviaSettings.model_validate(_desk_settings()),
            announce=lambda _: None,
            passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
            background=False,
        )
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
    def human(self) -> _Team:
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
        for first, name in _AGENTS.items()
    ]
    return {
        "type": "HELVIA_LIVECHAT",
        "name": "desk",
        "accounts": accounts,
        "groups": [
            {"id": "billing", "name": "Billing", "members": ["ann@example.org"]},
            {"id": _TEAM, "name": "second line", "members": ["beth@example.org"]},
        ],
        "serviceTokens": [_TOKEN],
        "callbacks": {"address": f"https://{_BOTS}/webhooks/manager", "key": _KEY},
    }
