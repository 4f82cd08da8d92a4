"""The simulator of Genesys: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock, rfc3339
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.genesys.architect import Architect
from livechat_sdk_simulators.genesys.channels import Channels
from livechat_sdk_simulators.genesys.contacts import Contacts
from livechat_sdk_simulators.genesys.conversations import Conversations
from livechat_sdk_simulators.genesys.desk import Desk
from livechat_sdk_simulators.genesys.errors import EDGE_PAGE, refusal, usual
from livechat_sdk_simulators.genesys.files import Files
from livechat_sdk_simulators.genesys.floor import Floor
from livechat_sdk_simulators.genesys.human import GenesysHuman
from livechat_sdk_simulators.genesys.inbound import Inbound
from livechat_sdk_simulators.genesys.integrations import Integrations
from livechat_sdk_simulators.genesys.lookups import LookUps
from livechat_sdk_simulators.genesys.outbound import Outbound, repeats
from livechat_sdk_simulators.genesys.pace import Pace
from livechat_sdk_simulators.genesys.settings import GenesysSettings
from livechat_sdk_simulators.genesys.shown import Shown
from livechat_sdk_simulators.genesys.state import new_id
from livechat_sdk_simulators.genesys.subscriptions import Subscriptions
from livechat_sdk_simulators.genesys.topics import Topics
from livechat_sdk_simulators.signing import hmac_base64
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import ClientCredentials, TokenStore, bearer_token
from livechat_sdk_simulators.webhooks import Attempt

__all__ = ["EventSocket", "GenesysSimulator", "vendor"]

_CORRELATION: Final = "livechat_sdk_simulators.genesys.correlation"
_EDGE: Final = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
_ALWAYS_EDGE: Final = 502
_TOO_MANY: Final = 429


class EventSocket(Protocol):
    """A WebSocket of the notifications, in this process."""

    async def receive(self) -> str | None:
        """The next frame; ``None`` when the socket is closed."""
        ...

    async def send(self, text: str) -> None:
        """Send a frame. Raises ``ConnectionError`` when the socket is closed."""
        ...

    async def close(self) -> None:
        """Close it."""
        ...


class GenesysSimulator(Simulator):
    """Genesys Cloud: login host, API and notifications on one server, with the flow and the agents behind."""

    name: ClassVar[str] = "genesys"
    title: ClassVar[str] = "Genesys Cloud"
    webhook_timeout: ClassVar[float] = 10.0
    body_limit: ClassVar[int] = 3_000_000

    def __init__(self, settings: GenesysSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or GenesysSettings()
        self.clock = clock = clock or RealClock()
        self.missing_rights = set(self.settings.missing_rights)
        """Permissions that the client lacks; may be changed at any time."""
        self.threading_minutes = self.settings.threading_minutes
        self.floor = Floor(self)
        self.shown = Shown(self)
        self.conversations = Conversations(self)
        self.inbound = Inbound(self)
        self.files = Files(self)
        self.desk = Desk(self)
        self.set_up = Integrations(self)
        self.architect = Architect(self)
        self.contacts = Contacts(self)
        self.look_ups = LookUps(self)
        self.channels = Channels(self)
        self.topics = Topics(self)
        self.outbound = Outbound(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        for secret in (
            self.settings.client_secret,
            *self.settings.webhook_secrets,
            *self.settings.webhook_headers.values(),
        ):
            self.mask.learn(secret)
        self.tokens = TokenStore(clock, self.mask, self.settings.token_lifetime)
        self._credentials = ClientCredentials(
            {self.settings.client_id: self.settings.client_secret}, self.tokens
        )
        most = self.settings.calls_per_minute
        self._pace = None if most is None else Pace(most)
        self.human = GenesysHuman(self)

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [
            Operation("token", "POST", "/oauth/token", self._token, public=True),
            *self.inbound.operations(),
            *self.conversations.operations(),
            *self.files.operations(),
            *self.desk.operations(),
            *self.set_up.operations(),
            *self.architect.operations(),
            *self.contacts.operations(),
            *self.look_ups.operations(),
            *Subscriptions(self, self.channels).operations(),
        ]

    def more_routes(self) -> Sequence[BaseRoute]:
        """The WebSockets."""
        return self.channels.routes()

    async def _token(self, call: Call) -> Response:
        return await self._credentials.answer(call)

    # ----------------------------------------------------------------------------------- who may call
    def authorise(self, call: Call) -> None:
        """Ask for a token that is good, and count the call."""
        self.floor.keep_time()
        value = bearer_token(call.header("authorization"))
        if value is None:
            raise refusal("authentication.required")
        if self.tokens is None or self.tokens.check(value) is None:
            raise refusal("bad.credentials")
        wait = None if self._pace is None else self._pace.count(value, self.clock.now())
        if wait is not None:
            error = refusal("too.many.requests.retry.after", wait)
            error.headers["retry-after"] = str(wait)
            raise error

    def client_of(self, call: Call) -> str:
        """The client whose token the call has."""
        value = bearer_token(call.header("authorization")) or ""
        token = None if self.tokens is None else self.tokens.check(value)
        return "" if token is None else token.client

    def need(self, *rights: str, of: int | None = None) -> None:
        """Ask for any of these rights. Raises ``VendorError`` when the client has none of them.

        ``of`` is how many of them, from the first, matter to what is asked here; the rest open the call for
        other ends.
        """
        if all(one in self.missing_rights for one in rights[:of]):
            code = "missing.permissions" if len(rights) == 1 else "missing.any.permissions"
            raise refusal(code, ", ".join(rights))

    # ------------------------------------------------------------------------------------ every answer
    @property
    def app(self) -> ASGIApp:
        """The ASGI application; every answer of the vendor has a correlation id."""
        return _Correlated(super().app)

    def finish(self, call: Call, response: Response) -> Response:
        """Count the calls of the token in the headers."""
        value = bearer_token(call.header("authorization"))
        if self._pace is not None and value is not None:
            response.headers.update(self._pace.headers(value, self.clock.now()))
        return response

    def problem(self, call: Call, error: VendorError) -> Response:
        """``ErrorBody``, or a page of the edge."""
        if error.status in _EDGE and (self.settings.edge_pages or error.status == _ALWAYS_EDGE):
            page = EDGE_PAGE.format(status=error.status, title=_EDGE[error.status])
            return HTMLResponse(page, error.status, headers=error.headers)
        shown: dict[str, Any] = {
            "message": error.message,
            "code": error.code,
            "status": error.status,
            "messageParams": {},
            "contextId": call.request.scope.get(_CORRELATION, call.request_id),
            "details": [],
            "errors": [],
        }
        if error.status == _TOO_MANY:
            most = self.settings.calls_per_minute or 0
            shown["limit"] = {
                "key": "client.credentials.token.rate.per.minute",
                "namespace": "platform.api",
                "value": most,
            }
        response = json_answer(shown, error.status)
        response.headers.update(error.headers)
        return response

    def usual_error(self, status: int) -> VendorError:
        """The documented code of a status."""
        return usual(status)

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return refusal("request.entity.too.large", limit)

    # ----------------------------------------------------------------------------------------- webhooks
    def sign(self, body: bytes, at: datetime) -> Mapping[str, str]:
        """HMAC in base64 over the raw body; nothing of it says when."""
        signature = hmac_base64(self.settings.webhook_secrets[0], body)
        return {"X-Hub-Signature-256": f"sha256={signature}", **self.settings.webhook_headers}

    def repeat(self, attempts: Sequence[Attempt]) -> float | None:
        """Five more attempts, five seconds apart."""
        return repeats(attempts)

    def written(self, at: datetime) -> str:
        """A time as the API writes it."""
        return rfc3339(at)

    # ------------------------------------------------------------------------------------------ sockets
    async def open_socket(self, url: str) -> EventSocket:
        """Open the WebSocket of a channel (its ``connectUri``) in this process.

        Raises ``ConnectionError`` when there is no such channel, or a fault of ``socket`` is scripted.
        """
        return await self.channels.open_url(url)

    def restart(self) -> None:
        """Break every socket; all else is kept."""
        self.channels.cut()

    def wake(self) -> None:
        """Look again for what is due: a virtual clock was moved."""
        super().wake()
        self.channels.wake()

    async def pump(self) -> int:
        """Deliver every webhook that is due by the clock, and let sockets do the same."""
        self.floor.keep_time()
        self.channels.wake()
        return await super().pump()

    def integration(self) -> Mapping[str, object]:
        """What an integration needs to reach this simulator."""
        settings = self.settings
        secrets = settings.webhook_secrets
        document: dict[str, object] = {
            "type": "GENESYS_LIVECHAT",
            "name": self.name,
            "webhookKey": secrets[0] if len(secrets) == 1 else list(secrets),
            "clientId": settings.client_id,
            "clientSecret": settings.client_secret,
            "region": settings.region,
            "openIntegrationId": settings.integration_id,
            "queueIds": list(self.floor.queues),
        }
        if not settings.own_region:
            document |= {"apiUrl": settings.base_url, "loginUrl": settings.login}
        return document


class _Correlated:
    """Gives every answer of the vendor a correlation id, whoever wrote it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sim"):
            await self._app(scope, receive, send)
            return
        scope[_CORRELATION] = correlation = new_id()

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["ININ-Correlation-Id"] = correlation
            await send(message)

        await self._app(scope, receive, with_id)


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> GenesysSimulator:
    return GenesysSimulator(GenesysSettings.read(settings), clock)


vendor: Final = Vendor("genesys", "Genesys Cloud (Open Messaging)", _make)
"""What the entry point names."""
