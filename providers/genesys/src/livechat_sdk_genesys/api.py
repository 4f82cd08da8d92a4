"""Genesys' calls, one method each: what is asked, and how often it may be asked again.

Genesys has no key by which it would know a repeated message. What makes one is therefore not repeated here
unless it never left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Answer, Repeat, VendorClient
from livechat_sdk.provider.files import VendorFile
from livechat_sdk_genesys.calls import Calls
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.wire import (
    WireChannel,
    WireConversation,
    WireMessageData,
    WireMessages,
    WireSentMessage,
    WireTopics,
    read,
)

__all__ = ["Api"]

_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_DONE: Final = (200, 202)

_BULK: Final = 100
"""Messages that are read again with one call."""

_PASSES: Final = frozenset({"RateLimited", "ServerError"})
_FILE_SECONDS: Final = 60.0


class Api(Calls):
    """Calls about conversations."""

    def __init__(self, provider: str, settings: GenesysSettings) -> None:
        super().__init__(provider, settings)
        self._inbound = f"conversations/messages/{quote(settings.open_integration_id, safe='')}/inbound/open"
        self._downloads: dict[str, VendorClient] = {}

    async def close(self) -> None:
        """Close the connections."""
        await super().close()
        for client in self._downloads.values():
            await client.close()
        self._downloads.clear()

    @property
    def is_plain(self) -> bool:
        """Whether the API is reached without TLS: a simulator on this machine, then."""
        return self._base.startswith("http://")

    # ---- what the end user does

    async def message(self, operation: str, body: Mapping[str, Any], *, prefetch: bool) -> WireSentMessage:
        """Post a message of the end user. Not repeated unless it never left.

        ``prefetch``: the answer names the conversation. Raises ``RejectedError`` when the answer says that
        it failed, whatever its status.
        """
        params = {"prefetchConversationId": "true"} if prefetch else {}
        return await self._inbound_call(operation, "message", body, params=params)

    async def structured(self, operation: str, body: Mapping[str, Any]) -> WireSentMessage:
        """Post the answer to a button. Not repeated unless it never left."""
        return await self._inbound_call(operation, "structured/response", body)

    async def event(self, body: Mapping[str, Any]) -> None:
        """Post that the end user types."""
        await self._inbound_call("typing", "event", body)

    async def receipt(self, body: Mapping[str, Any]) -> None:
        """Tell what became of a message of an agent. Again is as good as once."""
        await self._inbound_call("receipt", "receipt", body, repeat=Repeat.SAFE)

    async def _inbound_call(
        self,
        operation: str,
        kind: str,
        body: Mapping[str, Any],
        *,
        params: Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.NEVER_LEFT,
    ) -> WireSentMessage:
        answer = await self._call(
            operation,
            "POST",
            f"{self._inbound}/{kind}",
            params=params,
            json=body,
            repeat=repeat,
            expect=_DONE,
        )
        sent = read(WireSentMessage, answer)
        if sent.status == "Failed":
            raise _failed(sent, answer)
        return sent

    # ---- conversations

    async def conversation(
        self, operation: str, conversation: str, *, can_wait: bool = False
    ) -> WireConversation:
        """A conversation with its participants. Raises ``RejectedError`` with status 404 if there is none."""
        answer = await self._call(
            operation, "GET", _path(conversation), repeat=Repeat.SAFE, can_wait=can_wait
        )
        return read(WireConversation, answer)

    async def messages(self, operation: str, conversation: str, ids: Sequence[str]) -> list[WireMessageData]:
        """Messages of a conversation, read again, in no order."""
        found: list[WireMessageData] = []
        for start in range(0, len(ids), _BULK):
            answer = await self._call(
                operation,
                "POST",
                f"{_path(conversation)}/messages/bulk",
                params={"useNormalizedMessage": "true"},
                json=list(ids[start : start + _BULK]),
                repeat=Repeat.SAFE,
                can_wait=True,
            )
            found += read(WireMessages, answer).entities
        return found

    async def disconnect(self, conversation: str, participant: str) -> None:
        """Let a participant leave. Whoever has left already is no error."""
        await self._call(
            "close",
            "PATCH",
            f"{_path(conversation)}/participants/{quote(participant, safe='')}",
            json={"state": "disconnected"},
            repeat=Repeat.SAFE,
            expect=(*_DONE, 204, _NOT_FOUND),
        )

    async def end(self, conversation: str) -> None:
        """End a conversation for everybody, where its participants are not known."""
        await self._call(
            "close",
            "PATCH",
            _path(conversation),
            json={"state": "disconnected"},
            repeat=Repeat.SAFE,
            expect=(*_DONE, 204, _NOT_FOUND),
        )

    async def attributes(self, conversation: str, participant: str, values: Mapping[str, str]) -> None:
        """Set attributes of a participant. Others stay."""
        await self._call(
            "update",
            "PATCH",
            f"{_path(conversation)}/participants/{quote(participant, safe='')}/attributes",
            json={"attributes": dict(values)},
            repeat=Repeat.SAFE,
            expect=(*_DONE, 204),
        )

    # ---- notifications

    async def channel(self) -> WireChannel:
        """Make a channel of notifications."""
        return read(WireChannel, await self._call("stream", "POST", "notifications/channels"))

    async def subscribe(
        self, channel: str, topics: Sequence[str], *, replace: bool = False
    ) -> Mapping[str, str | None]:
        """Add topics to a channel, or ``replace`` all that it has. Returns their states.

        One that is not granted does not keep the others from it.
        """
        answer = await self._call(
            "stream",
            "PUT" if replace else "POST",
            f"notifications/channels/{quote(channel, safe='')}/subscriptions",
            params={"ignoreErrors": "true"},
            json=[{"id": topic} for topic in topics],
            repeat=Repeat.SAFE,
        )
        return {one.id: one.state for one in read(WireTopics, answer).entities}

    # ---- files

    async def download(self, url: str, limit: int) -> VendorFile | None:
        """A file of an agent; ``None`` for a link that does not lead to Genesys.

        Whether a link wants a token is not documented: it is asked without one first.
        """
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return None
        ours = urlsplit(self._base)
        if parts.netloc != ours.netloc and not (
            parts.scheme == "https" and host.endswith(f".{self._region}") and "@" not in parts.netloc
        ):
            return None
        origin = f"{parts.scheme}://{parts.netloc}"
        client = self.client if parts.netloc == ours.netloc else self._downloads.get(origin)
        if client is None:
            client = self._downloads[origin] = VendorClient(
                provider=self.provider, base_url=origin, auth=self._auth
            )
        plain = await self._file(client, url, limit, auth=False)
        if plain.status not in {_UNAUTHORISED, _FORBIDDEN}:
            return VendorFile(content=plain.content)
        return VendorFile(content=(await self._file(client, url, limit, auth=True)).content)

    async def _file(self, client: VendorClient, url: str, limit: int, *, auth: bool) -> Answer:
        return await client.request(
            "file",
            "GET",
            url,
            headers={"Accept": "*/*"},
            repeat=Repeat.SAFE,
            expect=(200,) if auth else (200, _UNAUTHORISED, _FORBIDDEN),
            redirects=3,
            max_bytes=limit,
            timeout=_FILE_SECONDS,
            budget=_FILE_SECONDS,
            auth=auth,
        )


def _failed(sent: WireSentMessage, answer: Answer) -> ProviderError:
    """The error for an answer that says ``Failed``, whatever its status."""
    reasons = sent.reasons or ()
    told = "; ".join(": ".join(part for part in (one.code, one.message) if part) for one in reasons)
    kind = RetryableError if any(one.code in _PASSES for one in reasons) else RejectedError
    return kind(
        f"status {answer.status}, and the answer says Failed" + (f": {told[:500]}" if told else ""),
        provider=answer.provider,
        operation=answer.operation,
        status=answer.status,
        request_id=answer.request_id,
        sent=True,
    )


def _path(conversation: str) -> str:
    return f"conversations/messages/{quote(conversation, safe='')}"
