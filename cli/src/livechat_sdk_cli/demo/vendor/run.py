"""Runs the demo with a vendor's simulator as a script, and says where to look when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

import httpx

from livechat_sdk.errors import LivechatError
from livechat_sdk_cli import terminal
from livechat_sdk_cli.demo.vendor.play import play
from livechat_sdk_cli.demo.vendor.played import Played
from livechat_sdk_cli.demo.vendor.report import Setting, document, print_report
from livechat_sdk_cli.demo.vendor.stage import Stage, set_stage
from livechat_sdk_cli.demo.vendor.steps import Steps
from livechat_sdk_cli.demo.vendor.users import UserSide
from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["script"]

_CALL_SECONDS: Final = 15.0
_PLAN: Final = {"repeat": 0.2, "delay": 0.1, "delay_seconds": 1.5, "refuse_every": 5, "retry_after": 1}
"""Two events of ten twice, one late and passed by others, one call of five refused and its repetition too."""


def script(setting: Setting, data: Path | None, *, as_json: bool) -> int:
    """Play the script and return the exit code.

    Everything is kept in ``data``; without it in a folder of its own, which is kept when something failed.
    Raises ``CommandError`` when it could not be played to its end.
    """
    if data is None:
        folder = Path(tempfile.mkdtemp(prefix=f"livechat-demo-{setting.vendor}-"))
    else:
        data.mkdir(parents=True, exist_ok=True)
        folder = data.resolve()
    try:
        problems = asyncio.run(_script(setting, folder, as_json=as_json))
    except (LivechatError, KeyboardInterrupt):
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if problems:
        raise CommandError(
            problems[0] if len(problems) == 1 else f"{problems[0]} (and {len(problems) - 1} more)",
            code=ExitCode.CHECK_FAILED,
            next_step=f"the logs and the ledger are kept in {folder}: read vendor.log and worker-1.log, and "
            f"`livechat show --store {folder / 'livechat.db'}`",
        )
    if data is None:
        shutil.rmtree(folder)
    return ExitCode.FINE


async def _script(setting: Setting, folder: Path, *, as_json: bool) -> list[str]:
    """Play it and print what happened; returns what is wrong."""
    steps = Steps(lambda step: terminal.note(f"  {step.seconds:6.2f} s  {step.what}"))
    played, workers = Played(), 0
    async with httpx.AsyncClient(timeout=_CALL_SECONDS, trust_env=False) as client:
        try:
            async with set_stage(
                folder, setting.vendor, client, steps, port=setting.port, without=setting.without
            ) as (stage, platform):
                if setting.faults:
                    await stage.agents.plan(seed=setting.seed, **_PLAN)
                user = UserSide(client, stage.places, platform)
                try:
                    await play(stage, platform, user, steps, played, kill=setting.kill, late=setting.faults)
                finally:
                    workers, played.platform = stage.workers, list(platform.taken)
                    await _what_agents_see(stage, played)
        except CommandError as error:
            if error.exit_code != ExitCode.CHECK_FAILED:
                raise
            played.problems.insert(0, str(error))
        except httpx.TransportError as error:
            played.problems.insert(0, f"{error.request.url} did not answer: {type(error).__name__}")
    if as_json:
        terminal.out_json(document(setting, played, steps, workers))
    else:
        print_report(setting, played, steps, workers)
    return played.problems


async def _what_agents_see(stage: Stage, played: Played) -> None:
    """Look at the vendor's side, also of a play that failed, as far as there is one."""
    if stage.agents.chat_id:
        with contextlib.suppress(httpx.TransportError, CommandError):
            played.chat = await stage.agents.chat()
            played.suffered = await stage.agents.suffered()
            if stage.cut is not None:
                await stage.cut.count(stage.agents)
                played.cut = stage.cut
