"""The demo as a process of its own, which can be killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import httpx

from livechat_sdk_cli.exits import CommandError

T = TypeVar("T")

START_LIMIT = 40.0
COMMAND = (sys.executable, "-c", "from livechat_sdk_cli.main import main; main()")


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DemoProcess:
    """``livechat demo`` on a folder and a port; another command in a class that is made of it."""

    name = "demo"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0

    def arguments(self) -> Sequence[str]:
        """The command and what is particular to it."""
        return ("demo", "--data", str(self.folder))

    def environment(self) -> Mapping[str, str]:
        """The variables of the process; it runs in its folder."""
        return os.environ

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self.starts += 1
        with (self.folder / f"{self.name}-{self.starts}.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                *self.arguments(),
                "--port",
                str(self.port),
                cwd=self.folder,
                env=self.environment(),
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
            )
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(START_LIMIT):
            while True:
                if self._process.returncode is not None:
                    raise AssertionError(f"it ended at its start: {self.log()}")
                try:
                    if (await client.get(f"{self.url}/readyz")).is_success:
                        return
                except httpx.TransportError:
                    pass  # it does not listen yet
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """``kill -9``."""
        process = self._running()
        process.send_signal(signal.SIGKILL)
        await process.wait()

    async def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        process = self._running()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            return await process.wait()

    async def stop(self) -> None:
        """Make sure that it is gone."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    def log(self) -> str:
        """What it printed since its last start."""
        return (self.folder / f"{self.name}-{self.starts}.log").read_text(encoding="utf-8", errors="replace")

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise AssertionError("it was never started")
        return self._process


async def stubborn(call: Callable[[], Awaitable[T]]) -> T:
    """Repeat a call until it succeeds, as a client does whose server restarts."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except (httpx.TransportError, CommandError):
                await asyncio.sleep(0.05)
