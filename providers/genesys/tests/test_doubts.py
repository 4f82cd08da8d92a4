"""What the vendor's documents leave open, and what organisations do differently, both ways.

Each is played over the simulator with cases of the kit.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from livechat_sdk_genesys.conformance import GenesysRig
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import all_cases, run_case

CASES = all_cases()
CONVERSING = (
    "contract.send_answers_with_sent",
    "order.from_before_the_join",
    "ending.by_the_agent_completes",
    "ending.by_the_end_user_completes",
    "downtime.loses_no_message",
    "late.conversation_can_be_handed_off_again",
)
"""A conversation from its beginning to its end, and one that is missed."""


async def play(case: str, account: Mapping[str, Any] | None = None, **settings: Any) -> None:
    """Play a case of the kit in another organisation. Raises when it fails."""

    def rig(clock: VirtualClock) -> GenesysRig:
        return GenesysRig(clock, account, **settings)

    await run_case(CASES[case], rig)


@pytest.mark.parametrize(
    "account",
    [
        {"inbound_status": 202},
        {"text_limit": 2000},
        {"drops_repeated_messages": True},
        {"webhook_conversation_id": False},
        {"nickname_field": "nickName"},
        {"disconnect_again": "accepted"},
        {"edge_pages": True},
        {"threading_minutes": 0},
        {"flow_texts": ("Welcome.",)},
        {"missing_rights": ("analytics:queueObservation:view", "routing:queue:view")},
    ],
    ids=str,
)
@pytest.mark.parametrize("case", CONVERSING[:4])
async def test_conversation_works_in_any_organisation(case: str, account: Mapping[str, Any]) -> None:
    await play(case, account)


@pytest.mark.parametrize("case", CONVERSING)
async def test_conversation_works_without_a_topic_of_a_queue(case: str) -> None:
    await play(case, queueIds=[])


@pytest.mark.parametrize("case", ["drop_after", "time_out_after", "time_out_before"])
async def test_message_that_may_have_arrived_is_there_once_where_repeated_ones_are_dropped(case: str) -> None:
    await play(f"doubt.in_a_conversation_{case}", {"drops_repeated_messages": True})


class Deaf(GenesysRig):
    """An organisation whose notifications never come: every socket is refused."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.faults.script("channel", "status", 1000, status=503)


class Mute(GenesysRig):
    """An organisation in which conversations may not be asked for."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.faults.script("status", "status", 1000, status=403)


@pytest.mark.parametrize(
    "case",
    ["ending.by_the_agent_completes", "ending.by_the_end_user_completes", "order.from_before_the_join"],
)
async def test_conversation_works_by_the_stream_alone_where_nothing_may_be_asked(case: str) -> None:
    await run_case(CASES[case], Mute)


@pytest.mark.parametrize("case", ["downtime.of_the_end_is_mended_by_status", "downtime.loses_no_end"])
async def test_end_is_found_by_asking_where_no_socket_ever_opens(case: str) -> None:
    from livechat_sdk_testing.conformance.conversation import Conversation

    original = Conversation.join

    async def join_and_wait(self: Conversation, *args: Any, **more: Any) -> None:
        await original(self, *args, **more)
        await self.pass_time(120)  # until somebody asks

    patch = pytest.MonkeyPatch()
    patch.setattr(Conversation, "join", join_and_wait)
    try:
        await run_case(CASES[case], Deaf)
    finally:
        patch.undo()


async def test_file_of_an_agent_that_wants_a_token_is_fetched_with_one() -> None:
    await play("attachments.of_the_agent_arrive", {"private_downloads": True})


@pytest.mark.parametrize(
    "heavy", ["PureCloudPlatformClientV2", "aiohttp", "websockets", "livechat_sdk_testing"]
)
def test_adapter_loads_nothing_that_it_does_not_need(heavy: str) -> None:
    program = f"import livechat_sdk_genesys.provider, sys; print({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
