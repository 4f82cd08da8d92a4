"""One worker through its lives: started again each time that it was killed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.processes.nursery import Child, Nursery
from tests.processes.steps import steps_in
from tests.processes.wire import Gone
from tests.processes.world import PATIENCE, World


class Lives:
    """Keeps one worker running, and kills it as planned.

    ``kills`` are the steps at which its first lives end; the life after them is not killed. Without
    ``restarts`` the first death is the last.
    """

    def __init__(
        self,
        nursery: Nursery,
        world: World,
        folder: Path,
        settings: Mapping[str, Any],
        kills: Sequence[int] = (),
        *,
        name: str = "w",
        restarts: bool = True,
    ) -> None:
        self.kills = list(kills)
        self.name = name
        self._nursery = nursery
        self._world = world
        self._folder = folder
        self._settings = settings
        self._restarts = restarts
        self._life = 0
        self._expected = False
        self._paused = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._over = False
        self._child: Child | None = None

    async def run(self) -> None:
        """Start it, and again after each planned kill; returns when it has stopped by itself.

        Any other end of it fails the world: nobody waits for what cannot come.
        """
        self._stopped.clear()
        self._world.stopping.discard(self.name)
        try:
            while not await self._live():
                async with self._paused:
                    pass
        except BaseException as error:
            await self._world.fail(error)
            raise
        finally:
            self._stopped.set()

    @property
    def running(self) -> bool:
        """Whether it has been started and has not stopped for good."""
        return not self._stopped.is_set()

    async def stop(self) -> None:
        """Tell it to stop in good order; should it die on the way, its next life is told at once."""
        self._world.stopping.add(self.name)
        if self.name in self._world.workers:
            with suppress(Gone):
                await self._world.ask("stop", worker=self.name)

    async def began_anew(self, lost: int = 0) -> None:
        """Wait until it has found out that its lease had run out, once more than ``lost`` times."""
        async with asyncio.timeout(PATIENCE):
            while self.lost_leases <= lost:  # noqa: ASYNC110  # a log file has no event
                await asyncio.sleep(0.02)

    async def stopped(self) -> None:
        """Wait until it has stopped by itself."""
        await self._stopped.wait()

    @asynccontextmanager
    async def killed(self) -> AsyncGenerator[None]:
        """Kill it now; it is started again, if it is to be, when the block is left."""
        async with self._paused:
            if self._child is None:
                raise AssertionError("it was never started")
            self._expected = True
            self._child.signal(signal.SIGKILL)
            await self._child.wait()
            yield

    def signal(self, number: int) -> None:
        """Send a signal to the process that lives now."""
        if self._child is None:
            raise AssertionError("it was never started")
        self._child.signal(number)

    def kill(self) -> None:
        """End it at once; it is not started again."""
        self._over = True
        if self._child is not None:
            self._child.signal(signal.SIGKILL)

    def steps(self, life: int) -> list[str]:
        """The steps that it reached in one of its lives, from 0."""
        return steps_in(self._log(life, "steps"))

    @property
    def deaths(self) -> list[str]:
        """Where it was killed, in order."""
        lives = [self.steps(life) for life in range(len(self.kills))]
        return [steps[-1] for steps, kill in zip(lives, self.kills, strict=True) if len(steps) >= kill]

    @property
    def lost_leases(self) -> int:
        """How often it was so slow that its lease ran out."""
        logs = [self._log(life, "log") for life in range(self._life)]
        return sum(log.read_text(errors="replace").count("lease has run out; it begins anew") for log in logs)

    async def _live(self) -> bool:
        life, self._life = self._life, self._life + 1
        kill_at = self.kills[life] if life < len(self.kills) else None
        settings = {
            **self._settings,
            "worker": self.name,
            "socket": str(self._world.socket),
            "steps": str(self._log(life, "steps")),
            "kill_at": kill_at,
        }
        self._child = child = await self._nursery.fork(settings, self._log(life, "log"))
        if self._over:
            child.signal(signal.SIGKILL)
        code = await child.wait()
        await self._drained()
        if code == 0 or self._over:
            return True
        if code == -signal.SIGKILL and (kill_at is not None or self._expected):
            self._expected = False
            return not self._restarts
        printed = child.log.read_text(errors="replace")[-1500:]
        raise AssertionError(f"worker {self.name} ended with {code} in life {life}:\n{printed}")

    async def _drained(self) -> None:
        """Wait until the world has done all that the dead worker had asked for: its vendors are quick."""
        await self._world.until(
            lambda: self.name not in self._world.connected, f"the world is done with the dead {self.name}"
        )

    def _log(self, life: int, ending: str) -> Path:
        return self._folder / f"{self.name}-{life}.{ending}"
