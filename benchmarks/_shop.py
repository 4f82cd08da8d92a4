"""What several benchmarks share: a shop's bot, a toy vendor, and handoffs that wait or talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk_testing.toy import ToyPlugin

__all__ = ["Listener", "ask", "shop"]


class Listener:
    """A channel that hands on whatever it is given."""

    def __init__(self, heard: Callable[[Outgoing], None] | None = None) -> None:
        self._heard = heard

    async def deliver(self, outgoing: Outgoing) -> None:
        """Take a delivery."""
        if self._heard is not None:
            self._heard(outgoing)


def shop(folder: Path, toy: ToyPlugin, channel: Listener) -> Dispatcher:
    """A dispatcher with one bot and one vendor, on a ledger in ``folder``. Nothing times out."""
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"toy": {"type": "TOY_LIVECHAT", "name": "toy", "webhookKey": toy.key}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["toy"], "request_timeout": "7d"}}},
        }
    )
    return Dispatcher(settings, channel=channel, registry=Registry({"toy": toy}))


async def ask(dispatcher: Dispatcher, numbers: Sequence[int]) -> list[str]:
    """Ask for a human in these conversations, 100 at a time; returns the ids of the handoffs."""
    found: list[str] = []
    for start in range(0, len(numbers), 100):
        requests = [
            HandoffRequest(
                key=f"run-{number}/node",
                conversation_id=f"c-{number}",
                bot="shop-bot",
                user=EndUser(id=f"u-{number}", name="Maria"),
            )
            for number in numbers[start : start + 100]
        ]
        handoffs = await asyncio.gather(*(dispatcher.request(request, wait=0) for request in requests))
        found += [handoff.id for handoff in handoffs]
    await dispatcher.wait_idle()
    return found
