"""What a play has shown: for people side by side, and as one JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from livechat_sdk_cli.demo.vendor.checks import as_platform_took
from livechat_sdk_cli.demo.vendor.platform import Taken
from livechat_sdk_cli.demo.vendor.played import Played
from livechat_sdk_cli.demo.vendor.steps import Steps
from livechat_sdk_cli.tables import Column, table
from livechat_sdk_cli.terminal import out, screen, visible

__all__ = ["Setting", "document", "print_report"]


_IN_ORDER: Final = "nothing lost, doubled or out of order"


@dataclass(frozen=True, slots=True)
class Setting:
    """How it is played. ``seed`` is that of the faults, ``port`` the worker's, ``without`` what is cut."""

    vendor: str
    faults: bool
    kill: bool
    seed: int
    port: int | None = None
    without: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    at: datetime
    platform: str = ""
    agents: str = ""


def document(setting: Setting, played: Played, steps: Steps, workers: int) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "schema_version": 1,
        "provider": setting.vendor,
        "faults": {"seed": setting.seed, **played.suffered} if setting.faults else None,
        "kill": setting.kill,
        "without": None if played.cut is None else {"means": played.cut.means, "tried": played.cut.tried},
        "workers": workers,
        "seconds": round(steps.seconds, 3),
        "steps": [asdict(one) for one in steps.done],
        "handoff": dict(played.handoff),
        "platform": [_taken(one) for one in played.platform],
        "agents": [dict(one) for one in played.chat.get("messages", ())],
        "ledger": [dict(one) for one in played.ledger],
        "events": list(played.events),
        "overtaken": [one.text for one in played.overtaken],
        "left_out": list(played.left_out),
        "problems": list(played.problems),
        "passed": not played.problems,
    }


def _taken(one: Taken) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": one.type,
        "at": one.at.isoformat(),
        "deliveries": one.deliveries,
        "data": dict(one.data),
    }


def print_report(setting: Setting, played: Played, steps: Steps, workers: int) -> None:
    """Everything, for people: the steps, both sides, and the verdict."""
    view = screen()
    if not steps.done:
        return  # nothing came up: the error says all
    out(view.style("== What was done ==", "bold"))
    rows = [[f"{one.seconds:.2f} s", one.what] for one in steps.done]
    for line in table([Column("took", right=True), Column("step", shrinks_to=20)], rows, view):
        out(line)
    out()
    out(view.style("== What each side received, in order ==", "bold"))
    columns = [
        Column("time"),
        Column("end user's side", shrinks_to=20),
        Column("agent's side", shrinks_to=20),
    ]
    sides = sorted([*_of_platform(played.platform), *_of_agents(played.chat)], key=lambda row: row.at)
    for line in table(columns, [[_time(row.at), row.platform, row.agents] for row in sides], view):
        out(line)
    out()
    for left in played.left_out:
        out(f"not possible at this vendor: {left}")
    if numbers := _numbers(setting, played, workers):
        out(numbers)
    for problem in played.problems:
        out(f"{view.style('wrong:', 'bold', 'red')} {visible(problem)}")
    for late in played.overtaken:
        order = "its time tells the order" if played.order_is_told else "nobody can know it here"
        out(f"“{late.text}” came after what was said later; {order}")
    if not played.problems:
        known = "known" if played.order_is_told else "as it came"
        verdict = f"nothing lost or doubled, and the order {known}" if played.overtaken else _IN_ORDER
        told = f"{len(played.from_user)} messages to the agent, {len(played.from_agents)} to the end user"
        out(f"{told}: {verdict}.")
        out(f"The handoff through {setting.vendor} was played in {steps.seconds:.1f} s: completed")


def _of_platform(taken: Sequence[Taken]) -> list[_Row]:
    return [_Row(one.at, platform=text) for one in taken if (text := _in_words(one))]


def _in_words(one: Taken) -> str:
    data: Mapping[str, Any] = one.data
    again = f" (came {one.deliveries} times)" if one.deliveries > 1 else ""
    match one.type:
        case "handoff.message":
            heard = as_platform_took(data)
            files = "".join(f" [{name}]" for name in heard.files)
            return f"{data['agent_name'] or 'agent'}: {heard.text}{files}{again}"
        case "handoff.system_message":
            return f"({data['text']}){again}"
        case "handoff.ended":
            return f"ended: {data['end']['outcome']}{again}"
        case _:
            return ""  # typing and receipts


def _of_agents(chat: Mapping[str, Any]) -> list[_Row]:
    rows: list[_Row] = []
    for one in chat.get("messages", ()):
        if one["author"] == "visitor":
            files = "".join(f" [{name}]" for name in one["files"])
            rows.append(_Row(datetime.fromisoformat(one["at"]), agents=f"end user: {one['text']}{files}"))
    return rows


def _numbers(setting: Setting, played: Played, workers: int) -> str:
    happened = played.suffered
    parts: list[str] = []
    if happened:
        parts.append(
            f"{happened['calls']} calls to the vendor, {happened['refused']} of them refused; "
            f"{happened['repeat']} events came twice, {happened['delay']} late (seed {setting.seed})"
        )
    if played.cut is not None:
        parts.append(f"without {played.cut.means}: it was tried {played.cut.tried} times, in vain")
    if setting.kill:
        parts.append(f"{workers} workers, {workers - 1} killed")
    return "; ".join(parts)


def _time(at: datetime) -> str:
    return at.strftime("%H:%M:%S.%f")[:-3]
