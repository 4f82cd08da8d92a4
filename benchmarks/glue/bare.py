"""The least that a bridge of these parts can be: uvicorn takes a message, our HTTP client posts it."""

# It checks no token and no form, keeps nothing, and knows nothing of order. Nobody can use it: it shows how
# much of a bridge is the cost of the server and of the vendor call.

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pydantic import SecretStr

from livechat_sdk.http import BasicAuth, VendorClient

__all__ = ["make_app"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


def make_app(client: VendorClient, app_id: str) -> Callable[[_Message, _Receive, _Send], Awaitable[None]]:
    """The ASGI application."""
    sending: set[asyncio.Task[None]] = set()
    done = b'{"accepted": true}'
    accepted = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(done))]

    async def post(conversation: str, text: str) -> None:
        message = {
            "author": {"type": "user", "userExternalId": conversation},
            "content": {"type": "text", "text": text},
        }
        path = f"/v2/apps/{app_id}/conversations/{conversation}/messages"
        (await client.request("send", "POST", path, json=message)).object()

    async def app(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            return
        said, more = b"", True
        while more:
            event = await receive()
            said, more = said + event.get("body", b""), event.get("more_body", False)
        task = asyncio.create_task(post(scope["path"].split("/")[2], json.loads(said)["text"]))
        sending.add(task)
        task.add_done_callback(sending.discard)
        await send({"type": "http.response.start", "status": 202, "headers": accepted})
        await send({"type": "http.response.body", "body": done})

    return app


def zendesk_client(url: str, key_id: str, secret: str) -> VendorClient:
    """A client as the adapter has it."""
    return VendorClient(provider="zendesk", base_url=url, auth=BasicAuth(key_id, SecretStr(secret)))
