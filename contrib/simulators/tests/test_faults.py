from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk_simulators.faults import Fault, FaultSwitch


def test_faults_are_used_up_in_order_and_only_by_their_operation() -> None:
    faults = FaultSwitch(["send", "open"])
    faults.script("send", "pass")
    faults.script("send", "status", times=2, status=429, retry_after=3)
    assert faults.of_call("open") is None
    kinds = [fault and fault.kind for fault in (faults.of_call("send") for _ in range(4))]
    assert kinds == ["pass", "status", "status", None]


def test_details_have_defaults() -> None:
    faults = FaultSwitch(["send"])
    faults.script("send", "status")
    assert faults.of_call("send") == Fault(
        "send", "status", {"status": 503, "retry_after": None, "body": None, "applied": False}
    )


def test_webhook_fault_waits_for_its_event_and_lets_others_pass() -> None:
    faults = FaultSwitch([])
    faults.script("webhook", "withhold", event="chat.ended")
    faults.script("webhook", "repeat")
    first = faults.of_webhook("chat.queued")
    assert first is not None
    assert first.kind == "repeat"
    assert faults.of_webhook("chat.queued") is None
    last = faults.of_webhook("chat.ended")
    assert last is not None
    assert last.kind == "withhold"


@pytest.mark.parametrize(
    ("operation", "fault", "details", "word"),
    [
        ("sing", "status", {}, "no operation 'sing'"),
        ("send", "explode", {}, "cannot have the fault 'explode'"),
        ("send", "withhold", {}, "cannot have the fault 'withhold'"),
        ("webhook", "status", {}, "cannot have the fault 'status'"),
        ("send", "status", {"colour": 1}, "no detail 'colour'"),
        ("send", "drop_after", {"left": True}, "no detail 'left': it has none"),
        ("send", "status", {"status": 99}, "from 200 to 599"),
        ("send", "status", {"status": True}, "from 200 to 599"),
        ("send", "slow", {"seconds": -1}, "a number of seconds"),
        ("send", "status", {"body": 7}, "text or a JSON value"),
        ("send", "status", {"times": 0}, "times is a number from 1"),
        ("webhook", "delay", {"event": 7}, "the type of an event"),
    ],
)
def test_what_could_never_happen_is_refused(
    operation: str, fault: str, details: dict[str, Any], word: str
) -> None:
    faults = FaultSwitch(["send"])
    with pytest.raises(ValueError, match=word):
        faults.script(operation, fault, **details)
    assert faults.waiting() == []


def test_what_waits_is_listed_in_runs_and_can_be_cleared() -> None:
    faults = FaultSwitch(["send"])
    faults.script("send", "drop_after", times=3)
    faults.script("webhook", "delay", seconds=5)
    assert [(fault.operation, fault.words(), times) for fault, times in faults.waiting()] == [
        ("send", "drop_after", 3),
        ("webhook", "delay seconds=5", 1),
    ]
    faults.clear()
    assert faults.of_call("send") is None
    assert faults.of_webhook("x") is None
