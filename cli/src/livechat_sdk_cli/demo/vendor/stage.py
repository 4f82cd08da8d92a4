"""The stage: vendor, worker and platform, each where it belongs, and a worker that can be replaced."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

import httpx

from livechat_sdk_cli.demo.people import ok
from livechat_sdk_cli.demo.vendor.agents import AgentSide
from livechat_sdk_cli.demo.vendor.means import Cut, cut
from livechat_sdk_cli.demo.vendor.platform import Platform, serve_platform
from livechat_sdk_cli.demo.vendor.processes import Child, free_port, start_vendor, start_worker
from livechat_sdk_cli.demo.vendor.settings import (
    Endpoints,
    capabilities_of,
    integration_of,
    registry_with,
    worker_path,
    write_settings,
)

if TYPE_CHECKING:
    from livechat_sdk.domain.capabilities import Capabilities
    from livechat_sdk_cli.demo.vendor.steps import Steps

__all__ = ["Stage", "served_vendor", "set_stage"]


class Stage:
    """What is up. The worker is the only one that is ever killed."""

    def __init__(
        self,
        folder: Path,
        settings: Path,
        path: Path | None,
        agents: AgentSide,
        places: Endpoints,
        able: Capabilities,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._path = path
        self.agents = agents
        self.places = places
        self.able = able
        self._worker: Child | None = None
        self.workers = 0
        """How many there were."""
        self.cut: Cut | None = None
        """What does not work for the whole play, if anything."""

    async def start_worker(self) -> None:
        """Start the next worker on the same ledger, at the same address."""
        self.workers += 1
        name = f"worker-{self.workers}"
        self._worker = await start_worker(self._folder, name, self._settings, self._path)

    async def kill_worker(self) -> None:
        """Kill the worker: SIGKILL, in the middle of whatever it does."""
        if self._worker is not None:
            await self._worker.kill()
            self._worker = None

    async def stop_worker(self) -> None:
        """End the worker as an operator does."""
        if self._worker is not None:
            await self._worker.stop()
            self._worker = None


@asynccontextmanager
async def served_vendor(folder: Path, vendor: str, target: str) -> AsyncGenerator[str]:
    """The vendor's simulator as a process; its address."""
    child, told = await start_vendor(folder, vendor, target)
    try:
        yield str(told["url"])
    finally:
        await child.stop()


@asynccontextmanager
async def set_stage(
    folder: Path,
    vendor: str,
    client: httpx.AsyncClient,
    steps: Steps,
    *,
    port: int | None,
    without: str | None = None,
) -> AsyncGenerator[tuple[Stage, Platform]]:
    """Bring everything up, and down again; ``port`` is the worker's, a free one without it.

    ``without`` names what is cut before the worker begins: see ``means``. Raises ``CommandError`` when
    something does not start, and when that cannot be cut.
    """
    port = port or free_port()
    async with serve_platform() as platform:
        places = Endpoints(port, platform.target, platform.secret, token_urlsafe(24))
        with steps.step(f"{vendor} is served, with webhooks to {places.worker_url}"):
            serving = served_vendor(folder, vendor, f"{places.worker_url}/webhooks/{vendor}")
            url = await serving.__aenter__()
        try:
            agents = AgentSide(client, url)
            told: Mapping[str, Any] = await agents.learn()
            kind = str(told["type"])
            registry = registry_with(kind)
            integration = integration_of(told, registry)
            settings = write_settings(folder, vendor, integration, places, registry)
            able = capabilities_of(vendor, integration, registry)
            stage = Stage(folder, settings, worker_path(folder, kind, registry), agents, places, able)
            if without is not None:
                stage.cut = await cut(without, vendor, able, agents)
            try:
                with steps.step("the worker is served: gateway, ledger, signed webhooks to the platform"):
                    await stage.start_worker()
                    ok(await client.get(f"{places.worker_url}/readyz"))
                yield stage, platform
            finally:
                await stage.stop_worker()
        finally:
            await serving.__aexit__(None, None, None)
