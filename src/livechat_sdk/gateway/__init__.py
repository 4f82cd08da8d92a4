"""The gateway: the dispatcher over HTTP, for platforms and for the webhooks of vendors (extra ``server``).

``create_app`` makes an ASGI application that any ASGI server can run; ``livechat_sdk.gateway.server``
runs it with uvicorn.
"""

from __future__ import annotations

try:
    import prometheus_client as _prometheus_client
    import starlette as _starlette
except ModuleNotFoundError as missing:  # pragma: no cover - the environment of the tests has the extra
    raise ModuleNotFoundError(
        "the gateway needs Starlette, uvicorn and prometheus-client: pip install 'livechat-sdk[server]'",
        name=missing.name,
    ) from missing

from livechat_sdk.gateway.app import create_app
from livechat_sdk.gateway.views import HandoffView, JournalView, MessagesView, MessageView

__all__ = ["HandoffView", "JournalView", "MessageView", "MessagesView", "create_app"]

del _prometheus_client, _starlette
