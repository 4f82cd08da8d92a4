"""The ASGI side that all vendors share: operations, faults, limits of bodies, who may call, and the log."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Never

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Message, Receive, Scope, Send

from livechat_sdk_simulators.calls import Call, Operation, VendorError
from livechat_sdk_simulators.cuts import IN_PROCESS, Cut, CutKind
from livechat_sdk_simulators.faults import Fault
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.requestlog import LoggedRequest, excerpt

if TYPE_CHECKING:
    from livechat_sdk_simulators.simulator import Simulator

__all__ = ["vendor_routes"]

_BODY_SECONDS: Final = 30.0
_REQUEST_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_RUBBISH: Final = b'}{"'


def vendor_routes(simulator: Simulator) -> Router:
    """The vendor's API as a router; what is not there is answered with the vendor's kind of 404."""
    addresses: dict[tuple[str, str], list[Operation]] = {}
    for operation in simulator.operations():
        addresses.setdefault((operation.method, operation.path), []).append(operation)
    methods: dict[str, list[str]] = {}
    for method, path in addresses:
        methods.setdefault(path, []).append(method)
    routes: list[BaseRoute] = [
        Route(path, _Endpoint(simulator, operations), methods=[method])
        for (method, path), operations in addresses.items()
    ]
    routes += [
        Route(path, _Missing(simulator, 405, f"only {', '.join(known)}")) for path, known in methods.items()
    ]
    return Router(routes, default=_Missing(simulator, 404, "no such address"), redirect_slashes=False)


class _Endpoint:
    """One address of the API."""

    def __init__(self, simulator: Simulator, operations: Sequence[Operation]) -> None:
        self._simulator = simulator
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        if any(one.when_body for one in self._operations):
            body, receive = await self._look_ahead(receive)
        request = Request(scope, receive)
        fits = (
            one
            for one in self._operations
            if (one.when is None or one.when(request)) and (one.when_body is None or one.when_body(body))
        )
        operation = next(fits, self._operations[-1])
        call = Call(operation.name, request, _request_id(request))
        fault = self._simulator.faults.of_call(operation.name)
        handled = _Handled(self._simulator, operation, call, fault)
        await handled.answer(send)

    async def _look_ahead(self, receive: Receive) -> tuple[bytes, Receive]:
        """The body, as far as it comes in time and within the limit; and what gives all of it once more."""
        limit = max(one.body_limit or self._simulator.body_limit for one in self._operations)
        seen: list[Message] = []
        body = bytearray()
        with suppress(TimeoutError):
            async with asyncio.timeout(_BODY_SECONDS):
                while len(body) <= limit:
                    seen.append(message := await receive())
                    body += message.get("body", b"")
                    if not message.get("more_body", False):
                        break
        rest = iter(seen)

        async def again() -> Message:
            return next(rest, None) or await receive()

        return bytes(body), again


class _Missing:
    """An address or a method that the vendor does not have."""

    def __init__(self, simulator: Simulator, status: int, message: str) -> None:
        self._simulator = simulator
        self._status = status
        self._message = message

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        call = Call("unknown", request, _request_id(request))
        error = self._simulator.usual_error(self._status)
        error.message = self._message
        response = self._simulator.problem(call, error)
        _log(self._simulator, call, response, None)
        await response(scope, receive, send)


class _Handled:
    """One call, from its first byte to the answer or the lack of one."""

    def __init__(self, simulator: Simulator, operation: Operation, call: Call, fault: Fault | None) -> None:
        self._simulator = simulator
        self._operation = operation
        self._call = call
        self._fault = fault
        self._kind = fault.kind if fault else "pass"
        self._details: Mapping[str, Any] = fault.details if fault else {}

    async def answer(self, send: Send) -> None:
        """Carry out the call, and answer as the fault wants it."""
        response = await self._before()
        if response is None:
            try:
                response = await self._carry_out()
            except ClientDisconnect:
                _log(self._simulator, self._call, None, self._fault)
                return
            await self._simulator.webhooks.pump(early_only=True)
        response = self._spoiled(response)
        cut = self._cut_after(response)
        _log(self._simulator, self._call, None if cut else response, self._fault)
        if cut is not None:
            raise Cut(cut)
        if self._kind == "slow":
            await self._linger()
        if self._kind == "truncated":
            await _send_half(response, send)
            raise Cut("truncated")
        await response(self._call.request.scope, self._call.request.receive, send)

    async def _before(self) -> Response | None:
        """What the fault does before anything is applied: an answer, no answer, or nothing."""
        details = self._details
        if self._kind == "drop_before":
            self._give_up("broken" if details["left"] else "refused")
        if self._kind == "time_out_before":
            self._give_up("silent" if details["left"] else "silent_connect")
        if self._kind == "expire_token":
            self._simulator.expire_credentials()
        if self._kind == "status" and not details["applied"]:
            return self._scripted_status()
        return None

    def _give_up(self, kind: CutKind) -> Never:
        _log(self._simulator, self._call, None, self._fault)
        raise Cut(kind)

    async def _carry_out(self) -> Response:
        call = self._call
        try:
            call.body = await self._read()
            if not self._operation.public:
                self._simulator.authorise(call)
            return self._simulator.finish(call, await self._operation.handler(call))
        except VendorError as error:
            return self._simulator.problem(call, error)

    async def _read(self) -> bytes:
        limit = self._operation.body_limit or self._simulator.body_limit
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for chunk in self._call.request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise self._simulator.too_large(limit)
        except TimeoutError as error:
            raise VendorError(408, "invalid", "the body did not arrive in time") from error
        return bytes(body)

    def _spoiled(self, response: Response) -> Response:
        if self._kind == "status" and self._details["applied"]:
            return self._scripted_status()
        if self._kind == "malformed":
            body = bytes(response.body)
            kept = body[: len(body) // 2]
            rubbish = kept + (_RUBBISH * (len(body) + 1))[: max(len(body) - len(kept), len(_RUBBISH))]
            kind = response.headers.get("content-type") or "application/json; charset=utf-8"
            return Response(rubbish, response.status_code if body else 200, media_type=kind)
        return response

    def _scripted_status(self) -> Response:
        details = self._details
        status, body, after = int(details["status"]), details["body"], details["retry_after"]
        headers = {} if after is None else {"retry-after": str(after)}
        if body is None:
            error = self._simulator.usual_error(status)
            error.headers.update(headers)
            return self._simulator.problem(self._call, error)
        text = body if isinstance(body, str) else json.dumps(body)
        kind = _kind_of(body) if isinstance(body, str) else "application/json"
        return Response(text, status, headers=headers, media_type=kind)

    def _cut_after(self, response: Response) -> CutKind | None:
        if self._kind == "drop_after" or (self._kind == "truncated" and not response.body):
            return "broken"
        if self._kind == "time_out_after":
            return "silent"
        limit: float | None = self._call.request.scope.get(IN_PROCESS)
        late = self._kind == "slow" and limit is not None and self._details["seconds"] >= limit
        return "silent" if late else None

    async def _linger(self) -> None:
        """Over a socket a slow answer takes its time; in process nothing waits."""
        if IN_PROCESS not in self._call.request.scope:
            await asyncio.sleep(self._details["seconds"])


async def _send_half(response: Response, send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    body = bytes(response.body)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _kind_of(text: str) -> str:
    start = text.lstrip()[:15].lower()
    if start.startswith(("<!doctype html", "<html")):
        return "text/html"
    return "application/xml" if start.startswith("<") else "text/plain"


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id("req")


def _log(simulator: Simulator, call: Call, response: Response | None, fault: Fault | None) -> None:
    mask, request = simulator.mask, call.request
    query = request.url.query
    simulator.requests.append(
        LoggedRequest(
            number=simulator.requests.counted + 1,
            at=simulator.clock.now(),
            operation=call.operation,
            method=request.method,
            path=mask.text(request.url.path + (f"?{query}" if query else "")),
            status=response.status_code if response else None,
            applied=call.applied,
            chat=call.chat,
            fault=fault.words() if fault else "",
            headers=mask.headers(request.headers),
            request=mask.text(excerpt(call.body, call.header("content-type"))),
            answer=mask.text(excerpt(bytes(response.body), response.media_type or "")) if response else "",
        )
    )
