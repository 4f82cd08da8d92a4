"""Support's own webhook: what happens to tickets, signed, and repeated by rules of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.signing import hmac_base64
from livechat_sdk_simulators.webhooks import Attempt, Receiver
from livechat_sdk_simulators.zendesk.state import Ticket, seconds

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["SupportHook", "support_repeats"]

_ACCOUNT: Final = 22129848
_CONFLICT, _TOO_MANY, _AWAY = 409, 429, 503
_MINUTE: Final = 60


def support_repeats(attempts: Sequence[Attempt]) -> float | None:
    """After 409 three times, after a time-out five times, after 429 and 503 as told within a minute."""
    last, count = attempts[-1], len(attempts)
    if last.status is None:
        return 10.0 if count <= 5 else None  # noqa: PLR2004 - as documented
    if last.status == _CONFLICT:
        return 10.0 if count <= 3 else None  # noqa: PLR2004 - as documented
    asked = last.retry_after if last.status in {_TOO_MANY, _AWAY} else None
    return asked if asked is not None and asked < _MINUTE else None


class SupportHook:
    """The webhook, which is there when it has a secret."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk

    def tell(self, kind: str, ticket: Ticket, change: Mapping[str, Any] | None = None) -> None:
        """Tell Support's webhook of something that happened to a ticket."""
        settings = self._zendesk.settings
        if settings.support_webhook_secret is None:
            return
        event_id, now = str(uuid.uuid4()), self._zendesk.clock.now()
        body = {
            "account_id": _ACCOUNT,
            "id": event_id,
            "subject": f"zen:ticket:{ticket.id}",
            "time": now.isoformat().replace("+00:00", "Z"),
            "type": f"zen:event-type:{kind}",
            "zendesk_event_version": "2022-11-06",
            "detail": self._detail(ticket),
            "event": dict(change or {}),
        }
        to = Receiver(target=settings.support_webhook_target, sign=self._sign, repeat=support_repeats)
        content = json.dumps(body, ensure_ascii=False, indent=2).encode()
        self._zendesk.webhooks.emit(event_id, str(body["type"]), content, ticket.conversation, to)

    def _detail(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "id": str(ticket.id),
            "assignee_id": str(ticket.assignee.id) if ticket.assignee else None,
            "actor_id": str(ticket.assignee.id) if ticket.assignee else "-1",
            "brand_id": ticket.system.get("brand_id"),
            "group_id": ticket.system.get("group_id"),
            "organization_id": ticket.system.get("organization_id"),
            "external_id": None,
            "is_public": True,
            "priority": ticket.system.get("priority", "").upper() or None,
            "status": ticket.status.upper(),
            "subject": ticket.system.get("subject", ""),
            "tags": ticket.tags,
            "created_at": seconds(ticket.created_at),
            "updated_at": seconds(ticket.updated_at),
            "via": {"channel": "messaging"},
        }

    def _sign(self, body: bytes, at: datetime) -> Mapping[str, str]:
        time = seconds(at)
        secret = self._zendesk.settings.support_webhook_secret or ""
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(_ACCOUNT),
            "X-Zendesk-Webhook-Signature": hmac_base64(secret, time, body),
            "X-Zendesk-Webhook-Signature-Timestamp": time,
        }
