"""The demo's bots: settings, and a small workflow with a LiveChat node.

What a bot must not forget is in the database, in a table of its own: the number under which it may speak,
and the handoff that its workflow waits for. So a killed demo goes on where it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from livechat_sdk import (
    Accepted,
    EndUser,
    HandoffEnded,
    LiveChatNode,
    Message,
    Outcome,
    Outgoing,
    TranscriptEntry,
)
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.node import NodeResult, Waiting, check_branches
from livechat_sdk.provider.embedded import EmbeddedDatabase, SqlValue, Statement
from livechat_sdk.provider.personal import PersonalTable, declare_personal

if TYPE_CHECKING:
    from livechat_sdk import Dispatcher

__all__ = ["DAY_BOT", "HASTY_BOT", "NIGHT_BOT", "ChatPage", "DemoBots", "demo_settings"]

DAY_BOT = "shop-bot"
"""Always open; a request waits for ten minutes."""

HASTY_BOT = "hasty-bot"
"""Its requests are missed after one second."""

NIGHT_BOT = "night-bot"
"""Its team is never there today."""

_WANTS_A_HUMAN = re.compile(
    r"\b(human|person|agent|someone|somebody|support|άνθρωπο\w*|εκπρόσωπο\w*)\b", re.IGNORECASE
)

_TABLE = """
CREATE TABLE IF NOT EXISTS demo_bots (
    workspace TEXT NOT NULL,
    conversation TEXT NOT NULL,
    owner_number INTEGER NOT NULL,
    waiting TEXT,
    PRIMARY KEY (workspace, conversation)
)
"""

_PERSONAL = PersonalTable("demo_bots", "conversation", "conversation = :conversation")

_WAIT = """
INSERT INTO demo_bots (workspace, conversation, owner_number, waiting) VALUES (:workspace, :id, 0, :waiting)
ON CONFLICT (workspace, conversation) DO UPDATE SET waiting = excluded.waiting
"""

_TAKE_BACK = """
INSERT INTO demo_bots (workspace, conversation, owner_number) VALUES (:workspace, :id, :number)
ON CONFLICT (workspace, conversation) DO UPDATE SET owner_number = excluded.owner_number, waiting = NULL
"""


def demo_settings(
    folder: Path,
    *,
    day: datetime | None = None,
    vendor: Mapping[str, Any] | None = None,
    public_url: str | None = None,
) -> dict[str, Any]:
    """Settings of the demo as they would stand in ``livechat.yaml``.

    ``vendor`` is an integration in place of the desk, with its ``name``; files are fetched from it. Links to
    them begin with ``public_url``.
    """
    another_day = ((day or datetime.now(UTC)) + timedelta(days=2)).strftime("%a").lower()
    survey = [
        {
            "id": "topic",
            "text": "While you wait: what is it about?",
            "choices": ["My order", "A bill", "Something else"],
        }
    ]
    agents = dict(vendor or {"name": "desk", "type": "HELVIA_LIVECHAT", "demoAccounts": True})
    name = str(agents.pop("name"))
    return {
        "version": 1,
        "store": f"sqlite:///{folder / 'demo.db'}",
        "gateway": {"public_url": public_url},
        "files": {"egress": {"allow": [] if vendor is None else ["127.0.0.1"]}},
        "integrations": {name: agents},
        "bots": {
            DAY_BOT: {"livechat": {"integrations": [name], "request_timeout": "10m", "survey": survey}},
            HASTY_BOT: {"livechat": {"integrations": [name], "request_timeout": "1s"}},
            NIGHT_BOT: {
                "livechat": {
                    "integrations": [name],
                    "business_hours": {
                        "timezone": "Europe/Athens",
                        "weekly": {another_day: ["09:00-17:00"]},
                    },
                },
            },
        },
    }


class ChatPage(Protocol):
    """What the bots need of the end user's side."""

    async def deliver(self, outgoing: Outgoing) -> None:
        """Show something of the handoff."""
        ...

    async def bot_says(
        self, conversation_id: str, *, key: str, text: str, choices: Sequence[str] = ()
    ) -> None:
        """Show something of the bot; the same key is shown once."""
        ...

    async def transcript(self, conversation_id: str) -> Sequence[TranscriptEntry]:
        """What was said so far, oldest first."""
        ...


class DemoBots:
    """The bots' side of every conversation, and the channel of the dispatcher."""

    def __init__(self, page: ChatPage, database: EmbeddedDatabase, workspace: str) -> None:
        self._page = page
        self._database = database
        self._workspace = workspace
        self._dispatcher: Dispatcher | None = None
        self._nodes: dict[str, LiveChatNode] = {}
        self._branches = {
            Outcome.COMPLETED: "I am back. I hope my colleague could help. Is there anything else?",
            Outcome.CANCELLED: "All right, just the two of us again. How can I help?",
            Outcome.MISSED: "Nobody could take it in time. Leave your phone number and we call you back.",
            Outcome.OUT_OF_HOURS: "Until then I am here. Leave your phone number and we call you back.",
            Outcome.UNAVAILABLE: "Nobody is free. Leave your phone number and we call you back.",
            Outcome.FAILED: "I could not reach my colleagues. Leave your phone number and we call you back.",
            Outcome.ALREADY_OPEN: "My colleagues have your request already.",
        }
        check_branches(self._branches)

    async def start(self, dispatcher: Dispatcher) -> None:
        """Make the table ready and begin to serve ``dispatcher``."""
        await self._database.create_tables("demo_bots", 1, [_TABLE])
        await declare_personal(self._database, "demo_bots", [_PERSONAL], workspace=self._workspace)
        self._nodes = {
            bot: LiveChatNode(dispatcher, {"bot": bot, "reason": "asked for a human"})
            for bot in dispatcher.settings.bots
        }
        self._dispatcher = dispatcher

    async def user_said(self, conversation_id: str, message: Message) -> None:
        """The end user wrote something. Safe to call again with the same message."""
        dispatcher = self._running()
        waiting = (await self._state(conversation_id))[1]
        if waiting is not None:
            answer = await dispatcher.user_message(waiting.handoff_id, message)
            if isinstance(answer, Accepted):
                return
        if _WANTS_A_HUMAN.search(message.body):
            await self._hand_over(conversation_id, message)
        else:
            await self._say(
                conversation_id,
                f"{message.key}.answer",
                "I am a small demo bot and know little. Shall I fetch a human?",
                choices=("Talk to a human",),
            )

    async def user_typing(self, conversation_id: str, on: bool) -> None:
        """The end user is typing, or stopped."""
        waiting = (await self._state(conversation_id))[1]
        if waiting is not None:
            await self._running().user_typing(waiting.handoff_id, on=on)

    async def user_ends(self, conversation_id: str) -> None:
        """The end user wants to leave the human, or the queue."""
        waiting = (await self._state(conversation_id))[1]
        if waiting is not None:
            await self._running().end(waiting.handoff_id, by="user")

    async def user_read(self, handoff_id: str, message_key: str) -> None:
        """The end user has seen a message of the agent."""
        await self._running().user_receipt(handoff_id, UserReceipt(message_key=message_key, status="read"))

    async def ended(self, ended: HandoffEnded) -> NodeResult:
        """The node resumes: the workflow goes on at the branch of the outcome. Safe to call again."""
        conversation_id = ended.conversation_id
        waiting = Waiting(handoff_id=ended.handoff_id, key=ended.handoff_id, conversation_id=conversation_id)
        result = await self._node(conversation_id).resume(waiting, ended)
        if not isinstance(result, NodeResult):
            raise AssertionError("an end resumes the node")
        if result.branch is not Outcome.ALREADY_OPEN:
            await self._take_back(conversation_id, result.owner_number)
        await self._say(conversation_id, f"{ended.handoff_id}.resumed", self._branches[result.branch])
        for message in result.undelivered:
            await self._say(
                conversation_id, f"{message.key}.late", f"You wrote “{message.body}”: I have noted it."
            )
        return result

    async def _hand_over(self, conversation_id: str, message: Message) -> None:
        reached = await self._node(conversation_id).start(
            key=f"{conversation_id}/{message.key}"[:200],
            conversation_id=conversation_id,
            user=EndUser(id=conversation_id, name="Maria", language="en", channel="webchat"),
            transcript=await self._page.transcript(conversation_id),
        )
        # A handoff that is over already comes back through ``ended`` like any other.
        if isinstance(reached, Waiting):
            await self._wait_for(conversation_id, reached)

    async def _say(self, conversation_id: str, key: str, text: str, choices: Sequence[str] = ()) -> None:
        number = (await self._state(conversation_id))[0]
        gate = await self._running().bot_may_send(conversation_id, number)
        if gate.allowed:
            await self._page.bot_says(conversation_id, key=key[:200], text=text, choices=choices)

    def _node(self, conversation_id: str) -> LiveChatNode:
        bot = conversation_id.partition(":")[0]
        return self._nodes[bot if bot in self._nodes else DAY_BOT]

    def _running(self) -> Dispatcher:
        if self._dispatcher is None:
            raise AssertionError("the bots have not been started")
        return self._dispatcher

    async def _state(self, conversation_id: str) -> tuple[int, Waiting | None]:
        rows = await self._database.fetch(
            "SELECT owner_number, waiting FROM demo_bots WHERE workspace = :workspace AND conversation = :id",
            {"workspace": self._workspace, "id": conversation_id},
        )
        if not rows:
            return 0, None
        waiting = rows[0]["waiting"]
        number = rows[0]["owner_number"]
        return int(number or 0), Waiting.model_validate_json(str(waiting)) if waiting else None

    async def _wait_for(self, conversation_id: str, waiting: Waiting) -> None:
        await self._write(_WAIT, id=conversation_id, waiting=waiting.model_dump_json())

    async def _take_back(self, conversation_id: str, number: int) -> None:
        await self._write(_TAKE_BACK, id=conversation_id, number=number)

    async def _write(self, sql: str, **values: SqlValue) -> None:
        await self._database.commit([Statement(sql, {"workspace": self._workspace, **values})])
