"""Zendesk's calls, one method each: what is asked, and how often it may be asked again.

Zendesk has no key by which it would know a repeated call. What makes something is therefore repeated by
itself only where that is known to be harmless, and looked for first where it is not (``ensure``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from livechat_sdk.errors import ProtocolError, RetryableError
from livechat_sdk.http import Answer, Auth, BasicAuth, BearerAuth, Repeat, VendorClient
from livechat_sdk.provider.files import VendorFile
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.wire import (
    WireApp,
    WireAttachmentAnswer,
    WireConversation,
    WireConversationAnswer,
    WireConversations,
    WireIntegrations,
    WireMessage,
    WireMessages,
    WireResponder,
    WireSwitchboards,
    WireUserAnswer,
    WireWebhook,
    WireWebhooks,
    read,
)

__all__ = ["Api"]

_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_CREATED: Final = 201

_PAGE: Final = 100
_MOST_PAGES: Final = 300
"""Of messages: 30 000 are the most that a conversation can have."""

_PAUSES: Final = (0.5, 1.0, 2.0)
_LONGEST_WISH: Final = 5.0
_UPLOAD_SECONDS: Final = 60.0
_TYPE: Final = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}( ?; ?[\w-]{1,50}=[\w.+-]{1,100}){0,5}", re.ASCII)
_UNKNOWN: Final = "application/octet-stream"
_PORTS: Final = {"http": 80, "https": 443}

_T = TypeVar("_T")


class Api:
    """Calls of one app. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: ZendeskSettings) -> None:
        self.provider = provider
        self._app = settings.api_url
        self._origin = settings.origin
        self.client = VendorClient(provider=provider, base_url=settings.api_url, auth=_auth(settings))

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    # ---- users and conversations

    async def user(self, external_id: str, body: Mapping[str, Any]) -> tuple[str, bool]:
        """Zendesk's id of a user, who is made if there is none, and whether they are new."""
        found = await self._find_user(external_id)
        if found is not None:
            return found, False
        answer = await self.client.request(
            "open", "POST", "users", json=body, repeat=Repeat.SAFE, expect=(_CREATED, _CONFLICT)
        )
        if answer.status != _CONFLICT:
            return read(WireUserAnswer, answer).user.id, True
        found = await self._find_user(
            external_id
        )  # made by somebody else, or by an attempt with a lost answer
        if found is None:
            raise answer.unlike_documented("a user is there, and is not")
        return found, False

    async def _find_user(self, external_id: str) -> str | None:
        answer = await self._get("open", f"users/{quote(external_id, safe='')}", expect=(200, _NOT_FOUND))
        return None if answer.status == _NOT_FOUND else read(WireUserAnswer, answer).user.id

    async def conversations(self, user_id: str) -> list[WireConversation]:
        """Every conversation of a user."""
        found: list[WireConversation] = []
        after: str | None = None
        for _ in range(_MOST_PAGES):
            params = {"filter[userId]": user_id, "page[size]": str(_PAGE)}
            answer = await self._get(
                "open", "conversations", params | ({} if after is None else {"page[after]": after})
            )
            page = read(WireConversations, answer)
            found += page.conversations
            if not page.meta.has_more or not page.conversations:
                return found
            before, after = after, page.meta.after_cursor or page.conversations[-1].id
            if after == before:
                raise answer.unlike_documented("the cursor of the next page is that of this one")
        raise ProtocolError("conversations without an end", provider=self.provider, operation="open")

    async def create_conversation(self, user_id: str, metadata: Mapping[str, str]) -> WireConversation:
        """Make a conversation. Not repeated."""
        body = {"type": "personal", "participants": [{"userId": user_id}], "metadata": metadata}
        answer = await self.client.request("open", "POST", "conversations", json=body)
        return read(WireConversationAnswer, answer).conversation

    async def name_conversation(self, conversation: str, metadata: Mapping[str, str]) -> None:
        """Set the metadata of a conversation."""
        await self.client.request(
            "open", "PATCH", _path(conversation), json={"metadata": metadata}, repeat=Repeat.SAFE
        )

    async def conversation(self, operation: str, conversation: str) -> WireConversation:
        """One conversation. Raises ``RejectedError`` with status 404 when there is none (any more)."""
        answer = await self._get(operation, _path(conversation))
        return read(WireConversationAnswer, answer).conversation

    # ---- messages

    async def post(self, operation: str, conversation: str, body: Mapping[str, Any]) -> str:
        """Post a message and return its id. Not repeated unless it never left."""
        answer = await self.client.request(operation, "POST", f"{_path(conversation)}/messages", json=body)
        made = read(WireMessages, answer).messages
        if not made:
            raise answer.unlike_documented("messages: none was made")
        return made[0].id

    async def messages(self, operation: str, conversation: str) -> AsyncIterator[WireMessage]:
        """Every message, the newest first, page by page as they are asked for."""
        before: str | None = None
        for _ in range(_MOST_PAGES + 1):
            answer = await self._get(
                operation,
                f"{_path(conversation)}/messages",
                {} if before is None else {"page[before]": before},
            )
            page = read(WireMessages, answer)
            # Whichever way a page is sorted: the documents say "newest page first", not more.
            for message in sorted(page.messages, key=lambda one: one.received, reverse=True):
                yield message
            if not page.meta.has_more or not page.messages:
                return
            oldest = page.meta.before_cursor or min(page.messages, key=lambda one: one.received).id
            if oldest == before:
                raise answer.unlike_documented("the cursor of the next page is that of this one")
            before = oldest
        raise ProtocolError("messages without an end", provider=self.provider, operation=operation)

    async def upload(self, conversation: str, name: str, media_type: str, content: bytes) -> str:
        """Hand a file over for one conversation; another one may not show it. Returns its link."""
        answer = await self.client.request(
            "file",
            "POST",
            "attachments",
            params={"access": "public", "for": "message", "conversationId": conversation},
            files={"source": (name, content, media_type if _TYPE.fullmatch(media_type) else _UNKNOWN)},
            repeat=Repeat.SAFE,
            timeout=_UPLOAD_SECONDS,
            budget=_UPLOAD_SECONDS,
        )
        return read(WireAttachmentAnswer, answer).attachment.media_url

    async def download(self, url: str, limit: int) -> VendorFile | None:
        """A file of this account, asked for with credentials; ``None`` for a link to somewhere else."""
        if _origin_of(url) != _origin_of(self._origin):
            return None
        answer = await self.client.request(
            "file", "GET", url, headers={"Accept": "*/*"}, repeat=Repeat.SAFE, redirects=3, max_bytes=limit
        )
        return VendorFile(content=answer.content)

    async def read_all(self, conversation: str, user_id: str) -> None:
        """Tell that the end user has read everything so far."""
        body = {"author": {"type": "user", "userId": user_id}, "type": "conversation:read"}
        path = f"{_path(conversation)}/activity"
        await self.client.request("receipt", "POST", path, json=body, repeat=Repeat.SAFE)

    # ---- control

    async def control(
        self,
        operation: str,
        conversation: str,
        call: Literal["passControl", "offerControl", "releaseControl"],
        body: Mapping[str, Any],
        *,
        expect: Sequence[int] = (200,),
    ) -> Answer:
        """Pass, offer or release control. The target is named: again is as good as once."""
        path = f"{_path(conversation)}/{call}"
        return await self.client.request(
            operation, "POST", path, json=body, repeat=Repeat.SAFE, expect=tuple(expect)
        )

    # ---- what doctor looks at

    async def app_settings(self) -> Mapping[str, Any]:
        """The settings of the app."""
        return read(WireApp, await self._get("check", self._app)).app.settings or {}

    async def responders(self) -> Sequence[WireResponder] | None:
        """The switchboard's integrations; ``None`` where there is no switchboard, or it is off."""
        boards = read(WireSwitchboards, await self._get("check", "switchboards")).switchboards
        on = [board.id for board in boards if board.enabled]
        if not on:
            return None
        answer = await self._get("check", f"switchboards/{quote(on[0], safe='')}/switchboardIntegrations")
        return read(WireSwitchboards, answer).switchboard_integrations

    async def webhooks(self) -> list[WireWebhook]:
        """The webhooks of the app's custom integrations."""
        answer = await self._get(
            "check", "integrations", {"filter[types]": "custom", "page[size]": str(_PAGE)}
        )
        found: list[WireWebhook] = []
        for one in read(WireIntegrations, answer).integrations:
            if one.type == "custom":
                hooks = await self._get("check", f"integrations/{quote(one.id, safe='')}/webhooks")
                found += read(WireWebhooks, hooks).webhooks
        return found

    # ---- once and no more

    async def ensure(self, make: Callable[[], Awaitable[_T]], look: Callable[[], Awaitable[_T | None]]) -> _T:
        """Make something once: after a failure that may pass it is looked for before it is made again."""
        clock = self.client.clock
        for pause in _PAUSES:
            try:
                return await make()
            except RetryableError as error:
                wish = error.retry_after or 0.0
                if wish > _LONGEST_WISH:
                    raise
                spread = random.uniform(pause / 2, pause)  # noqa: S311 - jitter, not a secret
                await clock.sleep_until(clock.now() + timedelta(seconds=wish + spread))
            found = await look()
            if found is not None:
                return found
        return await make()

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        expect: Sequence[int] = (200,),
    ) -> Answer:
        return await self.client.request(
            operation, "GET", path, params=params, repeat=Repeat.SAFE, expect=tuple(expect)
        )


def _origin_of(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; ``None`` for a link that cannot be read, or has a user name in it."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if "@" in parts.netloc else (parts.scheme, parts.hostname or "", port)


def _path(conversation: str) -> str:
    return f"conversations/{quote(conversation, safe='')}"


def _auth(settings: ZendeskSettings) -> Auth:
    secret = settings.secret[0]
    if settings.auth == "basic":
        return BasicAuth(settings.key_id, secret)
    return BearerAuth(SecretStr(_token(settings.key_id, secret)))


def _token(key_id: str, secret: SecretStr) -> str:
    """A JWT for the app (HS256). It says nothing that would change, so one is enough."""
    header = {"alg": "HS256", "typ": "JWT", "kid": key_id}
    signed = ".".join(_coded(json.dumps(part).encode()) for part in (header, {"scope": "app"}))
    digest = hmac.new(secret.get_secret_value().encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_coded(digest)}"


def _coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
