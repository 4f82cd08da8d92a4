"""``livechat serve``: the gateway, with the dispatcher behind it, until a signal ends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from livechat_sdk.config import GatewaySettings, LivechatFile
    from livechat_sdk.domain.channel import Channel
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
            "Not needed with `gateway.platform` in the settings: then signed webhooks go there.",
        ),
    ] = None,
) -> None:
    """Serve the gateway, and the desk if there is one, until SIGTERM or Ctrl-C.

    Requests under way are finished first. What was accepted is in the store: the next start goes on with it.
    """
    import asyncio

    from livechat_sdk_cli.channels import load_channel, no_channel
    from livechat_sdk_cli.settings import load_settings

    _log_to_stderr()
    settings, registry = load_settings(file)
    if channel is None and settings.gateway.platform is None:
        raise no_channel()
    changes = {"host": host, "port": port}
    gateway = settings.gateway.model_copy(
        update={name: value for name, value in changes.items() if value is not None}
    )
    asyncio.run(_serve(settings, registry, gateway, None if channel is None else load_channel(channel)))


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
    settings: LivechatFile, registry: Registry, gateway: GatewaySettings, given: Channel | None
) -> None:
    from contextlib import AbstractAsyncContextManager, AsyncExitStack

    from livechat_sdk import Dispatcher

    try:
        from livechat_sdk.gateway.auth import BearerGuard
        from livechat_sdk.gateway.channel import WebhookChannel
        from livechat_sdk.gateway.server import serve as serve_gateway
    except ModuleNotFoundError as missing:
        raise CommandError(
            f"the gateway needs {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk[server]"',
        ) from missing
    BearerGuard(gateway.tokens or ())  # refuses before anything is opened or written
    channel = given or WebhookChannel.from_settings(gateway)
    async with AsyncExitStack() as stack:
        if isinstance(channel, AbstractAsyncContextManager):
            await stack.enter_async_context(channel)
        dispatcher = await stack.enter_async_context(Dispatcher(settings, channel=channel, registry=registry))
        await serve_gateway(
            dispatcher, gateway, on_started=lambda address: terminal.out(f"listening on {address}")
        )
