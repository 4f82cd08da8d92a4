"""Zendesk for benchmarks, in a process of its own: no more of its API than a bridge needs, and quick.

It answers after ``delay`` seconds, as a vendor far away does, and remembers the text of each message of an
end user that it took, in order: ``GET /taken`` tells them, and ``POST /forget`` makes it forget.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs

from benchmarks._lean import a_vendor

__all__ = ["APP", "Zendesk", "a_zendesk"]

APP: Final = "5ebee0975ac5304b664a12fa"
_AT: Final = "2026-11-26T09:30:00.000Z"
_USER: Final = "67a11490f0305f4a391e9f8a"
_WORKSPACE: Final = {
    "id": "67a0ecf8f0305f4a391e9db2",
    "name": "zd-agentWorkspace",
    "integrationId": "67a0ecf8f0305f4a391e9db3",
    "integrationType": "zd:agentWorkspace",
}
_PROFILE: Final = {"locale": "en", "localeOrigin": "zendeskAccount"}
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Zendesk:
    """Where it is."""

    url: str

    def taken(self) -> list[str]:
        """The texts of the messages that it took."""
        with urllib.request.urlopen(f"{self.url}/taken", timeout=60) as answer:  # noqa: S310 - ours
            return list(json.load(answer))

    def count(self) -> int:
        """How many it took."""
        with urllib.request.urlopen(f"{self.url}/count", timeout=60) as answer:  # noqa: S310 - ours
            return int(json.load(answer))

    def forget(self) -> None:
        """Begin anew."""
        urllib.request.urlopen(f"{self.url}/forget", data=b"{}", timeout=60).close()  # noqa: S310 - ours


class _State:
    def __init__(self) -> None:
        self.taken: list[str] = []
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.made = 0
        self.metadata: dict[str, Any] = {}

    def new_id(self) -> str:
        self.made += 1
        return f"{self.made:024x}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a request is answered with; what it does is done."""
        what = path.partition("?")[0].rpartition("/")[2]
        if method == "GET":
            return 200 if "/users/" not in path else 404, self._get(path, what)
        asked = json.loads(body)
        match what:
            case "messages":
                message = self._message(asked)
                self.messages.setdefault(path.split("/")[-2], []).append(message)
                return 201, {"messages": [message]}
            case "users":
                profile = {**_PROFILE, **(asked.get("profile") or {})}
                user = {"id": _USER, "externalId": asked["externalId"], "signedUpAt": _AT, "identities": []}
                return 201, {"user": {**user, "profile": profile, "metadata": asked.get("metadata") or {}}}
            case "conversations":
                identity = self.new_id()
                self.metadata[identity] = asked.get("metadata") or {}
                return 201, self._conversation(identity)
            case "forget":
                self.taken.clear()
                self.messages.clear()
                return 200, {}
            case _:
                return 200, {}  # control is passed

    def _get(self, path: str, what: str) -> Any:
        match what:
            case "taken":
                return self.taken
            case "count":
                return len(self.taken)
            case "messages":
                return self._page(self.messages.get(path.split("/")[-2], []), path)
            case "conversations":
                return {"conversations": [], "meta": {"hasMore": False}, "links": {}}
            case _ if "/conversations/" in path:
                return self._conversation(what)
            case _:
                return {"errors": [{"code": "user_not_found", "title": "User not found"}]}

    def _page(self, messages: list[dict[str, Any]], path: str) -> Any:
        """The newest ones, or those before the one that is named."""
        query = parse_qs(path.partition("?")[2])
        before = query.get("page[before]", [""])[0]
        end = next((place for place, one in enumerate(messages) if one["id"] == before), len(messages))
        first = max(0, end - _PAGE)
        shown = messages[first:end]
        meta = {"hasMore": first > 0, "beforeCursor": shown[0]["id"] if shown else ""}
        return {"messages": shown, "meta": meta, "links": {}}

    def _conversation(self, identity: str) -> dict[str, Any]:
        conversation = {
            "id": identity,
            "type": "personal",
            "metadata": self.metadata.get(identity, {}),
            "activeSwitchboardIntegration": _WORKSPACE,
            "isDefault": False,
            "lastUpdatedAt": _AT,
            "createdAt": _AT,
        }
        return {"conversation": conversation}

    def _message(self, asked: dict[str, Any]) -> dict[str, Any]:
        content = asked["content"]
        if asked["author"]["type"] == "user":
            self.taken.append(content["text"])
        return {
            "id": self.new_id(),
            "received": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "author": {**asked["author"], "displayName": "Maria"},
            "content": {"type": "text", "text": content["text"]},
            "source": {"type": "api:conversations"},
            "metadata": asked.get("metadata") or {},
        }


@contextmanager
def a_zendesk(delay: float = 0.0) -> Generator[Zendesk]:
    """A vendor that runs while the context is open."""
    with a_vendor(_State, delay) as url:
        yield Zendesk(url)
