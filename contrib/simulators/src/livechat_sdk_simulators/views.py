"""What the control API and the page show, as JSON values; secrets are masked."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from livechat_sdk_simulators.clock import is_virtual, rfc3339
from livechat_sdk_simulators.faults import CALL_FAULTS, WEBHOOK_FAULTS
from livechat_sdk_simulators.human import NoSuchChat, SimChat, SimMessage
from livechat_sdk_simulators.requestlog import LoggedRequest, excerpt
from livechat_sdk_simulators.webhooks import Delivery

if TYPE_CHECKING:
    from livechat_sdk_simulators.simulator import Simulator

__all__ = ["chat", "chats", "clock", "faults", "requests", "webhooks"]


def clock(simulator: Simulator) -> dict[str, Any]:
    """What time it is."""
    return {"now": rfc3339(simulator.clock.now()), "virtual": is_virtual(simulator.clock)}


async def chats(simulator: Simulator) -> list[dict[str, Any]]:
    """Every chat, newest first."""
    return [_chat(one) for one in reversed(await simulator.human.chats())]


async def chat(simulator: Simulator, ref: str) -> dict[str, Any]:
    """One chat with its conversation; of several with this name the newest. Raises ``NoSuchChat``."""
    for one in reversed(await simulator.human.chats()):
        if ref in {one.ref, one.id}:
            messages = await simulator.human.messages(ref)
            return {
                **_chat(one),
                "details": dict(one.details),
                "messages": [_message(each) for each in messages],
            }
    raise NoSuchChat(f"there is no chat {ref!r}")


def _chat(one: SimChat) -> dict[str, Any]:
    return {
        "id": one.id,
        "ref": one.ref,
        "state": one.state,
        "agent": one.agent,
        "opened_at": rfc3339(one.opened_at),
    }


def _message(message: SimMessage) -> dict[str, Any]:
    return {
        **asdict(message),
        "at": rfc3339(message.at),
        "files": list(message.files),
        "links": list(message.links),
        "choices": list(message.choices),
    }


def faults(simulator: Simulator) -> dict[str, Any]:
    """What can go wrong, and what is scripted to."""
    return {
        "operations": list(simulator.faults.operations),
        "call_faults": {name: list(details) for name, details in CALL_FAULTS.items()},
        "webhook_faults": {name: list(details) for name, details in WEBHOOK_FAULTS.items()},
        "waiting": [
            {"operation": fault.operation, "fault": fault.words(), "times": times}
            for fault, times in simulator.faults.waiting()
        ],
        "plan": None if simulator.faults.plan is None else asdict(simulator.faults.plan),
        "happened": dict(simulator.faults.happened),
    }


def requests(simulator: Simulator, most: int) -> list[dict[str, Any]]:
    """The newest calls, newest first."""
    return [_request(one) for one in reversed(simulator.requests[-most:] if most else [])]


def _request(one: LoggedRequest) -> dict[str, Any]:
    return {**asdict(one), "at": rfc3339(one.at), "headers": dict(one.headers)}


def webhooks(simulator: Simulator, most: int) -> dict[str, Any]:
    """The newest deliveries, newest first."""
    kept = simulator.webhooks.deliveries[-most:] if most else []
    return {
        "target": simulator.mask.text(simulator.webhooks.target or ""),
        "listening": simulator.webhooks.listening,
        "deliveries": [_delivery(simulator, one) for one in reversed(kept)],
    }


def _delivery(simulator: Simulator, one: Delivery) -> dict[str, Any]:
    return {
        "number": one.number,
        "id": one.id,
        "event": one.event,
        "chat": one.chat,
        "state": one.state,
        "fault": one.fault,
        "created_at": rfc3339(one.created_at),
        "due": rfc3339(one.due) if one.state == "waiting" else None,
        "body": simulator.mask.text(excerpt(one.body, "application/json")),
        "attempts": [
            {"at": rfc3339(attempt.at), "status": attempt.status, "problem": attempt.problem}
            for attempt in one.attempts
        ],
    }
