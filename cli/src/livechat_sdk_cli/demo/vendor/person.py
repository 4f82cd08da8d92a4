"""The demo with a vendor for a person: the chat page for the end user, the simulator's page for the agent."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx

from livechat_sdk_cli import collecting
from livechat_sdk_cli.demo.vendor.agents import AgentSide
from livechat_sdk_cli.demo.vendor.processes import free_port
from livechat_sdk_cli.demo.vendor.settings import integration_of, registry_with
from livechat_sdk_cli.demo.vendor.stage import served_vendor
from livechat_sdk_cli.demo.world import PORT, DemoWorld, demo_world
from livechat_sdk_cli.terminal import note, out, screen

__all__ = ["serve"]


def serve(vendor: str, *, port: int | None, data: Path) -> int:
    """Serve bots, chat page and the vendor until Ctrl-C; returns the exit code."""
    data.mkdir(parents=True, exist_ok=True)
    collecting.as_usual()
    return asyncio.run(_serve(vendor, port or _usual_port(), data.resolve()))


async def _serve(vendor: str, port: int, folder: Path) -> int:
    own = f"http://127.0.0.1:{port}"
    async with served_vendor(folder, vendor, f"{own}/webhooks/{vendor}") as url:
        async with httpx.AsyncClient(trust_env=False) as client:
            told = await AgentSide(client, url).learn()
        registry = registry_with(str(told["type"]))
        integration = {**integration_of(told, registry), "name": vendor}
        served = demo_world(folder, port, registry=registry, vendor=integration, public_url=own)
        async with served as world:
            await world.server.run(on_started=lambda _: _welcome(world, vendor, url, folder))
    note("The demo has ended. What the vendor knew is gone: chats that were open there cannot go on.")
    return 0


def _usual_port() -> int:
    """The port of every demo where it is free, so that open pages find a restarted one again."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return free_port()
    return PORT


def _welcome(world: DemoWorld, vendor: str, url: str, folder: Path) -> None:
    view = screen()
    out(view.style("The demo is running. Open both pages, side by side:", "bold"))
    out()
    out(f"  end user    {world.chat_url}")
    out(f"  agents      {url}/_sim/")
    out()
    out(f"Ask the bot for a human; the chat appears at {vendor}. Join it there, talk, and end it.")
    out(f"The gateway answers under {world.url}/v1 with the bearer token {world.token}")
    out(f"Everything is kept in {folder}; `livechat show --store sqlite:///{folder / 'demo.db'}` lists it.")
    out("Ctrl-C ends the demo.")
