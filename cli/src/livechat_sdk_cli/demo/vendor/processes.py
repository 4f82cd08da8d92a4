"""The other processes of the play: the vendor and the worker, each a ``livechat`` command of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from livechat_sdk_cli.commands.simulate import find_vendor
from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["Child", "free_port", "start_vendor", "start_worker"]

START_SECONDS: Final = 60.0
"""How long a process may take until it answers; an idle machine needs one or two seconds."""

_LIVECHAT: Final = (sys.executable, "-c", "from livechat_sdk_cli.main import main; main()")
_END_SECONDS: Final = 20.0
_TAIL: Final = 2000


class Child:
    """A ``livechat`` command in a process of its own. What it says goes to ``log``."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    async def first_line(self) -> str:
        """The line with which it says that it is ready. Raises ``CommandError`` when none comes."""
        stream = self._process.stdout
        if stream is None:
            raise AssertionError("a child is started with a pipe for what it prints")
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                line = await stream.readline()
        if line:
            return line.decode().strip()
        said = self.log.read_text("utf-8", errors="replace")[-_TAIL:].strip()
        raise CommandError(
            f"{self.log.stem} did not start; it said: {said or 'nothing'}",
            code=ExitCode.CHECK_FAILED,
            next_step=f"read {self.log}",
        )

    async def kill(self) -> None:
        """End it at once, as a crash would: it can finish nothing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """End it gracefully; at once when that takes too long."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()


async def _start(folder: Path, name: str, *words: str, path: Path | None = None) -> Child:
    log = folder / f"{name}.log"
    env = dict(os.environ)
    if path is not None:
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(path), env.get("PYTHONPATH")]))
    with log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            *_LIVECHAT,
            *words,
            cwd=folder,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
        )
    return Child(process, log)


async def start_vendor(folder: Path, vendor: str, target: str) -> tuple[Child, Mapping[str, Any]]:
    """``livechat simulate``, and what it printed when it was ready.

    Its webhooks go to ``target``, where the vendor has any.
    """
    words = ["simulate", vendor, "--port", "0", "--json"]
    if find_vendor(vendor).make({}).sends_webhooks:
        words += ["--webhook-target", target]
    child = await _start(folder, "vendor", *words)
    try:
        told: Mapping[str, Any] = json.loads(await child.first_line())
    except BaseException:
        await child.kill()
        raise
    return child, told


async def start_worker(folder: Path, name: str, settings: Path, path: Path | None) -> Child:
    """``livechat serve`` on the settings, ready; ``path`` is where it finds more packages."""
    child = await _start(folder, name, "serve", str(settings), path=path)
    try:
        await child.first_line()
    except BaseException:
        await child.kill()
        raise
    return child


def free_port() -> int:
    """A port on loopback that nobody listens on now.

    The worker needs one that is known before it starts, and that its successor can have again: it is in the
    address to which the vendor posts.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
