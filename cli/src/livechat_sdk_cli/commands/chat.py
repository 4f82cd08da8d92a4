"""``livechat chat``: be the end user, in the terminal."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit
from uuid import uuid4

import typer

from livechat_sdk_cli import completing
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE, name_and_file

if TYPE_CHECKING:
    from livechat_sdk.config import LivechatFile
    from livechat_sdk_cli.chat.here import Place
    from livechat_sdk_cli.chat.lines import Lines

__all__ = ["chat"]

TOKEN: Final = "LIVECHAT_TOKEN"  # noqa: S105 - the name of a variable
"""Where the token for ``--url`` is taken from: an option would show it to everybody on the machine."""

DEMO_BOT: Final = "shop-bot"
_NEEDED: Final = frozenset({"livechat_sdk_helvia", "starlette", "uvicorn", "jinja2", "argon2"})


def chat(
    bot: Annotated[
        str | None,
        typer.Argument(
            metavar="BOT",
            help="Whose end user to be; the first of the settings.",
            autocompletion=completing.bots,
        ),
    ] = None,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings.")] = DEFAULT_FILE,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=f"The gateway to talk to, with the token in {TOKEN}; that of the settings if not given.",
        ),
    ] = None,
    here: Annotated[
        bool,
        typer.Option(
            "--here",
            help="Run gateway and workers in this process, for as long as it lasts. Shows typing too.",
        ),
    ] = False,
    conversation: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Go on with this conversation; a new one if not given."),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What agents see as your name.")] = "Terminal",
    language: Annotated[str, typer.Option(metavar="TAG", help="The language you write.")] = "en",
) -> None:
    """Be the end user of a bot: ask for a human, write, and see what comes.

    Talks to a running `livechat serve`. Without settings a desk runs in this process, to try things out. What
    you write is sent in order, and again after a lost connection; a program may pipe lines in and read lines.
    Ends with the handoff. /help lists what else can be typed.
    """
    import asyncio

    from livechat_sdk_cli.chat.lines import Lines
    from livechat_sdk_cli.chat.typed import terminal_as_it_was

    bot, file = name_and_file(bot, file)
    lines = Lines()
    settings = None if file == DEFAULT_FILE and not file.exists() else file
    place = _place(bot, settings, url, lines, here=here)
    load = here or (url is None and settings is None)
    one = conversation or f"chat-{uuid4().hex[:12]}"
    person = {"id": f"terminal-{one}"[:200], "name": name, "language": language, "channel": "terminal"}
    try:
        if load:
            _load()
        with terminal_as_it_was():
            asyncio.run(_talk(place, lines, one, person))
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise CommandError(
            f"this needs {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk-cli[demo]"',
        ) from missing


def _load() -> None:
    """What a gateway in this process needs, before there is an event loop that would wait for it."""
    from importlib import import_module

    for module in ("livechat_sdk.gateway.app", "livechat_sdk.gateway.server", "livechat_sdk_cli.chat.here"):
        import_module(module)


def _named(bot: str | None, settings: LivechatFile) -> str:
    """The bot to talk to. Raises ``CommandError`` where the settings do not have it."""
    found = bot or next(iter(settings.bots), None)
    if found in settings.bots:
        return found
    raise CommandError(
        "the settings have no bot" if bot is None else f"the settings have no bot {bot!r}",
        code=ExitCode.USAGE,
        next_step=f"they have: {', '.join(settings.bots) or 'none'}",
    )


@asynccontextmanager
async def _place(
    bot: str | None, file: Path | None, url: str | None, lines: Lines, *, here: bool
) -> AsyncGenerator[tuple[Place, str]]:
    """The gateway to talk to, and the bot. Without settings it is a demo in this process."""
    if url is not None:
        yield _remote(url), bot or DEMO_BOT
    elif file is None:
        from livechat_sdk_cli.chat.here import demo_place
        from livechat_sdk_cli.installed import discover_registry

        name = bot or DEMO_BOT
        async with demo_place(name, discover_registry(), lines) as place:
            yield place, name
    else:
        from livechat_sdk_cli.chat.here import Place, place_of
        from livechat_sdk_cli.settings import load_settings

        settings, registry = load_settings(file)
        name = _named(bot, settings)
        if here:
            async with place_of(settings, registry, lines) as place:
                yield place, name
            return
        gateway = settings.gateway
        if not gateway.tokens:
            raise CommandError(
                "the settings have no `gateway.tokens`, which a running server needs",
                code=ExitCode.USAGE,
                next_step="set them and start `livechat serve`, or add --here",
            )
        host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
        address = f"http://{'127.0.0.1' if host in {'0.0.0.0', '[::]'} else host}:{gateway.port}"  # noqa: S104
        yield Place(address, gateway.tokens[0].get_secret_value()), name


def _remote(url: str) -> Place:
    from livechat_sdk_cli.chat.here import Place

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CommandError(
            f"{url!r} is no address of a gateway",
            code=ExitCode.USAGE,
            next_step="--url http://127.0.0.1:8080",
        )
    token = os.environ.get(TOKEN)
    if not token:
        raise CommandError(
            f"the gateway at {url} wants a token", code=ExitCode.USAGE, next_step=f"set {TOKEN} to it"
        )
    return Place(url, token)


async def _talk(
    where: AbstractAsyncContextManager[tuple[Place, str]],
    lines: Lines,
    conversation: str,
    person: dict[str, str],
) -> None:
    from livechat_sdk_cli.chat.session import Session
    from livechat_sdk_cli.chat.typed import typed_lines
    from livechat_sdk_cli.chat.wire import Gateway, http_client

    async with http_client() as client, where as (place, bot):
        gateway = Gateway(
            client,
            place.url,
            place.token,
            lost=lambda why: lines.write("lost", f"the gateway does not answer ({why}); trying again"),
            back=lambda: lines.write("back", "the gateway answers again"),
        )
        wanted = {
            "key": f"{conversation}/{uuid4().hex[:12]}"[-200:],
            "conversation_id": conversation,
            "bot": bot,
            "user": person,
            "reason": "livechat chat",
        }
        session = Session(gateway, lines)
        ended = await session.run(wanted, typed_lines(interactive=lines.interactive))
        if ended is None and place.lasting:
            lines.write("left", f"go on with --conversation {conversation}")
