"""A plain Python workflow with a LiveChat node, every branch wired.

Run it: ``python examples/workflow.py``. It asks for a human at a desk that is closed on that day, so that it
runs to its end by itself; the other branches are the same few lines.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livechat_sdk import Dispatcher, EndUser, LiveChatNode, Outcome, Outgoing, TranscriptEntry
from livechat_sdk.node import NodeResult, Waiting, check_branches

SETTINGS = """
version: 1
store: sqlite:///{folder}/workflow.db
integrations:
  desk: {{type: HELVIA_LIVECHAT}}
bots:
  shop-bot:
    livechat:
      integrations: [desk]
      business_hours: {{timezone: Europe/Athens, weekly: {{{open_day}: ["09:00-17:00"]}}}}
"""


class ShopWorkflow:
    """Greets, hands over when asked for a human, and goes on from whatever branch comes back."""

    def __init__(self, node: LiveChatNode, say: Callable[[str], None] = print) -> None:
        self.node = node
        self.say = say
        self.branches: dict[Outcome, Callable[[NodeResult], Awaitable[None]]] = {
            Outcome.COMPLETED: self.after_the_chat,
            Outcome.CANCELLED: self.go_on_alone,
            Outcome.MISSED: self.offer_a_callback,
            Outcome.OUT_OF_HOURS: self.say_when_open,
            Outcome.UNAVAILABLE: self.offer_a_callback,
            Outcome.FAILED: self.offer_a_callback,
            Outcome.ALREADY_OPEN: self.point_to_the_open_chat,
        }
        check_branches(self.branches)

    async def reach_live_chat(self, run: str, conversation_id: str) -> Waiting | None:
        """The workflow has reached the node: hand over, or go on at once."""
        reached = await self.node.start(
            key=f"{run}/live-chat",
            conversation_id=conversation_id,
            user=EndUser(id="user-1", name="Maria", language="en"),
            transcript=[TranscriptEntry(author="user", body="My parcel is lost. Can I talk to a person?")],
        )
        if isinstance(reached, Waiting):
            return reached  # store it; ``resume`` goes on from here, in this process or another
        await self.go_on(reached)
        return None

    async def go_on(self, result: NodeResult) -> None:
        """Continue at the branch that the handoff ended with."""
        await self.branches[result.branch](result)

    async def after_the_chat(self, _: NodeResult) -> None:
        """An agent had it."""
        self.say("I am back. How was it? Reply with a number from 1 to 5.")

    async def go_on_alone(self, result: NodeResult) -> None:
        """The user gave up waiting; what they wrote meanwhile is the bot's to answer."""
        self.say(f"All right, just the two of us. I saw {len(result.undelivered)} message(s) from you.")

    async def offer_a_callback(self, _: NodeResult) -> None:
        """Nobody could be had."""
        self.say("Nobody is free. Leave your number and we call you back.")

    async def say_when_open(self, result: NodeResult) -> None:
        """Closed now."""
        opening = result.next_opening
        self.say(f"We open again {opening:%A %d %B at %H:%M}." if opening else "We are closed.")

    async def point_to_the_open_chat(self, result: NodeResult) -> None:
        """There is a handoff already."""
        self.say(f"You are in the queue already ({result.existing}).")


class Console:
    """The end user's side: here, the terminal."""

    async def deliver(self, outgoing: Outgoing) -> None:
        """Show what has words."""
        text = getattr(outgoing, "text", None)
        if text:
            print(f"[{outgoing.kind}] {text}")


async def run(settings: Path) -> None:
    """Reach the node once."""
    async with Dispatcher.from_file(settings, channel=Console()) as dispatcher:
        node = LiveChatNode(dispatcher, {"bot": "shop-bot", "reason": "asked for a human"})
        await ShopWorkflow(node).reach_live_chat("run-1", "conversation-1")


def main() -> None:
    """Reach the node on a day on which the desk is closed."""
    open_day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "livechat.yaml")
        file.write_text(SETTINGS.format(folder=folder, open_day=open_day), encoding="utf-8")
        asyncio.run(run(file))


if __name__ == "__main__":
    main()
