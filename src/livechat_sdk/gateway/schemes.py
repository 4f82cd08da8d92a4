"""What is weak about the webhooks of the settings: named when the gateway starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from livechat_sdk.domain.capabilities import Inbound, WebhookAuth
from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.interface import AnyProvider, ChatProvider
from livechat_sdk.provider.webhooks import WebhookDelivery

__all__ = ["weak_webhooks"]

_SCHEMES: Mapping[WebhookAuth, str] = {
    WebhookAuth.SHARED_KEY: (
        "is sent the same key with every webhook, which proves nothing about the body: whoever has "
        "seen one delivery can forge others. Let its address be called over TLS only, "
        "and change the key from time to time"
    ),
    WebhookAuth.BODY_HMAC: (
        "signs the body of its webhooks and not the time: a recorded delivery stays valid. Events that "
        "were seen are ignored when they come again"
    ),
}


def weak_webhooks(integrations: Mapping[str, object], clock: Clock) -> Iterator[tuple[str, str, bool]]:
    """Name, weakness, and whether it is worth a warning, for each integration whose webhooks have one."""
    for name, built in integrations.items():
        if not _is_provider(built) or built.capabilities.inbound is not Inbound.WEBHOOK:
            continue
        scheme = built.capabilities.webhook_auth
        if scheme is WebhookAuth.NONE or not _is_open(built, name, clock):
            yield name, "has no secret to verify webhooks with: its route refuses everything", True
        elif scheme in _SCHEMES:
            yield name, _SCHEMES[scheme], scheme is WebhookAuth.SHARED_KEY


def _is_provider(built: object) -> TypeGuard[AnyProvider]:
    return isinstance(built, ChatProvider)


def _is_open(provider: AnyProvider, name: str, clock: Clock) -> bool:
    """Whether the provider would look at a delivery at all: it is shown one without any proof."""
    empty = WebhookDelivery("POST", f"/webhooks/{name}", {}, b"", clock.now())
    try:
        provider.read_webhook(empty)
    except WebhookRejected as rejected:
        return rejected.status != 404  # noqa: PLR2004
    except Exception:  # noqa: BLE001 - an adapter that breaks here is not this check's business
        return True
    return True
