"""Good vendors, on which the whole suite must be green."""

from __future__ import annotations

from collections.abc import Callable

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.hostile_rig import HostileRig
from livechat_sdk_testing.conformance.rig import MakeRig, Rig
from livechat_sdk_testing.conformance.toy_rig import ToyRig
from livechat_sdk_testing.hostile import Traits

__all__ = ["GOOD", "embedded", "polled", "streaming", "toy", "webhooks"]


def _hostile(traits: Traits) -> Callable[[VirtualClock], Rig]:
    return lambda clock: HostileRig(clock, traits)


def toy(clock: VirtualClock) -> Rig:
    return ToyRig(clock)


webhooks: MakeRig = _hostile(
    Traits(
        inbound=Inbound.WEBHOOK,
        history=True,
        status=True,
        looks_up_by_key=True,
        lookup_lag=2.0,
        text_limit=4000,
    )
)
polled: MakeRig = _hostile(
    Traits(inbound=Inbound.POLL, history=True, status=True, dedupes_by_key=True, send_before_join=False)
)
streaming: MakeRig = _hostile(Traits(inbound=Inbound.STREAM, history=True, status=True))
embedded: MakeRig = _hostile(
    Traits(inbound=Inbound.EMBEDDED, dedupes_by_key=True, looks_up_by_key=True, status=True, history=True)
)

GOOD: dict[str, MakeRig] = {
    "toy": toy,
    "webhooks": webhooks,
    "polled": polled,
    "streaming": streaming,
    "embedded": embedded,
}
