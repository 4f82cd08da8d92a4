"""The agents of the vendor, at the control API of its simulator; and what goes wrong there."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import httpx

from livechat_sdk_cli.demo.people import ok
from livechat_sdk_cli.demo.vendor.checks import Heard, as_agents_saw
from livechat_sdk_cli.demo.vendor.lines import File, Line

__all__ = ["AgentSide"]

_NOT_POSSIBLE: Final = (404, 409)


class AgentSide:
    """Plays the agents. ``url`` is that of the simulator."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = f"{url}/_sim"
        self._acts: frozenset[str] = frozenset()
        self.chat_id = ""
        """The vendor's id of the chat that is played."""

    async def learn(self) -> Mapping[str, Any]:
        """Learn what agents here can do; returns what an integration needs."""
        self._acts = frozenset((await self._get("acts"))["acts"])
        told: Mapping[str, Any] = await self._get("integration")
        return told

    def can(self, act: str) -> bool:
        """Whether agents of this vendor can do this at all."""
        return act in self._acts

    async def chats(self) -> Sequence[Mapping[str, Any]]:
        """Every chat, newest first."""
        chats: Sequence[Mapping[str, Any]] = (await self._get("chats"))["chats"]
        return chats

    async def chat(self) -> Mapping[str, Any]:
        """The chat as the agents see it, with its messages."""
        chat: Mapping[str, Any] = await self._get(self._of_chat())
        return chat

    async def sees(self) -> list[Heard]:
        """What the end user wrote, as the agents see it, in order."""
        messages = (await self.chat())["messages"]
        return as_agents_saw([one for one in messages if one["author"] == "visitor"])

    async def act(self, name: str, **fields: Any) -> None:
        """Let an agent do something. Raises ``CommandError`` when that is not possible."""
        ok(await self._client.post(f"{self._url}/{self._of_chat()}/{name}", json=fields))

    async def may(self, name: str, **fields: Any) -> bool:
        """The same, of something that may be impossible now; returns whether it was done."""
        if not self.can(name):
            return False
        answer = await self._client.post(f"{self._url}/{self._of_chat()}/{name}", json=fields)
        if answer.status_code in _NOT_POSSIBLE:
            return False
        ok(answer)
        return True

    async def say(self, line: Line, agent: str) -> bool:
        """Write; returns whether this vendor's agents can write such a thing."""
        fields: dict[str, Any] = {"text": line.text, "agent": agent}
        if line.file is not None:
            fields["file"] = _fields(line.file)
            return await self.may("say", **fields)
        await self.act("say", **fields)
        return True

    async def script(self, operation: str, fault: str, **details: Any) -> None:
        """Let the next call of an operation go wrong."""
        body = {"operation": operation, "fault": fault, **details}
        ok(await self._client.post(f"{self._url}/faults", json=body))

    async def suffers(self, fault: str) -> bool:
        """Whether a call has met this fault by now."""
        return any(one["fault"].startswith(fault) for one in (await self._get("requests"))["requests"])

    async def plan(self, **plan: Any) -> None:
        """Let faults come by themselves from now on."""
        ok(await self._client.post(f"{self._url}/faults/plan", json=plan))

    async def knows(self, operation: str) -> bool:
        """Whether the vendor has such calls."""
        return operation in (await self._get("faults"))["operations"]

    async def waiting(self, operation: str) -> int:
        """How often a scripted fault of an operation has still to happen."""
        waiting = (await self._get("faults"))["waiting"]
        return sum(int(one["times"]) for one in waiting if one["operation"] == operation)

    async def suffered(self) -> Mapping[str, int]:
        """What went wrong by the plan: how many calls were refused, how many events came twice and late."""
        happened: Mapping[str, int] = (await self._get("faults"))["happened"]
        return happened

    async def _get(self, path: str) -> Any:
        return ok(await self._client.get(f"{self._url}/{path}"))

    def _of_chat(self) -> str:
        return f"chats/{quote(self.chat_id, safe='')}"


def _fields(file: File) -> dict[str, str]:
    return {"name": file.name, "type": file.type, "data": base64.b64encode(file.content).decode()}
