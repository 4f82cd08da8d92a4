"""Webhooks of vendors: raw bytes in, verified by the provider, answered after the commit.

Whoever calls here is a stranger until the provider has verified the delivery. So a refusal never says
why a proof failed and repeats nothing that the provider or the settings know; the log has the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.responses import Response

from livechat_sdk.errors import IntegrationNotFound, WebhookRejected
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.metrics import RequestMeters
from livechat_sdk.gateway.operations import Operation, answer
from livechat_sdk.gateway.refusals import RETRY_AFTER, Refusal
from livechat_sdk.gateway.views import WebhookTaken
from livechat_sdk.provider.webhooks import WebhookDelivery

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["WebhookRoutes"]

_log = logging.getLogger("livechat_sdk.gateway")

_REFUSED: dict[int, tuple[str, str]] = {
    400: ("webhook_unreadable", "the delivery cannot be read"),
    401: ("webhook_unauthorised", "the proof of this delivery is missing or wrong"),
    403: ("webhook_unauthorised", "the proof of this delivery is missing or wrong"),
    413: ("body_too_large", "the delivery is too large"),
    415: ("unsupported_media_type", "the delivery has another content type than this vendor sends"),
    503: ("webhook_unavailable", "the delivery cannot be verified or stored now; send it again"),
}


class WebhookRoutes:
    """``POST /webhooks/{integration}``."""

    def __init__(self, dispatcher: Dispatcher, meters: RequestMeters) -> None:
        self._dispatcher = dispatcher
        self._meters = meters

    def operations(self) -> Sequence[Operation]:
        """The operation of this room, for the table."""
        return (
            Operation(
                "POST",
                "/webhooks/{integration:path}",
                "takeWebhook",
                "Take a delivery of a vendor. The provider verifies it by its own rules, not by a token.",
                self.take,
                answers={200: (WebhookTaken, "verified and stored; a repeated delivery has 0 events")},
                body="raw",
                refusals={
                    401: "`webhook_unauthorised`",
                    403: "`webhook_unauthorised`",
                    404: "`unknown_integration`, `no_webhook`",
                    415: "`unsupported_media_type`",
                },
                public=True,
            ),
        )

    async def take(self, incoming: Incoming) -> Response:
        """Read within limits, let the provider verify, commit, answer."""
        name = incoming.path("integration")
        if name not in self._dispatcher.integrations:
            raise IntegrationNotFound(name)
        try:
            body = await incoming.body.read()
        except Refusal as refusal:
            self._meters.body_refused(name, refusal.code)
            raise
        request = incoming.request
        delivery = WebhookDelivery(
            method=request.method,
            path=request.url.path,
            headers=_headers(incoming),
            body=body,
            received_at=self._dispatcher.clock.now(),
        )
        try:
            events = await self._dispatcher.webhook(name, delivery)
        except WebhookRejected as rejected:
            raise _refusal(name, rejected) from None
        return answer(WebhookTaken(events=events))


def _headers(incoming: Incoming) -> dict[str, str]:
    """Headers by lower-case name; one that was sent twice is joined, as RFC 9110 section 5.2 says.

    So a second signature header makes the proof wrong instead of hiding behind the first.
    """
    headers: dict[str, str] = {}
    for name, value in incoming.request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _refusal(name: str, rejected: WebhookRejected) -> Refusal:
    status = rejected.status
    _log.warning("webhook for integration %r refused with %d: %r", name, status, rejected.reason)
    if status == 404:  # noqa: PLR2004
        return Refusal(
            404,
            "no_webhook",
            f"integration {name!r} takes no webhooks",
            hint="its type has none, or no secret is set to verify them with",
        )
    if status not in _REFUSED:
        status = 401
    code, message = _REFUSED[status]
    headers = {"retry-after": str(RETRY_AFTER)} if status == 503 else None  # noqa: PLR2004
    hint = "the log of the server says why" if status in (401, 403) else None
    return Refusal(status, code, message, hint=hint, headers=headers)
