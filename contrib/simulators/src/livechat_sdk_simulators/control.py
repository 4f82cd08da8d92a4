"""The control API and the page under ``/_sim/``: play agents, script faults, move the clock, see it all.

Everything is JSON. It has no password, because a simulator listens on loopback only; what a page of somebody
else in the same browser sends is refused all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from livechat_sdk_simulators import views
from livechat_sdk_simulators.acts import acts_of, perform
from livechat_sdk_simulators.calls import strict_json
from livechat_sdk_simulators.clock import advance
from livechat_sdk_simulators.human import NoSuchChat, NotPossible
from livechat_sdk_simulators.page import page_routes
from livechat_sdk_simulators.plans import FaultPlan
from livechat_sdk_simulators.supportcontrol import support_calls

if TYPE_CHECKING:
    from livechat_sdk_simulators.simulator import Simulator

__all__ = ["LOCAL_ONLY", "control_app"]

LOCAL_ONLY: Final = "livechat_sdk_simulators.local_only"
"""Key of the ASGI scope, set by the server: only names of this machine are answered (no DNS rebinding)."""

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_BODY: Final = 20_000_000
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_STEP: Final = 10 * 365 * 86_400.0


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def control_app(simulator: Simulator) -> ASGIApp:
    """The routes below ``/_sim``."""
    control = _Control(simulator)
    calls: list[tuple[str, str, Callable[[Request], Awaitable[object]]]] = [
        ("GET", "/integration", control.integration),
        ("GET", "/acts", control.acts),
        ("GET", "/state", control.state),
        ("GET", "/chats", control.chats),
        ("POST", "/chats/{ref:path}/{act}", control.act),
        ("GET", "/chats/{ref:path}", control.chat),
        ("POST", "/duty", control.duty),
        ("POST", "/restart", control.restart),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.script),
        ("DELETE", "/faults", control.clear_faults),
        ("POST", "/faults/plan", control.plan),
        ("GET", "/requests", control.requests),
        ("GET", "/webhooks", control.webhooks),
        ("POST", "/webhooks/{number:int}/again", control.again),
        ("POST", "/pump", control.pump),
        ("GET", "/clock", control.clock),
        ("POST", "/clock/advance", control.advance),
        *support_calls(simulator, _fields),
    ]
    routes: list[BaseRoute] = [*page_routes(simulator)]
    routes += [Route(path, _Guarded(handler), methods=[method]) for method, path, handler in calls]
    return _Headers(Router(routes))


class _Headers:
    """Headers of every answer below ``/_sim``."""

    _ADDED: Final = [
        (
            b"content-security-policy",
            _POLICY,
        ),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
    ]

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._ADDED]
            await send(message)

        problem = _stranger(scope) if scope["type"] == "http" else "no WebSockets here"
        if problem:
            await JSONResponse({"error": problem}, status_code=403)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def _stranger(scope: Scope) -> str:
    """Why this request comes from a page that is none of ours; empty when it does not."""
    request = Request(scope)
    host = urlsplit(f"//{request.headers.get('host', '')}")
    if scope.get(LOCAL_ONLY) and host.hostname not in _LOCAL:
        return "this simulator answers to names of this machine only"
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host.netloc:
        return "requests from pages of another origin are refused"
    return ""


class _Guarded:
    """Runs a handler, and makes its errors answers."""

    def __init__(self, handler: Callable[[Request], Awaitable[object]]) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer: Response = JSONResponse(await self._handler(Request(scope, receive)))
        except _Refused as refused:
            answer = _error(refused.status, refused)
        except NoSuchChat as error:
            answer = _error(404, error)
        except NotPossible as error:
            answer = _error(409, error)
        except ValueError as error:
            answer = _error(400, error)
        await answer(scope, receive, send)


def _error(status: int, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=status)


class _Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    # -------------------------------------------------------------------------------------- looking
    async def integration(self, request: Request) -> object:
        """What an integration needs to reach this simulator, its secrets included: they open nothing else.

        ``?kind=`` names one of several.
        """
        kinds = self._simulator.integrations()
        kind = request.query_params.get("kind", next(iter(kinds)))
        if kind not in kinds:
            known = ", ".join(kinds)
            raise _Refused(404, f"there is no integration of the kind {kind!r}; there are: {known}")
        return dict(kinds[kind])

    async def acts(self, _: Request) -> object:
        """What agents of this vendor can do."""
        human = self._simulator.human
        return {"acts": list(acts_of(human)), "duty": human.can("duty")}

    async def state(self, request: Request) -> object:
        """Everything that the page shows; ``?chat=`` names the conversation."""
        ref = request.query_params.get("chat")
        return {
            "clock": views.clock(self._simulator),
            "chats": await views.chats(self._simulator),
            "chat": await self._chat_or_none(ref) if ref else None,
            "faults": views.faults(self._simulator),
            "requests": views.requests(self._simulator, 100),
            "webhooks": views.webhooks(self._simulator, 100),
        }

    async def _chat_or_none(self, ref: str) -> object:
        try:
            return await views.chat(self._simulator, ref)
        except NoSuchChat:
            return None  # of an earlier run, in a window that was left open

    async def chats(self, request: Request) -> object:
        return {"chats": await views.chats(self._simulator)}

    async def chat(self, request: Request) -> object:
        return await views.chat(self._simulator, str(request.path_params["ref"]))

    async def requests(self, request: Request) -> object:
        return {"requests": views.requests(self._simulator, len(self._simulator.requests))}

    async def webhooks(self, request: Request) -> object:
        return views.webhooks(self._simulator, len(self._simulator.webhooks.deliveries))

    async def faults(self, request: Request) -> object:
        return views.faults(self._simulator)

    async def clock(self, request: Request) -> object:
        return views.clock(self._simulator)

    # --------------------------------------------------------------------------------------- acting
    async def act(self, request: Request) -> object:
        name, ref = str(request.path_params["act"]), str(request.path_params["ref"])
        acts = acts_of(self._simulator.human)
        act = acts.get(name)
        if act is None:
            raise _Refused(404, f"there is no act {name!r} here; there are: {', '.join(acts)}")
        message = await perform(self._simulator.human, ref, act, await _fields(request))
        return {"message_id": message} if message is not None else {}

    async def duty(self, request: Request) -> object:
        fields = await _fields(request)
        agents, waiting, estimate = _numbers(fields, "agents", "waiting", "estimate")
        await self._simulator.human.duty(
            None if agents is None else int(agents),
            waiting=None if waiting is None else int(waiting),
            estimate=estimate,
        )
        return {}

    async def restart(self, request: Request) -> object:
        self._simulator.restart()
        return {}

    async def script(self, request: Request) -> object:
        fields = await _fields(request)
        operation, fault = fields.pop("operation", None), fields.pop("fault", None)
        times = fields.pop("times", 1)
        if not (isinstance(operation, str) and isinstance(fault, str) and isinstance(times, int)):
            raise ValueError('a fault is {"operation", "fault", "times"?, and its details}')
        details: dict[str, Any] = dict(fields)
        self._simulator.faults.script(operation, fault, times, **details)
        return views.faults(self._simulator)

    async def plan(self, request: Request) -> object:
        self._simulator.faults.follow(FaultPlan.read(await _fields(request)))
        return views.faults(self._simulator)

    async def clear_faults(self, request: Request) -> object:
        self._simulator.faults.clear()
        return views.faults(self._simulator)

    async def again(self, request: Request) -> object:
        number = int(request.path_params["number"])
        webhooks = self._simulator.webhooks
        delivery = next((one for one in webhooks.deliveries if one.number == number), None)
        if delivery is None:
            raise _Refused(404, f"there is no delivery {number}")
        webhooks.again(delivery)
        return {"attempts": await self._simulator.pump()}

    async def pump(self, request: Request) -> object:
        return {"attempts": await self._simulator.pump()}

    async def advance(self, request: Request) -> object:
        (seconds,) = _numbers(await _fields(request), "seconds")
        if seconds is None or not 0 <= seconds <= _LONGEST_STEP:
            raise ValueError("seconds is a number of seconds to move forward")
        await advance(self._simulator.clock, seconds)
        self._simulator.wake()
        return views.clock(self._simulator)


async def _fields(request: Request) -> dict[str, object]:
    """The JSON object of a request; nothing at all counts as an empty one."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY:
            raise _Refused(413, f"more than {_BODY} bytes")
    if not body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise _Refused(415, "the body is JSON, and its content type says so")
    value: object = strict_json(bytes(body))
    if not isinstance(value, dict):
        raise ValueError("the body is a JSON object")
    return cast("dict[str, object]", value)


def _numbers(fields: dict[str, object], *names: str) -> list[float | None]:
    if unknown := [name for name in fields if name not in names]:
        raise ValueError(f"there is no field {unknown[0]!r}; there are: {', '.join(names)}")
    values = [fields.get(name) for name in names]
    for name, value in zip(names, values, strict=True):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise ValueError(f"{name} is a number from 0 on, or null")
    return cast("list[float | None]", values)
