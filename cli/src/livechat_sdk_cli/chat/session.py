"""The conversation: what the person writes goes out in order, what happens meanwhile is shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from livechat_sdk_cli import terminal
from livechat_sdk_cli.chat.lines import HELP, Lines
from livechat_sdk_cli.chat.wire import Gateway, NotTaken

__all__ = ["Session"]

_SETTLED: Final = frozenset({"seen", "refused", "dropped", "doubtful"})
"""Fates after which nothing more is told about a message of the end user."""
_CAME: Final = frozenset({"sent", "acknowledged", "seen", "doubtful"})
"""Fates of what the end user has, or may have."""
_COMING: Final = frozenset({"planned", "held"})
_EXCERPT: Final = 30
"""Columns of a message that are repeated when something is told about it."""
_TOLD: Final = frozenset({"acknowledged", *_SETTLED})


class Session:
    """One handoff of one person. ``run`` returns the handoff at its end, or ``None`` when the person left."""

    def __init__(self, gateway: Gateway, lines: Lines) -> None:
        self._gateway = gateway
        self._lines = lines
        self._state = ""
        self._queue: Mapping[str, Any] | None = None
        self._agent: str | None = None
        self._shown: set[int] = set()
        self._fates: dict[int, str] = {}
        self._orders = {
            "/end": self._end,
            "/file": self._send_file,
            "/help": self._help,
            "/status": self._status,
            "/typing": self._typing,
        }
        self._settled = 0
        """The number before the first message about which something may still be told."""

    async def run(self, wanted: Mapping[str, Any], typed: AsyncIterator[str]) -> Mapping[str, Any] | None:
        """Ask for a human and talk until the handoff ends or the person leaves."""
        view = await self._gateway.request(wanted)
        if view["outcome"] == "already_open":  # somebody left it, and comes back
            self._gateway.handoff_id = str(view["end"]["existing"])
            view = await self._gateway.view()
        self._lines.write("handoff", self._gateway.handoff_id)
        self._look_at(view)
        following = asyncio.create_task(self._follow(), name="follow")
        writing = asyncio.create_task(self._write(typed), name="write")
        try:
            await asyncio.wait([following, writing], return_when=asyncio.FIRST_COMPLETED)
            if writing.done() and writing.result():  # raises what went wrong there
                return None
            await following
        finally:
            for task in (following, writing):
                task.cancel()
            await asyncio.gather(following, writing, return_exceptions=True)
        view = await self._gateway.view()
        await self._show_messages(came=_CAME | _COMING)
        self._lines.ended(view)
        return view

    async def _follow(self) -> None:
        await self._show_messages()
        async for change in self._gateway.changes():
            kind = str(change["kind"])
            if change["state"] != self._state or "queue" in kind or "agent" in kind:
                self._look_at(await self._gateway.view())
            await self._show_messages()

    def _look_at(self, view: Mapping[str, Any]) -> None:
        """Tell what is new about the handoff itself."""
        agent: Mapping[str, Any] = view.get("agent") or {}
        self._agent = agent.get("name") or self._agent
        if view["state"] != self._state:
            self._state = str(view["state"])
            if self._state != "ended":  # that is told with its outcome
                where = f" at {view['integration']}" if view.get("integration") else ""
                self._lines.write("state", f"{self._state}{where}")
        queue = view.get("queue")
        if queue and self._state in {"starting", "queued"} and queue != self._queue:
            self._lines.queue(queue)
        self._queue = queue

    async def _show_messages(self, came: frozenset[str] = _CAME) -> None:
        """Show what came, in the order in which it came, and what became of what went out."""
        entries = await self._gateway.messages(self._settled)
        to_user = [one for one in entries if one["direction"] == "to_user" and one["fate"] in came]
        new = [one for one in to_user if int(one["seq"]) not in self._shown]
        if new:  # who says it, and that they joined, comes first
            self._look_at(await self._gateway.view())
        # The words of the system are numbered when they are found: they may be said before a lower number is.
        for entry in sorted(new, key=_when):
            self._shown.add(int(entry["seq"]))
            self._lines.message(entry, self._agent)
            if entry["author"] == "agent":
                await self._gateway.read(str(entry["message"]["key"]))
        for entry in entries:
            number, fate = int(entry["seq"]), str(entry["fate"])
            if entry["direction"] == "to_user":
                self._fates[number] = fate if number not in self._shown else "seen"
                continue
            if self._fates.get(number) != fate and fate in _TOLD:
                self._tell_fate(entry, fate)
            self._fates[number] = fate
        while self._fates.get(self._settled + 1) in _SETTLED:
            self._settled += 1

    def _tell_fate(self, entry: Mapping[str, Any], fate: str) -> None:
        said = str(entry["message"].get("body") or "a file")
        said = terminal.shorten(said, _EXCERPT)
        if fate in {"acknowledged", "seen"}:
            self._lines.write("receipt", f"{'read' if fate == 'seen' else 'delivered'}: {said}")
        else:
            why = f" ({entry['detail']})" if entry.get("detail") else ""
            self._lines.write("refused" if fate == "refused" else fate, f"{said}{why}")

    async def _write(self, typed: AsyncIterator[str]) -> bool:
        """Do what is typed, line by line. True when the person leaves, False when there is nothing more."""
        async for line in typed:
            if line.strip() == "/quit":
                return True
            try:
                await self._do(line)
            except NotTaken as refused:
                self._lines.write("refused", str(refused))
            except OSError as error:
                self._lines.write("refused", f"{error.filename or line}: {error.strerror or error}")
        return False

    async def _do(self, line: str) -> None:
        if line.startswith("//") or not line.startswith("/"):
            if line.strip():
                await self._gateway.say(_key(), line.removeprefix("/"))
            return
        word, _, rest = line.strip().partition(" ")
        order = self._orders.get(word)
        if order is None:
            self._lines.write("help", f"there is no {word}; /help lists what there is")
        else:
            await order(rest.strip())

    async def _end(self, _: str) -> None:
        await self._gateway.end()

    async def _help(self, _: str) -> None:
        for one in HELP:
            self._lines.write("help", one)

    async def _status(self, _: str) -> None:
        view = await self._gateway.view()
        self._lines.write("status", f"{view['state']}, handoff {view['id']}")

    async def _typing(self, _: str) -> None:
        await self._gateway.typing(on=True)

    async def _send_file(self, rest: str) -> None:
        path, text = await asyncio.to_thread(_path_and_text, rest)
        if path is None:
            self._lines.write("help", "/file PATH [TEXT]")
            return
        await self._gateway.say(_key(), text, [await self._gateway.upload(path)])


def _path_and_text(rest: str) -> tuple[Path | None, str]:
    """The file, and what is said with it. The name of a file may hold spaces where nothing is said."""
    if not rest:
        return None, ""
    with suppress(OSError):  # too long to be a name
        whole = Path(rest).expanduser()
        if whole.is_file():
            return whole, ""
    name, _, text = rest.partition(" ")
    return Path(name).expanduser(), text.strip()


def _key() -> str:
    return f"chat-{uuid4().hex}"


def _when(entry: Mapping[str, Any]) -> tuple[datetime, int]:
    """When the end user got a message that nothing has changed since."""
    return datetime.fromisoformat(entry["updated_at"]), int(entry["seq"])
