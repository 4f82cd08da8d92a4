"""``livechat record``: capture what goes over the wire to a real account, without its secrets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from pydantic import SecretStr

    from livechat_sdk.provider.integration import Finding
    from livechat_sdk.provider.interface import AnyProvider
    from livechat_sdk_testing.recordings import Recorder, Redaction

__all__ = ["record"]

_TEXT_KEYS: Final = frozenset({"text", "body", "content", "summary"})
"""Fields in which vendors carry what people wrote."""


def record(
    integration: Annotated[
        str,
        typer.Argument(
            metavar="INTEGRATION", help="Its name in the settings.", autocompletion=completing.integrations
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings.")] = DEFAULT_FILE,
    operation: Annotated[
        list[str] | None,
        typer.Option(
            "--operation",
            "-o",
            metavar="NAME",
            help="What to record: check (if nothing is given), availability, open, send, typing, update,"
            " status, history, receipt, look_up, close, or all. May stand several times.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the recordings go, a folder for each operation.")
    ] = Path("recordings"),
    queue: Annotated[
        str | None, typer.Option(metavar="NAME", help="The queue to open the chat in; else the default.")
    ] = None,
    text_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY", help="Another field that holds what people wrote or are. May stand several times."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Open a chat at the vendor without asking first.")
    ] = False,
) -> None:
    """Record the calls of a provider to a real account, as files for its tests.

    Secrets, names, addresses and what people wrote are replaced before anything is written. Only `check` and
    `availability` leave no trace at the vendor; everything else opens a chat, which agents see, and ends it.
    """
    import asyncio

    from livechat_sdk_cli.settings import load_settings

    session = _kit()
    settings, registry = load_settings(file)
    document = settings.integrations.get(integration)
    if document is None:
        raise CommandError(
            f"the settings have no integration {terminal.visible(integration)!r}",
            code=ExitCode.USAGE,
            next_step=f"they have: {', '.join(map(terminal.visible, settings.integrations)) or 'none'}",
        )
    provider = _provider(registry.build(document.named(integration)), integration)
    names = operation or ["check"]
    unknown = sorted(set(names) - set(session.OPERATIONS) - {"all"})
    if unknown:
        raise CommandError(
            f"there is no operation {terminal.visible(unknown[0])!r}",
            code=ExitCode.USAGE,
            next_step=f"there are: {', '.join(session.OPERATIONS)}, and all",
        )
    steps = session.plan(provider, session.everything(provider) if "all" in names else names)
    if not _agreed(provider, steps, yes=yes, harmless=session.READING):
        terminal.note("Nothing was done.")
        return
    asyncio.run(_record(provider, [name for name, _ in steps], out, queue, _TEXT_KEYS | set(text_key or ())))


def _kit() -> Any:
    try:
        from livechat_sdk_testing.recordings import session
    except ModuleNotFoundError as missing:
        raise CommandError(
            f"recording needs {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step="pip install livechat-sdk-testing",
        ) from missing
    return session


def _provider(built: object, name: str) -> AnyProvider:
    from livechat_sdk.domain.capabilities import Inbound
    from livechat_sdk.provider.interface import ChatProvider

    if not isinstance(built, ChatProvider):
        raise CommandError(
            f"{terminal.visible(name)} is no live chat",
            code=ExitCode.USAGE,
            next_step="name an integration of a live-chat type",
        )
    provider = cast("AnyProvider", cast("object", built))
    if provider.capabilities.inbound is Inbound.EMBEDDED:
        raise CommandError(
            f"{provider.type} runs in this process: nothing goes over a wire",
            code=ExitCode.USAGE,
            next_step="name an integration of another vendor",
        )
    return provider


def _agreed(
    provider: AnyProvider, steps: list[tuple[str, str]], *, yes: bool, harmless: tuple[str, ...]
) -> bool:
    """Say what will be done; ask, if anybody at the vendor will see it."""
    terminal.note(f"At {terminal.visible(provider.name)} ({provider.type}), with its real account:")
    for number, (name, what) in enumerate(steps, 1):
        terminal.note(f"  {number:2}. {name:<13} {what}")
    if yes or all(name in harmless for name, _ in steps):
        return True
    terminal.note("This opens a chat at the vendor, and whoever is on duty there will see it.")
    if not sys.stdin.isatty():
        raise CommandError(
            "nobody can be asked whether to go on", code=ExitCode.USAGE, next_step="add --yes if that is fine"
        )
    return typer.confirm("Go on?", default=False, err=True)


async def _record(
    provider: AnyProvider, names: list[str], out: Path, queue: str | None, text_keys: frozenset[str]
) -> None:
    import asyncio

    from livechat_sdk.domain.handoff import Route
    from livechat_sdk.http import override_transport
    from livechat_sdk.http.transport import make_transport
    from livechat_sdk_testing.recordings import NAME_KEYS, Recorder, Redaction
    from livechat_sdk_testing.recordings.account import hosts_of, secrets_of
    from livechat_sdk_testing.recordings.session import SENTENCES, Session

    secrets = secrets_of(provider.settings)
    rules = Redaction(
        secrets=tuple(secrets.values()),
        hosts=hosts_of(provider.settings),
        name_keys=NAME_KEYS,
        text_keys=text_keys,
        harmless=SENTENCES,
    )
    inner = make_transport()
    recorder = Recorder(inner)
    route = Route(integration=provider.name, bot="livechat-sdk-test", queue=queue)
    session = Session(provider, recorder, asyncio.sleep, route)
    try:
        with override_transport(recorder):
            await session.run(names, lambda name: terminal.note(f"… {name}"))
    finally:
        await inner.aclose()
        _save(recorder, rules, secrets, out, provider.type)  # also what led to an error
    _tell_of(session.findings, provider.name)


def _tell_of(findings: Sequence[Finding], name: str) -> None:
    """Say what the check has found wrong: a recording of that alone would look like success."""
    from livechat_sdk_cli.exits import exit_code_of

    wrong = [one for one in findings if one.status == "error"]
    if not wrong:
        return
    first = wrong[0]
    raise CommandError(
        f"{terminal.visible(name)}, {first.check}: {first.message}",
        code=ExitCode.CHECK_FAILED if first.cause is None else ExitCode(exit_code_of(first.cause)),
        next_step=first.next_step or f"`livechat doctor {terminal.visible(name)}` says more",
    )


def _save(
    recorder: Recorder, rules: Redaction, secrets: dict[str, SecretStr], out: Path, source: str
) -> None:
    from datetime import UTC, datetime

    from livechat_sdk_testing.recordings import Redactor

    written = recorder.save(out, rules, source=f"a {source} account", on=datetime.now(UTC).date())
    for path in written:
        terminal.out(terminal.visible(str(path)))
    if recorder.left_out:
        terminal.note(f"{recorder.left_out} exchanges were too long to be kept.")
    if not written:
        return
    redactor = Redactor(rules)
    terminal.note("In the recordings, and so in the settings of tests that replay them:")
    for name, secret in secrets.items():
        terminal.note(f"  {name}: {redactor.text(secret.get_secret_value())}")
    for host in rules.hosts:
        terminal.note(f"  the host of the account: {redactor.text(host)}")
    terminal.note("Read them before you share them: nobody can know what is secret in a text.")
