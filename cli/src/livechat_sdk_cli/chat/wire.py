"""The gateway's REST API as the platform of one end user calls it, over lost connections.

Whatever changes something carries a key, so it is sent again until there is an answer; the stream of events
goes on after the newest event that was seen.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["Gateway", "NotTaken", "http_client"]

_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds before another attempt; the last one counts for all later ones."""
_ANSWER: Final = 15.0
"""Seconds for an answer."""
_SILENCE: Final = 40.0
"""Seconds without a byte; the gateway sends a comment every 15."""
_PAGE: Final = 200
_NOTHING_LEFT: Final = 204
_UNAUTHORISED: Final = (401, 403)
_GONE: Final = 404


def http_client() -> httpx.AsyncClient:
    """What the calls go through; a context manager."""
    return httpx.AsyncClient(timeout=_ANSWER)


class NotTaken(CommandError):
    """The gateway refused something, and would again."""


class Gateway:
    """One handoff at a gateway. ``lost`` hears of a lost connection, ``back`` when it is there again.

    ``patience``: seconds for which the first call is tried; later ones are tried until they succeed.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        token: str,
        *,
        lost: Callable[[str], object],
        back: Callable[[], object],
        patience: float = 5.0,
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._lost = lost
        self._back = back
        self._patience = patience
        self._down = False
        self.handoff_id = ""

    async def request(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for a human; the same key again gives the same handoff. Raises ``CommandError``."""
        try:
            async with asyncio.timeout(self._patience):
                view: Mapping[str, Any] = await self._call("POST", "/v1/handoffs", json=wanted)
        except TimeoutError:
            raise CommandError(
                f"no gateway answers at {self._url}",
                code=ExitCode.UNREACHABLE,
                next_step="start `livechat serve`, name another --url, or add --here to run it all in here",
            ) from None
        self.handoff_id = str(view["id"])
        return view

    async def view(self) -> Mapping[str, Any]:
        """The handoff as it is."""
        view: Mapping[str, Any] = await self._call("GET", self._one)
        return view

    async def messages(self, after: int) -> Sequence[Mapping[str, Any]]:
        """The messages after a number, with what became of each."""
        found: list[Mapping[str, Any]] = []
        more = True
        while more:
            page = await self._call("GET", f"{self._one}/messages?after={after}&limit={_PAGE}")
            found += page["messages"]
            after, more = int(page["next_after"]), bool(page["more"])
        return found

    async def say(self, key: str, text: str, attachments: Sequence[Mapping[str, Any]] = ()) -> None:
        """Pass on a message of the end user."""
        body: dict[str, Any] = {"key": key, "body": text}
        if attachments:
            body["attachments"] = list(attachments)
        await self._call("POST", f"{self._one}/messages", json=body)

    async def upload(self, path: Path) -> dict[str, Any]:
        """Have a file kept; returns the attachment. Raises ``OSError`` when it cannot be read."""
        from mimetypes import guess_type

        content = await asyncio.to_thread(path.read_bytes)
        kind = guess_type(path.name)[0] or "application/octet-stream"
        where = f"/v1/files?handoff={quote(self.handoff_id, safe='')}&name={quote(path.name, safe='')}"
        kept = await self._call("POST", where, content=content, headers={"Content-Type": kind})
        return {name: kept[name] for name in ("url", "name", "media_type", "size")}

    async def typing(self, *, on: bool) -> None:
        """The end user is typing, or stopped."""
        await self._call("POST", f"{self._one}/typing", json={"on": on})

    async def read(self, key: str) -> None:
        """The end user has read a message of the agent."""
        await self._call("POST", f"{self._one}/receipts", json={"message_key": key, "status": "read"})

    async def end(self) -> None:
        """End the handoff."""
        await self._call("POST", f"{self._one}/end", json={"by": "user"})

    async def changes(self) -> AsyncGenerator[Mapping[str, Any]]:
        """What happens to the handoff, one entry of its journal after the other, until it has ended."""
        last, attempt = 0, 0
        while True:
            try:
                headers = {**self._headers, "Last-Event-ID": str(last)}
                where = f"{self._url}{self._one}/events"
                async with self._client.stream("GET", where, headers=headers, timeout=_SILENCE) as stream:
                    if stream.status_code == _NOTHING_LEFT:
                        return
                    if stream.status_code in _AGAIN:
                        raise httpx.ReadError(f"status {stream.status_code}")
                    if stream.is_error:
                        raise _refused(stream, await stream.aread())
                    self._is_back()
                    attempt = 0
                    async for event, identity, data in _events(stream):
                        if event == "ended":
                            return
                        if event == "change" and int(identity) > last:
                            last = int(identity)
                            yield data
            except httpx.TransportError as error:
                self._is_lost(type(error).__name__, attempt)
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1

    @property
    def _one(self) -> str:
        return f"/v1/handoffs/{quote(self.handoff_id, safe='')}"

    async def _call(self, method: str, path: str, **more: Any) -> Any:
        """Call until there is an answer that counts. Raises ``NotTaken``."""
        headers = {**self._headers, **more.pop("headers", {})}
        attempt = 0
        while True:
            try:
                answer = await self._client.request(method, f"{self._url}{path}", headers=headers, **more)
            except httpx.TransportError as error:
                self._is_lost(type(error).__name__, attempt)
            else:
                if answer.status_code not in _AGAIN:
                    self._is_back()
                    if answer.is_error:
                        raise _refused(answer, answer.content)
                    return answer.json() if answer.content else None
                self._is_lost(f"status {answer.status_code}", attempt)
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1

    def _is_lost(self, why: str, attempt: int) -> None:
        """Tell it once, and not at the first attempt: that one may only have met a connection grown old."""
        if attempt and not self._down:
            self._down = True
            self._lost(why)

    def _is_back(self) -> None:
        if self._down:
            self._down = False
            self._back()


async def _events(stream: httpx.Response) -> AsyncGenerator[tuple[str, str, Mapping[str, Any]]]:
    """Name, id and data of each event of a stream."""
    fields: dict[str, str] = {}
    async for line in stream.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            yield fields.get("event", ""), fields.get("id", "0"), json.loads(fields["data"])
            fields = {}


def _refused(answer: httpx.Response, content: bytes) -> NotTaken:
    """What the gateway said, as an error with its own next step."""
    try:
        said = json.loads(content)["error"]
        message, hint = str(said["message"]), str(said.get("hint") or "")
    except (ValueError, KeyError, TypeError):
        message, hint = f"the gateway answers with status {answer.status_code}", ""
    if answer.status_code in _UNAUTHORISED:
        return NotTaken(
            message, code=ExitCode.CREDENTIALS, next_step="set LIVECHAT_TOKEN to a token of `gateway.tokens`"
        )
    code = ExitCode.USAGE if answer.status_code == _GONE else ExitCode.REFUSED
    return NotTaken(message, code=code, next_step=hint or "see docs/reference/gateway.md, Errors")
