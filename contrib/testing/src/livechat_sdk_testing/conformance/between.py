"""A vendor that is an ASGI application, and what lies between it and us: calls and webhooks break on demand.

For rigs whose vendor is a program of one's own rather than a simulator with faults built in. The vendor's
webhooks must leave through ``livechat_sdk.http``, so that ``override_transport`` puts this in their way too.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx

from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.conformance.rig import CALL_FAULTS, WEBHOOK_FAULTS

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["Between"]

_WEBHOOK: Final = "webhook"
_RUBBISH: Final = b"\x00\xffrubbish{"
_DELAY: Final = 60.0
_NOT_ARRIVED: Final = {"drop_before": httpx.ConnectError, "time_out_before": httpx.ReadTimeout}


@dataclass(frozen=True, slots=True)
class _Fault:
    kind: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Between(httpx.AsyncBaseTransport):
    """A transport for ``override_transport``, and the ``FaultSwitch`` of what it carries.

    ``operation_of`` names the operation of a call by its method and path, one of ``operations``. What is
    posted to ``our_host`` is a webhook, and is given to ``deliver``, which returns the status of our answer;
    everything else is a call of ours. Credentials do not expire here: ``expire_token`` changes nothing.
    """

    def __init__(
        self,
        vendor: ASGIApp,
        *,
        our_host: str,
        operations: Collection[str],
        operation_of: Callable[[str, str], str],
        deliver: Callable[[WebhookDelivery], Awaitable[int]],
        now: Callable[[], datetime],
    ) -> None:
        self._vendor = httpx.ASGITransport(vendor)
        self._our_host = our_host
        self._operations = frozenset(operations)
        self._operation_of = operation_of
        self._deliver = deliver
        self._now = now
        self._faults: dict[str, deque[_Fault]] = {}
        self._held: list[tuple[datetime, WebhookDelivery]] = []
        self._overtaken: list[WebhookDelivery] = []

    # --------------------------------------------------------------------------------------------- the switch
    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch.script``."""
        known = WEBHOOK_FAULTS if operation == _WEBHOOK else CALL_FAULTS
        if operation not in self._operations | {_WEBHOOK} or fault not in known:
            raise ValueError(f"this vendor has no fault {fault} of {operation}")
        self._faults.setdefault(operation, deque()).extend([_Fault(fault, details)] * times)

    def clear(self) -> None:
        """See ``FaultSwitch.clear``."""
        self._faults.clear()

    # ---------------------------------------------------------------------------------------------- carrying
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a call to the vendor, or a webhook to us."""
        content = await request.aread()
        if request.url.host != self._our_host:
            return await self._call(request)
        webhook = WebhookDelivery(request.method, request.url.path, request.headers, content, self._now())
        return httpx.Response(await self._carry(webhook))

    def put_in(self, webhook: WebhookDelivery) -> None:
        """A webhook that the vendor has not made arrives with the next ``pump``."""
        self._held.append((self._now(), webhook))

    async def pump(self) -> int:
        """Let webhooks that were held up arrive; how many."""
        now = self._now()
        due = [*self._overtaken, *(webhook for at, webhook in self._held if at <= now)]
        self._held = [one for one in self._held if one[0] > now]
        self._overtaken.clear()
        for webhook in due:
            await self._deliver(webhook)
        return len(due)

    async def _carry(self, webhook: WebhookDelivery) -> int:
        """Our answer. What was withheld or is late has been taken, as far as the vendor knows."""
        fault = self._next(_WEBHOOK)
        kind = None if fault is None else fault.kind
        if fault is not None and kind == "delay":
            late = timedelta(seconds=float(fault.details.get("seconds", _DELAY)))
            self._held.append((self._now() + late, webhook))
        elif kind == "reorder":
            self._overtaken.append(webhook)
        if kind in {"withhold", "delay", "reorder"}:
            return 200
        if kind == "repeat":
            await self._deliver(webhook)
        status = await self._deliver(webhook)
        overtaken, self._overtaken = self._overtaken, []
        for late_one in overtaken:
            await self._deliver(late_one)
        return status

    async def _call(self, request: httpx.Request) -> httpx.Response:
        fault = self._next(self._operation_of(request.method, request.url.path))
        if fault is None or fault.kind == "expire_token":
            return await self._vendor.handle_async_request(request)
        if fault.kind == "status":
            return _refusal(fault.details)
        if fault.kind in _NOT_ARRIVED:
            raise _NOT_ARRIVED[fault.kind]("it did not arrive", request=request)
        answer = await self._vendor.handle_async_request(request)
        await answer.aread()
        return _spoilt(fault, answer, request)

    def _next(self, operation: str) -> _Fault | None:
        waiting = self._faults.get(operation)
        return waiting.popleft() if waiting else None


def _spoilt(fault: _Fault, answer: httpx.Response, request: httpx.Request) -> httpx.Response:
    """What is left of the answer to a call that was carried out."""
    match fault.kind:
        case "drop_after":
            raise httpx.ReadError("the connection broke", request=request)
        case "slow" if float(fault.details.get("seconds", 30.0)) < _patience_of(request):
            return answer
        case "time_out_after" | "slow":
            raise httpx.ReadTimeout("no answer", request=request)
        case "malformed":
            return httpx.Response(200, content=_RUBBISH)
        case _:
            return httpx.Response(200, stream=_Broken(answer.content, request))


def _patience_of(request: httpx.Request) -> float:
    found: float | None = request.extensions.get("timeout", {}).get("read")
    return math.inf if found is None else found


class _Broken(httpx.AsyncByteStream):
    """The first half of a body."""

    def __init__(self, content: bytes, request: httpx.Request) -> None:
        self._content = content
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError("the connection was closed in the middle", request=self._request)


def _refusal(details: Mapping[str, Any]) -> httpx.Response:
    headers: dict[str, str] = {}
    if (wish := details.get("retry_after")) is not None:
        headers["Retry-After"] = str(math.ceil(wish)) if isinstance(wish, int | float) else str(wish)
    body = details.get("body")
    if isinstance(body, str):
        return httpx.Response(int(details.get("status", 503)), headers=headers, text=body)
    content = {"error": {"code": "broken", "message": "refused for now"}} if body is None else body
    return httpx.Response(int(details.get("status", 503)), headers=headers, json=content)
