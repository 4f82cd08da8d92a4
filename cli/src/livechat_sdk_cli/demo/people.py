"""The people of the demo at the HTTP faces: an end user at the chat page's API, an agent at the desk's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from livechat_sdk_cli.demo.bots import DAY_BOT
from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["PATIENCE", "AgentClient", "EndUserClient", "ok", "until"]

PATIENCE = 30.0
"""Seconds for one step; an idle machine needs a fraction of one."""

T = TypeVar("T")


class EndUserClient:
    """The end user, at the API of the chat page."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = f"{url}/chat/api"
        self._headers: dict[str, str] = {}
        self.conversation = ""

    async def arrive(self, bot: str = DAY_BOT) -> None:
        """Open the page of a bot."""
        made = ok(await self._client.post(f"{self._url}/conversations", json={"bot": bot}))
        self.conversation = made["conversation"]
        self._headers = {"Authorization": f"Bearer {made['token']}"}

    async def write(self, text: str, key: str | None = None) -> None:
        """Send a message; the same ``key`` again is the same message."""
        body = {"text": text} if key is None else {"text": text, "key": key}
        ok(await self._client.post(self._messages, json=body, headers=self._headers))

    async def sees(self) -> Sequence[Mapping[str, Any]]:
        """Everything on the page."""
        answer = ok(await self._client.get(self._messages, headers=self._headers))
        messages: Sequence[Mapping[str, Any]] = answer["items"]
        return messages

    async def waits_for(self, text: str, count: int = 1) -> None:
        """Wait until something on the page holds ``text`` (``count`` times)."""

        async def there() -> bool:
            return sum(text in str(message["text"]) for message in await self.sees()) >= count

        await until(there, f"the end user sees “{text}”")

    @property
    def _messages(self) -> str:
        return f"{self._url}/conversations/{self.conversation}/messages"


class AgentClient:
    """An agent, at the API of the desk."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = f"{url}/desk/api"
        self._headers: dict[str, str] = {}

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in."""
        body = {"email": email, "password": password}
        token = ok(await self._client.post(f"{self._url}/login", json=body))["token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        """Read something."""
        return ok(await self._client.get(f"{self._url}/{path}", headers=self._headers))

    async def post(self, path: str, **body: Any) -> Any:
        """Do something."""
        return ok(await self._client.post(f"{self._url}/{path}", json=body, headers=self._headers))


async def until(look: Callable[[], Awaitable[T | None]], what: str, patience: float = PATIENCE) -> T:
    """What ``look`` finds, as soon as it finds something.

    Raises ``CommandError`` after ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not (found := await look()):
        if time.monotonic() > deadline:
            raise CommandError(
                f"waited {patience:.0f} s in vain: {what}",
                code=ExitCode.CHECK_FAILED,
                next_step="run it again; if it fails again, that is a bug to report",
            )
        await asyncio.sleep(0.02)
    return found


def ok(answer: httpx.Response) -> Any:
    """The JSON of a good answer. Raises ``CommandError`` for any other."""
    if answer.is_error:
        raise CommandError(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}",
            code=ExitCode.CHECK_FAILED,
            next_step="report it: this is a bug",
        )
    return answer.json() if answer.content else {}
