"""Alive, ready: for whoever starts and watches the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.responses import Response

from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import Operation, answer
from livechat_sdk.gateway.refusals import Refusal
from livechat_sdk.gateway.views import StatusView

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["HealthRoutes"]

_log = logging.getLogger("livechat_sdk.gateway")

_ASK_SECONDS = 5.0


class HealthRoutes:
    """``/healthz`` and ``/readyz``."""

    def __init__(self, dispatcher: Dispatcher, stopping: asyncio.Event) -> None:
        self._dispatcher = dispatcher
        self._stopping = stopping

    def operations(self) -> Sequence[Operation]:
        """The operations of this room, for the table."""
        return (
            Operation(
                "GET",
                "/healthz",
                "isAlive",
                "The process answers.",
                self.alive,
                answers={200: (StatusView, "alive")},
                public=True,
            ),
            Operation(
                "GET",
                "/readyz",
                "isReady",
                "The store answers, the providers run and no plugin is stuck.",
                self.ready,
                answers={200: (StatusView, "ready for work")},
                refusals={503: "`not_ready`, with `problems` by name"},
                public=True,
            ),
        )

    async def alive(self, incoming: Incoming) -> Response:
        """``GET /healthz``."""
        return answer(StatusView(status="alive"))

    async def ready(self, incoming: Incoming) -> Response:
        """``GET /readyz``."""
        problems = await self._problems()
        if problems:
            names = ", ".join(sorted(problems))
            raise Refusal(503, "not_ready", f"not ready: {names}", problems=dict(problems))
        return answer(StatusView(status="ready"))

    async def _problems(self) -> Mapping[str, str]:
        if self._stopping.is_set():
            return {"gateway": "stopping"}
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                return await self._dispatcher.ready()
        except TimeoutError:
            return {"dispatcher": f"did not answer within {_ASK_SECONDS:g} s"}
        except Exception:  # noqa: BLE001 - a probe wants an answer, whatever is broken
            _log.exception("the dispatcher could not be asked whether it is ready")
            return {"dispatcher": "could not be asked; the log of the server says why"}
