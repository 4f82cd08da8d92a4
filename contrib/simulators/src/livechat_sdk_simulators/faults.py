"""Faults on demand: what goes wrong with the next call of an operation, or with the next webhook.

Scripted faults of an operation are used up in the order in which they were scripted::

    faults.script("send", "pass")
    faults.script("send", "status", times=2, status=429, retry_after=3)

lets one message through and refuses the next two. A fault of a call happens on the way or at the vendor:

- ``status``: the vendor answers ``status`` (503 if not given) with ``retry_after`` (seconds, or text as it
  is) and ``body`` (text or a JSON value; else the vendor's own kind of error). Nothing is applied, unless
  ``applied=True``
- ``drop_before``: the call never arrives, since no connection can be made. With ``left=True`` one was made,
  and it broke before anything was applied
- ``drop_after``: applied; the connection breaks before the answer
- ``time_out_before``: nothing applied, no answer in time. With ``left=False`` not even a connection was made
- ``time_out_after``: applied; no answer in time
- ``malformed``: applied; half of the answer's body is rubbish
- ``truncated``: applied; the connection breaks in the middle of the body
- ``slow``: applied; the answer takes ``seconds``
- ``expire_token``: every token that was given out is too old from now on; then the call goes its way
- ``pass``: nothing

A webhook (operation ``webhook``) has faults of its own, for any event or for one (``event="chat.ended"``):
``withhold`` (never delivered), ``repeat`` (delivered twice), ``delay`` (by ``seconds``), ``reorder`` (changes
places with the next one), ``early`` (delivered before the call that caused it is answered), ``pass``.

Beside what is scripted there may be a plan (``plans``), which lets so many in a hundred go wrong.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from livechat_sdk_simulators.plans import FaultPlan, PlanRun

__all__ = ["CALL_FAULTS", "WEBHOOK", "WEBHOOK_FAULTS", "Fault", "FaultSwitch"]

WEBHOOK: Final = "webhook"
"""The operation that all webhooks are."""

CALL_FAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "status": {"status": 503, "retry_after": None, "body": None, "applied": False},
    "drop_before": {"left": False},
    "drop_after": {},
    "time_out_before": {"left": True},
    "time_out_after": {},
    "malformed": {},
    "truncated": {},
    "slow": {"seconds": 30.0},
    "expire_token": {},
    "pass": {},
}
"""Faults of calls, with their details and what those are when they are not given."""

WEBHOOK_FAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "withhold": {"event": None},
    "repeat": {"event": None},
    "delay": {"event": None, "seconds": 60.0},
    "reorder": {"event": None},
    "early": {"event": None},
    "pass": {"event": None},
}
"""Faults of webhooks, with their details and what those are when they are not given."""

_MOST: Final = 1_000_000
_STATUSES: Final = range(200, 600)
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong once."""

    operation: str
    kind: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def number(self, detail: str) -> float:
        """A detail that is a number."""
        return float(self.details[detail])

    def words(self) -> str:
        """The fault for people: ``status status=429 retry_after=3``."""
        given = [f"{name}={value}" for name, value in self.details.items() if value is not None]
        return " ".join([self.kind, *given])


class FaultSwitch:
    """The faults of one simulator. ``operations`` are the names of the calls that the vendor has."""

    def __init__(self, operations: Collection[str]) -> None:
        self.operations: tuple[str, ...] = (*dict.fromkeys(operations), WEBHOOK)
        self._scripted: dict[str, deque[Fault]] = {}
        self._run: PlanRun | None = None

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """Let ``fault`` happen to the next ``times`` calls of ``operation`` (or webhooks).

        Raises ``ValueError`` for an operation, a fault or a detail that does not exist here: a fault that
        can never happen would prove nothing.
        """
        if operation not in self.operations:
            raise ValueError(f"there is no operation {operation!r}; there are: {', '.join(self.operations)}")
        known = WEBHOOK_FAULTS if operation == WEBHOOK else CALL_FAULTS
        if fault not in known:
            raise ValueError(f"{operation} cannot have the fault {fault!r}; it can have: {', '.join(known)}")
        if not 1 <= times <= _MOST:
            raise ValueError(f"times is a number from 1 to {_MOST}, not {times}")
        scripted = Fault(operation, fault, _details(fault, known[fault], details))
        self._scripted.setdefault(operation, deque()).extend([scripted] * times)

    def follow(self, plan: FaultPlan | None) -> None:
        """Let faults come by a plan from now on, beside those that are scripted; ``None`` ends it."""
        self._run = None if plan is None else PlanRun(plan)

    @property
    def plan(self) -> FaultPlan | None:
        """The plan by which faults come, if there is one."""
        return None if self._run is None else self._run.plan

    @property
    def happened(self) -> Mapping[str, int]:
        """How much went wrong by the plan until now; empty without one."""
        return {} if self._run is None else dict(self._run.happened)

    def clear(self) -> None:
        """Forget everything that was scripted and has not happened, and the plan."""
        self._scripted.clear()
        self._run = None

    def of_call(self, operation: str) -> Fault | None:
        """The fault of the call that begins now; a scripted one is used up."""
        waiting = self._scripted.get(operation)
        if waiting:
            return waiting.popleft()
        status = self._run.refusal(operation) if self._run else None
        if self._run is None or status is None:
            return None
        wish = self._run.plan.retry_after if status == _TOO_MANY else None
        given = {"status": status, "retry_after": _as_header(wish)}
        return Fault(operation, "status", {**CALL_FAULTS["status"], **given})

    def of_webhook(self, event: str) -> Fault | None:
        """The fault of the webhook about ``event`` that is made now; a scripted one is used up."""
        waiting = self._scripted.get(WEBHOOK, deque[Fault]())
        for scripted in waiting:
            if scripted.details["event"] in {None, event}:
                waiting.remove(scripted)
                return scripted
        kind = self._run.fault() if self._run else None
        if self._run is None or kind is None:
            return None
        given = {"seconds": self._run.lateness()} if kind == "delay" else {}
        return Fault(WEBHOOK, kind, {**WEBHOOK_FAULTS[kind], **given})

    def waiting(self) -> list[tuple[Fault, int]]:
        """What was scripted and has not happened, in order, each with how many times in a row."""
        runs: list[tuple[Fault, int]] = []
        for queue in self._scripted.values():
            for fault in queue:
                if runs and runs[-1][0] == fault:
                    runs[-1] = (fault, runs[-1][1] + 1)
                else:
                    runs.append((fault, 1))
        return runs


def _as_header(seconds: float | None) -> str | None:
    """A wish for patience as the header has it: whole seconds."""
    return None if seconds is None else str(math.ceil(seconds))


def _details(fault: str, known: Mapping[str, object], given: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name not in known:
            allowed = f"it has {', '.join(known)}" if known else "it has none"
            raise ValueError(f"the fault {fault!r} has no detail {name!r}: {allowed}")
        if problem := _problem(name, value):
            raise ValueError(f"{name} of the fault {fault!r} {problem}, not {value!r}")
    return {**known, **given}


def _problem(name: str, value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    checks = {
        "status": (number and value in _STATUSES, "is a status from 200 to 599"),
        "seconds": (number and isinstance(value, int | float) and value >= 0, "is a number of seconds"),
        "retry_after": (
            value is None or isinstance(value, str) or number,
            "is a number of seconds or the text of the header",
        ),
        "left": (isinstance(value, bool), "is true or false"),
        "applied": (isinstance(value, bool), "is true or false"),
        "event": (value is None or isinstance(value, str), "is the type of an event"),
        "body": (value is None or isinstance(value, str | dict | list), "is text or a JSON value"),
    }
    fits, meaning = checks[name]
    return "" if fits else meaning
