"""Starts workers quickly: a process that has everything loaded, and forks one whenever it is asked.

Each worker is a process of its own; it is only spared the loading. All of them end when the nursery ends,
and the nursery ends when whoever started it does.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import select
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1


# ------------------------------------------------------------------------------------------ whoever starts it
@dataclass(frozen=True)
class Child:
    """One worker process."""

    pid: int
    ended: asyncio.Future[int]
    log: Path
    tell: Callable[[dict[str, Any]], None]

    async def wait(self) -> int:
        """Wait for its end and return its exit code: negative is the signal that it died of."""
        return await asyncio.shield(self.ended)

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended. Its parent does it: only a parent knows whose a pid is."""
        self.tell({"signal": number, "pid": self.pid})


class Nursery:
    """The nursery, seen from the test that starts it. Leaving it kills every worker that is left."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._born: asyncio.Queue[Child] = asyncio.Queue()
        self._children: dict[int, Child] = {}
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.processes.nursery",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None or self._reading is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        async with asyncio.timeout(20):
            await self._reading
            await self._process.wait()

    async def fork(self, settings: Mapping[str, Any], log: Path) -> Child:
        """Start a worker; what it prints goes to the end of ``log``."""
        async with self._lock, asyncio.timeout(30):
            self._tell({"settings": settings, "log": str(log)})
            return await self._born.get()

    def _tell(self, document: Mapping[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise AssertionError("the nursery was not entered")
        self._process.stdin.write(json.dumps(document).encode() + b"\n")

    async def _read(self) -> None:
        if self._process is None or self._process.stdout is None:
            raise AssertionError("the nursery was not entered")
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "born" in told:
                ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
                child = Child(told["born"], ended, Path(told["log"]), self._tell)
                self._children[child.pid] = child
                self._born.put_nowait(child)
            else:
                self._children.pop(told["died"]).ended.set_result(told["code"])


# ---------------------------------------------------------------------------------------- the process itself
def _main() -> None:
    from tests.processes.worker import warm_up

    with tempfile.TemporaryDirectory(prefix="lc-") as folder:
        asyncio.run(warm_up(Path(folder)))
    if threading.active_count() != 1:
        raise AssertionError(f"a process with threads must not fork: {threading.enumerate()}")
    gc.collect()
    gc.freeze()
    waking, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    asked = b""
    while True:
        ready, _, _ = select.select([0, waking], [], [])
        if waking in ready:
            os.read(waking, 4096)
            _bury(children)
        if 0 in ready:
            more = os.read(0, 65536)
            if not more:
                break
            *lines, asked = (asked + more).split(b"\n")
            for line in lines:
                _obey(json.loads(line), children)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    while children:
        _bury(children, wait=True)


def _obey(told: dict[str, Any], children: set[int]) -> None:
    if "signal" not in told:
        pid = _fork(told)
        children.add(pid)
        _tell({"born": pid, "log": told["log"]})
    elif told["pid"] in children:
        os.kill(told["pid"], told["signal"])


def _fork(asked: dict[str, Any]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(71)
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        from tests.processes.worker import main

        code = main(asked["settings"])
    except BaseException:  # noqa: BLE001  # a child must never go on as if it were its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _bury(children: set[int], *, wait: bool = False) -> None:
    while children:
        try:
            pid, status = os.waitpid(-1, 0 if wait else os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        children.discard(pid)
        _tell({"died": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(document: dict[str, Any]) -> None:
    try:
        os.write(1, json.dumps(document).encode() + b"\n")
    except BrokenPipeError:
        return  # whoever started us is gone; so are we in a moment


if __name__ == "__main__":
    _main()
