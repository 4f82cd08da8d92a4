"""Runs the demo: for a person until Ctrl-C, or as a script that plays three handoffs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from livechat_sdk_cli import collecting
from livechat_sdk_cli.demo.play import Played, play
from livechat_sdk_cli.demo.world import DemoWorld, demo_world
from livechat_sdk_cli.showing.gather import gather
from livechat_sdk_cli.showing.text import show_lines
from livechat_sdk_cli.terminal import note, out, screen, visible

__all__ = ["main"]


def main(*, script: bool, port: int | None, data: Path | None) -> int:
    """Run the demo and return the exit code. ``data`` is where everything is kept; a script needs none."""
    if script and data is None:
        with tempfile.TemporaryDirectory(prefix="livechat-demo-") as folder:
            return asyncio.run(_script(Path(folder), port))
    if data is None:
        raise AssertionError("a demo for a person has a place for its data")
    data.mkdir(parents=True, exist_ok=True)
    collecting.as_usual()
    return asyncio.run(_script(data, port) if script else _for_a_person(data, port))


async def _script(folder: Path, port: int | None) -> int:
    began = time.monotonic()
    async with demo_world(folder, 0 if port is None else port) as world:
        started = asyncio.Event()
        serving = asyncio.create_task(
            world.server.run(on_started=lambda _: started.set(), signals=False), name="server"
        )
        await asyncio.wait(
            [asyncio.create_task(started.wait()), serving], return_when=asyncio.FIRST_COMPLETED
        )
        try:
            played = await play(world, lambda text: note(f"  {text}"))
            await world.dispatcher.wait_idle()
            for one in played:
                await _report(world, one)
        finally:
            world.server.stop()
            await serving
    took = time.monotonic() - began
    out(f"{len(played)} handoffs played in {took:.1f} s: " + ", ".join(str(one.outcome) for one in played))
    return 0


async def _report(world: DemoWorld, played: Played) -> None:
    dispatcher = world.dispatcher
    handoff = await dispatcher.handoff(played.handoff_id)
    shown = await gather(dispatcher.store, handoff, dispatcher.clock.now())
    view = screen()
    out(view.style(f"== {played.title} ==", "bold"))
    out("What the end user sees:")
    for seen in played.page:
        out(f"  {seen['author']:>6}  {visible(str(seen['text']))}")
    out()
    for line in show_lines(shown, view):
        out(line)
    out()


async def _for_a_person(folder: Path, port: int | None) -> int:
    async with demo_world(folder, port) as world:
        await world.server.run(on_started=lambda _: _welcome(world, folder))
    note("The demo has ended. Start it again, and everything goes on where it was.")
    return 0


def _welcome(world: DemoWorld, folder: Path) -> None:
    view = screen()
    out(view.style("The demo is running. Open both pages, side by side:", "bold"))
    out()
    out(f"  end user    {world.chat_url}")
    out(f"  agents      {world.desk_url}")
    out()
    out("  Sign in at the desk as one of:")
    for email, password in world.accounts:
        out(f"    {email:<22} {password}")
    out()
    out("Ask the bot for a human, take the request from New, talk, and end the conversation.")
    out(f"The gateway answers under {world.url}/v1 with the bearer token {world.token}")
    out(f"Everything is kept in {folder}; `livechat show --store sqlite:///{folder / 'demo.db'}` lists it.")
    out("Ctrl-C ends the demo.")
