"""Random faults while one message is sent: the vendor's own memory says whether the recorded fate is right.

Every call may be answered, lost before or after it was applied, turned away, refused, or cut off by the
death of the process; look-ups may answer, or not yet, or fail. Whatever happens, nothing is applied twice
unless that was chosen or the vendor dedupes, and a fate that sounds certain is true.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from livechat_sdk import Message, RejectedError, RetryableError
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Fate
from livechat_sdk.errors import ProtocolError
from livechat_sdk.provider.interface import PlannedMessage, Sent
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench

KNOWN = {Fate.SENT, Fate.REFUSED, Fate.DOUBTFUL}
PARTS = ["11111", "22222", "33333"]
FAULTS = ("fine", "lost before", "lost after", "never left", "throttled", "refused", "malformed")
DEATHS = ("dies before", "dies after")
HIDING = frozenset({"lost before", "lost after", "malformed", *DEATHS})

vendors = st.fixed_dictionaries(
    {
        "dedupes_by_key": st.booleans(),
        "looks_up_by_key": st.booleans(),
        "lookup_lag": st.sampled_from([0.0, 5.0, 40.0]),
    }
)
faults = st.lists(st.sampled_from([*FAULTS, *FAULTS, *DEATHS]), max_size=8)
answers = st.lists(st.sampled_from(["truth", "truth", "not yet", "fails"]), max_size=6)


class Vendor:
    """Applies what the faults let through, and knows what it has."""

    def __init__(
        self, patch: pytest.MonkeyPatch, able: dict[str, Any], faults: list[str], answers: list[str]
    ) -> None:
        self.clock = VirtualClock()
        capabilities = ToyProvider.capabilities.model_copy(update={**able, "text_limit": 5})
        self.toy = ToyPlugin(capabilities=capabilities)
        self.able = able
        self.faults = list(faults)
        self.answers = list(answers)
        self.applied: list[str] = []
        self.applied_at: dict[str, datetime] = {}
        self.met: set[str] = set()
        self.died = asyncio.Event()
        patch.setattr(self.toy.provider_class, "send", self._send)
        patch.setattr(self.toy.provider_class, "was_sent", self._was_sent)

    async def _send(self, chat: Chat, message: PlannedMessage) -> Sent:
        fault = self.faults.pop(0) if self.faults else "fine"
        self.met.add(fault)
        if fault in {"fine", "lost after", "malformed", "dies after"}:
            self._apply(message)
        if fault in DEATHS:
            self.died.set()
            await asyncio.Event().wait()
        error = {
            "lost before": TimeoutError(),
            "lost after": TimeoutError(),
            "never left": RetryableError("no connection", sent=False),
            "throttled": RetryableError("429", status=429, retry_after=3),
            "refused": RejectedError("no"),
            "malformed": ProtocolError("no id in it"),
        }.get(fault)
        if error is not None:
            raise error
        return Sent(vendor_id=f"v-{message.key}")

    def _apply(self, message: PlannedMessage) -> None:
        if self.able["dedupes_by_key"] and message.body in self.applied:
            return
        self.applied.append(message.body)
        self.applied_at[message.key] = self.clock.now()

    async def _was_sent(self, chat: Chat, key: str) -> bool | None:
        answer = self.answers.pop(0) if self.answers else "truth"
        if answer == "fails":
            raise RetryableError("503")
        if answer == "not yet":
            return None
        at = self.applied_at.get(key)
        return at is not None and self.clock.now() >= at + timedelta(seconds=self.able["lookup_lag"])


async def play(database: Path, vendor: Vendor, policy: str, parts: int) -> tuple[Fate, str]:
    """Send one message until its fate is known, starting again after each death."""

    async def start() -> Bench:
        one = Bench(database, livechat={"doubtful": policy}, toy=vendor.toy, clock=vendor.clock)
        await one.__aenter__()
        return one

    one = await start()
    handoff = await one.active()
    await one.dispatcher.user_message(handoff.id, Message.text(" ".join(PARTS[:parts]), key="m-1"))
    for _ in range(40):
        going = asyncio.create_task(one.pass_time(30))
        death = asyncio.create_task(vendor.died.wait())
        await asyncio.wait({going, death}, return_when=asyncio.FIRST_COMPLETED)
        died = death.done()
        for task in (going, death):
            task.cancel()
        await asyncio.gather(going, death, return_exceptions=True)
        if died:
            await one.kill()
            vendor.died.clear()
            one = await start()
        elif (await one.fates(handoff)).popitem()[1] in KNOWN:
            break
    (entry,) = [e for e in await one.dispatcher.entries(handoff.id) if e.message.key == "m-1"]
    await one.kill()
    return entry.fate, entry.detail or ""


@settings(max_examples=60)
@given(
    able=vendors,
    faults=faults,
    answers=answers,
    policy=st.sampled_from(["hold", "repeat"]),
    parts=st.integers(1, 3),
)
@example(
    able={"dedupes_by_key": False, "looks_up_by_key": True, "lookup_lag": 5.0},
    faults=["fine", "dies after", "lost before", "dies before"],
    answers=["not yet", "fails"],
    policy="hold",
    parts=3,
)
def test_no_part_is_doubled_and_a_certain_fate_is_true(
    able: dict[str, Any], faults: list[str], answers: list[str], policy: str, parts: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        vendor = Vendor(patch, able, faults, answers)
        fate, detail = asyncio.run(play(Path(folder) / "ledger.db", vendor, policy, parts))
    wanted = PARTS[:parts]
    first_arrivals = list(dict.fromkeys(vendor.applied))
    assert first_arrivals == wanted[: len(first_arrivals)], "in order, none left out"
    doubled = [part for part, times in Counter(vendor.applied).items() if times > 1]
    assert not doubled or policy == "repeat"
    if doubled:
        assert "sent again though it may have arrived" in detail
    assert fate in KNOWN, "every message has a fate in the end"
    if fate is Fate.SENT:
        assert first_arrivals == wanted
    if fate is Fate.REFUSED:
        assert vendor.applied == []
    if fate is Fate.DOUBTFUL:
        assert vendor.met & HIDING or (vendor.applied and "refused" in vendor.met)
    certain = "refused" not in vendor.met and "malformed" not in vendor.met
    if certain and (able["dedupes_by_key"] or able["looks_up_by_key"] or policy == "repeat"):
        assert fate is Fate.SENT, "what can be found out is found out"
