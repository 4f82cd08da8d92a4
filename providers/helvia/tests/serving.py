"""The desk behind a real socket, for tests with a real browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from playwright.async_api import Page
from starlette.types import ASGIApp

from providers.helvia.tests.world import PASSWORD
from tests.end_to_end.browser import ARTEFACTS


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve ``app`` on a free port of this machine while the block runs; gives its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        task = asyncio.create_task(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await task


async def sign_in_as(page: Page, address: str, name: str, password: str = PASSWORD) -> None:
    """Sign in through the form of the desk that is mounted at ``/desk``."""
    await page.goto(f"{address}/desk/login?again=1")
    await page.get_by_label("Email").fill(f"{name}@example.org")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/desk/inbox/**")


async def shoot_both(page: Page, name: str) -> None:
    """Keep a screenshot in light and one in dark colours."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for scheme in ("dark", "light"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.screenshot(path=ARTEFACTS / f"{name}-{scheme}.png")
