"""The means by which the end of a chat is found out, and how one of them is cut for the length of a play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_cli.demo.vendor.agents import AgentSide
from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from livechat_sdk.domain.capabilities import Capabilities

__all__ = ["Cut", "cut"]

_CALLS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "stream": ("socket", {"fault": "drop_before"}),
    "asking": ("status", {"fault": "status", "status": 403}),
}
"""The simulators' operation by which each of them works, and what happens to it."""

_FOR_GOOD: Final = 100_000


@dataclass(slots=True)
class Cut:
    """What is cut. ``tried`` counts how often it was used all the same, in vain."""

    means: str
    tried: int = 0

    async def count(self, agents: AgentSide) -> None:
        """Count what was tried until now."""
        operation, _ = _CALLS[self.means]
        self.tried = _FOR_GOOD - await agents.waiting(operation)


async def cut(means: str, vendor: str, able: Capabilities, agents: AgentSide) -> Cut:
    """Cut one of the two means from now on.

    Raises ``CommandError`` where the vendor has not both: without its only one, an end is never found.
    """
    operation, fault = _CALLS[means]
    lacks = [
        what
        for what, there in (("stream of events", able.listens), ("call that asks for a chat", able.status))
        if not there
    ]
    if not lacks and not await agents.knows(operation):
        lacks = [f"call {operation!r} at its simulator"]
    if lacks:
        raise CommandError(
            f"--without needs a vendor with two means of finding out that a chat is over: {vendor} has no "
            + " and no ".join(lacks),
            code=ExitCode.USAGE,
            next_step=f"livechat demo --provider genesys --script --without {means}",
        )
    await agents.script(operation, times=_FOR_GOOD, **fault)
    return Cut(means)
