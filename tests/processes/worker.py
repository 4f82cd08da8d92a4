"""A worker: a real dispatcher in a process of its own, told over a Unix socket what callers and vendors do.

``python -m tests.processes.worker SETTINGS``, where ``SETTINGS`` is a JSON file (see ``main``); the tests
start it through the nursery, which is quicker.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import resource
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Message, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.answers import Accepted
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.ends import Who
from livechat_sdk.errors import Expect
from livechat_sdk.http import override_transport
from livechat_sdk.ledger.opening import sqlite_path
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import ActionStatus, Store
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.processes.clock import QuickClock
from tests.processes.desks import DESK, SocketDesk
from tests.processes.inbox import AUTOMATED, INBOX, SETTINGS, inbox_of, make_automation
from tests.processes.steps import Steps
from tests.processes.systems import SYSTEM, SocketTransport
from tests.processes.vendors import Outside, SocketChannel, SocketPlugin
from tests.processes.wire import LINE_LIMIT, Peer

_DESK = "CREATE TABLE IF NOT EXISTS desk (ref TEXT PRIMARY KEY, agent TEXT NOT NULL)"
_TAKE = "INSERT INTO desk (ref, agent) VALUES (:ref, :agent) ON CONFLICT (ref) DO NOTHING"

COMMANDS = (
    "request",
    "accept",
    "say",
    "webhook",
    "end",
    "gate",
    "settled",
    "move_clock",
    "limit_files",
    "stop",
)
"""What the world may call; the methods of ``Commands``."""

_OPEN = {ActionStatus.PENDING, ActionStatus.STARTED}


class Commands:
    """What the world outside may ask of a worker."""

    def __init__(self, dispatcher: Dispatcher, clock: QuickClock, steps: Steps) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._steps = steps
        self.stopping = asyncio.Event()

    async def request(self, key: str, conversation: str, bot: str, wait: float = 5.0) -> dict[str, Any]:
        """A bot asks for a human."""
        handoff = await self._dispatcher.request(
            HandoffRequest(key=key, conversation_id=conversation, bot=bot, user=EndUser(id="u-1")),
            wait=wait,
        )
        at = time.monotonic()
        self._steps.reached("answer request, before")
        return {"id": handoff.id, "outcome": handoff.outcome, "at": at}

    async def say(self, handoff: str, key: str, text: str) -> dict[str, Any]:
        """The end user says something."""
        answer = await self._dispatcher.user_message(handoff, Message.text(text, key=key))
        self._steps.reached("answer say, before")
        return {"accepted": isinstance(answer, Accepted)}

    async def webhook(self, name: str, path: str, headers: dict[str, str], body: str) -> int:
        """A vendor reports something."""
        now = self._dispatcher.clock.now()
        delivery = WebhookDelivery("POST", path, headers, body.encode(), now)
        provider = self._dispatcher.integrations[name]
        if isinstance(provider, ToyProvider) and provider.capabilities.inbound is Inbound.EMBEDDED:
            # Somebody has clicked in a desk that lives in this process: its event is committed, then taken.
            events = provider.read_webhook(delivery)
            await self._dispatcher.database.commit((), events)
            taken = len(events)
        else:
            taken = await self._dispatcher.webhook(name, delivery)
        self._steps.reached("answer webhook, before")
        return taken

    async def accept(self, name: str, ref: str, agent: str, body: str) -> bool:
        """An agent at a desk in this process takes a chat; false when another one has it."""
        database = self._dispatcher.database
        await database.create_tables("desk", 1, [_DESK])
        provider = self._dispatcher.integrations[name]
        if not isinstance(provider, ToyProvider):
            raise AssertionError("the vendors of these tests are toys")
        take = Statement(_TAKE, {"ref": ref, "agent": agent}, expect=1)
        event = provider._translate(json.loads(body), self._dispatcher.clock.now())
        try:
            await database.commit([take], [event])
        except Expect:
            return False
        return True

    async def end(self, handoff: str, by: Who) -> dict[str, Any]:
        """The end user, the bot or an operator ends it."""
        ended = await self._dispatcher.end(handoff, by=by)
        self._steps.reached("answer end, before")
        return {"state": ended.state}

    async def gate(self, conversation: str, number: int) -> dict[str, Any]:
        """A bot asks whether it may speak."""
        began = time.monotonic()
        answer = await self._dispatcher.bot_may_send(conversation, number)
        return {
            "allowed": answer.allowed,
            "owner": answer.owner,
            "number": answer.owner_number,
            "began": began,
        }

    async def settled(self, handoff: str) -> bool:
        """Wait until nothing is left to do for this handoff."""
        while True:
            await self._dispatcher.wait_idle()
            actions = await self._dispatcher.store.actions(handoff)
            desk = inbox_of(self._dispatcher)
            runs = 0 if desk is None else await desk.automations.runs.unfinished()
            if not runs and not any(row.status in _OPEN for row in actions):
                return True
            await asyncio.sleep(0.01)

    async def move_clock(self, seconds: float) -> None:
        """Set this worker's clock forward or back."""
        self._clock.move(seconds)

    async def limit_files(self, size: int | None) -> None:
        """Let no file of this process grow beyond ``size`` bytes: a full disk, seen from below."""
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    async def stop(self) -> None:
        """Stop in good order."""
        self.stopping.set()


def _ticketing(document: Mapping[str, Any]) -> str | None:
    """The name of the ticket system, if there is one."""
    if "desk" not in document:
        return None
    return SYSTEM if "document" in document["desk"] else DESK


def settings_of(document: Mapping[str, Any]) -> LivechatFile:
    """The settings of the dispatcher."""
    vendors = document["vendors"]
    system = document.get("desk", {}).get("document")
    return LivechatFile.model_validate(
        {
            "store": document["store"],
            "integrations": {
                **{
                    name: {"type": f"{name.upper()}_LIVECHAT", "name": name, "webhookKey": vendor["key"]}
                    for name, vendor in vendors.items()
                },
                **({} if system is None else {SYSTEM: system}),
                **({INBOX: SETTINGS} if AUTOMATED in document["bots"] else {}),
            },
            "bots": {
                name: {
                    "livechat": {"integrations": list(vendors), **livechat},
                    "ticketing": _ticketing(document),
                }
                for name, livechat in document["bots"].items()
            },
        }
    )


def _store(document: Mapping[str, Any], clock: QuickClock) -> Store | None:
    """A store with a patience or a lease of its own, if the test wants one; else the one of the settings."""
    if "busy_timeout" in document:
        path = sqlite_path(document["store"])
        return SqliteStore(path, busy_timeout=document["busy_timeout"], now=clock.now)
    if "lease" in document:
        from livechat_sdk.ledger.postgres import PostgresStore

        key = StoreKeys.from_texts([document["store_key"]])
        return PostgresStore(document["store"], key=key, lease=document["lease"], now=clock.now)
    return None


async def serve(document: Mapping[str, Any]) -> None:
    """Run until the world says stop, or SIGTERM comes, or something kills this process."""
    steps = Steps(Path(document["steps"]), document.get("kill_at"))
    if document.get("watched", True):
        steps.watch_sqlite() if document["store"].startswith("sqlite") else steps.watch_postgres()
        steps.watch_files()
    reader, writer = await asyncio.open_unix_connection(document["socket"], limit=LINE_LIMIT)
    handlers: dict[str, Any] = {}
    peer = Peer(reader, writer, handlers)
    running = asyncio.create_task(peer.run())
    await peer.call("arrive", worker=document["worker"])
    outside = Outside(peer, steps)
    plugins: dict[str, object] = {
        name: SocketPlugin(f"{name.upper()}_LIVECHAT", vendor["capabilities"], outside)
        for name, vendor in document["vendors"].items()
    }
    if AUTOMATED in document["bots"]:
        plugins["helvia"] = importlib.import_module("livechat_sdk_helvia.plugin")
    desks: list[object] = []
    if _ticketing(document) == SYSTEM:
        plugins["tickets"] = importlib.import_module("livechat_sdk_tickets.plugin")
    elif "desk" in document:
        desks.append(SocketDesk(peer, steps, document["desk"]))
    clock = QuickClock(document["since"], document["speed"])
    dispatcher = Dispatcher(
        settings_of(document),
        channel=SocketChannel(outside),
        registry=Registry(plugins),
        clock=clock,
        store=_store(document, clock),
        plugins=desks,
    )
    # All calls of HTTP are those of a ticket system, if there is one.
    with override_transport(SocketTransport(peer, steps), clock=clock):
        async with dispatcher:
            inbox = inbox_of(dispatcher)
            if inbox is not None:
                await make_automation(inbox)
            commands = Commands(dispatcher, clock, steps)
            handlers.update({name: getattr(commands, name) for name in COMMANDS})
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, commands.stopping.set)
            if await peer.call("ready", worker=document["worker"]):
                commands.stopping.set()  # it has died while it was stopping
            stopping = asyncio.create_task(commands.stopping.wait())
            await asyncio.wait({stopping, running}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not running.done():
                await peer.call("draining", worker=document["worker"])
    peer.close()
    await running


def main(document: Mapping[str, Any]) -> int:
    """Run a worker; returns its exit code.

    ``document``: ``worker`` (its name), ``socket`` (of the world), ``store`` (address), ``vendors`` (by name:
    their capabilities and webhook key), ``bots`` (by name: their settings of live chat), ``since`` and
    ``speed`` (of the clock), ``steps`` (the log of steps), ``kill_at`` (the step to die at; none: live),
    ``desk`` (what the ticket system can do, if there is one), ``busy_timeout`` (of an SQLite store, where the
    usual one is too long), ``lease`` and ``store_key`` (of a PostgreSQL store).
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(serve(document))
    return 0


async def warm_up(folder: Path) -> None:
    """Play a handoff once, so that everything is loaded and built that a worker needs."""
    toy = ToyPlugin()
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"toy": {"type": "TOY_LIVECHAT", "name": "toy", "webhookKey": toy.key}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["toy"]}}},
        }
    )
    with suppress(ImportError):  # without its driver, only SQLite is played on
        importlib.import_module("livechat_sdk.ledger.postgres.store")
    clock = QuickClock(time.monotonic(), 1.0)
    async with Dispatcher(
        settings, channel=RecordingChannel(), registry=Registry({"toy": toy}), clock=clock
    ) as dispatcher:
        request = HandoffRequest(key="k", conversation_id="c", bot="shop-bot", user=EndUser(id="u"))
        handoff = await dispatcher.request(request)
        await dispatcher.wait_idle()
        for event in ("joined", "message", "ended"):
            delivery = toy.delivery(event, text="hello")
            await dispatcher.user_message(handoff.id, Message.text("hello"))
            await dispatcher.webhook("toy", delivery)
            await dispatcher.wait_idle()


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text())))
