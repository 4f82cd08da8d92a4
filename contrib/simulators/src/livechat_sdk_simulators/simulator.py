"""The base of every vendor's simulator: clock, people, faults, webhooks, log and API in one application."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp

from livechat_sdk_simulators.api import vendor_routes
from livechat_sdk_simulators.calls import Call, Operation, VendorError
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.faults import FaultSwitch
from livechat_sdk_simulators.feed import Feed
from livechat_sdk_simulators.human import HumanSide, NotPossible
from livechat_sdk_simulators.masking import Mask
from livechat_sdk_simulators.requestlog import RequestLog
from livechat_sdk_simulators.tokens import TokenStore
from livechat_sdk_simulators.transport import InProcessTransport
from livechat_sdk_simulators.webhooks import Attempt, Deliver, Webhooks, on_schedule

__all__ = ["Simulator"]

_REPEATS: Final = on_schedule(5, 30, 120)


class Simulator(ABC):
    """One vendor, with everything that it knows in memory.

    A subclass says which ``operations`` there are, who may call them (``authorise``), what an error looks
    like (``problem``), how webhooks are signed (``sign``), and has the people in ``human``.
    """

    name: ClassVar[str]
    """The vendor's name in commands: ``parley``."""
    title: ClassVar[str]
    """The vendor's name for people."""
    webhook_timeout: ClassVar[float] = 5.0
    """Seconds that an answer to a webhook may take."""
    body_limit: ClassVar[int] = 1_000_000
    """Bytes of a request, where its operation says nothing else."""

    sends_webhooks: ClassVar[bool] = True
    """Whether the vendor has webhooks; else callers fetch its events or listen to a stream."""

    human: HumanSide
    """The agents."""
    tokens: TokenStore | None = None
    """The tokens that were given out, where the vendor has any."""

    def __init__(
        self, clock: Clock | None = None, *, webhook_target: str | None = None, webhook_path: str = "/"
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.mask = Mask()
        self.requests = RequestLog()
        """The newest calls."""
        self.faults = FaultSwitch([operation.name for operation in self.operations()])
        self.webhooks = Webhooks(
            self.clock,
            self.faults,
            self.sign,
            self.repeat,
            target=webhook_target,
            path=webhook_path,
            timeout=self.webhook_timeout,
        )
        self.feed = Feed(self.clock, self.faults)
        """Events for callers who fetch them or listen to a stream."""
        self._app: ASGIApp | None = None

    # ---------------------------------------------------------------------------- what a vendor says
    @abstractmethod
    def operations(self) -> Sequence[Operation]:
        """The calls that the vendor offers. Asked before all is set up: it may only name methods."""

    @abstractmethod
    def problem(self, call: Call, error: VendorError) -> Response:
        """The answer that this vendor gives for an error."""

    @abstractmethod
    def integration(self) -> Mapping[str, object]:
        """Type and settings of an integration that reaches this simulator, named as in ``livechat.yaml``."""

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same for each kind of integration that this vendor can be, the usual one first."""
        return {"livechat": self.integration()}

    @abstractmethod
    def authorise(self, call: Call) -> None:
        """Let a call pass, or raise ``VendorError``. Asked for every operation that is not ``public``."""

    def expire_credentials(self) -> None:
        """Make every token that was given out too old. Raises ``RuntimeError`` where there are no tokens."""
        if self.tokens is None:
            raise RuntimeError(f"{self.title} has no tokens that could be too old")
        self.tokens.expire_all()

    def restart(self) -> None:
        """Forget what the vendor's server forgets when it restarts.

        Raises ``NotPossible`` where that is nothing.
        """
        raise NotPossible(f"{self.title} forgets nothing when it restarts")

    @property
    def can_restart(self) -> bool:
        """Whether a restart of the server makes a difference."""
        return type(self).restart is not Simulator.restart

    def sign(self, body: bytes, at: datetime) -> Mapping[str, str]:
        """The headers that prove a webhook; ``at`` is the time of the attempt."""
        return {}

    def repeat(self, attempts: Sequence[Attempt]) -> float | None:
        """After failed attempts at a webhook: seconds until the next one, or ``None`` to give up."""
        return _REPEATS(attempts)

    def usual_error(self, status: int) -> VendorError:
        """The error that a scripted status stands for, when the script gives no body."""
        return VendorError(status, f"status_{status}", "This was scripted.")

    def too_large(self, limit: int) -> VendorError:
        """The error for a body of more than ``limit`` bytes."""
        return VendorError(413, "too_large", f"more than {limit} bytes")

    def finish(self, call: Call, response: Response) -> Response:
        """The last hand on an answer that is no error: headers that every answer of the vendor has."""
        return response

    def more_routes(self) -> Sequence[BaseRoute]:
        """Routes beside the operations, without faults or log: WebSockets, event streams, downloads."""
        return ()

    # ------------------------------------------------------------------------------- what callers use
    @property
    def app(self) -> ASGIApp:
        """The ASGI application: the vendor's API, and the control API and page under ``/_sim/``."""
        if self._app is None:
            from livechat_sdk_simulators.control import control_app

            self._app = Router(
                [
                    Route("/_sim", _to_page, methods=["GET"]),
                    Mount("/_sim", control_app(self)),
                    *self.more_routes(),
                    Mount("", vendor_routes(self)),
                ],
                redirect_slashes=False,
            )
        return self._app

    def transport(self) -> httpx.AsyncBaseTransport:
        """For calls to the API in this process, whatever their host. Broken ones raise httpx's errors."""
        return InProcessTransport(self.app)

    @property
    def deliver(self) -> Deliver | None:
        """Who takes webhooks in this process; while ``None``, they go to the target's address."""
        return self.webhooks.deliver

    @deliver.setter
    def deliver(self, deliver: Deliver | None) -> None:
        self.webhooks.deliver = deliver
        self.webhooks.changed.set()

    def wake(self) -> None:
        """Look again for what is due: a virtual clock was moved."""
        self.webhooks.changed.set()
        self.feed.wake()

    async def pump(self) -> int:
        """Deliver every webhook that is due by the clock; returns how many attempts were made."""
        return await self.webhooks.pump()

    async def close(self) -> None:
        """Close connections. What is known stays."""
        await self.webhooks.close()


async def _to_page(_: Request) -> Response:
    return RedirectResponse("/_sim/", status_code=307)
