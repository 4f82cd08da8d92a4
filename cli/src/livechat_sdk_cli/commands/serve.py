"""``livechat serve``: the gateway, with the dispatcher behind it, until a signal ends it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import collecting, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.config import GatewaySettings, LivechatFile
    from livechat_sdk.domain.channel import Channel
    from livechat_sdk.gateway.reloading import ReloadingGateway
    from livechat_sdk.gateway.server import GatewayServer
    from livechat_sdk.registry import Registry

__all__ = ["serve"]


def serve(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings.")] = DEFAULT_FILE,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Listen here instead of on `gateway.host`.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Listen here instead of on `gateway.port`; 0 takes a free one.",
            min=0,
            max=65535,
        ),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:OBJECT",
            help="What delivers to the end user: an object with `async def deliver(outgoing)`, or its class. "
            "Not needed with `gateway.platform` in the settings: then signed webhooks go there. Nor "
            "without bots: then the desk is served alone.",
        ),
    ] = None,
    drain: Annotated[
        bool,
        typer.Option(
            "--drain",
            help="On a reload, let an integration that is taken out finish its open chats; without it such a "
            "reload is refused.",
        ),
    ] = False,
) -> None:
    """Serve the gateway, and the desk if there is one, until SIGTERM or Ctrl-C.

    Requests under way are finished first. What was accepted is in the store: the next start goes on with it.
    SIGHUP reads the settings again: all of a change takes effect or, with a line in the log, nothing of it.
    """
    import asyncio

    from livechat_sdk_cli.channels import load_channel, no_channel
    from livechat_sdk_cli.settings import load_settings

    _log_to_stderr()
    settings, registry = load_settings(file)
    if channel is None and settings.gateway.platform is None and settings.bots:
        raise no_channel()
    changes = {"host": host, "port": port}
    gateway = settings.gateway.model_copy(
        update={name: value for name, value in changes.items() if value is not None}
    )
    given = None if channel is None else load_channel(channel)
    collecting.as_usual()
    asyncio.run(_serve(file, settings, registry, gateway, given, drain=drain))


def _log_to_stderr() -> None:
    import logging
    import time

    handler = logging.StreamHandler()
    form = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler.setFormatter(form)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # the gateway says itself when it listens


async def _serve(
    file: Path,
    settings: LivechatFile,
    registry: Registry,
    gateway: GatewaySettings,
    given: Channel | None,
    *,
    drain: bool,
) -> None:
    from contextlib import AbstractAsyncContextManager, AsyncExitStack

    from livechat_sdk_cli.settings import load_settings

    try:
        from livechat_sdk.gateway.auth import BearerGuard
        from livechat_sdk.gateway.reloading import ReloadingGateway
        from livechat_sdk.gateway.server import GatewayServer
    except ModuleNotFoundError as missing:
        raise CommandError(
            f"the gateway needs {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk[server]"',
        ) from missing
    BearerGuard(gateway.tokens or ())  # refuses before anything is opened or written
    served = ReloadingGateway(
        settings, registry, load=lambda: load_settings(file), channel=given, drain=drain
    )
    server = GatewayServer(served.app, host=gateway.host, port=gateway.port)
    server.listen()  # before anything is opened or written: a first account's password is told only once
    async with AsyncExitStack() as stack:
        stack.callback(server.close)
        own: object = given
        if isinstance(own, AbstractAsyncContextManager):
            await stack.enter_async_context(own)
        await stack.enter_async_context(served)
        with _reloading_on_hangup(served, server):
            await server.run(on_started=lambda address: terminal.out(f"listening on {address}"))
        if not served.is_running:
            raise CommandError(
                "neither the new nor the old settings could be started",
                code=ExitCode.UNREACHABLE,
                next_step="the lines above say why; start it again",
            )


@contextmanager
def _reloading_on_hangup(served: ReloadingGateway, server: GatewayServer) -> Generator[None]:
    """SIGHUP reloads; several in a row are one, and one that fails changes nothing."""
    import asyncio
    import signal

    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    async def follow() -> None:
        while True:
            await asked.wait()
            asked.clear()
            await _reload(served)
            if not served.is_running:
                server.stop()

    task = loop.create_task(follow(), name="reload")
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()


async def _reload(served: ReloadingGateway) -> None:
    import logging

    from livechat_sdk.errors import ConfigurationError, LivechatError

    log = logging.getLogger("livechat_sdk.reload")
    try:
        done = await served.reload()
    except ConfigurationError as refused:
        for problem in refused.problems:
            log.error("%s", problem)  # noqa: TRY400 - the settings are wrong, not the program
        log.error("the settings are not reloaded; the old ones go on")  # noqa: TRY400 - as above
    except LivechatError as trouble:
        log.error("the settings are not reloaded; the old ones go on: %s", trouble)  # noqa: TRY400 - as above
    except Exception:
        log.exception("the settings are not reloaded; the old ones go on")
    else:
        if done.status == "unchanged":
            log.info("the settings have not changed")
