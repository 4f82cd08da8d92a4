"""How Cisco is put to the proof: the rig of ``CISCO_LIVECHAT`` for the kit, over its simulator.

Named by the entry point group ``livechat_sdk_conformance``, and imported by nothing else: it needs
``livechat-sdk-testing`` and an installed simulator named ``cisco``, which is found by its entry point.
Adapter and simulator were written apart from the vendor's documents, and neither imports the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any, Final

from livechat_sdk_cisco import plugin
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import excused
from livechat_sdk_testing.conformance.rig import Play, Seen
from livechat_sdk_testing.conformance.simulator_rig import SimulatorRig

__all__ = ["CiscoRig", "make_rig"]

_NEVER: Final[frozenset[Play]] = frozenset({"leave", "file", "choices"})
"""Agents write plain text. The only one who leaves ends the chat, so there is no leaving that ends nothing;
with two agents there is, and the adapter's own tests have them."""

_PATIENCE: Final = 3600.0
"""Seconds of silence after which the server ends a chat, as long as it can be set: cases have long ones."""

_GONE: Final = (
    "The session is the chat. A message that came to none was not taken, and waits for the next poll, which"
    " tells whether the chat is over: then it goes on to the next provider, or back to the bot."
)
_CREDENTIALS: Final = "The session is the chat, and the only credential: when it is lost, so is the chat."


def make_rig(clock: VirtualClock) -> CiscoRig:
    """The simulator, on the clock of one case."""
    return CiscoRig(clock)


def _simulator(clock: VirtualClock, settings: Mapping[str, Any]) -> Any:
    for entry in entry_points(group="livechat_sdk_simulators", name="cisco"):
        return entry.load().make(dict(settings), clock)
    raise LookupError("no simulator of Cisco is installed: pip install livechat-sdk-simulators")


class CiscoRig(SimulatorRig):
    """A server with one feed. ``account`` are settings of the simulator, ``settings`` of the integration."""

    excuses = (
        excused("statuses.404_of_send", reason=_GONE),
        excused("statuses.410_of_send", reason=_GONE),
        excused("auth.expires_before_a_send", reason=_CREDENTIALS),
        excused("auth.expires_before_an_end", reason=_CREDENTIALS),
        excused("auth.expires_in_a_conversation", reason=_CREDENTIALS),
        excused(
            "statuses.503_of_close",
            reason="A chat is closed by two calls; when the second one fails and says so, the first is done.",
        ),
    )
    queue = "Chat_Csq2"

    def __init__(
        self, clock: VirtualClock, account: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self._cisco = _simulator(clock, {"inactivity_timeout": _PATIENCE, **(account or {})})
        self._settings = settings
        super().__init__(clock, self._cisco)
        self.can = self.can - _NEVER

    @property
    def plugin(self) -> object:
        """The adapter's plugin."""
        return plugin

    @property
    def settings(self) -> Mapping[str, Any]:
        """One feed."""
        own = {"name": "cisco", "inactivityTimeout": _PATIENCE}
        return {**self._cisco.integration(), **own, **self._settings}

    async def seen(self, ref: str) -> Seen:
        """What agents see: the fields of the contact beside the chat, and in it what the adapter says."""
        seen = await super().seen(ref)
        return replace(seen, about=[*(seen.about or ()), *(seen.details or ())])
